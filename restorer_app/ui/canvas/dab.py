"""Round strokes drawn into a tile of a reduced mask, fast enough for every move of the hand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer_app.core.geometry import Region
from restorer_app.core.stroke import Point, Stroke
from restorer_app.ui.canvas.saturate import to_eight_bits

Values = NDArray[np.uint8]

_EXACT_BELOW = 12.0  # radius in level pixels up to which the exact coverage costs less than the coarse one
_ERROR = 0.25  # pixels by which a large brush's edge may be off while it is being painted
_SMOOTH = np.rint([255 * (t / 255) ** 2 * (3 - 2 * t / 255) for t in range(256)]).astype(np.uint8)


class _Segment(NamedTuple):
    """A piece of a path in the tile's own pixels."""

    x0: float
    y0: float
    r0: float
    x1: float
    y1: float
    r1: float

    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of everything that it can cover, with room for the error of a coarse edge."""
        reach = max(self.r0, self.r1) + 2
        return (
            math.floor(min(self.x0, self.x1) - reach),
            math.floor(min(self.y0, self.y1) - reach),
            math.ceil(max(self.x0, self.x1) + reach),
            math.ceil(max(self.y0, self.y1) + reach),
        )

    def ahead(self) -> tuple[int, int, int, int]:
        """The part of `box` beyond the line across the first place: its two halves have their ends on that line."""
        left, top, right, bottom = self.box()
        dx, dy = self.x1 - self.x0, self.y1 - self.y0
        length = math.hypot(dx, dy)
        if length == 0:
            return left, top, right, bottom
        across, down = (self.r0 + 2) * abs(dy) / length, (self.r0 + 2) * abs(dx) / length
        return (
            max(left, math.floor(self.x0 - across)) if dx >= 0 else left,
            max(top, math.floor(self.y0 - down)) if dy >= 0 else top,
            min(right, math.ceil(self.x0 + across)) if dx <= 0 else right,
            min(bottom, math.ceil(self.y0 + down)) if dy <= 0 else bottom,
        )

    def moved(self, dx: float, dy: float) -> _Segment:
        return self._replace(x0=self.x0 + dx, y0=self.y0 + dy, x1=self.x1 + dx, y1=self.y1 + dy)

    def distance(self, x: float, y: float) -> float:
        dx, dy = self.x1 - self.x0, self.y1 - self.y0
        length2 = dx * dx + dy * dy
        along = min(max(((x - self.x0) * dx + (y - self.y0) * dy) / length2, 0), 1) if length2 else 0.0
        return math.hypot(x - self.x0 - along * dx, y - self.y0 - along * dy)


class Imprint:
    """A brush or line at a level: what several tiles need of it is computed once."""

    def __init__(self, stroke: Stroke, level: int) -> None:
        places = np.array([(p.x, p.y, stroke.radius_at(p)) for p in stroke.points]) / (1 << level)
        places[:, 2] = np.maximum(places[:, 2], 0.5)
        self._pairs = np.hstack([places[:-1], places[1:]] if len(places) > 1 else [places, places])
        self._stroke = stroke
        self._level = level
        self._shared: tuple[Region, Values] | None = None  # coverage of a box, both in level pixels

    def go_on(self, region: Region) -> Region | None:
        """Where in a region this changes a stroke that led to its first place, both in stored pixels.

        What lies behind that place is drawn already; what a large piece has ahead is computed once for all tiles.
        """
        segment, size = _Segment(*self._pairs[0].tolist()), 1 << self._level
        if len(self._pairs) > 1 or min(segment.r0, segment.r1) < _EXACT_BELOW:
            return region
        box = Region(region.left // size, region.top // size, -(-region.right // size), -(-region.bottom // size))
        ahead = Region.clipped(*segment.ahead(), inside=box)
        if ahead is None:
            return None
        self._shared = (ahead, _coarse(segment, self._stroke.hardness, ahead))
        return Region(ahead.left * size, ahead.top * size, ahead.right * size, ahead.bottom * size)

    def cover(self, values: Values, region: Region) -> bool:
        """Draws into the values of a tile, which stand for `region`. True where a single piece covers all of it."""
        left, top = region.left >> self._level, region.top >> self._level
        tile = Region(left, top, left + values.shape[1], top + values.shape[0])
        is_full = False
        for segment in self._segments_near(tile):
            is_full = self._cover_with(values, tile, segment) or is_full
        return is_full

    def _segments_near(self, tile: Region) -> Iterator[_Segment]:
        """The pieces between two places with which a stroke can reach a tile: of a long stroke only a few."""
        pairs = self._pairs
        if len(pairs) > 4:  # for a few, each looks for itself
            reach = np.maximum(pairs[:, 2], pairs[:, 5]) + 1
            pairs = pairs[
                (np.minimum(pairs[:, 0], pairs[:, 3]) - reach < tile.right)
                & (np.maximum(pairs[:, 0], pairs[:, 3]) + reach > tile.left)
                & (np.minimum(pairs[:, 1], pairs[:, 4]) - reach < tile.bottom)
                & (np.maximum(pairs[:, 1], pairs[:, 4]) + reach > tile.top)
            ]
        for pair in pairs.tolist():
            yield _Segment(*pair)

    def _cover_with(self, values: Values, tile: Region, segment: _Segment) -> bool:
        """True where the segment covers the whole tile."""
        stroke, (x, y) = self._stroke, tile.centre
        least, most = sorted((segment.r0, segment.r1))
        distance, half = segment.distance(x, y), math.hypot(tile.height, tile.width) / 2
        if distance - half >= most + 0.5:
            return False
        if (least + 0.5 - distance - half) / max(most * (1 - stroke.hardness), 1) >= 1:
            values[...] = 0 if stroke.erase else 255
            return True
        if self._shared is not None:
            _put(values, tile, *self._shared, erase=stroke.erase)
        elif least < _EXACT_BELOW:
            _cover_exactly(values, segment.moved(-tile.left, -tile.top), stroke)
        elif (near := Region.clipped(*segment.box(), inside=tile)) is not None:
            # only where the segment reaches: a small disc lies in a corner of a tile, a large one's rim in half of it
            _put(values, tile, near, _coarse(segment, stroke.hardness, near), erase=stroke.erase)
        return False


def _put(values: Values, tile: Region, near: Region, coverage: Values, *, erase: bool) -> None:
    """Coverage of a box goes into a tile, where both meet."""
    both = near.intersect(tile)
    if both is None:
        return
    there = values[both.slices(tile)]
    here = coverage[both.slices(near)]
    if erase:
        np.minimum(there, 255 - here, out=there)
    else:
        np.maximum(there, here, out=there)


def _cover_exactly(values: Values, segment: _Segment, stroke: Stroke) -> None:
    """As the mask itself will have it; radii as shares of the larger one."""
    diameter = 2 * max(segment.r0, segment.r1)
    ends = ((segment.x0, segment.y0, segment.r0), (segment.x1, segment.y1, segment.r1))
    points = tuple(Point(x, y, min(2 * r / diameter, 1)) for x, y, r in ends)
    part = Stroke("line", points, diameter=diameter, hardness=stroke.hardness, pressure_sizes=True)
    tile = Region.of_size(values.shape[1], values.shape[0])
    near = part.extent(tile)
    if near is not None:
        _put(values, tile, near, part.coverage(near), erase=stroke.erase)


def _coarse(segment: _Segment, hardness: float, box: Region) -> Values:
    """Coverage of a box from distances on a coarse grid.

    A distance is nearly linear over a step that is small against the radius (off by step² / 8 radius), so
    the edge stays sharp where coverage itself would be blurred, at a tenth of the cost.
    """
    step = max(int(math.sqrt(8 * min(segment.r0, segment.r1) * _ERROR)), 2)
    # from one multiple of the step to another: the grid's places must not depend on the box
    first_x, first_y = box.left // step, box.top // step
    # one step more on every side: in between, not beyond the last
    wide, high = -(-box.right // step) - first_x + 2, -(-box.bottom // step) - first_y + 2
    xs = (step * (np.arange(wide) + first_x - 0.5) - segment.x0).astype(np.float32)[None, :]
    ys = (step * (np.arange(high) + first_y - 0.5) - segment.y0).astype(np.float32)[:, None]
    inside = _inside(segment, hardness, xs, ys)
    fine = cv2.resize(inside * np.float32(255), (wide * step, high * step), interpolation=cv2.INTER_LINEAR)
    top, left = box.top - (first_y - 1) * step, box.left - (first_x - 1) * step
    coverage = to_eight_bits(np.asarray(fine[top : top + box.height, left : left + box.width], np.float32))
    return coverage if hardness == 1 else np.asarray(cv2.LUT(coverage, _SMOOTH), np.uint8)


def _inside(
    segment: _Segment, hardness: float, xs: NDArray[np.float32], ys: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How far inside the stroke each place lies: at most 0 outside, at least 1 in the hard core."""
    dx, dy = np.float32(segment.x1 - segment.x0), np.float32(segment.y1 - segment.y0)
    length2 = dx * dx + dy * dy
    along = np.clip((xs * dx + ys * dy) / length2, 0, 1) if length2 else np.float32(0)
    distance = np.hypot(xs - along * dx, ys - along * dy)
    radius = np.float32(segment.r0) + along * np.float32(segment.r1 - segment.r0)
    width = np.maximum(radius * np.float32(1 - hardness), np.float32(1))
    inside: NDArray[np.float32] = ((radius + np.float32(0.5) - distance) / width).astype(np.float32)
    return inside
