"""Overview: a small picture for thumbnails and the first paint, from as few decoded segments as can be."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels, Source
from restorer_app.files.jpeg import overview_jpeg
from restorer_app.files.jpeg_markers import read_header
from restorer_app.files.picture import Picture
from restorer_app.files.tiff import TiffSource

_SECONDS = 0.5  # of decoding; what is not reached by then is guessed
_QUICK = 48 * 1024 * 1024  # decoded whole within that time by the slowest codec


def overview(picture: Picture, longest_side: int) -> Pixels:
    """At most `longest_side` pixels wide and high, in the picture's own depth and orientation."""
    if picture.kind == "jpeg":
        with picture.path.open("rb") as file:
            quick = overview_jpeg(picture.path, read_header(file), longest_side)
        if quick is not None:
            return reduced(quick, longest_side)
    source = picture.source
    if isinstance(source, TiffSource):
        whole = source.bounds.area * source.channels * source.dtype.itemsize
        if source.segments.direct or whole <= _QUICK:
            scale = (-(-max(source.bounds.shape) // longest_side) - 1).bit_length()
            return source.overview(scale)
        page = source.segments.page
        return sampled(source, longest_side, band=page.segment_height, column=page.segment_width)
    return reduced(source.read(source.bounds), longest_side)


def reduced(pixels: Pixels, longest_side: int) -> Pixels:
    """Every n-th pixel of pixels at hand."""
    step = max(1, -(-max(pixels.shape[:2]) // longest_side))
    return np.ascontiguousarray(pixels[::step, ::step])


def sampled(
    source: Source, longest_side: int, *, band: int, column: int | None = None, seconds: float = _SECONDS
) -> Pixels:
    """Segments spread evenly over the picture, coarse first, until the time is up; the rest is guessed from them.

    A band is a row of segments, a column (tiles) a part of it: what decodes as one is read as one. A row of tiles
    across a large scan takes the whole time to decode, and would be all there is to see.
    """
    height, width = source.bounds.shape
    step = max(1, -(-max(height, width) // longest_side))
    rows, columns = np.arange(0, height, step), np.arange(0, width, step)
    bands, parts = rows // max(band, 1), columns // max(column or width, 1)
    down, across = np.unique(bands), np.unique(parts)
    small = np.zeros((len(rows), len(columns), source.channels), source.dtype)
    known = np.zeros((len(down), len(across)), bool)
    until = time.monotonic() + seconds
    for at in _coarse_first_squares(len(down), len(across)):
        if known.any() and time.monotonic() > until:
            break
        mine_y, mine_x = np.flatnonzero(bands == down[at[0]]), np.flatnonzero(parts == across[at[1]])
        top, bottom = int(rows[mine_y[0]]), int(rows[mine_y[-1]]) + 1
        left, right = int(columns[mine_x[0]]), int(columns[mine_x[-1]]) + 1
        small[np.ix_(mine_y, mine_x)] = source.read(Region(left, top, right, bottom))[::step, ::step]
        known[at] = True
    place_y, place_x = np.searchsorted(down, bands), np.searchsorted(across, parts)
    return _guessed(small, known, place_y, place_x)


def _guessed(small: Pixels, known: NDArray[np.bool_], place_y: NDArray[Any], place_x: NDArray[Any]) -> Pixels:
    """What was not read, made up softly from the nearest that was: obviously not yet the picture."""
    if known.all():
        return small
    there = known[np.ix_(place_y, place_x)]
    if known.shape[1] == 1:
        at = np.flatnonzero(there[:, 0])
        soft = np.stack([_between(small[at, :, c], at, len(small)) for c in range(small.shape[2])], axis=2)
    else:
        soft = _from_means(small, known, place_y, place_x)
    if small.dtype.kind == "u":
        soft = np.rint(soft)
    return np.where(there[:, :, None], small, soft.astype(small.dtype))


def _between(lines: Pixels, at: NDArray[Any], count: int) -> NDArray[np.float64]:
    """Every line, from those at some places: a mixture of the nearest above and below."""
    position = np.interp(np.arange(count), at, np.arange(len(at)))
    below = np.floor(position).astype(int)
    above = np.minimum(below + 1, len(at) - 1)
    share = (position - below)[:, None]
    mixed: NDArray[np.float64] = lines[below] * (1 - share) + lines[above] * share
    return mixed


def _from_means(
    small: Pixels, known: NDArray[np.bool_], place_y: NDArray[Any], place_x: NDArray[Any]
) -> NDArray[np.float64]:
    """One colour a tile, spread to the tiles around it, without edges between."""
    found = [(y, x) for y, x in np.argwhere(known)]
    means = np.stack([small[np.ix_(place_y == y, place_x == x)].mean(axis=(0, 1)) for y, x in found])
    ys, xs = np.indices(known.shape)
    distance2 = np.stack([(ys - y) ** 2 + (xs - x) ** 2 for y, x in found], axis=2)
    weights = 1 / (distance2 + 0.1) ** 1.5  # near ones decide, without a jump anywhere
    grid = (weights / weights.sum(axis=2, keepdims=True)) @ means
    columns = [_between(grid[:, x], _middles(place_y), len(place_y)) for x in range(grid.shape[1])]
    tall = np.stack(columns, axis=1)
    lines = [_between(tall[:, :, c].T, _middles(place_x), len(place_x)).T for c in range(tall.shape[2])]
    return np.stack(lines, axis=2)


def _middles(places: NDArray[Any]) -> NDArray[Any]:
    """Where the middle of each tile lies among the small picture's rows or columns."""
    return np.array([np.flatnonzero(places == number).mean() for number in range(int(places.max()) + 1)])


def _coarse_first_squares(down: int, across: int) -> Iterator[tuple[int, int]]:
    """Every square once: first a few far apart in both directions."""
    step = 1 << max(down - 1, across - 1, 0).bit_length()
    seen: set[tuple[int, int]] = set()
    while step >= 1:
        # from half a step in: the border of a photograph is often only mount or scanner bed
        for square in itertools.product(range(step // 2, down, step), range(step // 2, across, step)):
            if square not in seen:
                seen.add(square)
                yield square
        if step == 1:
            yield from (square for square in itertools.product(range(down), range(across)) if square not in seen)
        step //= 2
