"""Which JPEG quality, and which squares, a picture's own coefficients betray."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from restorer_app.engine.values import Floats

Plane = NDArray[np.float64]

# The standard's table for brightness (ITU T.81, annex K), which nearly all encoders scale by the quality.
_TABLE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
_LOW = [(u, v) for u in range(5) for v in range(5) if 0 < u + v < 5]  # the rest are nearly always zero
_QUALITIES = range(4, 96)  # above, most steps are 1 or 2, which rounding to 8 bits hides
_GRID_BLOCKS = 24  # a side; enough to see the grid by
_MOST_BLOCKS = 1500
_FEWEST = 16  # blocks or coefficients; fewer say nothing
_CERTAIN = 0.3  # noise alone stays below 0.1, a single JPEG compression lies between 0.5 and 1


@dataclass(frozen=True, slots=True)
class Trace:
    """What a JPEG encoder left behind."""

    quality: int | None  # of the last compression; None where no usual table fits
    grid: tuple[int, int]  # rows and columns before the first whole square; of a picture without squares, any


def trace_of(picture: Floats) -> Trace:
    """The traces of the picture's last JPEG compression.

    Coefficients that were compressed lie on multiples of their step: the mean cosine of their phases is near 1 for
    the right table, and near 0 for any other and for pictures that never were JPEG.
    """
    plane = _brightness(picture)
    likely = _grid(plane)
    best = (0.0, 0, likely)
    for grid in dict.fromkeys([(0, 0), likely]):
        blocks = _coefficients(plane[grid[0] :, grid[1] :])
        if len(blocks) >= _FEWEST:
            best = max(best, *((_fit(blocks, quality), quality, grid) for quality in _QUALITIES))
    return Trace(best[1], best[2]) if best[0] > _CERTAIN else Trace(None, likely)


def _brightness(picture: Floats) -> Plane:
    pixels = picture[..., None] if picture.ndim == 2 else picture
    weights = [0.299, 0.587, 0.114] if pixels.shape[2] == 3 else [1.0]
    plane: Plane = np.asarray(pixels[..., : len(weights)], np.float64) @ np.array(weights) * 255 - 128
    return plane


def _grid(plane: Plane) -> tuple[int, int]:
    """Where blocks start: there, most fine coefficients are zero but for rounding."""
    rows, columns = (min(side, 8 * _GRID_BLOCKS + 7) for side in plane.shape)
    top, left = (plane.shape[0] - rows) // 2 // 8 * 8, (plane.shape[1] - columns) // 2 // 8 * 8
    middle = plane[top : top + rows, left : left + columns]
    if min(middle.shape) < 16:
        return 0, 0
    places = [(down, right) for down in range(8) for right in range(8)]
    return max(places, key=lambda at: float((np.abs(_coefficients(middle[at[0] :, at[1] :])) < 0.5).mean()))


def _coefficients(plane: Plane) -> NDArray[np.float64]:
    """The cosine transforms of all blocks, N × 8 × 8; not more than a few thousand."""
    rows, columns = (side // 8 for side in plane.shape)
    blocks = plane[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    blocks = blocks[:: max(1, len(blocks) // _MOST_BLOCKS)]
    at = np.arange(8)
    waves = np.cos(math.pi * (2 * at[None] + 1) * at[:, None] / 16) / 2
    waves[0] /= math.sqrt(2)
    found: NDArray[np.float64] = waves @ blocks @ waves.T
    return found


def _fit(blocks: NDArray[np.float64], quality: int) -> float:
    """How well the low coefficients lie on multiples of a quality's steps, from 0 to 1."""
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    steps = np.clip((_TABLE * scale + 50) // 100, 1, 255)
    straight, slanting = list[float](), list[float]()
    for u, v in _LOW:
        values, step = blocks[:, u, v], steps[u, v]
        values = values[np.abs(values) > step / 2]
        if len(values) >= _FEWEST:
            (slanting if u and v else straight).append(float(np.cos(2 * np.pi * values / step).mean()))
    # The edge of a scan and a straight scratch are the same in every block, and so are on multiples of some step by
    # chance; they have nothing that slants.
    if not slanting or sum(slanting) / len(slanting) < _CERTAIN:
        return 0.0
    fits = straight + slanting
    return sum(fits) / len(fits) if len(fits) >= 3 else 0.0
