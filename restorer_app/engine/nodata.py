"""Samples that are no numbers: no data, in a float picture.

They stay what they are, in every pixel that comes of them. What a method sees in their place goes on from their
neighbours, so that an edge to black, which is not in the picture, does not ring in the data beside it. To a fill they
are hole like the hole itself: nothing in them is a witness of the picture, of its colours or of its grain.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels, Raster
from restorer_app.engine.values import Floats, Hole, to_float

_AROUND = [shift for shift in itertools.product((0, 1, 2), repeat=2) if shift != (1, 1)]

_Missing = NDArray[np.bool_]  # height × width


def read_closed(image: Raster, window: Region, *, reach: int) -> Floats:
    """The window as float, its missing samples closed from their surroundings as far in as a method looks.

    Each ring is made of the one before it alone: `reach` pixels around the window decide it, however it was cut.
    """
    pixels = image.read(window)
    if pixels.dtype.kind != "f" or np.isfinite(pixels).all():
        return to_float(pixels)
    around = window.grown(reach, inside=image.bounds)
    pixels = image.read(around)
    seen = closed(pixels, reach=reach)
    return np.ascontiguousarray(seen[window.slices(around)])


def closed(pixels: Pixels, *, reach: int) -> Floats:
    """Pixels as float, their missing samples closed as far in as `reach`."""
    seen = to_float(pixels)
    if pixels.dtype.kind != "f" or np.isfinite(pixels).all():
        return seen
    gone = ~np.isfinite(pixels)
    for channel in range(seen.shape[2]):
        plane = seen[:, :, channel].copy()
        _close(plane, gone[:, :, channel], reach)
        seen[:, :, channel] = plane
    return seen


def missing(pixels: Pixels) -> Hole:
    """Where at least one sample is no number: nothing is there that a fill could go by."""
    if pixels.dtype.kind != "f":
        return np.zeros(pixels.shape[:2], np.bool_)
    gone: Hole = np.any(~np.isfinite(pixels), axis=2)
    return gone


def put_back(enlarged: Pixels, image: Raster, region: Region, scale: int) -> Pixels:
    """What a region became, with its samples that are no numbers as they were, bit for bit."""
    if image.dtype.kind != "f":
        return enlarged
    small = image.read(region)
    if np.isfinite(small).all():
        return enlarged
    before = small.repeat(scale, axis=0).repeat(scale, axis=1)
    kept: Pixels = np.where(np.isfinite(before), enlarged, before)
    return kept


def _close(plane: Floats, missing: _Missing, rings: int) -> None:
    """Rings of what is missing, from the outside in, each sample the mean of its neighbours that are there."""
    values, there = np.pad(plane, 1), np.pad(~missing, 1)
    for _ in range(rings):
        rows, columns = np.nonzero(~there[1:-1, 1:-1] & _touched(there))
        if not rows.size:
            break
        places = [(rows + down, columns + right) for down, right in _AROUND]
        count = np.sum([there[place] for place in places], axis=0)
        total = np.sum([values[place] * there[place] for place in places], axis=0, dtype=np.float64)
        values[rows + 1, columns + 1] = total / count
        there[rows + 1, columns + 1] = True
    plane[...] = values[1:-1, 1:-1]


def _touched(there: _Missing) -> _Missing:
    """Where at least one of the eight neighbours is there."""
    height, width = there.shape[0] - 2, there.shape[1] - 2
    touched = np.zeros((height, width), np.bool_)
    for down, right in _AROUND:
        touched |= there[down : down + height, right : right + width]
    return touched
