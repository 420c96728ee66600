"""Samples that are no numbers pull nothing towards black: not a hole beside them, and not what is denoised."""

import numpy as np
import pytest

from restorer_app.core.job import Finished
from restorer_app.core.operation import Denoise, Repair
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


@pytest.mark.parametrize("method", ["telea", "navier-stokes", "patch"])
def test_a_hole_along_no_data_is_nowhere_filled_with_black(run, method):
    picture = np.full((220, 300, 1), 0.5, np.float32)
    picture[:150] = np.nan
    events, result = run(job_of(Repair(method, grain=0), picture, mask=spots(picture.shape, (40, 150, 260, 200))))
    closing(events)
    assert np.abs(result.read(result.bounds)[150:] - 0.5).max() < 0.05


@pytest.mark.parametrize("method", ["telea", "patch"])
def test_no_data_near_a_hole_takes_no_grain_from_its_fill(run, method):
    rng = np.random.default_rng(3)
    picture = (0.5 + 0.03 * rng.standard_normal((260, 260, 1))).astype(np.float32)
    picture[:, 150:] = np.nan
    hole = slice(80, 160), slice(60, 110)
    mask = spots(picture.shape, (60, 80, 110, 160))
    events, result = run(job_of(Repair(method), picture, mask=mask))
    closing(events)
    assert result.read(result.bounds)[hole].std() == pytest.approx(0.03, rel=0.15)


def test_a_hole_with_no_data_all_around_is_refused_in_a_sentence(run):
    picture = np.full((60, 60, 1), np.nan, np.float32)
    picture[20:30, 20:30] = 0.5
    events, _ = run(job_of(Repair("telea"), picture, mask=spots(picture.shape, (20, 20, 30, 30))))
    assert "has no data to repair from" in events[-1].message


@pytest.mark.parametrize("operation", [Denoise(None, "guided"), Denoise(0.5, "guided"), Denoise(0.5, "nlm")])
def test_numbers_that_stand_for_no_data_ruin_nothing(run, operation):
    """Finite, but larger than arithmetic bears: either the good pixels stay numbers, or a sentence says why not."""
    rng = np.random.default_rng(2)
    picture = (0.5 + 0.05 * rng.standard_normal((64, 80, 1))).astype(np.float32)
    picture[:, 70:] = -3.4e38
    events, result = run(job_of(operation, picture))
    if isinstance(events[-1], Finished):
        assert np.isfinite(result.read(result.bounds)).all()
    else:
        assert "huge values that stand for no data" in events[-1].message
        assert events[-1].traceback == ""
