"""Stored values on the screen: the same as Qt's own conversion, within a step of 255."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColorSpace, QImage

from restorer_app.ui.canvas.colour import Converter, Look
from restorer_app.ui.canvas.settings import Adjustment

NAMED = QColorSpace.NamedColorSpace
SRGB = QColorSpace(NAMED.SRgb)


def by_qt(pixels, space, target=SRGB):
    """What Qt makes of RGB, in 16 bits."""
    wide = np.full((*pixels.shape[:2], 4), 65535, np.uint16)
    wide[:, :, :3] = pixels if pixels.dtype == np.uint16 else pixels.astype(np.uint16) * 257
    rows, columns = pixels.shape[:2]
    image = QImage(wide.reshape(-1).view(np.uint8).data, columns, rows, columns * 8, QImage.Format.Format_RGBX64)
    image.setColorSpace(space)
    shown = image.convertedToColorSpace(target, QImage.Format.Format_RGBX8888)
    return np.frombuffer(shown.constBits(), np.uint8).reshape(rows, columns, 4)[:, :, :3].copy()


def profile(name):
    return bytes(QColorSpace(name).iccProfile())


def values(dtype, channels=3):
    rng = np.random.default_rng(5)
    if dtype == "float32":
        return rng.random((40, 50, channels)).astype(np.float32)
    return rng.integers(0, np.iinfo(dtype).max + 1, (40, 50, channels)).astype(dtype)


def shown(pixels, **look):
    return Converter(Look(**look), pixels.dtype, pixels.shape[2])(pixels)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("name", [NAMED.AdobeRgb, NAMED.ProPhotoRgb, NAMED.DisplayP3, NAMED.Bt2020])
def test_profiles_of_curves_and_a_matrix_look_as_qt_shows_them(name, dtype):
    pixels = values(dtype)
    far = np.abs(shown(pixels, icc=profile(name)).astype(int) - by_qt(pixels, QColorSpace(name)))
    assert far.max() <= 2
    assert (far > 1).mean() < 0.001


def test_a_display_profile_is_the_target():
    pixels = values("uint8")
    far = np.abs(
        shown(pixels, icc=profile(NAMED.AdobeRgb), display_icc=profile(NAMED.DisplayP3)).astype(int)
        - by_qt(pixels, QColorSpace(NAMED.AdobeRgb), QColorSpace(NAMED.DisplayP3))
    )
    assert far.max() <= 2


@pytest.mark.qt_log_ignore("fromIccProfile")  # Qt says what it finds wrong with a damaged one
@pytest.mark.parametrize("icc", [None, b"", b"no profile at all"])
def test_without_a_usable_profile_values_are_taken_as_srgb(icc):
    pixels = values("uint8")
    assert np.array_equal(shown(pixels, icc=icc), pixels)
    deep = pixels.astype(np.uint16) * 257
    assert np.array_equal(shown(deep, icc=icc), pixels)
    assert np.array_equal(shown(pixels.astype(np.float32) / 255, icc=icc), pixels)


def test_grey_with_a_profile_of_its_own_is_converted():
    grey = QColorSpace(QPointF(0.3457, 0.3585), QColorSpace.TransferFunction.Gamma, 1.0)
    assert grey.isValid()
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    light = shown(ramp, layout="grey", icc=bytes(grey.iccProfile()))[:, :, 0].reshape(-1) / 255
    linear = np.arange(256) / 255
    expected = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(light - expected).max() < 0.01


def test_a_grey_profile_is_none_of_a_screen():
    grey = QColorSpace(QPointF(0.3457, 0.3585), QColorSpace.TransferFunction.Gamma, 1.0)
    pixels = values("uint8")
    for icc in (None, profile(NAMED.AdobeRgb)):
        there = shown(pixels, icc=icc, display_icc=bytes(grey.iccProfile()))
        assert np.array_equal(there, shown(pixels, icc=icc))


def test_a_grey_profile_on_a_colour_picture_is_ignored():
    grey = QColorSpace(QPointF(0.3457, 0.3585), QColorSpace.TransferFunction.Gamma, 1.0)
    pixels = values("uint8")
    assert np.array_equal(shown(pixels, icc=bytes(grey.iccProfile())), pixels)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_inverting_turns_black_to_white_and_twice_changes_nothing(dtype):
    pixels = values(dtype)
    once = shown(pixels, adjustment=Adjustment(invert=True)).astype(int)
    assert np.abs(255 - once - shown(pixels)).max() <= 1
    assert np.array_equal(shown(pixels, white_is_zero=True, adjustment=Adjustment(invert=True)), shown(pixels))


def test_exposure_and_gamma_lighten_and_keep_black():
    ramp = np.linspace(0, 65535, 64, dtype=np.uint16).reshape(8, 8, 1)
    plain = shown(ramp, layout="grey").astype(int)
    for adjustment in (Adjustment(exposure=1.0), Adjustment(gamma=1.6)):
        lighter = shown(ramp, layout="grey", adjustment=adjustment).astype(int)
        assert lighter[0, 0, 0] == 0
        assert (lighter >= plain).all()
        assert lighter.mean() > plain.mean() + 10


def test_shadows_of_sixteen_bits_are_told_apart_after_exposure():
    ramp = np.arange(256, dtype=np.uint16).reshape(16, 16, 1)
    assert len(np.unique(shown(ramp, layout="grey"))) == 2
    assert len(np.unique(shown(ramp, layout="grey", adjustment=Adjustment(exposure=10.0)))) > 15


def test_ink_without_a_profile_takes_light_away():
    ink = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 0, 0, 255], [0, 255, 255, 0]]], np.uint8)
    assert shown(ink, layout="cmyk").tolist() == [[[255, 255, 255], [0, 255, 255], [0, 0, 0], [255, 0, 0]]]
    assert shown(ink.astype(np.uint16) * 257, layout="cmyk").tolist()[0][1] == [0, 255, 255]


def test_lab_is_shown_in_its_colours():
    lab = np.array([[[0, 128, 128], [255, 128, 128], [137, 209, 198]]], np.uint8)  # black, white, red
    black, white, red = shown(lab, layout="lab")[0].tolist()
    assert black == [0, 0, 0]
    assert min(white) >= 253
    assert red[0] > 240
    assert max(red[1:]) < 30
    deep = np.array([[[65535, 32768, 32768]]], np.uint16)
    assert min(shown(deep, layout="lab")[0, 0]) >= 253


def test_what_is_no_number_is_shown_as_black():
    pixels = np.array([[[np.nan, np.inf, -np.inf]]], np.float32)
    assert shown(pixels).tolist() == [[[0, 255, 0]]]
