"""Film grain: noise that is blurred, found where a picture shows nothing else."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]  # H W C, 0..1

_BLOCK = 32
_SMOOTH = 3.0  # pixels: what is coarser than this is the picture's own
_QUIETEST = 0.1  # of the blocks are looked at
_FEWEST = 6
_CLIPPED = 0.1

# What blurred noise keeps to where it is by itself, and clean photographs do not: equally strong in the quietest
# blocks, as Gaussian noise is spread, and blurred alike in all of them and in all directions.
_MOST_SPREAD = 1.25  # the strongest of the quiet blocks to the weakest; grain 1.04 to 1.21, clean pictures 1.2 to 7
_KURTOSIS = (2.7, 3.25)  # of a Gaussian 3; clean pictures 3.3 to 12
_MOST_UNLIKE = 0.065  # deviation of the correlation of neighbours from block to block; grain 0.02 to 0.06
_MOST_SLANTED = 0.1  # between two directions; a printing screen has its own
_CORRELATED = (0.15, 0.85)  # less is white noise, more is shading
_MOST_BEYOND = 0.03  # of the next but one, above what a blur leaves there: what is rough at every scale is no grain


def grain_level(picture: Picture) -> float | None:
    """The standard deviation of the grain, or None where nothing shows that there is any."""
    blocks = _blocks(picture)
    count = max(_FEWEST, round(len(blocks) * _QUIETEST))
    if len(blocks) < 2 * count:
        return None
    power = (blocks**2).mean((1, 2, 3))
    quiet = np.argsort(power)[:count]
    strength, blocks = np.sqrt(power[quiet]), blocks[quiet]
    if strength[0] <= 0 or strength[-1] > _MOST_SPREAD * strength[0]:
        return None
    blocks = blocks / np.sqrt((blocks**2).mean((1, 2), keepdims=True) + 1e-20)  # each channel by itself
    kurtosis = float(np.median((blocks**4).mean((1, 2, 3))))
    across, down = _alike(blocks[:, :, 1:], blocks[:, :, :-1]), _alike(blocks[:, 1:], blocks[:, :-1])
    rising, falling = _alike(blocks[:, 1:, :-1], blocks[:, :-1, 1:]), _alike(blocks[:, 1:, 1:], blocks[:, :-1, :-1])
    near, beyond = np.median(across), np.median(_alike(blocks[:, :, 2:], blocks[:, :, :-2]))
    is_grain = (
        _KURTOSIS[0] <= kurtosis <= _KURTOSIS[1]
        and max(across.std(), down.std()) <= _MOST_UNLIKE
        and abs(near - np.median(down)) <= _MOST_SLANTED
        and abs(np.median(rising) - np.median(falling)) <= _MOST_SLANTED
        and _CORRELATED[0] <= near <= _CORRELATED[1]
        and beyond <= near**4 + _MOST_BEYOND  # as a Gaussian's own correlation falls
    )
    return float(np.median(strength)) if is_grain else None


def _alike(blocks: NDArray[np.float64], neighbours: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((blocks * neighbours).mean((1, 2, 3)))


def _blocks(picture: Picture) -> NDArray[np.float64]:
    """What is fine in a picture, in squares; those cut off at black or white are left out."""
    height, width = (side // _BLOCK * _BLOCK for side in picture.shape[:2])
    coarse = cv2.GaussianBlur(picture, (0, 0), _SMOOTH, borderType=cv2.BORDER_REFLECT_101).reshape(picture.shape)
    clipped = _squares(((picture <= 0) | (picture >= 1))[:height, :width]).mean((1, 2, 3))
    fine = _squares((picture - coarse)[:height, :width])
    return np.asarray(fine[clipped < _CLIPPED], np.float64)


def _squares(values: NDArray[np.generic]) -> NDArray[Any]:
    height, width, channels = values.shape
    rows = values.reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK, channels)
    return rows.swapaxes(1, 2).reshape(-1, _BLOCK, _BLOCK, channels)
