"""File values as float32 and back: scaled by the type's maximum, never clipped on entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.raster import Pixels

Floats = NDArray[np.float32]  # height × width × channels, 1 is the type's maximum
Hole = NDArray[np.bool_]  # height × width
# Windows of one shape, and their holes where it fills; answers `scale` times as large.
Run = Callable[[Sequence[Floats], Sequence[Hole] | None], list[Floats]]


def maximum(dtype: np.dtype[Any]) -> float:
    """What white is: the type's maximum, 1 for floats."""
    return 1.0 if dtype.kind == "f" else float(np.iinfo(dtype).max)


def to_float(pixels: Pixels) -> Floats:
    """A copy that may be written to; values that are no numbers become black, so that they cannot spread."""
    scaled: Floats = pixels.astype(np.float32)
    if pixels.dtype.kind != "f":
        scaled *= np.float32(1 / maximum(pixels.dtype))
    elif not np.isfinite(scaled).all():
        np.nan_to_num(scaled, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    return scaled


def to_depth(values: Floats, dtype: np.dtype[Any]) -> Pixels:
    """Rounded and clipped for integers; floats go out as they are."""
    if dtype.kind == "f":
        return values.astype(dtype, copy=False)
    most = maximum(dtype)
    scaled = values * np.float32(most)
    np.rint(scaled, out=scaled)
    np.clip(scaled, 0, most, out=scaled)
    return scaled.astype(dtype)
