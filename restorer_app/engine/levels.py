"""How much noise, and which JPEG quality, a picture shows of itself."""

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer_app.engine.filmgrain import grain_level
from restorer_app.engine.jpegtrace import Trace, trace_of

Picture = NDArray[np.float32]  # H W C, or H W, 0..1, never clipped

_SIDE = 8  # of the patches whose covariance is looked at
_SIDE_IN_COLOUR = 5  # in a block: three channels make as many numbers of a smaller patch
_MOST_PATCHES = 40_000
_BLOCK = 64  # pixels; a picture is noisy where it is flat, and some part of it is
_MOST_BLOCKS = 128
_FEWEST_BLOCKS = 4
_WHITE = 0.8  # the least deviation of a block to its level; noise by itself: 0.83 to 0.9, gravel: 0.4 to 0.7
_SOME = 0.2  # of the blocks are enough to go by
_OF_THE_QUIETEST = 0.98  # of the noise is what the quietest fifth finds where there is nothing but noise
_CLIPPED = 0.1  # of a block's samples at black or white: the noise there was cut off


def noise_level(picture: Picture) -> float:
    """The standard deviation of the noise, 0..1: what the flattest directions of small patches vary by.

    In the whole picture, or, where that is less, in those of its parts that show nothing but noise: it lies over
    everything and is the same in every direction; gravel and leaves are neither. Film grain, which is blurred and so
    not the same in every direction, is looked for by itself.
    """
    pixels = picture[..., None] if picture.ndim == 2 else picture
    if pixels.shape[2] == 3 and not np.ptp(pixels, axis=2).any():
        pixels = pixels[..., :1]  # grey in three channels is one channel
    patches = _patches(pixels)
    if len(patches) < 4 * patches.shape[1]:
        return _little_noise_level(pixels)
    everywhere = _level_and_least(patches)[0]
    side = _SIDE if pixels.shape[2] == 1 else _SIDE_IN_COLOUR
    found = np.array([_level_and_least(_windows(block, side)) for block in _blocks(pixels)]).reshape(-1, 2)
    if len(found) < _FEWEST_BLOCKS:
        return everywhere
    level, least = found.T
    white = level[least > _WHITE * level]
    if len(white) >= _SOME * len(level):
        return min(everywhere, float(np.median(white)))
    quiet = min(everywhere, float(np.quantile(level, _SOME)) / _OF_THE_QUIETEST)
    return max(quiet, grain_level(pixels) or 0.0)


def _level_and_least(patches: Picture) -> tuple[float, float]:
    """The deviation that noise makes in every direction, and the least in any.

    The eigenvalues of the patches' covariance that noise alone makes lie symmetrically around its variance: drop the
    largest until mean and median agree (Chen, Zhu, Heng: An efficient statistical method, ICCV 2015).
    """
    patches = patches - patches.mean(0)
    values = np.clip(np.linalg.eigvalsh((patches.T @ patches / len(patches)).astype(np.float64)), 0, None)
    kept = len(values)
    while kept > 1 and values[:kept].mean() > values[kept // 2]:
        kept -= 1
    return float(np.sqrt(values[kept // 2])), float(np.sqrt(values[0]))


def _patches(pixels: Picture) -> Picture:
    """Patches as rows, on a grid just wide enough that there are not too many."""
    height, width = pixels.shape[:2]
    if min(height, width) < _SIDE:
        return np.zeros((0, _SIDE * _SIDE * pixels.shape[2]), np.float32)
    patches = _windows(pixels, _SIDE, max(1, int(np.ceil(np.sqrt(height * width / _MOST_PATCHES)))))
    return patches[~_is_clipped(patches)]


def _windows(pixels: Picture, side: int, step: int = 1) -> Picture:
    views = np.lib.stride_tricks.sliding_window_view(pixels, (side, side), axis=(0, 1))[::step, ::step]
    return views.reshape(views.shape[0] * views.shape[1], -1)


def _blocks(pixels: Picture) -> list[Picture]:
    """Squares from all over the picture, not too many, none of them clipped."""
    rows, columns = (range(0, side - _BLOCK + 1, _BLOCK) for side in pixels.shape[:2])
    places = [(top, left) for top in rows for left in columns]
    step = max(1, -(-len(places) // _MOST_BLOCKS))
    blocks = [pixels[top : top + _BLOCK, left : left + _BLOCK] for top, left in places[::step]]
    return [each for each in blocks if not _is_clipped(each.reshape(1, -1))[0]]


def _is_clipped(rows: Picture) -> NDArray[np.bool_]:
    """Where black or white has swallowed the noise."""
    gone: NDArray[np.bool_] = ((rows <= 0) | (rows >= 1)).mean(1) > _CLIPPED
    return gone


def _little_noise_level(pixels: Picture) -> float:
    """The same for pictures too small for statistics: the median size of what a Laplacian leaves."""
    if min(pixels.shape[:2]) < 3:
        return 0.0
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6  # unit noise in, unit noise out
    rest = cv2.filter2D(np.ascontiguousarray(pixels), cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT_101)
    return float(np.median(np.abs(rest)) / 0.6745)


def jpeg_trace(picture: Picture, quality: int | None = None) -> Trace:
    """The JPEG quality that the picture's own coefficients betray, where none is told, and where its squares lie."""
    return trace_of(picture, quality)
