"""Blocks of a JPEG under an edit: what changes of a picture, as coefficients quantised with the file's own tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels
from restorer_app.files.jpeg_decode import Coefficients
from restorer_app.files.jpeg_scan import ZIGZAG, Scan

Floats = NDArray[np.float64]
_K = np.arange(8)
_COSINES: Floats = np.cos(np.pi * (2 * _K[None, :] + 1) * _K[:, None] / 16) * np.where(_K[:, None], 0.5, np.sqrt(0.125))
_TO_YCC: Floats = np.array(
    [[0.299, 0.587, 0.114], [-0.168735892, -0.331264108, 0.5], [0.5, -0.418687589, -0.081312411]]
)  # JFIF
_MOST = 1023  # an AC coefficient of 8-bit pictures has at most ten bits


def requantise(scan: Scan, coefficients: Coefficients, region: Region, old: Pixels, new: Pixels) -> int:
    """Puts an edit into the blocks it touches, in place; gives back how many those are.

    Where a pixel did not change, the block's own coefficients say what it is, not the rounded pixels: so an edit at
    one corner of a block moves the other corner as little as its quantisation allows. `region` begins at an MCU.
    """
    height, width = scan.mcu_size()
    down, across = -(-region.height // height), -(-region.width // width)
    changed = _padded((old != new).any(axis=2), down * height, across * width)
    before, after = (_padded(_to_ycc(side), down * height, across * width) for side in (old, new))
    top, left = region.top // height, region.left // width
    grid = coefficients.reshape(scan.down, scan.across, len(scan.slots), 64)
    touched = 0
    for number, part in enumerate(scan.components):
        v, h = (1, 1) if len(scan.components) == 1 else (part.vertical, part.horizontal)
        slot = scan.first_slot(number)
        own = grid[top : top + down, left : left + across, slot : slot + v * h].reshape(down, across, v, h, 64)
        steps = scan.quantisation[part.table][ZIGZAG]
        exact = _plane(own, steps)
        fine = height // (8 * v), width // (8 * h)
        wanted = _wanted(exact, before[..., number], after[..., number], changed, fine)
        blocks = _pooled(changed, (8 * fine[0], 8 * fine[1])).any(axis=(2, 3))
        rows, columns = np.nonzero(blocks)
        own[rows // v, columns // h, rows % v, columns % h] = _quantised(wanted, rows, columns, steps)
        grid[top : top + down, left : left + across, slot : slot + v * h] = own.reshape(down, across, v * h, 64)
        touched += len(rows)
    return touched


def _to_ycc(pixels: Pixels) -> Floats:
    """Centred on zero, as the transform wants it."""
    if pixels.shape[2] == 1:
        return pixels.astype(np.float64) - 128
    found: Floats = pixels @ _TO_YCC.T
    found[..., 0] -= 128
    return found


def _padded(plane: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """Up to whole MCUs: beyond the picture its last row and column go on."""
    more = [(0, height - plane.shape[0]), (0, width - plane.shape[1]), *([(0, 0)] * (plane.ndim - 2))]
    return np.pad(plane, more, mode="edge")


def _plane(own: Coefficients, steps: NDArray[np.int64]) -> Floats:
    """The component's own samples without rounding or clipping."""
    down, across, v, h, _ = own.shape
    square = np.zeros(own.shape, np.float64)
    square[..., ZIGZAG] = own * steps
    blocks = _COSINES.T @ square.reshape(down, across, v, h, 8, 8) @ _COSINES
    plane: Floats = blocks.transpose(0, 2, 4, 1, 3, 5).reshape(down * v * 8, across * h * 8)
    return plane


def _wanted(exact: Floats, before: Floats, after: Floats, changed: NDArray[np.bool_], fine: tuple[int, int]) -> Floats:
    """What the component's samples shall be: new where all their pixels are new, moved by the mean where some are."""
    share = _pooled(changed, fine)
    moved = exact + _pooled(np.where(changed, after - before, 0.0), fine).mean(axis=(2, 3))
    wanted: Floats = np.where(share.all(axis=(2, 3)), _pooled(after, fine).mean(axis=(2, 3)), moved)
    return wanted


def _pooled(plane: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """Rows × columns of rectangles of a size."""
    height, width = plane.shape
    return plane.reshape(height // size[0], size[0], width // size[1], size[1]).swapaxes(1, 2)


def _quantised(
    wanted: Floats, rows: NDArray[np.intp], columns: NDArray[np.intp], steps: NDArray[np.int64]
) -> Coefficients:
    blocks = _pooled(wanted, (8, 8))[rows, columns]
    square = (_COSINES @ blocks @ _COSINES.T).reshape(-1, 64)[:, ZIGZAG]
    quantised: Coefficients = np.clip(np.round(square / steps), -_MOST, _MOST).astype(np.int16)
    return quantised
