"""Samples that are no numbers pull nothing towards black: not a hole beside them, and not what is denoised."""

import numpy as np
import pytest

from restorer_app.core.operation import Denoise, Repair
from restorer_app.engine import nodata
from tests.engine.test_run import closing, job_of, spots


def _flat_with_nothing_on_the_right(value=0.7):
    picture = np.full((80, 160, 3), value, np.float32)
    picture[:, 80:] = np.nan
    return picture


@pytest.mark.parametrize("method", ["telea", "navier-stokes", "patch"])
def test_a_hole_beside_no_data_is_closed_from_the_data(run, method):
    picture = _flat_with_nothing_on_the_right()
    events, result = run(job_of(Repair(method, grain=0), picture, mask=spots(picture.shape, (70, 30, 80, 44))))
    closing(events)
    after = result.read(result.bounds)
    assert np.abs(after[:, :80] - 0.7).max() < 0.01
    assert np.isnan(after[:, 80:]).all()


@pytest.mark.parametrize("method", ["guided", "nlm"])
def test_what_is_denoised_beside_no_data_stays_what_it_is(run, method):
    picture = _flat_with_nothing_on_the_right()
    events, result = run(job_of(Denoise(0.5, method), picture))
    closing(events)
    assert np.abs(result.read(result.bounds)[:, :80] - 0.7).max() < 1e-3


def test_what_lies_in_a_hole_is_not_carried_into_no_data():
    pixels = np.full((20, 40, 1), 0.5, np.float32)
    pixels[:, 20:] = np.nan
    hole = np.zeros((20, 40), np.bool_)
    hole[:, 16:20] = True
    pixels[:, 16:20] = 9
    seen = nodata.closed(pixels, hole, reach=30)
    assert np.allclose(seen[:, 20:], 0.5)
    assert np.array_equal(seen[:, :20], pixels[:, :20])  # the damage itself is the method's affair
