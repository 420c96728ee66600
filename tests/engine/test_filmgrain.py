"""Film grain is found where a picture shows nothing else, and nowhere else."""

import cv2
import numpy as np
import pytest

from restorer_app.engine import levels
from restorer_app.engine.filmgrain import grain_level


def _skies(channels=3):
    """A horizon: soft light above, leaves below."""
    random = np.random.default_rng(3)
    rows, columns = np.mgrid[:320, :384].astype(np.float32)
    light = 0.6 + 0.1 * np.sin(rows / 90) * np.cos(columns / 110)
    leaves = cv2.GaussianBlur(random.normal(0, 1, light.shape), (0, 0), 0.8)
    light[180:] += (0.08 * leaves / leaves.std() * (1 + np.sin(columns / 17)))[180:]
    return np.repeat(light[..., None], channels, 2).astype(np.float32)


def _grain(shape, blur, sigma, seed=1):
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, shape), (0, 0), blur).reshape(shape)
    return (sigma / 255 * noise / noise.std()).astype(np.float32)


@pytest.mark.parametrize("sigma", [5, 10, 20])
@pytest.mark.parametrize("blur", [0.5, 0.8, 1.1])
@pytest.mark.parametrize("channels", [1, 3])
def test_grain_is_found_as_strong_as_it_is(sigma, blur, channels):
    grainy = _skies(channels) + _grain((320, 384, channels), blur, sigma)
    assert grain_level(grainy) * 255 == pytest.approx(sigma, rel=0.25)  # a coarse grain is partly shading
    assert levels.noise_level(grainy) * 255 == pytest.approx(sigma, rel=0.25)


def test_a_clean_picture_has_none():
    assert grain_level(_skies()) is None
    assert levels.noise_level(_skies()) * 255 < 1


def test_white_noise_is_not_called_grain():
    assert grain_level(_skies() + _grain((320, 384, 3), 0.01, 10)) is None


def test_a_printing_screen_is_no_grain():
    rows, columns = np.mgrid[:320, :384]
    screen = 0.02 * np.sin((rows + columns) * 0.9) + 0.5 * _grain((320, 384), 0.5, 2)
    assert grain_level((_skies(1)[..., 0] + screen).astype(np.float32)[..., None]) is None


@pytest.mark.parametrize("size", [(1, 2), (31, 500), (64, 64), (100, 33)])
def test_small_pictures_say_nothing(size):
    assert grain_level(_grain((*size, 1), 0.8, 10) + np.float32(0.5)) is None
