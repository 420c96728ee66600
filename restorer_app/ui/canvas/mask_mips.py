"""A mask reduced to levels, tile by tile, in pieces of time that a paint can spare."""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.mask import background
from restorer_app.core.raster import Cell, Pixels, Raster
from restorer_app.ui.canvas.tiles import Place
from restorer_app.ui.canvas.viewport import TILE, TOP_LEVEL, tile_region

Values = NDArray[np.uint8]  # rows × columns


class LaterError(Exception):
    """The time that this paint can spare is over; what was done is kept, and the next paint goes on."""


class MaskMips:
    """One number where a tile is flat, else an array that is not to be written to."""

    def __init__(self, raster: Raster) -> None:
        self._raster = raster
        self._tiles: dict[Place, Values | int] = {}
        self._last_flat: tuple[Pixels, int] | None = None  # a wide stroke shares one flat cell hundreds of times
        self._occupied: dict[int, frozenset[Cell]] = {}
        self._deadline = math.inf
        self._has_worked = False

    @property
    def raster(self) -> Raster:
        return self._raster

    def allow(self, seconds: float) -> None:
        """How long tiles may be made from now on; at least one is made, so that it comes to an end."""
        # of this thread's own work: on a busy machine the clock goes on without us
        self._deadline, self._has_worked = time.thread_time() + seconds, False

    def replace(self, raster: Raster, changed: frozenset[Cell]) -> dict[Place, Values | int]:
        """Another raster; the tiles that are so no more, to be looked at until there are new ones."""
        self._raster = raster
        self._occupied.clear()
        gone = {}
        for level in range(TOP_LEVEL + 1):
            for row, column in {(row >> level, column >> level) for row, column in changed}:
                place = (level, row, column)
                if place in self._tiles:
                    gone[place] = self._tiles.pop(place)
        return gone

    def tile(self, place: Place) -> Values | int:
        level, row, column = place
        if (row, column) not in self._occupied_at(level):
            flat = background(self._raster)
            assert flat is not None  # where the source must be read, every tile is occupied
            return flat
        found = self._tiles.get(place)
        if found is None:
            if self._has_worked and time.thread_time() > self._deadline:
                raise LaterError
            found = self._cell(row, column) if level == 0 else self._from_finer(level, row, column)
            self._has_worked = True
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
                    finer = self.tile((level - 1, 2 * row + down, 2 * column + right))
                    target[...] = finer if isinstance(finer, int) else _largest_of_four(finer)
        return _flat_or(out)

    def _occupied_at(self, level: int) -> frozenset[Cell]:
        if level not in self._occupied:
            is_flat = background(self._raster) is not None
            cells = self._raster.tiles if is_flat else self._raster.bounds.cells(TILE)
            self._occupied[level] = frozenset((row >> level, column >> level) for row, column in cells)
        return self._occupied[level]


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
