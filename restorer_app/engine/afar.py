"""A hole so wide that nothing is seen from its middle: a small copy is filled first, and stands there enlarged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np

from restorer_app.core.geometry import Region, cell_region
from restorer_app.core.raster import CELL, Raster
from restorer_app.engine import nodata
from restorer_app.engine.classical import bicubic
from restorer_app.engine.grain import Grain, grow, measure
from restorer_app.engine.plan import Wide
from restorer_app.engine.values import Floats, Hole, to_float

# Pixels from the edge up to which a hole is closed in full size alone, and from which on the small copy alone is seen.
_NEAR, _FAR = 16, 48
_AROUND = 4  # pixels of the small copy around a window: what its enlargement looks at, and some more
_STRIP = 32  # rows of the small copy that are made at once
_MOST_CELLS = 24  # around a hole in which grain is measured
_APART = 16  # pixels between them: no block of grain lies in two

HoleOf = Callable[[Region], Hole]


@dataclass(frozen=True)
class Beyond:
    """What a place sees of the small copy, and how much that counts: 0 at the edge of the hole, 1 in its middle."""

    picture: Floats = field(repr=False)
    share: Floats = field(repr=False)  # height × width

    @property
    def deep(self) -> Hole:
        """Where nothing else counts."""
        return self.share >= 1

    def joined(self, answer: Floats, place: tuple[slice, slice]) -> Floats:
        share = self.share[place][:, :, None]
        found: Floats = answer + share * (self.picture[place] - answer)
        return found


@dataclass(frozen=True)
class Afar:
    """The small copy with its hole filled, and the grain around it in full size."""

    wide: Wide
    small: Floats = field(repr=False)
    grain: Grain | None

    def beyond(self, window: Region, hole: Hole, *, seed: int, grain: float) -> Beyond:
        return Beyond(self._enlarged(window, seed=seed, grain=grain), _depth_as_share(hole))

    def _enlarged(self, window: Region, *, seed: int, grain: float) -> Floats:
        """A part of the small copy in full size, with what no small copy has of grain; cuts change nothing in it."""
        step, region = self.wide.step, self.wide.region
        inside = window.shifted(-region.left, -region.top)
        needed = Region(inside.left // step, inside.top // step, -(-inside.right // step), -(-inside.bottom // step))
        around = needed.grown(_AROUND, inside=Region.of_size(self.small.shape[1], self.small.shape[0]))
        place = around.scaled(step)
        large = bicubic(self.small[around.slices()], step)  # OpenCV's cubic kernel makes waves on a slope
        if self.grain is not None and grain > 0:
            grown = grow(self.grain, place.shifted(region.left, region.top), seed)
            large = large + grain * (grown - bicubic(_means(grown, around), step))
        return np.ascontiguousarray(large[inside.slices(place)])


def reduced(image: Raster, hole_of: HoleOf, wide: Wide) -> tuple[Floats, Hole]:
    """The mean of what is known in each square of pixels; a hole where less than half of it is."""
    step, region = wide.step, wide.region
    width = -(-region.width // step)
    pictures, holes = [], []
    for strip in region.divided(region.width, _STRIP * step):
        pixels = image.read(strip)
        hole = hole_of(strip) | nodata.missing(pixels)
        picture = to_float(pixels)
        height = -(-strip.height // step)
        more = ((0, height * step - strip.height), (0, width * step - strip.width))
        known = np.pad(~hole, more, mode="edge").astype(np.float32)
        light = np.pad(picture, (*more, (0, 0)), mode="edge") * known[:, :, None]
        size = Region.of_size(width, height)
        part = _means(known[:, :, None], size)
        pictures.append(_means(light, size) / np.maximum(part, 1e-6))
        holes.append(part[:, :, 0] < 0.5)
    return np.concatenate(pictures), np.concatenate(holes)


def grain_around(image: Raster, hole_of: HoleOf, wide: Wide, gap: Hole) -> Grain | None:
    """The grain beside a wide hole, measured in some of the cells along its edge: one for all of it."""
    cells = _along_the_edge(image.bounds, wide, gap)
    side = CELL + _APART
    picture = np.zeros((side * len(cells), CELL, image.channels), np.float32)
    hole = np.ones(picture.shape[:2], np.bool_)
    for number, cell in enumerate(cells):
        place = slice(number * side, number * side + cell.height), slice(cell.width)
        pixels = image.read(cell)
        hole[place] = hole_of(cell) | nodata.missing(pixels)
        picture[place] = to_float(pixels)
    return measure(picture, hole) if cells else None


def _along_the_edge(bounds: Region, wide: Wide, gap: Hole) -> list[Region]:
    """Cells that are mostly known, beside some that are not; evenly of all there are."""
    covered = {}
    for place in wide.region.cells(CELL):
        cell = cell_region(*place, size=CELL, inside=bounds)
        seen = cell.intersect(wide.region)
        assert seen is not None  # cells() yields what the region touches
        inside = seen.shifted(-wide.region.left, -wide.region.top)
        rows = slice(inside.top // wide.step, -(-inside.bottom // wide.step))
        columns = slice(inside.left // wide.step, -(-inside.right // wide.step))
        covered[place] = float(gap[rows, columns].mean())
    found = [
        cell_region(row, column, size=CELL, inside=bounds)
        for (row, column), share in covered.items()
        if share < 0.5 and any(covered.get((row + y, column + x), 0) > 0 for y in (-1, 0, 1) for x in (-1, 0, 1))
    ]
    return found[:: len(found) // _MOST_CELLS + 1]


def _means(picture: Floats, size: Region) -> Floats:
    """The means of squares of pixels: OpenCV's are exact where a side is divided by a whole number."""
    small = cv2.resize(picture, (size.width, size.height), interpolation=cv2.INTER_AREA)
    found: Floats = small.reshape(*size.shape, picture.shape[2]).astype(np.float32, copy=False)
    return found


def _depth_as_share(hole: Hole) -> Floats:
    if hole.all():
        return np.ones(hole.shape, np.float32)
    # A hole goes on behind the border, of the picture and of what is looked at.
    padded = np.pad(hole, 1, mode="edge").astype(np.uint8)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    share: Floats = ((depth - _NEAR) / (_FAR - _NEAR)).clip(0, 1).astype(np.float32)
    return share
