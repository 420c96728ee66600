import cv2
import numpy as np
import pytest

from restorer_app.core.errors import InvalidValueError
from restorer_app.engine import classical, patchmatch
from restorer_app.engine.patchmatch_field import Field

cv2.setNumThreads(1)


def checks(side: int = 96, period: int = 12, channels: int = 3) -> np.ndarray:
    """A weave that diffusion cannot continue and copying can."""
    rows, columns = np.mgrid[:side, :side]
    weave = 0.5 + 0.25 * np.sin(2 * np.pi * rows / period) * np.sin(2 * np.pi * columns / period)
    weave = weave + np.random.default_rng(0).normal(0, 0.01, weave.shape)
    return np.repeat(weave.astype(np.float32)[:, :, None], channels, axis=2)


def round_hole(side: int = 96, radius: int = 12) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side] - side // 2
    return rows**2 + columns**2 < radius**2


def broken(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    return np.where(hole[:, :, None], np.float32(1), picture)


def error_in(hole: np.ndarray, filled: np.ndarray, truth: np.ndarray) -> float:
    return float(((filled - truth)[hole] ** 2).mean())


@pytest.mark.parametrize("channels", [1, 3, 4, 5])
def test_a_weave_is_woven_on_and_nothing_else_changes(channels):
    picture, hole = checks(channels=channels), round_hole()
    filled = patchmatch.fill(broken(picture, hole), hole, seed=0)
    assert filled.dtype == np.float32
    assert np.array_equal(filled[~hole], picture[~hole])
    diffused = classical.navier_stokes(broken(picture, hole), hole)
    assert error_in(hole, filled, picture) < 0.2 * error_in(hole, diffused, picture)


def test_what_lies_in_the_hole_is_never_seen():
    picture, hole = checks(), round_hole()
    other = np.where(hole[:, :, None], np.float32(0.1), picture)
    one = patchmatch.fill(broken(picture, hole), hole, seed=4)
    assert np.array_equal(one, patchmatch.fill(other, hole, seed=4))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones():
    picture, hole = broken(checks(), round_hole()), round_hole()
    first = patchmatch.fill(picture, hole, seed=7)
    assert np.array_equal(first, patchmatch.fill(picture, hole, seed=7))
    assert not np.array_equal(first, patchmatch.fill(picture, hole, seed=8))


def test_any_number_of_threads_gives_the_same_bytes(monkeypatch):
    picture, hole = broken(checks(200), round_hole(200, 60)), round_hole(200, 60)
    filled = []
    for threads in ("1", "4"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        filled.append(patchmatch.fill(picture, hole, seed=7))
    assert np.array_equal(*filled)


def test_a_fill_keeps_the_fine_contrast_of_its_surroundings():
    rng = np.random.default_rng(3)
    picture = (0.5 + cv2.GaussianBlur(rng.normal(0, 0.3, (120, 120)), (0, 0), 1)).astype(np.float32)[:, :, None]
    hole = round_hole(120, 14)
    filled = patchmatch.fill(broken(picture, hole), hole, seed=0)
    assert 0.5 < filled[hole].std() / picture[~hole].std() < 1.2


def test_a_slope_goes_on_through_a_scratch_without_a_step():
    ramp = np.tile(np.linspace(0.2, 0.8, 128, dtype=np.float32), (64, 1))[:, :, None]
    hole = np.zeros((64, 128), bool)
    hole[30:34] = True
    assert np.abs(patchmatch.fill(broken(ramp, hole), hole, seed=0) - ramp).max() < 0.01


def test_values_beyond_black_and_white_are_not_clipped():
    picture, hole = checks() * 4 - 1, round_hole()
    filled = patchmatch.fill(broken(picture, hole), hole, seed=0)
    assert filled[hole].min() < 0
    assert filled[hole].max() > 1


@pytest.mark.parametrize("shape", [(1, 2), (2, 2), (5, 40), (7, 7), (8, 8), (40, 9), (33, 47)])
def test_pictures_of_any_size_are_filled(shape):
    picture = np.full((*shape, 3), 0.5, np.float32)
    hole = np.zeros(shape, bool)
    hole[0, 0] = True
    filled = patchmatch.fill(broken(picture, hole), hole, seed=0)
    assert np.allclose(filled, 0.5, atol=1e-4)


@pytest.mark.parametrize("place", [np.s_[:10, :10], np.s_[-6:, :], np.s_[40:60, 80:], np.s_[2:94, 2:94]])
def test_holes_at_the_border_and_nearly_everywhere_are_filled(place):
    picture, hole = checks(), np.zeros((96, 96), bool)
    hole[place] = True
    filled = patchmatch.fill(broken(picture, hole), hole, seed=0)
    assert np.isfinite(filled).all()
    assert 0.1 < filled[hole].mean() < 0.9


def test_the_middle_of_a_very_deep_hole_is_weighed_by_something():
    hole = np.zeros((420, 420), bool)
    hole[10:410, 10:410] = True
    field = Field(np.zeros((420, 420, 3), np.float32), hole, near=8, rng=np.random.default_rng(0))
    assert np.isfinite(field._weights).all()
    assert np.allclose(field._weights.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("turns", range(4))
def test_a_hole_at_the_border_is_deepest_there(turns):
    hole = np.zeros((64, 64), bool)
    hole[:16] = True
    turned = np.ascontiguousarray(np.rot90(hole, turns))
    field = Field(np.zeros((64, 64, 3), np.float32), turned, near=8, rng=np.random.default_rng(0))
    trust = np.zeros(hole.size)
    trust[field.targets] = field._trust
    column = np.rot90(trust.reshape(64, 64), -turns)[3:16, 32]
    assert (np.diff(column) > 0).all()


def test_a_hole_without_surroundings_is_refused():
    with pytest.raises(InvalidValueError, match="nothing around the hole"):
        patchmatch.fill(np.zeros((20, 20, 3), np.float32), np.ones((20, 20), bool), seed=0)


def test_a_picture_without_a_hole_comes_back_as_it_was():
    picture = checks()
    assert np.array_equal(patchmatch.fill(picture, np.zeros((96, 96), bool), seed=0), picture)


def test_patches_that_are_not_kept_say_the_same(monkeypatch):
    kept = patchmatch.weave(broken(checks(), round_hole()), round_hole(), seed=3)
    monkeypatch.setattr("restorer_app.engine.patchmatch_field._KEPT", 0)
    gathered = patchmatch.weave(broken(checks(), round_hole()), round_hole(), seed=3)
    assert all(np.array_equal(one, other) for one, other in zip(kept, gathered, strict=True))


def test_a_cancelled_fill_asks_no_further_round():
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    patchmatch.fill(broken(checks(), round_hole()), round_hole(), seed=0, cancelled=cancelled)
    levels_at_most = 6  # each level asks once more and ends
    assert 3 <= len(asked) <= 3 + levels_at_most


def test_a_picture_given_is_not_written_to():
    picture, hole = broken(checks(), round_hole()), round_hole()
    before = picture.copy()
    patchmatch.fill(picture, hole, seed=0)
    assert np.array_equal(picture, before)
