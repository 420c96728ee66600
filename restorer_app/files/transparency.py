"""The transparency that goes with a picture of another size than its file's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels, Source
from restorer_app.files.picture import Picture

_BEYOND = 1  # small pixels around a region, so that it comes out as if the whole had been enlarged


def transparency_of(picture: Picture, bounds: Region) -> Source | None:
    """What an upscaled picture lets through, enlarged as it was; None where there is none."""
    alpha = picture.alpha
    if alpha is None or bounds == alpha.bounds:
        return alpha
    factor = bounds.width // alpha.bounds.width
    return EnlargedAlpha(alpha, factor) if alpha.bounds.scaled(factor) == bounds else None


@dataclass(frozen=True, eq=False)
class EnlargedAlpha:
    """A source seen larger by a whole factor, with straight slopes between its pixels; it cannot overshoot."""

    small: Source
    factor: int

    @property
    def bounds(self) -> Region:
        return self.small.bounds.scaled(self.factor)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.small.dtype

    @property
    def channels(self) -> int:
        return self.small.channels

    def read(self, region: Region) -> Pixels:
        factor = self.factor
        tight = Region(
            region.left // factor, region.top // factor, -(-region.right // factor), -(-region.bottom // factor)
        )
        seen = tight.grown(_BEYOND, inside=self.small.bounds)
        found = self.small.read(seen).astype(np.float64 if self.dtype.kind == "f" else np.float32)
        for axis, first, last, start in (
            (0, region.top, region.bottom, seen.top),
            (1, region.left, region.right, seen.left),
        ):
            found = _between(found, (np.arange(first, last) + 0.5) / factor - 0.5 - start, axis)
        return (found if self.dtype.kind == "f" else np.rint(found)).astype(self.dtype)


def _between(pixels: Pixels, places: NDArray[np.float64], axis: int) -> Pixels:
    """Values at places between pixels, along one axis; beyond the edge the last one goes on."""
    lower = np.floor(places)
    share = (places - lower).astype(pixels.dtype).reshape(-1, *[1] * (2 - axis))
    before, behind = (
        pixels.take((lower + step).astype(np.intp).clip(0, pixels.shape[axis] - 1), axis=axis) for step in (0, 1)
    )
    found: Pixels = before + (behind - before) * share
    return found
