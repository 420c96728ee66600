"""Fine contrast of a fill: as much as belongs there, and no more."""

import cv2
import numpy as np
import pytest

from restorer_app.core.job import Job
from restorer_app.core.operation import Repair
from restorer_app.core.raster import Raster
from restorer_app.engine import grain, texture
from restorer_app.files import cards

cv2.setNumThreads(1)
SIDE = 160
HOLE = np.zeros((SIDE, SIDE), bool)
HOLE[70:82, 20:140] = True
UNSAID = np.zeros((SIDE, SIDE), np.float32)  # how rough it is where the patches came from


def hill(channels=1):
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    return np.repeat((0.4 + 0.2 * rows * columns).astype(np.float32)[:, :, None], channels, axis=2)


def noise(sigma, *, seed=0, channels=1):
    return np.random.default_rng(seed).normal(0, sigma, (SIDE, SIDE, channels)).astype(np.float32)


def contrast(picture, where):
    return float(texture.fine(picture)[where].std())


def test_a_smooth_answer_gets_rather_more_contrast_than_patches_have_and_keeps_its_own_light():
    patches = hill() + 0.1 + noise(0.05)
    fill, belongs = texture.with_detail(hill(), patches, UNSAID, HOLE, share=1.0)
    assert contrast(fill, HOLE) == pytest.approx(1.18 * contrast(patches, HOLE), rel=0.05)
    assert np.abs(cv2.GaussianBlur(fill[:, :, 0] - hill()[:, :, 0], (0, 0), 6)).max() < 0.01
    assert np.array_equal(fill[~HOLE], hill()[~HOLE])
    assert float(np.sqrt(belongs[HOLE].mean())) == pytest.approx(1.3 * 0.05, rel=0.1)


@pytest.mark.parametrize(("times", "expected"), [(1.2, 1.18), (1.4, 1.4), (5.0, 1.55)])
def test_where_patches_came_from_something_rougher_more_is_lent_but_not_any_amount(times, expected):
    patches = hill() + noise(0.05)
    rough = np.full(HOLE.shape, (times * 0.05) ** 2, np.float32)
    fill, belongs = texture.with_detail(hill(), patches, rough, HOLE, share=1.0)
    assert contrast(fill, HOLE) == pytest.approx(expected * contrast(patches, HOLE), rel=0.06)
    assert float(np.sqrt(belongs[HOLE].mean())) == pytest.approx(max(1.3, min(times, 1.55)) * 0.05, rel=0.1)


def test_roughness_is_that_of_what_is_known():
    picture = hill(3) + noise(0.05, channels=3)
    picture[HOLE] = 1.0
    rough = texture.roughness(picture, HOLE)
    assert float(np.sqrt(np.median(rough[~HOLE]))) == pytest.approx(0.05, rel=0.1)
    assert float(np.sqrt(rough[HOLE].max())) < 0.1, "what stands in the hole says nothing"


@pytest.mark.parametrize("rougher", [1.2, 2.0])
def test_an_answer_that_is_rough_enough_gets_nothing(rougher):
    texture_there = noise(0.05, channels=3)
    answer = hill(3) + rougher * texture_there
    fill, _ = texture.with_detail(answer, hill(3) + texture_there + 0.1, UNSAID, HOLE, share=1.0)
    assert np.abs(fill - answer).max() < 1e-4


def test_opposite_contrast_is_not_added_to_what_is_rough_enough():
    one, other = noise(0.1, seed=1, channels=3), noise(0.05, channels=3)
    fill, _ = texture.with_detail(hill(3) + one, hill(3) + other, UNSAID, HOLE, share=1.0)
    assert np.abs(fill - hill(3) - one).max() < 1e-4


def test_who_wants_no_grain_gets_the_answer_itself():
    answer = hill()
    fill, _ = texture.with_detail(answer, hill() + noise(0.05), UNSAID, HOLE, share=0.0)
    assert np.array_equal(fill, answer)


def test_a_fill_lacks_the_grain_that_it_has_not_and_that_belongs_there():
    found = grain.measure(hill() + noise(0.02), HOLE)
    assert found is not None
    much, little = np.full(HOLE.shape, 1.0, np.float32), np.full(HOLE.shape, 0.01**2, np.float32)
    smooth = texture.lacking(hill(), HOLE, much, found)
    assert smooth[HOLE].min() > 0.95
    assert not smooth[~HOLE].any()
    assert texture.lacking(hill(), HOLE, little, found)[HOLE].mean() == pytest.approx(0.5, rel=0.1)
    assert texture.lacking(hill() + noise(0.02, seed=3), HOLE, much, found)[HOLE].mean() < 0.4
    assert not texture.lacking(hill(), HOLE, much * 0, found).any()


@pytest.mark.parametrize("channels", [1, 3])
def test_the_quietest_place_nearby_says_how_much_grain_there_is(channels):
    picture = hill(channels) + noise(0.01, channels=channels)
    picture[:50] += noise(0.1, seed=4, channels=channels)[:50]
    near = np.sqrt(texture.quiet_near(picture, HOLE))
    assert np.median(near[HOLE]) == pytest.approx(0.01, rel=0.25)
    assert near[5:20].min() > 0.05


def repaired(run, picture, operation):
    """What a repair makes of a picture in 16 bits."""
    image = Raster.from_array(np.rint(picture.clip(0, 1) * 65535).astype(np.uint16))
    card = cards.find_model("repair").card if operation.method == "faithful" else None
    mask = Raster.from_array(HOLE.astype(np.uint8) * 255)
    job = Job("one", operation, image, image.bounds, model=card, mask=mask, device="cpu", dtype="float32")
    return run(job)[1].read(image.bounds).astype(np.float32) / 65535


@pytest.mark.parametrize("method", ["telea", "navier-stokes", "patch", "faithful"])
def test_a_smooth_place_in_a_rough_picture_is_filled_smoothly(run, method):
    picture = 0.5 + noise(0.08)
    picture[62:90] = 0.5 + noise(0.006, seed=2)[62:90]
    fill = repaired(run, picture, Repair(method=method))
    assert 0.5 * 0.006 < contrast(fill, HOLE) < 1.6 * 0.006


@pytest.mark.parametrize("method", ["patch", "faithful"])
@pytest.mark.parametrize("coarse", [0, 1.2])
def test_a_fill_is_as_rough_as_what_lies_around_it(run, coarse, method):
    rough = noise(0.05)
    if coarse:
        rough = cv2.GaussianBlur(rough, (0, 0), coarse).reshape(rough.shape)
    picture = hill() + rough * (0.05 / rough.std())
    with_grain, without = (repaired(run, picture, Repair(method=method, grain=share)) for share in (1, 0))
    assert contrast(with_grain, HOLE) == pytest.approx(contrast(picture, ~HOLE), rel=0.3)
    assert contrast(without, HOLE) < 0.9 * contrast(with_grain, HOLE)
