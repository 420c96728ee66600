"""Overview: a small picture for thumbnails and the first paint, from as few decoded segments as can be."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import numpy as np

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels, Source
from restorer_app.files.jpeg import overview_jpeg
from restorer_app.files.jpeg_markers import read_header
from restorer_app.files.picture import Picture

_SECONDS = 0.4  # of decoding; what is not reached by then is filled from its neighbour


@runtime_checkable
class HasOverview(Protocol):
    """A source that has a smaller copy of itself, or a quicker way to one."""

    def overview(self, longest_side: int) -> Pixels | None: ...


def overview(picture: Picture, longest_side: int) -> Pixels:
    """At most `longest_side` pixels wide and high, in the picture's own depth and orientation."""
    if picture.kind == "jpeg":
        with picture.path.open("rb") as file:
            header = read_header(file)
        quick = overview_jpeg(picture.path, header, longest_side)
        if quick is not None:
            return reduced(quick, longest_side)
    if isinstance(picture.source, HasOverview):
        quick = picture.source.overview(longest_side)
        if quick is not None:
            return reduced(quick, longest_side)
    return sampled(picture.source, longest_side)


def reduced(pixels: Pixels, longest_side: int) -> Pixels:
    """Every n-th pixel of pixels at hand."""
    step = -(-max(pixels.shape[:2]) // longest_side)
    return np.ascontiguousarray(pixels[step // 2 :: step, step // 2 :: step]) if step > 1 else pixels


def sampled(source: Source, longest_side: int, *, seconds: float = _SECONDS) -> Pixels:
    """Rows spread evenly over the picture, coarse first, until the time is up; the rest repeats its neighbour."""
    step = max(1, -(-max(source.bounds.shape) // longest_side))
    rows = np.arange(step // 2 if source.bounds.height > step // 2 else 0, source.bounds.height, step)
    columns = slice(step // 2 if source.bounds.width > step // 2 else 0, None, step)
    small: dict[int, Pixels] = {}
    until = time.monotonic() + seconds
    for at in _coarse_first(len(rows)):
        if small and time.monotonic() > until:
            break
        row = int(rows[at])
        small[at] = source.read(Region(0, row, source.bounds.width, row + 1))[0, columns].copy()
    known = np.array(sorted(small))
    nearest = known[np.abs(known[None, :] - np.arange(len(rows))[:, None]).argmin(axis=1)]
    return np.stack([small[int(at)] for at in nearest])


def _coarse_first(count: int) -> Iterator[int]:
    """0 … count - 1, each once: first a few far apart, then those between."""
    step = 1 << max(count - 1, 0).bit_length()
    seen = set()
    while step >= 1:
        for at in range(0, count, step):
            if at not in seen:
                seen.add(at)
                yield at
        step //= 2
