"""The transparency that goes with a picture of another size than its file's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels, Source
from restorer_app.files.picture import Picture

_BEYOND = 2  # small pixels around a region, so that it comes out as if the whole had been enlarged
_MOST = np.iinfo(np.int16).max  # OpenCV's for a side


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
        out = np.empty((*region.shape, self.channels), self.dtype)
        for piece in region.divided(_MOST // self.factor // 2, _MOST // self.factor // 2):
            out[piece.slices(region)] = self._piece(piece)
        return out

    def _piece(self, region: Region) -> Pixels:
        factor = self.factor
        tight = Region(
            region.left // factor, region.top // factor, -(-region.right // factor), -(-region.bottom // factor)
        )
        seen = tight.grown(_BEYOND, inside=self.small.bounds)
        size = (seen.width * factor, seen.height * factor)
        large = cv2.resize(np.ascontiguousarray(self.small.read(seen)), size, interpolation=cv2.INTER_LINEAR)
        found: Pixels = large.reshape(size[1], size[0], self.channels)[region.slices(seen.scaled(factor))]
        return found
