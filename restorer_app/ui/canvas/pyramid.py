"""The mip pyramid of one source: halved again and again, filled band by band, never the whole picture at once."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer_app.core.geometry import Region
from restorer_app.core.raster import CELL, Cell, Pixels, Raster, Source
from restorer_app.ui.canvas.viewport import top_level

STORED_FROM = 2  # levels 0 and 1 are read from the source: kept, level 1 alone would be a quarter of the picture
BAND = CELL  # rows of the source read at once; a multiple of the largest level's pixel, whole tiles and whole strips
OVERVIEW = 1024  # pixels of its longer side: enough for a first impression, made in a moment
_CELL_BYTES = 32 << 20  # of reduced cells: a twelfth of 100 megapixels in 8 bits
_MOST_CHANNELS = 4  # what the view can show


@runtime_checkable
class HasOverview(Protocol):
    """A source that can give a small picture of itself sooner than all its pixels."""

    def overview(self, longest: int) -> Pixels | None: ...


class _ReducedCells:
    """Cells of edited rasters at every kept level: a running job shows the same ones again with each of its tiles."""

    def __init__(self) -> None:
        self._known: OrderedDict[Cell, tuple[weakref.ref[Pixels], list[Pixels]]] = OrderedDict()
        self._bytes = 0

    def levels(self, cell: Cell, pixels: Pixels, top: int) -> list[Pixels]:
        known = self._known.get(cell)
        # weak: a cell that was undone is not kept alive by its small pictures
        if known is not None and known[0]() is pixels:
            self._known.move_to_end(cell)
            return known[1]
        found, level = [], pixels[:, :, :_MOST_CHANNELS]
        for number in range(1, top + 1):
            level = halved(level)
            if number >= STORED_FROM:
                found.append(level)
        self._keep(cell, pixels, found)
        return found

    def _keep(self, cell: Cell, pixels: Pixels, found: list[Pixels]) -> None:
        self._drop(cell)
        self._known[cell] = weakref.ref(pixels), found
        self._bytes += sum(level.nbytes for level in found)
        while self._bytes > _CELL_BYTES:
            self._drop(next(iter(self._known)))

    def _drop(self, cell: Cell) -> None:
        _, gone = self._known.pop(cell, (None, []))
        self._bytes -= sum(level.nbytes for level in gone)


class Pyramid:
    """Reduced levels of a source in its own depth. One thread builds; any thread reads what is built."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.bounds = source.bounds
        self.top = top_level(source.bounds.width, source.bounds.height)
        channels = min(source.channels, _MOST_CHANNELS)
        # empty, not zeros: pages that no band has filled take no memory
        self._levels: dict[int, Pixels] = {
            level: np.empty((*level_size(self.bounds, level), channels), source.dtype)
            for level in range(STORED_FROM, self.top + 1)
        }
        self._cells = _ReducedCells()
        self._is_built: NDArray[np.bool_] = np.zeros(-(-self.bounds.height // BAND), np.bool_)

    @property
    def is_complete(self) -> bool:
        return not self._levels or bool(self._is_built.all())

    def next_band(self) -> int | None:
        """A band that nobody has asked for yet."""
        if self.is_complete:
            return None
        return int(np.argmin(self._is_built))

    def missing_bands(self, level: int, region: Region) -> list[int]:
        """What must be built before a region (stored pixels) of a level can be read."""
        if level < STORED_FROM:
            return []
        first, last = region.top // BAND, -(-region.bottom // BAND)
        return [band for band in range(first, last) if not self._is_built[band]]

    def build(self, band: int) -> None:
        region = self.band_region(band)
        pixels = self.source.read(region)[:, :, :_MOST_CHANNELS]
        for level in range(1, self.top + 1):
            pixels = halved(pixels)
            if level in self._levels:
                start = region.top >> level
                self._levels[level][start : start + pixels.shape[0]] = pixels
        self._is_built[band] = True

    def read(self, level: int, region: Region, raster: Raster) -> Pixels:
        """The pixels of a level that stand for a region, with a raster's own cells in their places.

        The region's edges are multiples of the level's pixel, or the picture's own edges.
        """
        if level < STORED_FROM:
            pixels = raster.read(region)[:, :, :_MOST_CHANNELS]
            return halved(pixels) if level else pixels
        size = 1 << level
        place = Region(region.left // size, region.top // size, -(-region.right // size), -(-region.bottom // size))
        out: Pixels = self._levels[level][place.slices()]
        own = [cell for cell in region.cells(CELL) if cell in raster.tiles] if raster.tiles else []
        if not own:
            return out
        out = out.copy()
        for cell in own:
            _paste(out, place, self._cells.levels(cell, raster.tiles[cell], self.top)[level - STORED_FROM], cell, level)
        return out

    def band_rows(self, band: int, columns: int) -> tuple[Region, Pixels] | None:
        """A built band as an overview of that many columns wants it; None where no level is kept."""
        if not self._levels:
            return None
        region = self.band_region(band)
        wide_enough = [level for level, pixels in self._levels.items() if pixels.shape[1] >= columns]
        level = max(wide_enough, default=STORED_FROM)
        return region, self._levels[level][region.top >> level : -(-region.bottom // (1 << level))]

    def band_region(self, band: int) -> Region:
        return Region(0, band * BAND, self.bounds.right, min((band + 1) * BAND, self.bounds.bottom))

    def rough(self, longest: int) -> Pixels | None:
        """A first impression, where the source can give one without reading everything."""
        if isinstance(self.source, HasOverview):
            return self.source.overview(longest)
        # pixels in memory or mapped are at hand; a source that decodes has none
        there: Pixels | None = getattr(self.source, "pixels", None)
        if there is None:
            return None
        step = max(1, max(self.bounds.width, self.bounds.height) // longest)
        return np.ascontiguousarray(there[::step, ::step, :_MOST_CHANNELS])


def level_size(bounds: Region, level: int) -> tuple[int, int]:
    """Rows and columns of a level; a pixel at the edge may stand for fewer stored ones."""
    return -(-bounds.height // (1 << level)), -(-bounds.width // (1 << level))


def halved(pixels: Pixels) -> Pixels:
    """Half as many rows and columns, each the mean of four; an odd edge is repeated."""
    rows, columns, channels = pixels.shape
    if rows % 2 or columns % 2:
        pixels = np.pad(pixels, ((0, rows % 2), (0, columns % 2), (0, 0)), mode="edge")
    size = (pixels.shape[1] // 2, pixels.shape[0] // 2)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)).reshape(size[1], size[0], channels)


def reduced(pixels: Pixels, level: int) -> Pixels:
    """Halved as often as a level says, so that a cell alone gives the same bits as the whole picture."""
    for _ in range(level):
        pixels = halved(pixels)
    return pixels


def _paste(out: Pixels, place: Region, piece: Pixels, cell: tuple[int, int], level: int) -> None:
    step = CELL >> level
    left, top = cell[1] * step, cell[0] * step
    there = Region(left, top, left + piece.shape[1], top + piece.shape[0])
    part = there.intersect(place)
    if part is not None:
        out[part.slices(place)] = piece[part.slices(there)]
