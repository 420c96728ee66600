"""MSE, PSNR, SSIM and the number of changed pixels, at any depth."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.raster import Pixels

_WINDOW = 11
_SIGMA = 1.5  # the window of Wang et al. 2004, which scikit-image uses with gaussian_weights=True


def data_range(pixels: Pixels) -> float:
    """What white is: the type's maximum, 1 for floats."""
    return 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)


def mse(one: Pixels, other: Pixels, *, where: NDArray[np.bool_] | None = None) -> float:
    """Mean squared difference of all samples, or of the pixels in `where`."""
    _comparable(one, other)
    if where is not None:
        if not where.any():
            raise InvalidValueError("There is no pixel to compare.")
        one, other = one[where], other[where]
    difference = one.astype(np.float64) - other.astype(np.float64)
    return float(np.mean(difference * difference))


def psnr(one: Pixels, other: Pixels, *, where: NDArray[np.bool_] | None = None, peak: float | None = None) -> float:
    """Peak signal to noise ratio in dB; infinite for equal pixels."""
    return psnr_of_mse(mse(one, other, where=where), data_range(one) if peak is None else peak)


def psnr_of_mse(error: float, peak: float) -> float:
    if error == 0 or math.isinf(error):
        return math.inf if error == 0 else -math.inf
    return 10 * math.log10(peak * peak / error)


def ssim(one: Pixels, other: Pixels, *, peak: float | None = None) -> float:
    """Structural similarity: 11 × 11 Gaussian window, sigma 1.5, population covariance, mean of channels."""
    _comparable(one, other)
    if min(one.shape[:2]) < _WINDOW:
        raise InvalidValueError(f"SSIM needs at least {_WINDOW} × {_WINDOW} pixels.")
    white = data_range(one) if peak is None else peak
    if one.ndim == 2:
        return _ssim_plane(one, other, white)
    return float(np.mean([_ssim_plane(one[:, :, c], other[:, :, c], white) for c in range(one.shape[2])]))


def count_changed(before: Pixels, after: Pixels) -> int:
    """Pixels of which any channel differs; by bits, so that a float that is no number equals itself."""
    if before.dtype.kind == "f":
        unsigned = np.dtype(f"u{before.dtype.itemsize}")
        before, after = np.ascontiguousarray(before).view(unsigned), np.ascontiguousarray(after).view(unsigned)
    differs = before[:, :, 0] != after[:, :, 0]
    for channel in range(1, before.shape[2]):  # ten times faster than any() along the short axis
        differs |= before[:, :, channel] != after[:, :, channel]
    return int(np.count_nonzero(differs))


def _ssim_plane(one: Pixels, other: Pixels, white: float) -> float:
    x, y = one.astype(np.float64), other.astype(np.float64)
    c1, c2 = (0.01 * white) ** 2, (0.03 * white) ** 2
    mean_x, mean_y = _smooth(x), _smooth(y)
    var_x, var_y = _smooth(x * x) - mean_x**2, _smooth(y * y) - mean_y**2
    covariance = _smooth(x * y) - mean_x * mean_y
    similarity = ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
        (mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)
    )
    return float(similarity.mean())


def _smooth(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """The windowed mean wherever the whole window lies inside: equals scikit-image's cropped mean."""
    offsets = np.arange(_WINDOW) - _WINDOW // 2
    weights = np.exp(-(offsets**2) / (2 * _SIGMA**2))
    weights /= weights.sum()
    height, width = plane.shape
    inner_rows, inner_columns = height - _WINDOW + 1, width - _WINDOW + 1
    down = np.zeros((inner_rows, width))
    for k, weight in enumerate(weights):
        down += weight * plane[k : k + inner_rows]
    out = np.zeros((inner_rows, inner_columns))
    for k, weight in enumerate(weights):
        out += weight * down[:, k : k + inner_columns]
    return out


def _comparable(one: Pixels, other: Pixels) -> None:
    if one.shape != other.shape:
        raise InvalidValueError(f"Pictures of {one.shape} and {other.shape} cannot be compared.")
    if one.dtype != other.dtype:
        raise InvalidValueError(f"Pictures of {one.dtype} and {other.dtype} cannot be compared.")
    if one.size == 0:
        raise InvalidValueError("There is no pixel to compare.")
