import pickle

import cv2
import numpy as np
import pytest

from restorer_app.core.geometry import Region
from restorer_app.engine import grain

cv2.setNumThreads(1)


def grey_hill(side: int = 160, channels: int = 1) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side] / side
    hill = 0.35 + 0.3 * np.sin(2 * rows + 1) * np.cos(2 * columns)
    return np.repeat(hill.astype(np.float32)[:, :, None], channels, axis=2)


def hole_in(side: int = 160) -> np.ndarray:
    hole = np.zeros((side, side), bool)
    hole[60:100, 70:95] = True
    return hole


def noise(shape: tuple[int, ...], sigma: float, *, coarse: float = 0, seed: int = 0) -> np.ndarray:
    white = np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)
    if coarse:
        white = cv2.GaussianBlur(white, (0, 0), coarse).reshape(shape)
    return white * (sigma / white.std())


def neighbours_alike(field: np.ndarray) -> float:
    plane = field[:, :, 0] - field[:, :, 0].mean()
    return float((plane[:, 1:] * plane[:, :-1]).mean() / plane.var())


@pytest.mark.parametrize("sigma", [0.004, 0.02, 0.06])
@pytest.mark.parametrize("coarse", [0, 0.7, 1.1])
def test_what_is_grown_is_as_strong_and_as_coarse_as_what_was_measured(sigma, coarse):
    there = noise((160, 160, 1), sigma, coarse=coarse)
    found = grain.measure(grey_hill() + there, hole_in())
    assert found is not None
    grown = grain.grow(found, Region.of_size(200, 200), seed=3)
    assert grown.std() == pytest.approx(sigma, rel=0.12)
    assert neighbours_alike(grown) == pytest.approx(neighbours_alike(there), abs=0.12)
    assert abs(float(grown.mean())) < sigma / 10


def test_edges_and_texture_around_a_hole_do_not_count_as_grain():
    picture = grey_hill() + noise((160, 160, 1), 0.01)
    picture[:, 110:] += 0.3
    picture[100:, :] += noise((60, 160, 1), 0.12, coarse=1.5, seed=5)
    found = grain.measure(picture, hole_in())
    assert found is not None
    assert found.level[0] == pytest.approx(0.01, rel=0.2)


def test_what_lies_in_the_hole_does_not_count():
    picture, hole = grey_hill() + noise((160, 160, 1), 0.01), hole_in()
    damaged = np.where(hole[:, :, None], np.float32(1), picture)
    one, other = grain.measure(picture, hole), grain.measure(damaged, hole)
    assert one is not None
    assert other is not None
    assert one.level == other.level


def test_channels_are_as_alike_as_in_the_picture():
    shared = noise((160, 160, 1), 0.02)
    own = noise((160, 160, 3), 0.01, seed=9)
    found = grain.measure(grey_hill(channels=3) + shared + own, hole_in())
    assert found is not None
    grown = grain.grow(found, Region.of_size(200, 200), seed=1).reshape(-1, 3)
    assert np.corrcoef(grown.T)[0, 1] == pytest.approx(0.8, abs=0.05)


def test_grey_in_three_channels_grows_grey_grain():
    found = grain.measure(np.repeat(grey_hill() + noise((160, 160, 1), 0.02), 3, axis=2), hole_in())
    assert found is not None
    grown = grain.grow(found, Region.of_size(50, 50), seed=1)
    assert np.abs(grown - grown[:, :, :1]).max() < 0.0005


def test_a_coloured_mark_that_is_to_go_is_no_colour_of_the_picture():
    rng = np.random.default_rng(6)
    grey = np.repeat((0.5 + 0.03 * rng.standard_normal((128, 128, 1))).astype(np.float32), 3, axis=2)
    hole = np.zeros((128, 128), np.bool_)
    hole[50:70, 40:90] = True
    grey[hole] = 0.8, 0.1, 0.1
    found = grain.measure(grey, hole)
    assert found is not None
    assert len(found.level) == 1


def test_a_tile_of_grain_is_the_same_bytes_as_that_part_of_the_whole():
    found = grain.measure(grey_hill(channels=3) + noise((160, 160, 3), 0.02, coarse=0.8), hole_in())
    assert found is not None
    whole = grain.grow(found, Region(1000, 500, 1090, 560), seed=7)
    for part in Region(1000, 500, 1090, 560).divided(37, 23):
        assert np.array_equal(grain.grow(found, part, seed=7), whole[part.slices(Region(1000, 500, 1090, 560))])


def test_another_seed_grows_other_grain_and_the_same_seed_the_same():
    found = grain.measure(grey_hill() + noise((160, 160, 1), 0.02), hole_in())
    assert found is not None
    region = Region(0, 0, 40, 40)
    first, second = grain.grow(found, region, seed=0), grain.grow(found, region, seed=2**63 - 1)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.1
    assert np.array_equal(first, grain.grow(pickle.loads(pickle.dumps(found)), region, seed=0))


def test_grain_repeats_nowhere():
    found = grain.measure(grey_hill() + noise((160, 160, 1), 0.02), hole_in())
    assert found is not None
    here = grain.grow(found, Region(0, 0, 64, 64), seed=0).ravel()
    for dx, dy in ((64, 0), (0, 64), (256, 0), (4096, 4096)):
        there = grain.grow(found, Region(0, 0, 64, 64).shifted(dx, dy), seed=0).ravel()
        assert abs(np.corrcoef(here, there)[0, 1]) < 0.1


def test_a_clean_picture_has_no_grain_to_speak_of():
    found = grain.measure(np.round(grey_hill() * 255).astype(np.float32) / 255, hole_in())
    assert found is None or found.level[0] < 0.5 / 255
    flat = grain.measure(np.full((64, 64, 3), 0.5, np.float32), np.zeros((64, 64), bool))
    assert flat is not None
    assert not grain.grow(flat, Region.of_size(9, 9), seed=0).any()


def test_white_borders_without_grain_do_not_hide_that_of_the_picture():
    picture = grey_hill() + noise((160, 160, 1), 0.02)
    picture[:, :64] = 1
    found = grain.measure(picture, hole_in())
    assert found is not None
    assert found.level[0] == pytest.approx(0.02, rel=0.15)


@pytest.mark.parametrize("shape", [(1, 1, 1), (10, 200, 3), (20, 20, 1)])
def test_too_little_to_see_grain_in_gives_none(shape):
    assert grain.measure(np.full(shape, 0.5, np.float32), np.zeros(shape[:2], bool)) is None
    assert grain.measure(np.full((64, 64, 1), 0.5, np.float32), np.ones((64, 64), bool)) is None
