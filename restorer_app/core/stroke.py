"""Stroke: one gesture of a tool, and the coverage that it gives."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region

Shape = Literal["brush", "line", "lasso", "box"]
Coverage = NDArray[np.uint8]
Depth = NDArray[np.float32]

LARGEST_DIAMETER = 5000  # pixels; what the controls promise
_SUBSAMPLES = 4  # a lasso's edge is judged on 4 × 4 points a pixel: 17 levels of edge, no visible steps


@dataclass(frozen=True, slots=True)
class Point:
    """A place in picture coordinates (pixel 0 covers 0 to 1) and the pen's pressure there."""

    x: float
    y: float
    pressure: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x) and math.isfinite(self.y)):
            raise InvalidValueError(f"A stroke cannot pass through {self.x}, {self.y}.")
        if not 0 <= self.pressure <= 1:
            raise InvalidValueError(f"Pressure goes from 0 to 1, but is {self.pressure}.")


@dataclass(frozen=True, slots=True)
class Stroke:
    """What a hand did between press and release.

    A brush or a line covers the round neighbourhood of its path; hardness 1 has an edge of one pixel,
    hardness 0 falls off from the middle. A lasso covers what it encloses, a box the rectangle between its
    first and last point, in whole pixels.
    """

    shape: Shape
    points: tuple[Point, ...]
    diameter: float = 1.0
    hardness: float = 1.0
    erase: bool = False
    pressure_sizes: bool = False

    def __post_init__(self) -> None:
        if self.shape not in get_args(Shape):
            raise InvalidValueError(f"A stroke is a {', '.join(get_args(Shape))}, not a {self.shape}.")
        if not self.points:
            raise InvalidValueError("A stroke needs at least one point.")
        if not 1 <= self.diameter <= LARGEST_DIAMETER:
            raise InvalidValueError(f"A brush is 1 to {LARGEST_DIAMETER} pixels wide, not {self.diameter}.")
        if not 0 <= self.hardness <= 1:
            raise InvalidValueError(f"Hardness goes from 0 to 1, but is {self.hardness}.")

    def radius_at(self, point: Point) -> float:
        size = self.diameter * point.pressure if self.pressure_sizes else self.diameter
        return max(size, 1.0) / 2

    def extent(self, inside: Region) -> Region | None:
        """Where this stroke can cover anything at all."""
        # half a pixel of soft edge lies beyond the radius
        reach = [self.radius_at(p) + 0.5 if self.is_round else 0.0 for p in self.points]
        return Region.clipped(
            math.floor(min(p.x - r for p, r in zip(self.points, reach, strict=True))),
            math.floor(min(p.y - r for p, r in zip(self.points, reach, strict=True))),
            math.ceil(max(p.x + r for p, r in zip(self.points, reach, strict=True))),
            math.ceil(max(p.y + r for p, r in zip(self.points, reach, strict=True))),
            inside=inside,
        )

    @property
    def is_round(self) -> bool:
        return self.shape in ("brush", "line")

    def coverage(self, region: Region) -> Coverage:
        """How much of each pixel of a region is covered, 0 to 255; the same however a place is divided."""
        return self.drawing()(region)

    def drawing(self) -> Callable[[Region], Coverage]:
        """`coverage` for many regions: what concerns the whole path is worked out once."""
        if self.shape == "box":
            return partial(_box, self)
        if self.shape == "lasso":
            return partial(_lasso, _edges(self))
        return partial(_round, _segments(self), self.hardness)


def _box(stroke: Stroke, region: Region) -> Coverage:
    out = np.zeros(region.shape, np.uint8)
    first, last = stroke.points[0], stroke.points[-1]
    covered = Region.clipped(
        math.floor(min(first.x, last.x)),
        math.floor(min(first.y, last.y)),
        math.ceil(max(first.x, last.x)),
        math.ceil(max(first.y, last.y)),
        inside=region,
    )
    if covered is not None:
        out[covered.slices(region)] = 255
    return out


def _edges(stroke: Stroke) -> NDArray[np.float64]:
    """The closed outline as rows x0, y0, x1, y1 of edges, in grid points of the fine grid."""
    xs = np.array([p.x for p in stroke.points]) * _SUBSAMPLES - 0.5
    ys = np.array([p.y for p in stroke.points]) * _SUBSAMPLES - 0.5
    return np.stack([xs, ys, np.roll(xs, -1), np.roll(ys, -1)])


def _lasso(edges: NDArray[np.float64], region: Region) -> Coverage:
    """Non-zero winding on a fine grid, so that a loop drawn over itself has no holes."""
    n = _SUBSAMPLES
    fine = region.scaled(n)
    if not _edges_near(edges, fine).any():
        # nothing but whole turns around this place: one grid point speaks for all
        inside = bool(_turns(edges, Region(fine.left, fine.top, fine.left + 1, fine.top + 1))[0, 0])
        return np.full(region.shape, 255 if inside else 0, np.uint8)
    covered = _turns(edges, fine) != 0
    counts = covered.reshape(region.height, n, region.width, n).sum(axis=(1, 3), dtype=np.uint16)
    coverage: Coverage = ((counts * 255 + n * n // 2) // (n * n)).astype(np.uint8)
    return coverage


def _edges_near(edges: NDArray[np.float64], fine: Region) -> NDArray[np.bool_]:
    x0, y0, x1, y1 = edges
    near: NDArray[np.bool_] = (
        (np.minimum(x0, x1) <= fine.right)
        & (np.maximum(x0, x1) >= fine.left)
        & (np.minimum(y0, y1) <= fine.bottom)
        & (np.maximum(y0, y1) >= fine.top)
    )
    return near


def _turns(edges: NDArray[np.float64], fine: Region) -> NDArray[np.int16]:
    """How often the outline winds around each point of a fine grid."""
    turns = np.zeros((fine.height, fine.width + 1), np.int16)
    x0, y0, x1, y1 = edges
    # only edges at the height of the region and not wholly to its right change anything in it
    matter = (np.minimum(y0, y1) < fine.bottom) & (np.maximum(y0, y1) >= fine.top) & (np.minimum(x0, x1) <= fine.right)
    for ax, ay, bx, by in edges[:, matter & (y0 != y1)].T:
        # rows crossed: ceil(lower) <= row < ceil(upper), so that an end shared by two edges counts once
        rows = np.arange(max(math.ceil(min(ay, by)), fine.top), min(math.ceil(max(ay, by)), fine.bottom))
        crossing = np.ceil(ax + (rows - ay) * (bx - ax) / (by - ay)).astype(np.int64) - fine.left
        # one edge crosses a row once, so no index repeats within this addition
        turns[rows - fine.top, np.clip(crossing, 0, fine.width)] += 1 if by > ay else -1
    return np.cumsum(turns[:, :-1], axis=1, dtype=np.int16)


def _segments(stroke: Stroke) -> NDArray[np.float64]:
    """Rows of x0, y0, r0, x1, y1, r1; one point alone is a segment without length."""
    # to a thousandth of a pixel: points closer than that would make segments whose length squares to nothing
    places = [(round(p.x, 3), round(p.y, 3), stroke.radius_at(p)) for p in stroke.points]
    # A brush of one pixel marks one pixel: it would otherwise fall between two.
    places = [(math.floor(x) + 0.5, math.floor(y) + 0.5, r) if r < 1 else (x, y, r) for x, y, r in places]
    path = [places[0]]
    path += [place for before, place in itertools.pairwise(places) if place != before]
    if len(path) == 1:
        path = path * 2
    return np.array([(*a, *b) for a, b in itertools.pairwise(path)], np.float64)


def _round(segments: NDArray[np.float64], hardness: float, region: Region) -> Coverage:
    near, is_full = _that_matter(segments, region, hardness)
    if is_full:
        return np.full(region.shape, 255, np.uint8)
    radii = near[:, [2, 5]]
    inside = _even if radii.size and float(radii.min()) == float(radii.max()) else _uneven
    best = inside(near, hardness, region)
    soft = best * best * (3 - 2 * best) if hardness < 1 else best
    return np.rint(soft * 255).astype(np.uint8)


def _even(segments: NDArray[np.float64], hardness: float, region: Region) -> Depth:
    """How far inside the stroke each pixel lies, 0 outside to 1 in the hard core, for one radius everywhere.

    Squared distances are collected first, so that root and falloff are taken once and not once a segment.
    """
    squared = np.full(region.shape, np.inf, np.float32)
    for segment in segments:
        near = _reach(segment, region)
        if near is not None:
            part = squared[near.slices(region)]
            along_x, along_y, _ = _offsets(segment, near)
            along_x *= along_x
            along_y *= along_y
            along_x += along_y
            np.minimum(part, along_x, out=part)
    return _falloff(np.sqrt(squared), np.float32(segments[0, 2]), hardness)


def _uneven(segments: NDArray[np.float64], hardness: float, region: Region) -> Depth:
    """The same for a radius that changes along the path, with the pen's pressure."""
    best = np.zeros(region.shape, np.float32)
    for segment in segments:
        near = _reach(segment, region)
        if near is not None:
            part = best[near.slices(region)]
            from_x, from_y, along = _offsets(segment, near)
            radius = np.float32(segment[2]) + along * np.float32(segment[5] - segment[2])
            np.maximum(part, _falloff(np.hypot(from_x, from_y), radius, hardness), out=part)
    return best


def _falloff(distance: Depth, radius: Depth | np.float32, hardness: float) -> Depth:
    """Falls from the hard core to the rim, over one pixel at least: the even edge of a hard brush."""
    width = np.maximum(radius * np.float32(1 - hardness), np.float32(1))
    depth: Depth = np.clip((radius + np.float32(0.5) - distance) / width, 0, 1)
    return depth


def _reach(segment: NDArray[np.float64], region: Region) -> Region | None:
    x0, y0, r0, x1, y1, r1 = segment
    reach = max(r0, r1) + 0.5
    return Region.clipped(
        math.floor(min(x0, x1) - reach),
        math.floor(min(y0, y1) - reach),
        math.ceil(max(x0, x1) + reach),
        math.ceil(max(y0, y1) + reach),
        inside=region,
    )


def _offsets(segment: NDArray[np.float64], region: Region) -> tuple[Depth, Depth, Depth]:
    """Each pixel's offset in x and y from the nearest place of a segment, and where on it that is, 0 to 1."""
    x0, y0, _, x1, y1, _ = segment
    # float32 relative to the segment's own start: pictures are 40 000 pixels wide, where float32 has 1/256 left
    xs = (np.arange(region.left, region.right) + (0.5 - x0)).astype(np.float32)
    ys = (np.arange(region.top, region.bottom) + (0.5 - y0)).astype(np.float32)
    dx, dy = x1 - x0, y1 - y0
    length2 = dx * dx + dy * dy or 1.0
    along = np.add.outer(ys * np.float32(dy / length2), xs * np.float32(dx / length2))
    np.clip(along, 0, 1, out=along)
    return xs[None, :] - along * np.float32(dx), ys[:, None] - along * np.float32(dy), along


def _that_matter(segments: NDArray[np.float64], region: Region, hardness: float) -> tuple[NDArray[np.float64], bool]:
    """The segments that can decide a pixel of a region, and whether one of them covers all of it.

    Strokes are drawn cell by cell; a brush of 3000 pixels covers most cells whole, and of a long path only
    the nearest few segments count. Distance changes by at most one pixel a pixel, so the distance from the
    middle bounds it everywhere.
    """
    x0, y0, r0, x1, y1, r1 = segments.T
    (cx, cy), half_diagonal = region.centre, math.hypot(*region.shape) / 2
    dx, dy = x1 - x0, y1 - y0
    length2 = np.where((dx == 0) & (dy == 0), 1, dx * dx + dy * dy)
    along = np.clip(((cx - x0) * dx + (cy - y0) * dy) / length2, 0, 1)
    distance = np.hypot(cx - x0 - along * dx, cy - y0 - along * dy)
    least, most = np.minimum(r0, r1), np.maximum(r0, r1)
    lower = (least + 0.5 - distance - half_diagonal) / np.maximum(most * (1 - hardness), 1)
    upper = (most + 0.5 - distance + half_diagonal) / np.maximum(least * (1 - hardness), 1)
    surest = float(lower.max())
    # a hair of slack: depths are counted in float32
    return segments[(upper > -1e-3) & (upper >= min(surest, 1.0) - 1e-3)], surest >= 1 + 1e-3
