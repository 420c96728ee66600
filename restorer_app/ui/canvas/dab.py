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

    def moved(self, dx: float, dy: float) -> _Segment:
        return self._replace(x0=self.x0 + dx, y0=self.y0 + dy, x1=self.x1 + dx, y1=self.y1 + dy)

    def distance(self, x: float, y: float) -> float:
        dx, dy = self.x1 - self.x0, self.y1 - self.y0
        length2 = dx * dx + dy * dy
        along = min(max(((x - self.x0) * dx + (y - self.y0) * dy) / length2, 0), 1) if length2 else 0.0
        return math.hypot(x - self.x0 - along * dx, y - self.y0 - along * dy)


def cover(values: Values, stroke: Stroke, level: int, region: Region) -> bool:
    """Draws a brush or line into the values of a tile, which stand for `region` at `level`.

    True where a single piece of it covered the whole tile.
    """
    size = 1 << level
    places = np.array([(p.x - region.left, p.y - region.top, stroke.radius_at(p)) for p in stroke.points]) / size
    places[:, 2] = np.maximum(places[:, 2], 0.5)
    is_full = False
    for segment in _segments_near(places, values.shape[1], values.shape[0]):
        is_full = _cover_segment(values, segment, stroke) or is_full
    return is_full


def _segments_near(places: NDArray[np.float64], width: int, height: int) -> Iterator[_Segment]:
    """The pieces between two places with which a stroke can reach a tile: of a long stroke only a few."""
    pairs = np.hstack([places[:-1], places[1:]] if len(places) > 1 else [places, places])
    if len(pairs) > 4:  # for a few, each looks for itself
        reach = np.maximum(pairs[:, 2], pairs[:, 5]) + 1
        pairs = pairs[
            (np.minimum(pairs[:, 0], pairs[:, 3]) - reach < width)
            & (np.maximum(pairs[:, 0], pairs[:, 3]) + reach > 0)
            & (np.minimum(pairs[:, 1], pairs[:, 4]) - reach < height)
            & (np.maximum(pairs[:, 1], pairs[:, 4]) + reach > 0)
        ]
    for pair in pairs.tolist():
        yield _Segment(*pair)


def _cover_segment(values: Values, segment: _Segment, stroke: Stroke) -> bool:
    """True where the segment covers the whole tile."""
    rows, columns = values.shape
    least, most = sorted((segment.r0, segment.r1))
    distance, half = segment.distance(columns / 2, rows / 2), math.hypot(rows, columns) / 2
    if distance - half >= most + 0.5:
        return False
    if (least + 0.5 - distance - half) / max(most * (1 - stroke.hardness), 1) >= 1:
        values[...] = 0 if stroke.erase else 255
        return True
    if least < _EXACT_BELOW:
        _cover_exactly(values, segment, stroke)
    else:
        _cover_coarsely(values, segment, stroke)
    return False


def _cover_coarsely(values: Values, segment: _Segment, stroke: Stroke) -> None:
    """Only where the segment reaches: a small disc lies in a corner of a tile, a large one's rim in half of it."""
    step = max(int(math.sqrt(8 * min(segment.r0, segment.r1) * _ERROR)), 2)
    tile = Region.of_size(values.shape[1], values.shape[0])
    near = Region.clipped(*segment.box(), inside=tile)
    if near is not None:
        near = near.aligned(step, inside=tile)  # the grid's places must not depend on where the segment lies
        coverage = _coarse(segment.moved(-near.left, -near.top), stroke.hardness, near.width, near.height, step=step)
        _put(values[near.slices()], coverage, erase=stroke.erase)


def _put(values: Values, coverage: Values, *, erase: bool) -> None:
    if erase:
        np.minimum(values, 255 - coverage, out=values)
    else:
        np.maximum(values, coverage, out=values)


def _cover_exactly(values: Values, segment: _Segment, stroke: Stroke) -> None:
    """As the mask itself will have it; radii as shares of the larger one."""
    diameter = 2 * max(segment.r0, segment.r1)
    ends = ((segment.x0, segment.y0, segment.r0), (segment.x1, segment.y1, segment.r1))
    points = tuple(Point(x, y, min(2 * r / diameter, 1)) for x, y, r in ends)
    part = Stroke("line", points, diameter=diameter, hardness=stroke.hardness, pressure_sizes=True)
    near = part.extent(Region.of_size(values.shape[1], values.shape[0]))
    if near is not None:
        _put(values[near.slices()], part.coverage(near), erase=stroke.erase)


def _coarse(segment: _Segment, hardness: float, columns: int, rows: int, *, step: int) -> Values:
    """Coverage of a tile from distances on a coarse grid.

    A distance is nearly linear over a step that is small against the radius (off by step² / 8 radius), so
    the edge stays sharp where coverage itself would be blurred, at a tenth of the cost.
    """
    # one step more on every side: in between, not beyond the last
    wide, high = -(-columns // step) + 2, -(-rows // step) + 2
    xs = (step * (np.arange(wide) - 0.5) - segment.x0).astype(np.float32)[None, :]
    ys = (step * (np.arange(high) - 0.5) - segment.y0).astype(np.float32)[:, None]
    inside = _inside(segment, hardness, xs, ys)
    fine = cv2.resize(inside * np.float32(255), (wide * step, high * step), interpolation=cv2.INTER_LINEAR)
    coverage = to_eight_bits(np.asarray(fine[step : step + rows, step : step + columns], np.float32))
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
