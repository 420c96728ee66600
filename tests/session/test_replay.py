import dataclasses

import numpy as np
import pytest

from restorer_app.core import mask as masks
from restorer_app.core.errors import RestorerError, UnusableModelError
from restorer_app.core.operation import Denoise, Repair, Upscale
from restorer_app.core.raster import Raster
from restorer_app.session import runner
from restorer_app.session.replay import job_of, replay
from restorer_app.session.session import Session
from tests.core.test_job import a_card
from tests.session.test_session import PLAIN, a_session, dab


def worked_on() -> tuple[Session, list[Raster | None]]:
    """A picture after a repair, a denoising and an upscaling by classical methods, and the masks of each."""
    session, used = a_session(), []
    session.stroke(dab(100, 100, 24, hardness=0.3))
    session.stroke(dab(500, 200, 16))
    used.append(session.mask)
    for operation in (Repair("telea"), Denoise(0.2, method="guided"), Upscale(2, method="lanczos")):
        session.ask(operation, deterministic=True)
        for event in runner.run(session.next_job()):
            session.take(event)
    return session, [*used, None, None]


@pytest.fixture(scope="module")
def finished():
    return worked_on()


def test_a_replay_reproduces_the_recorded_hashes_and_pixels(finished):
    session, used = finished
    steps = list(replay(session.records, session.original, masks=used, models={}, run=runner.run))
    assert [step.same for step in steps] == [True, True, True]
    assert "same again" in steps[0].sentence
    whole = session.image.bounds
    assert np.array_equal(steps[-1].image.read(whole), session.image.read(whole))


def test_another_picture_or_mask_is_named(finished):
    session, used = finished
    other = Raster.from_array(PLAIN[::-1].copy())
    (step, *_) = replay(session.records[:1], other, masks=used[:1], models={}, run=runner.run)
    assert not step.same
    assert "another one before" in step.sentence
    wider = masks.grow(used[0], 3)
    (step,) = replay(session.records[:1], session.original, masks=[wider], models={}, run=runner.run)
    assert not step.same_input


def test_other_circumstances_are_named(finished):
    session, used = finished
    record = dataclasses.replace(session.records[0], after_sha256="0" * 64, versions={"numpy": "0.1"})
    (step,) = replay([record], session.original, masks=used[:1], models={}, run=runner.run)
    assert "another result" in step.sentence
    assert "instead of 0.1" in step.sentence


def test_missing_weights_and_work_by_hand_are_refused_with_a_sentence(finished):
    session, used = finished
    learned = dataclasses.replace(session.records[0], model_id="repair", model_sha256="a" * 64)
    with pytest.raises(UnusableModelError, match="are not here"):
        next(replay([learned], session.original, masks=used[:1], models={}, run=runner.run))
    with pytest.raises(UnusableModelError, match="are not here"):  # another of its name
        next(
            replay(
                [learned],
                session.original,
                masks=used[:1],
                models={"b" * 64: a_card(task="repair", id="repair")},
                run=runner.run,
            )
        )
    assert job_of(
        learned, session.original, mask=used[0], models={"a" * 64: a_card(task="repair", id="repair")}
    ).model == a_card(task="repair", id="repair")
    by_hand = dataclasses.replace(session.records[0], operation={"name": "clone", "dx": 1, "dy": 1})
    with pytest.raises(RestorerError, match="by hand"):
        next(replay([by_hand], session.original, masks=used[:1], models={}, run=runner.run))
