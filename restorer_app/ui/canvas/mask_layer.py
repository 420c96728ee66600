"""A mask for the screen: its reduced tiles, and the strokes that are painted but not yet in it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.geometry import Region
from restorer_app.core.mask import background
from restorer_app.core.raster import Cell, Pixels, Raster
from restorer_app.core.stroke import Stroke
from restorer_app.ui.canvas.dab import cover
from restorer_app.ui.canvas.tiles import Place
from restorer_app.ui.canvas.viewport import TILE, TOP_LEVEL, tile_region

Values = NDArray[np.uint8]  # rows × columns


class _Drawn(NamedTuple):
    """A stroke and where it covers anything: asked for each tile, and a long stroke answers slowly."""

    stroke: Stroke
    extent: Region


class MaskLayer:
    """Coverage by level and tile: one number where a tile is flat, else an array that is not to be written to.

    A level pixel shows the largest coverage under it: a scratch of one pixel stays in sight when the whole
    picture is shown. Strokes are drawn into copies of the tiles on the screen, at the screen's level only.
    """

    def __init__(self, raster: Raster) -> None:
        self._raster = raster
        self._tiles: dict[Place, Values | int] = {}
        self._last_flat: tuple[Pixels, int] | None = None  # a wide stroke shares one flat cell hundreds of times
        self._occupied: dict[int, frozenset[Cell]] = {}
        self._strokes: list[_Drawn] = []  # finished, but not in the raster yet
        self._stroke: _Drawn | None = None  # in hand
        self._worked: dict[Place, Values | int] = {}  # tiles with strokes drawn in, all of one level

    @property
    def raster(self) -> Raster:
        return self._raster

    @property
    def is_empty(self) -> bool:
        return not self._raster.tiles and background(self._raster) == 0 and not self._shown_strokes()

    @property
    def has_strokes(self) -> bool:
        return bool(self._shown_strokes())

    @property
    def widest(self) -> float:
        """The diameter of the widest stroke in sight that is not in the raster."""
        return max((drawn.stroke.diameter for drawn in self._shown_strokes()), default=0.0)

    def replace(self, raster: Raster, region: Region | None = None) -> list[Region]:
        """Another raster, in which finished strokes are; what must be drawn again, in stored pixels."""
        changed = raster.changed_cells(self._raster)
        if region is not None:
            changed &= frozenset(region.cells(TILE))
        previewed = self._extents(self._strokes)
        self._raster = raster
        self._occupied.clear()
        self._forget(changed)
        self._strokes.clear()
        self._worked.clear()
        return [raster.cell_region(cell) for cell in changed] + previewed

    # ---------------------------------------------------------------------------------- strokes in hand
    def begin(self, stroke: Stroke) -> list[Region]:
        """Shows a stroke that is still being drawn; takes the place of the one shown before."""
        gone = self._extents([self._stroke] if self._stroke else [])
        if gone:
            self._worked.clear()
        self._stroke = self._drawn(stroke)
        return gone + self._extents([self._stroke] if self._stroke else [])

    def extend(self, stroke: Stroke, part: Stroke) -> list[Region]:
        """The stroke in hand went on: `part` is what came to it."""
        drawn, before = self._drawn(part), self._stroke
        if drawn is None:
            if before is not None:
                self._stroke = _Drawn(stroke, before.extent)
            return []
        self._stroke = _Drawn(stroke, before.extent.union(drawn.extent) if before else drawn.extent)
        for place in list(self._worked):
            region = tile_region(*place, self._raster.bounds)
            if region.overlaps(drawn.extent):
                self._draw(place, region, part)
        return [drawn.extent]

    def finish(self) -> None:
        """The stroke in hand is told; it stays in sight until the raster has it."""
        if self._stroke is not None:
            self._strokes.append(self._stroke)
            self._stroke = None

    def discard(self) -> list[Region]:
        """Lets finished strokes go that are not in the raster; the one in hand goes on."""
        gone = self._extents(self._strokes)
        self._strokes.clear()
        self._worked.clear()
        return gone

    def drop(self) -> list[Region]:
        """Lets the stroke in hand go."""
        gone = self._extents([self._stroke] if self._stroke else [])
        self._stroke = None
        self._worked.clear()
        return gone

    # -------------------------------------------------------------------------------------------- tiles
    def tile(self, place: Place) -> Values | int:
        if self._worked and next(iter(self._worked))[0] != place[0]:
            self._worked.clear()  # the zoom changed in the middle of a stroke
        worked = self._worked.get(place)
        if worked is not None:
            return worked
        region = tile_region(*place, self._raster.bounds)
        near = [drawn.stroke for drawn in self._shown_strokes() if drawn.extent.overlaps(region)]
        if not near:
            return self._plain(place)
        self._worked[place] = self._plain(place)
        for stroke in near:
            self._draw(place, region, stroke, is_own=False)
        return self._worked[place]

    def is_worked(self, place: Place) -> bool:
        """Whether a tile's values are still being drawn into."""
        return place in self._worked

    def _draw(self, place: Place, region: Region, stroke: Stroke, *, is_own: bool = True) -> None:
        """Draws a stroke into a worked tile; one that it fills becomes a number again."""
        values, end = self._worked[place], 0 if stroke.erase else 255
        if isinstance(values, int):
            if values == end:
                return
            size = 1 << place[0]
            values = np.full((-(-region.height // size), -(-region.width // size)), values, np.uint8)
        elif not is_own:
            values = values.copy()
        self._worked[place] = end if cover(values, stroke, place[0], region) else values

    def _plain(self, place: Place) -> Values | int:
        level, row, column = place
        if (row, column) not in self._occupied_at(level):
            flat = background(self._raster)
            assert flat is not None  # where the source must be read, every tile is occupied
            return flat
        found = self._tiles.get(place)
        if found is None:
            found = self._cell(row, column) if level == 0 else self._from_finer(level, row, column)
            self._tiles[place] = found
        return found

    def _cell(self, row: int, column: int) -> Values | int:
        pixels = self._raster.tiles.get((row, column))
        if pixels is None:
            pixels = self._raster.read(self._raster.cell_region((row, column)))
        if self._last_flat is not None and pixels is self._last_flat[0]:
            return self._last_flat[1]
        values = _flat_or(np.asarray(pixels[:, :, 0], np.uint8))
        if isinstance(values, int):
            self._last_flat = (pixels, values)
        return values

    def _from_finer(self, level: int, row: int, column: int) -> Values | int:
        region, size = tile_region(level, row, column, self._raster.bounds), 1 << level
        out: Values = np.zeros((-(-region.height // size), -(-region.width // size)), np.uint8)
        half = TILE // 2
        for down in (0, 1):
            for right in (0, 1):
                target = out[down * half : (down + 1) * half, right * half : (right + 1) * half]
                if target.size:
                    finer = self._plain((level - 1, 2 * row + down, 2 * column + right))
                    target[...] = finer if isinstance(finer, int) else _largest_of_four(finer)
        return _flat_or(out)

    def _occupied_at(self, level: int) -> frozenset[Cell]:
        if level not in self._occupied:
            is_flat = background(self._raster) is not None
            cells = self._raster.tiles if is_flat else self._raster.bounds.cells(TILE)
            self._occupied[level] = frozenset((row >> level, column >> level) for row, column in cells)
        return self._occupied[level]

    def _forget(self, cells: frozenset[Cell]) -> None:
        for level in range(TOP_LEVEL + 1):
            for row, column in {(row >> level, column >> level) for row, column in cells}:
                self._tiles.pop((level, row, column), None)

    def _shown_strokes(self) -> list[_Drawn]:
        return self._strokes + ([self._stroke] if self._stroke else [])

    def _drawn(self, stroke: Stroke) -> _Drawn | None:
        extent = stroke.extent(self._raster.bounds)
        return None if extent is None else _Drawn(stroke, extent)

    @staticmethod
    def _extents(strokes: list[_Drawn]) -> list[Region]:
        return [drawn.extent for drawn in strokes]


def _flat_or(values: Values) -> Values | int:
    first = int(values[0, 0])
    # most tiles that are not flat differ in their first row, so the whole is seldom compared
    if not (values[0] == first).all() or not (values == first).all():
        return values
    return first


def _largest_of_four(values: Values) -> Values:
    rows, columns = values.shape
    if rows % 2 or columns % 2:
        values = np.pad(values, ((0, rows % 2), (0, columns % 2)))
    tall = np.maximum(values[::2], values[1::2])
    return np.maximum(tall[:, ::2], tall[:, 1::2])
