"""Floats to whole numbers with rounding, cut off at both ends; without Python's lock, in one pass."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def to_eight_bits(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """0 to 255; numpy's own cast would wrap what lies outside."""
    return np.asarray(_saturated(values, cv2.CV_8U), np.uint8).reshape(values.shape)


def to_sixteen_bits(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """0 to 65535."""
    return np.asarray(_saturated(values, cv2.CV_16U), np.uint16).reshape(values.shape)


def _saturated(values: NDArray[np.float32], depth: int) -> Any:
    # four zeros: OpenCV takes a lone number for the first channel only
    return cv2.add(values, (0.0, 0.0, 0.0, 0.0), dtype=depth)  # type: ignore[call-overload]  # the stub knows no scalars
