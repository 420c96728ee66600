"""Stored values to the screen's: profile, adjustments of the view, Lab and CMYK; for looking only, never for saving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColorSpace, QImage

from restorer_app.core.raster import Pixels
from restorer_app.files.picture import Layout
from restorer_app.ui.canvas.saturate import to_eight_bits, to_sixteen_bits
from restorer_app.ui.canvas.settings import Adjustment

Shown = NDArray[np.uint8]  # height × width × 3 (RGB) or 1 (grey), as the screen wants it
Table = NDArray[np.float32]  # value → value, 0 to 1; one row a channel, or one for all

_SRGB = QColorSpace.NamedColorSpace.SRgb
_EXPOSURE_GAMMA = 2.2  # a stop doubles light; stored values are about its 2.2nd root
_SIXTEEN = 65535


_PLAIN = Adjustment()


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture's values are to be read and shown."""

    layout: Layout = "rgb"
    icc: bytes | None = None
    white_is_zero: bool = False
    adjustment: Adjustment = _PLAIN
    display_icc: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Way:
    """From a profile to the screen by curves and a matrix."""

    curves: Table  # 3 × 65536: stored value → light
    matrix: NDArray[np.float32]  # 3 × 3: light → the screen's light
    encode: NDArray[np.uint8]  # 65536: the screen's light → the screen's value


class Converter:
    """Pixels of one picture → the screen, by tables made once.

    Qt converts a tile of 256² in 1.3 to 5 ms and holds Python's lock all the while, so a window that fills
    its tiles in a thread would stutter. Curves and a matrix measured from Qt's own transform, applied by
    OpenCV, need less time and no lock; Qt does the profiles that are more than curves and a matrix.
    """

    def __init__(self, look: Look, dtype: np.dtype[np.generic], channels: int) -> None:
        self._look = look
        self._dtype = dtype
        self._channels = channels
        self._space = _space(look.icc)
        self._target = screen_space(look.display_icc) or QColorSpace(_SRGB)
        self._convert = self._chosen()

    def __call__(self, pixels: Pixels) -> Shown:
        return self._convert(np.ascontiguousarray(pixels))

    def _chosen(self) -> Callable[[Pixels], Shown]:
        if self._look.layout == "lab" and self._channels >= 3:
            return self._finished(_from_lab)
        if self._look.layout == "cmyk" and self._channels >= 4:
            return self._finished(_CmykByQt(self._space, self._target) if self._space else _from_cmyk)
        if self._channels == 2:
            return _Channels(self._by_table(None), 1)
        if self._channels > 3:
            return _Channels(self._for_colours(), 3)
        return self._for_colours()

    def _for_colours(self) -> Callable[[Pixels], Shown]:
        space = self._space
        if space is not None and not _fits(space, min(self._channels, 3)):
            space = None  # a grey profile on a colour picture, or the other way round: Qt refuses it too
        if (space or QColorSpace(_SRGB)) == self._target:
            return self._by_table(None)
        way = _way(space or QColorSpace(_SRGB), self._target)
        if way is None:
            return _ByQt(space or QColorSpace(_SRGB), self._target, self._adjusted_table())
        return self._by_table(way)

    def _by_table(self, way: _Way | None) -> Callable[[Pixels], Shown]:
        adjusted = self._adjusted_table()
        if way is None:
            return _ByOneTable(np.rint(adjusted * 255).astype(np.uint8), self._dtype)
        steps = np.rint(adjusted * _SIXTEEN).astype(np.int32)
        light = way.curves[:, steps]
        if self._channels < 3:
            neutral = np.clip(light[0] * way.matrix[1].sum(), 0, 1)
            return _ByOneTable(way.encode[np.rint(neutral * _SIXTEEN).astype(np.int32)], self._dtype)
        return _ByMatrix(np.ascontiguousarray(light.T), way.matrix, way.encode)

    def _adjusted_table(self) -> Table:
        """Every value that a sample can have, adjusted: 0 to 1. Floats are looked at in 65536 steps."""
        steps = 256 if self._dtype == np.uint8 else 65536
        return _adjusted(np.linspace(0, 1, steps, dtype=np.float32), self._look)

    def _finished(self, convert: Callable[[Pixels], Shown]) -> Callable[[Pixels], Shown]:
        """Adjusts what has become RGB first: inverting Lab or ink would not invert the picture."""
        table = np.rint(_adjusted(np.linspace(0, 1, 256, dtype=np.float32), self._look) * 255).astype(np.uint8)
        if bool((table == np.arange(256)).all()):
            return convert
        return lambda pixels: looked_up(convert(pixels), table)


def looked_up(pixels: Pixels, table: NDArray[np.generic]) -> Pixels:
    """Every value's entry in a table (256 or 65536 of them; one row, or one column a channel)."""
    whole: Pixels = table if table.ndim == 1 else table[None]
    return np.asarray(cv2.LUT(pixels, whole)).reshape(pixels.shape)


def to_steps(pixels: Pixels) -> Pixels:
    """Floats in 65536 steps; whole numbers as they are."""
    if pixels.dtype.kind != "f":
        return pixels
    clean = np.nan_to_num(pixels, nan=0.0, posinf=1.0, neginf=0.0)
    steps: Pixels = np.rint(np.clip(clean, 0, 1) * _SIXTEEN).astype(np.uint16)
    return steps


def _adjusted(values: Table, look: Look) -> Table:
    if look.white_is_zero != look.adjustment.invert:
        values = 1 - values
    gain = 2.0 ** (look.adjustment.exposure / _EXPOSURE_GAMMA)
    adjusted: Table = np.clip(values * np.float32(gain), 0, 1) ** np.float32(1 / look.adjustment.gamma)
    return adjusted


def _space(icc: bytes | None) -> QColorSpace | None:
    if not icc:
        return None
    space = QColorSpace.fromIccProfile(icc)
    return space if space.isValid() else None  # abstract, named-colour and damaged profiles are no spaces


def screen_space(icc: bytes | None) -> QColorSpace | None:
    """What a screen can show by; None for the profile of a printer, a scanner or a grey picture."""
    space = _space(icc)
    can_show = space is not None and space.colorModel() == QColorSpace.ColorModel.Rgb and space.isValidTarget()
    return space if can_show else None


def _fits(space: QColorSpace, channels: int) -> bool:
    model = QColorSpace.ColorModel.Gray if channels < 3 else QColorSpace.ColorModel.Rgb
    # a grey picture may carry an RGB profile with one curve; the curves then read it well enough
    return space.colorModel() == model or (channels < 3 and space.colorModel() == QColorSpace.ColorModel.Rgb)


class _ByOneTable:
    """Every channel through the same table."""

    def __init__(self, table: NDArray[np.uint8], dtype: np.dtype[np.generic]) -> None:
        self._table = None if dtype == np.uint8 and bool((table == np.arange(256)).all()) else table

    def __call__(self, pixels: Pixels) -> Shown:
        return pixels if self._table is None else looked_up(to_steps(pixels), self._table)


class _ByMatrix:
    """Values → light → the screen's light → the screen's values."""

    def __init__(self, light: Table, matrix: NDArray[np.float32], encode: NDArray[np.uint8]) -> None:
        self._light = light  # steps × 3
        self._matrix = matrix * np.float32(_SIXTEEN)
        self._encode = encode

    def __call__(self, pixels: Pixels) -> Shown:
        light = cv2.transform(looked_up(to_steps(pixels), self._light), self._matrix)
        return looked_up(to_sixteen_bits(np.asarray(light, np.float32)), self._encode)


class _Channels:
    """The first channels of more: what lies beside the colours is not shown."""

    def __init__(self, convert: Callable[[Pixels], Shown], count: int) -> None:
        self._convert = convert
        self._count = count

    def __call__(self, pixels: Pixels) -> Shown:
        return self._convert(np.ascontiguousarray(pixels[:, :, : self._count]))


class _ByQt:
    """Profiles with tables of their own (printers, some scanners): Qt knows how."""

    def __init__(self, space: QColorSpace, target: QColorSpace, table: Table) -> None:
        self._space = space
        self._target = target
        self._table = np.rint(table * _SIXTEEN).astype(np.uint16)

    def __call__(self, pixels: Pixels) -> Shown:
        rows, columns = pixels.shape[:2]
        steps = looked_up(to_steps(pixels), self._table)
        grey = steps.shape[2] == 1 and self._space.colorModel() == QColorSpace.ColorModel.Gray
        if grey:
            image = _wrapped(np.ascontiguousarray(steps), QImage.Format.Format_Grayscale16)
        else:
            wide = np.full((rows, columns, 4), _SIXTEEN, np.uint16)
            wide[:, :, :3] = steps
            image = _wrapped(wide, QImage.Format.Format_RGBX64)
        return _through(image, self._space, self._target)


class _CmykByQt:
    def __init__(self, space: QColorSpace, target: QColorSpace) -> None:
        self._space = space
        self._target = target
        self._is_usable = space.colorModel() == QColorSpace.ColorModel.Cmyk

    def __call__(self, pixels: Pixels) -> Shown:
        if not self._is_usable:
            return _from_cmyk(pixels)
        ink = np.ascontiguousarray(_eight(pixels)[:, :, :4])
        return _through(_wrapped(ink, QImage.Format.Format_CMYK8888), self._space, self._target)


def _from_cmyk(pixels: Pixels) -> Shown:
    """Ink without a profile: each ink takes its share of light away."""
    paper = 255 - _eight(pixels)[:, :, :4].astype(np.uint16)
    return ((paper[:, :, :3] * paper[:, :, 3:] + 127) // 255).astype(np.uint8)


def _from_lab(pixels: Pixels) -> Shown:
    """L from 0 to the maximum, a and b with grey in the middle; floating ones as they are."""
    half = 128.0 if pixels.dtype == np.uint8 else 32768.0
    if pixels.dtype.kind == "f":
        lightness, ab = pixels[:, :, 0].astype(np.float32), pixels[:, :, 1:3].astype(np.float32)
    else:
        lightness = pixels[:, :, 0].astype(np.float32) * np.float32(100 / (2 * half - 1))
        ab = (pixels[:, :, 1:3].astype(np.float32) - np.float32(half)) * np.float32(128 / half)
    y = (lightness + 16) / 116
    f = np.stack([y + ab[:, :, 0] / 500, y, y - ab[:, :, 1] / 200], axis=2)
    xyz = np.where(f > 6 / 29, f**3, (f - 4 / 29) * np.float32(3 * (6 / 29) ** 2)) * _D50
    light = np.clip(xyz @ _XYZ_TO_SRGB.T, 0, 1)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** np.float32(1 / 2.4) - 0.055)
    return to_eight_bits((encoded * 255).astype(np.float32))


_D50 = np.array([0.96422, 1.0, 0.82521], np.float32)
_XYZ_TO_SRGB = np.array(  # from D50 by Bradford's adaptation
    [[3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.0334540], [0.0719453, -0.2289914, 1.4052427]],
    np.float32,
)


def _eight(pixels: Pixels) -> Shown:
    if pixels.dtype == np.uint8:
        return pixels
    return (to_steps(pixels) // 257).astype(np.uint8)


# ------------------------------------------------------------------------ curves and matrix, measured from Qt
def _way(space: QColorSpace, target: QColorSpace) -> _Way | None:
    """Curves and matrix of a pair of profiles, or None where one of them is more than that."""
    simple = QColorSpace.TransformModel.ThreeComponentMatrix
    if space.transformModel() != simple or target.transformModel() != simple:
        return None
    linear = target.withTransferFunction(QColorSpace.TransferFunction.Linear)
    if not linear.isValid() or target.colorModel() != QColorSpace.ColorModel.Rgb:
        return None
    ramp = np.linspace(0, 1, _SIXTEEN + 1, dtype=np.float32)
    if space.colorModel() == QColorSpace.ColorModel.Gray:
        light = _measured(np.stack([ramp] * 3, axis=1), space, linear, grey=True)[:, 1]
        return _Way(np.stack([light] * 3), np.eye(3, dtype=np.float32), _encoding(linear, target))
    curves, columns = [], []
    for channel in range(3):
        alone = np.zeros((ramp.size, 3), np.float32)
        alone[:, channel] = ramp
        light = _measured(alone, space, linear)
        columns.append(light[-1])
        curves.append(light[:, channel] / light[-1, channel])
    return _Way(np.stack(curves), np.stack(columns, axis=1), _encoding(linear, target))


def _encoding(linear: QColorSpace, target: QColorSpace) -> NDArray[np.uint8]:
    ramp = np.linspace(0, 1, _SIXTEEN + 1, dtype=np.float32)
    encoded = _measured(np.stack([ramp] * 3, axis=1), linear, target)[:, 1]
    return np.rint(np.clip(encoded, 0, 1) * 255).astype(np.uint8)


def _measured(values: Table, space: QColorSpace, target: QColorSpace, *, grey: bool = False) -> Table:
    """What Qt makes of values (rows of red, green, blue) in floats, which it does not cut off."""
    if grey:
        steps = np.rint(values[:, :1] * _SIXTEEN).astype(np.uint16)[None]
        image = _wrapped(steps, QImage.Format.Format_Grayscale16)
    else:
        wide = np.ones((1, values.shape[0], 4), np.float32)
        wide[0, :, :3] = values
        image = _wrapped(wide, QImage.Format.Format_RGBX32FPx4)
    image.setColorSpace(space)
    shown = image.convertedToColorSpace(target, QImage.Format.Format_RGBX32FPx4)
    found = np.frombuffer(shown.constBits(), np.float32).reshape(-1, 4)[:, :3]
    return found.copy()


def _wrapped(pixels: Pixels, kind: QImage.Format) -> QImage:
    rows, columns = pixels.shape[:2]
    return QImage(pixels.reshape(-1).view(np.uint8).data, columns, rows, pixels.strides[0], kind)


def _through(image: QImage, space: QColorSpace, target: QColorSpace) -> Shown:
    image.setColorSpace(space)
    shown = image.convertedToColorSpace(target, QImage.Format.Format_RGBX8888)
    wide = np.frombuffer(shown.constBits(), np.uint8).reshape(image.height(), shown.bytesPerLine() // 4, 4)
    return wide[:, : image.width(), :3].copy()
