"""What has no colour gets none; what has some keeps it, also where a pixel of it is grey by chance."""

import numpy as np
import pytest

from restorer_app.engine.neutral import kept_neutral

RNG = np.random.default_rng(2)


@pytest.mark.parametrize("scale", [1, 2])
def test_only_what_lies_deep_in_grey_becomes_grey(scale):
    picture = RNG.random((40, 60, 3), np.float32)
    picture[:, :30] = picture[:, :30, :1]
    picture[20, 50] = 0.5  # grey by chance
    answer = RNG.random((40 * scale, 60 * scale, 3), np.float32)
    found = kept_neutral(answer, picture, scale)
    grey = (found == found[:, :, :1]).all(axis=2)
    assert grey[:, : 22 * scale].all()
    np.testing.assert_allclose(found[:, : 22 * scale, 0], answer[:, : 22 * scale].mean(axis=2), atol=1e-6)
    assert np.array_equal(found[:, 30 * scale :], answer[:, 30 * scale :])


def test_a_picture_full_of_colour_is_left_as_it_is():
    answer = RNG.random((9, 9, 3), np.float32)
    assert kept_neutral(answer, RNG.random((9, 9, 3), np.float32), 1) is answer
