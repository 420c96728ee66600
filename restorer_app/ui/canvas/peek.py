"""Pixel values under the cursor, in the file's own depth, without ever waiting for a file."""

from __future__ import annotations

from collections import OrderedDict

from restorer_app.core.geometry import Region, cell_region
from restorer_app.core.raster import CELL, Cell, Pixels, Raster, Source

Values = tuple[int, ...] | tuple[float, ...]

_KEPT = 16  # cells: what a cursor wanders over


class Peek:
    """Values that are at hand; a cell of a file that is not comes from the builder's thread a moment later."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._cells: OrderedDict[Cell, Pixels] = OrderedDict()

    def values(self, raster: Raster, x: int, y: int) -> Values | None:
        """None where the values must be read first: `wanted` then says what."""
        cell = (y // CELL, x // CELL)
        whole = cell_region(*cell, size=CELL, inside=raster.bounds)
        pixels = raster.tiles.get(cell)
        if pixels is None and raster.source is self._source:
            pixels = self._at_hand(cell, whole)
        if pixels is None:
            return None
        found: Values = tuple(pixels[y - whole.top, x - whole.left].tolist())
        return found

    def wanted(self, raster: Raster, x: int, y: int) -> Region | None:
        """The cell to read before `values` can answer, or None where it can."""
        if self.values(raster, x, y) is not None or raster.source is not self._source:
            return None
        return cell_region(y // CELL, x // CELL, size=CELL, inside=raster.bounds)

    def take(self, source: Source, region: Region, pixels: Pixels) -> None:
        if source is self._source:
            self._cells[region.top // CELL, region.left // CELL] = pixels
            if len(self._cells) > _KEPT:
                self._cells.popitem(last=False)

    def _at_hand(self, cell: Cell, whole: Region) -> Pixels | None:
        # pixels in memory or mapped are there; a source that decodes has none
        there = getattr(self._source, "pixels", None)
        return self._cells.get(cell) if there is None else there[whole.slices()]
