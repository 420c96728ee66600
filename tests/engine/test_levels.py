"""What a picture says of itself: how much noise, which JPEG quality."""

import io

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from restorer_app.core.raster import Raster
from restorer_app.engine import levels
from restorer_app.engine.sampling import sample


def _photograph(seed=0, size=(256, 320), fall_off=1.8):
    """Shapes at every scale, as photographs have: noise whose strength falls with its frequency."""
    rng = np.random.default_rng(seed)
    rows, columns = np.fft.fftfreq(size[0])[:, None], np.fft.fftfreq(size[1])[None]
    fall = 1 / np.maximum(np.hypot(rows, columns), 1 / size[1]) ** fall_off
    planes = [np.fft.ifft2(np.fft.fft2(rng.normal(size=size)) * fall).real for _ in range(3)]
    picture = np.stack([planes[0] + 0.3 * plane for plane in planes], -1)
    return ((picture - picture.min()) / np.ptp(picture)).astype(np.float32)


@pytest.mark.parametrize("sigma", [5, 15, 25, 50])
@pytest.mark.parametrize("grey", [False, True])
def test_the_noise_that_was_added_is_found(sigma, grey):
    picture = _photograph()[..., :1] if grey else _photograph()
    noisy = picture + np.random.default_rng(1).normal(0, sigma / 255, picture.shape).astype(np.float32)
    assert levels.noise_level(noisy) * 255 == pytest.approx(sigma, rel=0.08)


def test_a_clean_picture_has_next_to_no_noise():
    assert levels.noise_level(_photograph()) * 255 < 0.7


def test_fine_texture_is_not_taken_for_noise():
    random = np.random.default_rng(1)
    picture = _photograph()[..., :1]
    gravel = cv2.GaussianBlur(random.normal(0, 1, picture.shape[:2]), (0, 0), 0.8)
    picture[100:, :, 0] += 0.1 * gravel[100:] / gravel.std()  # three fifths of it
    noisy = picture + random.normal(0, 2 / 255, picture.shape).astype(np.float32)
    assert levels.noise_level(noisy) * 255 == pytest.approx(2, rel=0.2)


def test_noise_that_grows_with_the_light_is_told_by_its_middle():
    picture = _photograph()
    strength = np.sqrt(picture.mean(2, keepdims=True) + 0.2) / np.sqrt(0.65)
    noisy = picture + np.random.default_rng(1).normal(0, 15 / 255, picture.shape) * strength
    middle = 15 * np.median(strength)
    assert levels.noise_level(noisy.astype(np.float32)) * 255 == pytest.approx(middle, rel=0.1)


def test_what_is_clipped_to_black_or_white_says_nothing_of_the_noise():
    picture = _photograph() * 0.5 + 0.25
    noisy = picture + np.random.default_rng(1).normal(0, 10 / 255, picture.shape).astype(np.float32)
    noisy[:130] = 1.0
    noisy[:, :100] = 0.0
    assert levels.noise_level(noisy) * 255 == pytest.approx(10, rel=0.1)


def test_grey_in_three_channels_counts_as_one():
    noisy = _photograph()[..., :1] + np.random.default_rng(1).normal(0, 0.1, (256, 320, 1)).astype(np.float32)
    assert levels.noise_level(np.repeat(noisy, 3, 2)) == pytest.approx(levels.noise_level(noisy), rel=1e-3)


@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from([1, 3]))
def test_any_size_has_a_level(height, width, channels):
    picture = np.random.default_rng(0).random((height, width, channels), np.float32)
    assert 0 <= levels.noise_level(picture) < 1
    assert levels.jpeg_trace(picture).quality is None


def _jpeg(quality, *, subsampling=0, crop=(0, 0)):
    pixels = Image.fromarray((_photograph(2, fall_off=1.2) * 255).astype(np.uint8))
    file = io.BytesIO()
    pixels.save(file, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(file), np.float32)[crop[0] :, crop[1] :] / 255


@pytest.mark.parametrize("quality", [10, 30, 60, 85])
@pytest.mark.parametrize("crop", [(0, 0), (3, 5), (8, 15)])
def test_the_jpeg_quality_and_its_squares_are_found_also_in_a_cut_picture(quality, crop):
    found = levels.jpeg_trace(_jpeg(quality, subsampling=2, crop=crop))
    assert found.quality == pytest.approx(quality, abs=1)
    assert found.grid == (-crop[0] % 8, -crop[1] % 8)


def test_squares_are_found_beside_a_blank_middle():
    cut = _jpeg(10, subsampling=2, crop=(3, 5)).copy()
    cut[24:-24, 56:-56] = 1.0
    found = levels.jpeg_trace(cut)
    assert found.quality == pytest.approx(10, abs=1)
    assert found.grid == (5, 3)


@pytest.mark.parametrize("quality", [10, 30])
def test_of_two_compressions_the_worse_is_found_and_the_one_that_is_told(quality):
    file = io.BytesIO()
    pixels = (_jpeg(quality, crop=(3, 5)) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(file, "JPEG", quality=90, subsampling=0)
    again = np.asarray(Image.open(file), np.float32) / 255
    found = levels.jpeg_trace(again)
    assert (found.quality, found.grid) == (pytest.approx(quality, abs=1), (5, 3))
    assert levels.jpeg_trace(again, quality).grid == (5, 3)
    assert levels.jpeg_trace(again, 90).grid == (0, 0)


def test_squares_lie_where_they_lie_although_another_quality_is_told():
    assert levels.jpeg_trace(_jpeg(10, crop=(3, 5)), 95).grid == (5, 3)


@pytest.mark.parametrize(("scale", "quality"), [(5, 11), (2, 27), (1, 54)])
def test_an_encoder_with_tables_of_its_own_is_told_by_the_nearest_quality(scale, quality):
    own = [min(255, scale * (8 + 2 * row + 2 * column)) for row in range(8) for column in range(8)]
    file = io.BytesIO()
    Image.fromarray((_photograph(2, fall_off=1.2) * 255).astype(np.uint8)).save(file, "JPEG", qtables=[own, own])
    seen = np.asarray(Image.open(file).convert("RGB"), np.float32)[3:, 5:] / 255
    found = levels.jpeg_trace(seen)
    assert found.grid == (5, 3)
    assert found.quality == pytest.approx(quality, abs=3)


@pytest.mark.parametrize("period", [2.5, 3, 4, 5.5, 8])
def test_a_screened_print_is_no_compression(period):
    rows, columns = np.mgrid[:256, :320] * 2 * np.pi / period
    screen = 0.25 * (np.cos(rows) + np.cos(columns))[..., None]
    printed = np.where(_photograph()[..., :1] + screen > 0.5, 0.9, 0.1).astype(np.float32)
    assert levels.jpeg_trace(printed).quality is None


@pytest.mark.parametrize("size", [(250, 9000), (9000, 250), (3000, 4000)])
def test_the_jpeg_quality_of_a_large_picture_is_found_in_crops_whatever_its_shape(size):
    repeats = [-(-side // 256) for side in size]
    pixels = np.tile(_photograph(2, fall_off=1.2)[:, :256, 0] * 255, repeats)[: size[0], : size[1]]
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "JPEG", quality=40)
    found = levels.jpeg_trace(sample(Raster.from_array(np.asarray(Image.open(file)))))
    assert (found.quality, found.grid) == (pytest.approx(40, abs=1), (0, 0))


def test_a_picture_that_never_was_jpeg_has_no_quality():
    assert levels.jpeg_trace(_photograph()).quality is None
    noisy = _photograph() + np.random.default_rng(0).normal(0, 0.05, (256, 320, 3)).astype(np.float32)
    assert levels.jpeg_trace(noisy).quality is None


@pytest.mark.parametrize("upright", [True, False])
def test_a_straight_scratch_is_no_compression(upright):
    for seed in range(60):  # the same in every block: one in five lay on the steps of some quality by chance
        random = np.random.default_rng(seed)
        ramp = np.linspace(0.14, 0.64, 320)[None, :] + np.linspace(0, 0.14, 240)[:, None]
        plate = ramp + random.normal(0, 0.0046, (240, 320))
        at = int(random.integers(20, 300))
        plate[:, at : at + 4] = random.uniform(0.7, 1)
        assert levels.jpeg_trace((plate if upright else plate.T)[..., None].astype(np.float32)).quality is None
