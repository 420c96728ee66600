import dataclasses

import numpy as np
import pytest

from restorer_app.core import mask as masks
from restorer_app.core.errors import RestorerError, UnusableModelError
from restorer_app.core.operation import Denoise, Repair, Upscale
from restorer_app.core.raster import Raster
from restorer_app.files.coveragecode import decode_coverage, encode_coverage
from restorer_app.session import runner
from restorer_app.session.replay import fits, job_of, replay
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
    steps = list(replay(session.records, session.original, used=used, models={}, run=runner.run))
    assert [step.same for step in steps] == [True, True, True]
    assert "same again" in steps[0].sentence
    whole = session.image.bounds
    assert np.array_equal(steps[-1].image.read(whole), session.image.read(whole))


def test_another_picture_or_mask_is_named(finished):
    session, used = finished
    other = Raster.from_array(PLAIN[::-1].copy())
    (step, *_) = replay(session.records[:1], other, used=used[:1], models={}, run=runner.run)
    assert not step.same
    assert "another one before" in step.sentence
    wider = masks.grow(used[0], 3)
    (step,) = replay(session.records[:1], session.original, used=[wider], models={}, run=runner.run)
    assert not step.same_input


def test_other_circumstances_are_named(finished):
    session, used = finished
    record = dataclasses.replace(session.records[0], after_sha256="0" * 64, versions={"numpy": "0.1"})
    (step,) = replay([record], session.original, used=used[:1], models={}, run=runner.run)
    assert "another result" in step.sentence
    assert "instead of 0.1" in step.sentence


def test_missing_weights_and_work_by_hand_are_refused_with_a_sentence(finished):
    session, used = finished
    learned = dataclasses.replace(session.records[0], model_id="repair", model_sha256="a" * 64)
    with pytest.raises(UnusableModelError, match="are not here"):
        next(replay([learned], session.original, used=used[:1], models={}, run=runner.run))
    with pytest.raises(UnusableModelError, match="are not here"):  # another of its name
        next(
            replay(
                [learned],
                session.original,
                used=used[:1],
                models={"b" * 64: a_card(task="repair", id="repair")},
                run=runner.run,
            )
        )
    assert job_of(
        learned, session.original, mask=used[0], models={"a" * 64: a_card(task="repair", id="repair")}
    ).model == a_card(task="repair", id="repair")
    clone = dataclasses.replace(session.records[0], operation={"name": "clone", "dx": 1, "dy": 1})
    with pytest.raises(RestorerError, match="not in the record"):
        next(replay([clone], session.original, used=[None], models={}, run=runner.run))
    for dx in (1.5, True, 2**40, None):
        odd = dataclasses.replace(clone, operation={"name": "clone", "dx": dx, "dy": 1})
        with pytest.raises(RestorerError, match="makes no sense"):
            next(replay([odd], session.original, used=used[:1], models={}, run=runner.run))


def test_soft_strokes_protections_and_work_by_hand_are_replayed_to_the_bit():
    """As a hand works: soft strokes one after the other, some places protected, a clone, the master painted back."""
    session = a_session()
    session.stroke(dab(300, 200, 60, hardness=0.5), protects=True)
    for x, hardness in ((100, 0.2), (140, 0.9)):
        session.stroke(dab(x, 100, 30, hardness=hardness))
        session.stroke(dab(x + 160, 190, 40, hardness=hardness))
        do(session, Repair("telea"))
    do(session, Denoise(0.3, method="guided"))
    session.clone(dab(80, 60, 22, hardness=0.4), dx=40, dy=-55)  # partly from outside of the picture
    session.restore(dab(100, 100, 20, hardness=0.1))
    do(session, Upscale(2, method="lanczos"))
    session.stroke(dab(700, 500, 30, hardness=0.5))
    do(session, Repair("telea"))
    saving = session.saving()
    told = [None if mask is None else encode_coverage(mask, most=1 << 20) for mask in saving.masks]
    sizes = [session.original.bounds] * 6 + [session.image.bounds]
    used = [decode_coverage(text, size) if text else None for text, size in zip(told, sizes, strict=True)]
    assert all(mask is None or fits(record, mask) for record, mask in zip(session.records, used, strict=True))
    steps = list(replay(session.records, session.original, used=used, models={}, run=runner.run))
    assert [step.sentence for step in steps if not step.same] == []
    whole = session.image.bounds
    assert np.array_equal(steps[-1].image.read(whole), session.image.read(whole))


def do(session, operation):
    session.ask(operation, deterministic=True)
    for event in runner.run(session.next_job()):
        session.take(event)
