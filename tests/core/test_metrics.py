import math

import numpy as np
import pytest

from restorer_app.core import metrics
from restorer_app.core.errors import InvalidValueError


def pair(dtype=np.uint16, shape=(40, 30, 3)):
    random = np.random.default_rng(3)
    top = 1 if dtype == np.float32 else np.iinfo(dtype).max
    one = random.random(shape) * top
    return one.astype(dtype), np.clip(one + random.normal(0, 0.05 * top, shape), 0, top).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_metrics_agree_with_their_definition_at_any_depth(dtype):
    one, other = pair(dtype)
    error = np.mean((one.astype(float) - other.astype(float)) ** 2)
    assert metrics.mse(one, other) == pytest.approx(error)
    assert metrics.psnr(one, other) == pytest.approx(10 * math.log10(metrics.data_range(one) ** 2 / error))


def test_unsigned_pixels_do_not_wrap_around():
    zeros, ones = np.zeros((2, 2), np.uint8), np.ones((2, 2), np.uint8)
    assert metrics.mse(zeros, ones) == metrics.mse(ones, zeros) == 1


def test_only_the_pixels_asked_for_count():
    one, other = pair()
    where = np.zeros((40, 30), bool)
    where[:5] = True
    assert metrics.mse(one, other, where=where) == pytest.approx(metrics.mse(one[:5], other[:5]))
    with pytest.raises(InvalidValueError, match="no pixel"):
        metrics.mse(one, other, where=~np.ones((40, 30), bool))


@pytest.mark.parametrize("shape", [(40, 30, 3), (40, 30), (11, 11, 1)])
def test_ssim_agrees_with_a_direct_sum_over_windows(shape):
    one, other = pair(np.uint8, shape)
    offsets = np.arange(11) - 5
    window = np.exp(-(offsets[:, None] ** 2 + offsets[None, :] ** 2) / 4.5)
    window /= window.sum()
    scores = []
    for c in range(shape[2] if len(shape) == 3 else 1):
        x = (one[..., c] if len(shape) == 3 else one).astype(float)
        y = (other[..., c] if len(shape) == 3 else other).astype(float)
        for top in range(shape[0] - 10):
            for left in range(shape[1] - 10):
                a, b = x[top : top + 11, left : left + 11], y[top : top + 11, left : left + 11]
                ma, mb = (window * a).sum(), (window * b).sum()
                va, vb = (window * a * a).sum() - ma * ma, (window * b * b).sum() - mb * mb
                vab = (window * a * b).sum() - ma * mb
                c1, c2 = 2.55**2, 7.65**2
                scores.append((2 * ma * mb + c1) * (2 * vab + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2)))
    assert metrics.ssim(one, other) == pytest.approx(np.mean(scores), abs=1e-9)


def test_ssim_equals_scikit_image_where_it_is_installed():
    skimage = pytest.importorskip("skimage.metrics")
    one, other = pair(np.uint8)
    theirs = skimage.structural_similarity(
        one, other, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert metrics.ssim(one, other) == pytest.approx(theirs, abs=1e-6)


def test_equal_pictures_are_perfect():
    one, _ = pair()
    assert metrics.psnr(one, one) == math.inf
    assert metrics.ssim(one, one) == pytest.approx(1)


@pytest.mark.parametrize(
    ("one", "other", "sentence"),
    [
        (np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8), "cannot be compared"),
        (np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint16), "cannot be compared"),
        (np.zeros((0, 2), np.uint8), np.zeros((0, 2), np.uint8), "no pixel"),
    ],
)
def test_what_cannot_be_compared_is_refused(one, other, sentence):
    with pytest.raises(InvalidValueError, match=sentence):
        metrics.mse(one, other)


def test_ssim_of_a_tiny_picture_is_refused():
    with pytest.raises(InvalidValueError, match="at least 11"):
        metrics.ssim(np.zeros((10, 20), np.uint8), np.zeros((10, 20), np.uint8))


def test_changed_pixels_are_counted_by_bits():
    before = np.full((2, 2, 3), np.nan, np.float32)
    after = before.copy()
    after[0, 0, 1] = 1
    assert metrics.count_changed(before, before.copy()) == 0
    assert metrics.count_changed(before, after) == 1
