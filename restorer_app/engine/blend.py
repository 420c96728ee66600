"""Compositing: outside the mask not one bit changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.raster import Pixels
from restorer_app.engine.values import Floats, maximum, to_depth


def blend(before: Pixels, new: Floats, cover: NDArray[np.uint8] | None) -> Pixels:
    """`new` where the cover is full, `before` to the bit where it is empty, a mixture between.

    The mixture is made in the file's own values, so that a soft edge over an unchanged place changes nothing.
    """
    after = to_depth(new, before.dtype)
    if cover is None or bool((cover == 255).all()):
        return after
    cover_HW1 = cover[:, :, None]
    soft = (cover > 0) & (cover < 255)
    if soft.any():
        share = cover[soft].astype(np.float32)[:, None] / 255
        old = before[soft].astype(np.float32)
        fresh = new[soft] * np.float32(maximum(before.dtype))
        there = np.isfinite(old)  # a float file may hold infinities, and nothing mixes with them
        mixed = old + (fresh - np.where(there, old, 0)) * share
        mixed = np.where(there, mixed, fresh) / np.float32(maximum(before.dtype))
        after[soft] = to_depth(mixed.astype(np.float32, copy=False), before.dtype)
    return np.where(cover_HW1 > 0, after, before)
