"""Enlarged: a raster seen through larger bounds, each pixel repeated: what an upscaled picture is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels, Raster


@dataclass(frozen=True, eq=False)
class Enlarged:
    """A source for viewing only; whole factors, as upscaling has them."""

    small: Raster
    bounds: Region

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.small.dtype

    @property
    def channels(self) -> int:
        return self.small.channels

    def read(self, region: Region) -> Pixels:
        factor = self.bounds.width // self.small.bounds.width
        outer = region.aligned(factor)
        inner = Region(outer.left // factor, outer.top // factor, outer.right // factor, outer.bottom // factor)
        large = self.small.read(inner).repeat(factor, axis=0).repeat(factor, axis=1)
        pixels: Pixels = large[region.slices(outer)]
        return pixels
