"""Samples of odd depths spread over the whole range of the next type, so that white is white."""

from __future__ import annotations

import numpy as np

from restorer_app.core.raster import Pixels


def dtype_for(bits: int) -> str:
    return "uint8" if bits <= 8 else "uint16"


def spread(pixels: Pixels, bits: int) -> Pixels:
    """2 to 15 bits over 8 or 16: reversible, because every level keeps its own place."""
    dtype = np.dtype(dtype_for(bits))
    if bits in {8, 16}:
        return pixels.astype(dtype, copy=False)
    most, white = (1 << bits) - 1, int(np.iinfo(dtype).max)
    levels = np.arange(most + 1, dtype=np.uint32)
    table = ((levels * white * 2 + most) // (most * 2)).astype(dtype)
    return table[np.minimum(pixels, most)]


def bits_fact(bits: int) -> tuple[str, str]:
    whole = np.dtype(dtype_for(bits)).itemsize * 8
    return "Bits a sample", str(bits) if bits in {8, 16} else f"{bits}, spread over {whole}"
