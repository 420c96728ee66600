"""How much noise, and which JPEG quality, a picture shows of itself."""

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer_app.engine.jpegtrace import quality_of

Picture = NDArray[np.float32]  # H W C, or H W, 0..1, never clipped

_SIDE = 8
_MOST_PATCHES = 40_000


def noise_level(picture: Picture) -> float:
    """The standard deviation of the noise, 0..1: what the flattest directions of small patches vary by.

    The eigenvalues of the patches' covariance that noise alone makes lie symmetrically around its variance: drop
    the largest until mean and median agree (Chen, Zhu, Heng: An efficient statistical method, ICCV 2015).
    """
    pixels = picture[..., None] if picture.ndim == 2 else picture
    if pixels.shape[2] == 3 and not np.ptp(pixels, axis=2).any():
        pixels = pixels[..., :1]  # grey in three channels is one channel
    patches = _patches(pixels)
    if len(patches) < 4 * patches.shape[1]:
        return _little_noise_level(pixels)
    patches = patches - patches.mean(0)
    values = np.clip(np.linalg.eigvalsh(patches.T @ patches / len(patches)), 0, None)
    for kept in range(len(values), 0, -1):
        mean, median = values[:kept].mean(), values[kept // 2]
        if mean <= median or kept == 1:
            return float(np.sqrt(median))
    return 0.0


def _patches(pixels: Picture) -> NDArray[np.float64]:
    """Patches as rows, on a grid just wide enough that there are not too many."""
    height, width = pixels.shape[:2]
    if min(height, width) < _SIDE:
        return np.zeros((0, _SIDE * _SIDE * pixels.shape[2]))
    step = max(1, int(np.ceil(np.sqrt(height * width / _MOST_PATCHES))))
    views = np.lib.stride_tricks.sliding_window_view(pixels, (_SIDE, _SIDE), axis=(0, 1))[::step, ::step]
    return views.reshape(views.shape[0] * views.shape[1], -1).astype(np.float64)


def _little_noise_level(pixels: Picture) -> float:
    """The same for pictures too small for statistics: the median size of what a Laplacian leaves."""
    if min(pixels.shape[:2]) < 3:
        return 0.0
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6  # unit noise in, unit noise out
    rest = cv2.filter2D(np.ascontiguousarray(pixels), cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT_101)
    return float(np.median(np.abs(rest)) / 0.6745)


def jpeg_quality(picture: Picture) -> int | None:
    """The JPEG quality that the picture's own coefficients betray, or None where nothing shows one."""
    return quality_of(picture)
