"""Methods that need no training: diffusion fills, two denoisers and resampling (the only place with OpenCV's ways).

Every function takes and gives float32, height × width × any number of channels, 0 to 1 but never clipped.
Each `…_HALO` is the extra input, in pixels, that a tile needs so that tiled equals whole.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from restorer_app.core.errors import InvalidValueError

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_INPAINT_RADIUS = 3
TELEA_HALO = NAVIER_STOKES_HALO = 2 * _INPAINT_RADIUS + 4  # around a hole: two radii, a gradient, the marching front

_SEARCH, _COMPARE = 7, 2  # 15 × 15 places, 5 × 5 pixels each: half the work of the usual 21 × 21
NLM_HALO = _SEARCH + _COMPARE

_WINDOW = 2  # 5 × 5; wider ones lost up to 0.3 dB in colour and 0.6 in grey
_GUIDED_STRENGTH = 5  # times the noise's variance: best on noise of 25 of 255, 0.2 dB below the best at 10, 0.7 at 50
GUIDED_HALO = 2 * _WINDOW  # a mean of means

LANCZOS_HALO, BICUBIC_HALO = 4, 3  # the support of the kernels, 3 and 2, and the half pixel between the grids

# OpenCV's Telea adds up to 1.5 grey levels of its own to a float picture (a slope normalised to length one), and
# at 0 to 1 that drowns everything: constant 0.4 came back as 0.05. At this scale it is 1.5 parts in a million.
_INPAINT_SCALE = np.float32(2**20)


def telea(picture: Floats, hole: Mask) -> Floats:
    """The hole closed from its edge inwards by Telea's fast marching."""
    return _inpaint(picture, hole, cv2.INPAINT_TELEA)


def navier_stokes(picture: Floats, hole: Mask) -> Floats:
    """The hole closed by letting lines of equal brightness run on into it."""
    return _inpaint(picture, hole, cv2.INPAINT_NS)


def _inpaint(picture: Floats, hole: Mask, method: int) -> Floats:
    # Several channels at once exist for 8 bits only, so each goes alone; their results are the same.
    filled = picture.copy()
    if not hole.any():
        return filled
    if hole.all():
        raise InvalidValueError("There is nothing around the hole to fill it from.")
    if 1 in hole.shape:  # OpenCV reads past the end of a single row or column
        down, right = (int(side == 1) for side in hole.shape)
        thick = np.repeat(np.repeat(picture, 1 + 2 * down, axis=0), 1 + 2 * right, axis=1)
        there = np.repeat(np.repeat(hole, 1 + 2 * down, axis=0), 1 + 2 * right, axis=1)
        return _inpaint(thick, there, method)[down : down + hole.shape[0], right : right + hole.shape[1]]
    mask = hole.astype(np.uint8)
    for channel in range(picture.shape[2]):
        plane = np.ascontiguousarray(picture[:, :, channel]) * _INPAINT_SCALE
        closed = np.asarray(cv2.inpaint(plane, mask, _INPAINT_RADIUS, method))
        filled[:, :, channel][hole] = closed[hole] / _INPAINT_SCALE
    return filled


def nlm(picture: Floats, sigma: float) -> Floats:
    """Non-local means: every pixel becomes the mean of pixels whose neighbourhoods look like its own.

    Written here because OpenCV's works on 8 bits, or on 16 with a distance that suits no noise.
    """
    if sigma <= 0:
        return picture.copy()
    channels = picture.shape[2]
    reach = _SEARCH + _COMPARE
    planes = [_padded(picture[:, :, channel], reach) for channel in range(channels)]
    rows, columns = picture.shape[0] + 2 * reach, picture.shape[1] + 2 * reach
    sums = [plane.copy() for plane in planes]  # a pixel is as like itself as can be
    weights = np.ones((rows, columns), np.float32)
    strength = np.float32(-1 / _nlm_spread(sigma) ** 2)
    for dy, dx in _half_plane(_SEARCH):
        here, there = _overlap(rows, columns, dy, dx)
        weight = _likeness(planes, here, there, sigma, strength)
        for mine, other in ((here, there), (there, here)):
            cv2.accumulate(weight, weights[mine])
            for plane, total in zip(planes, sums, strict=True):
                cv2.accumulateProduct(weight, plane[other], total[mine])
    inner = np.s_[reach : rows - reach, reach : columns - reach]
    return np.stack([total[inner] / weights[inner] for total in sums], axis=-1)


def _nlm_spread(sigma: float) -> float:
    # The best at noise of 10, 25 and 50 of 255 was 0.85, 0.6 and 0.5 times the noise, in colour and grey alike.
    return min(sigma, 0.4 * sigma + 0.017)


def _likeness(planes: list[Floats], here: Any, there: Any, sigma: float, strength: np.float32) -> Floats:
    """How much alike the neighbourhoods at two shifted places are, from 0 to 1."""
    squares = np.zeros(planes[0][here].shape, np.float32)
    for plane in planes:
        cv2.accumulateSquare(cv2.subtract(plane[here], plane[there]), squares)
    size = 2 * _COMPARE + 1
    distance: Any = cv2.boxFilter(squares, -1, (size, size))
    distance *= np.float32(1 / len(planes))
    distance -= np.float32(2 * sigma * sigma)  # two noisy copies of one thing differ by this much
    np.maximum(distance, 0, out=distance)
    distance *= strength
    weight: Floats = cv2.exp(distance, distance)
    return weight


def _half_plane(radius: int) -> list[tuple[int, int]]:
    """Every shift up to a radius, one of each opposite pair."""
    return [(dy, dx) for dy in range(radius + 1) for dx in range(-radius, radius + 1) if dy > 0 or dx > 0]


def _overlap(rows: int, columns: int, dy: int, dx: int) -> tuple[Any, Any]:
    """Where a raster and its copy shifted by (dy ≥ 0, dx) both lie, in the coordinates of each."""
    left, right = max(0, -dx), columns - max(0, dx)
    here = np.s_[0 : rows - dy, left:right]
    there = np.s_[dy:rows, left + dx : right + dx]
    return here, there


@np.errstate(over="ignore", invalid="ignore")  # what is no number any more is told in a sentence where it comes out
def guided(picture: Floats, sigma: float) -> Floats:
    """The guided filter with the picture as its own guide: smooths flat parts, keeps edges of all channels."""
    if sigma <= 0:
        return picture.copy()
    channels = picture.shape[2]
    planes = [_padded(picture[:, :, channel], GUIDED_HALO) for channel in range(channels)]
    means = [_box(plane) for plane in planes]
    # Signal is what the variance has above the noise. Every output channel is a linear mix of all channels.
    covariance = [[_box(planes[i] * planes[j]) - means[i] * means[j] for j in range(channels)] for i in range(channels)]
    ridge = np.float32(_GUIDED_STRENGTH * sigma * sigma)
    mix = _solved(covariance, ridge)
    out = np.empty_like(picture)
    inner = np.s_[GUIDED_HALO:-GUIDED_HALO, GUIDED_HALO:-GUIDED_HALO]
    for target in range(channels):
        slopes = [mix[target][channel] for channel in range(channels)]
        offset = means[target] - sum(slope * mean for slope, mean in zip(slopes, means, strict=True))
        smooth = _box(offset) + sum(_box(slope) * plane for slope, plane in zip(slopes, planes, strict=True))
        out[:, :, target] = smooth[inner]
    return out


def _solved(covariance: list[list[Floats]], ridge: np.float32) -> list[list[Floats]]:
    """Rows of (Σ + ridge)⁻¹ Σ for every pixel: Gauss on planes, without pivots as the matrix is positive definite."""
    count = len(covariance)
    left = [[plane.copy() for plane in row] for row in covariance]
    for i in range(count):
        np.add(left[i][i], ridge, out=left[i][i])
    right = [[plane.copy() for plane in row] for row in covariance]
    for pivot in range(count):
        inverse = np.float32(1) / left[pivot][pivot]
        left[pivot] = [value * inverse for value in left[pivot]]
        right[pivot] = [value * inverse for value in right[pivot]]
        for row in range(count):
            if row == pivot:
                continue
            factor = left[row][pivot]
            left[row] = [mine - factor * its for mine, its in zip(left[row], left[pivot], strict=True)]
            right[row] = [mine - factor * its for mine, its in zip(right[row], right[pivot], strict=True)]
    return [[right[channel][target] for channel in range(count)] for target in range(count)]


def _box(plane: Floats) -> Floats:
    size = 2 * _WINDOW + 1
    mean: Any = cv2.boxFilter(plane, -1, (size, size))
    return np.asarray(mean, np.float32)


def _padded(plane: Floats, margin: int) -> Floats:
    """Mirrored at the edges without repeating the edge itself, also where the picture is smaller than the margin."""
    return np.pad(plane, margin, mode="reflect" if min(plane.shape) > 1 else "edge")


def lanczos(picture: Floats, scale: float) -> Floats:
    """Resampled with a Lanczos-3 kernel, widened where it reduces so that nothing aliases."""
    return _resized(picture, scale, Image.Resampling.LANCZOS)


def bicubic(picture: Floats, scale: float) -> Floats:
    """Resampled with a cubic kernel, widened where it reduces so that nothing aliases."""
    return _resized(picture, scale, Image.Resampling.BICUBIC)


def _resized(picture: Floats, scale: float, kernel: Image.Resampling) -> Floats:
    # Pillow, because OpenCV does not widen its kernels; its float mode has one channel and sums in double.
    height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
    planes = [
        np.asarray(Image.fromarray(np.ascontiguousarray(picture[:, :, channel])).resize((width, height), kernel))
        for channel in range(picture.shape[2])
    ]
    return np.stack(planes, axis=-1)
