"""Overview: a small picture for thumbnails and the first paint, from as few decoded segments as can be."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels, Source
from restorer_app.files.jpeg import overview_jpeg
from restorer_app.files.jpeg_markers import read_header
from restorer_app.files.picture import Picture
from restorer_app.files.tiff import TiffSource

_SECONDS = 0.5  # of decoding; what is not reached by then repeats its neighbour
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
        return sampled(source, longest_side, band=source.segments.page.segment_height)
    return reduced(source.read(source.bounds), longest_side)


def reduced(pixels: Pixels, longest_side: int) -> Pixels:
    """Every n-th pixel of pixels at hand."""
    step = max(1, -(-max(pixels.shape[:2]) // longest_side))
    return np.ascontiguousarray(pixels[::step, ::step])


def sampled(source: Source, longest_side: int, *, band: int, seconds: float = _SECONDS) -> Pixels:
    """Bands spread evenly over the picture, coarse first, until the time is up; the rest repeats its neighbour.

    A band is a row of segments: what decodes as one is read as one.
    """
    height, width = source.bounds.shape
    step = max(1, -(-max(height, width) // longest_side))
    rows = np.arange(0, height, step)
    bands = rows // max(band, 1)
    numbers = np.unique(bands)
    small = np.empty((len(rows), -(-width // step), source.channels), source.dtype)
    known = np.zeros(len(rows), bool)
    until = time.monotonic() + seconds
    for at in _coarse_first(len(numbers)):
        if known.any() and time.monotonic() > until:
            break
        mine = bands == numbers[at]
        top, bottom = int(rows[mine][0]), int(rows[mine][-1]) + 1
        small[mine] = source.read(Region(0, top, width, bottom))[::step, ::step]
        known |= mine
    there = np.flatnonzero(known)
    nearest = there[np.abs(there[None, :] - np.arange(len(rows))[:, None]).argmin(axis=1)]
    filled: Pixels = small[nearest]
    return filled


def _coarse_first(count: int) -> Iterator[int]:
    """0 … count - 1, each once: first a few far apart, then those between."""
    step = 1 << max(count - 1, 0).bit_length()
    seen: set[int] = set()
    while step >= 1:
        for at in range(0, count, step):
            if at not in seen:
                seen.add(at)
                yield at
        step //= 2
