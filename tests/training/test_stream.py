"""The stream of lessons: where only so many differ, they come again in other guises, and the same after a rest."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from restorer_app.engine.nets import NETS
from restorer_app.training.learner import Learner
from restorer_app.training.stream import lesson_at, lessons


@pytest.fixture
def few(recipe):
    return replace(recipe, different=2)


def test_lessons_that_come_again_look_different(few, supplies):
    shown = [lesson.picture for lesson in islice(lessons(0, few, supplies), 12)]
    assert torch.equal(shown[0], lesson_at(0, few, supplies).picture)
    assert torch.equal(shown[2], shown[0].flip(3))
    assert torch.equal(shown[4], shown[0].roll(1, 1))
    assert len({tuple(one.flatten().tolist()) for one in shown}) == 12


def test_what_is_asked_for_wears_the_same_guise_as_what_is_seen(few, supplies):
    first, *_ = shown = list(islice(lessons(0, few, supplies), 12))
    for name in ("picture", "answer"):
        assert torch.equal(vars(shown[6])[name], vars(first)[name].flip(3).roll(1, 1))
    assert torch.equal(shown[6].guide, first.guide.flip(3))


def test_a_stream_that_is_taken_up_again_goes_on_the_same(few, supplies):
    few = replace(few, reuse=3)
    whole = list(islice(lessons(0, few, supplies), 20))
    for lesson, other in zip(whole[7:], lessons(7, few, supplies), strict=False):
        assert torch.equal(lesson.picture, other.picture)


def test_a_lesson_that_comes_again_brings_what_the_net_begins_with(few, supplies):
    shown = list(islice(lessons(0, few, supplies), 6))
    net = NETS[few.net](**few.net_args)
    assert torch.allclose(shown[0].start, net.start(shown[0].picture, shown[0].guide), atol=1e-6)
    assert torch.equal(shown[4].start, shown[0].start.roll(1, 1))
    assert lesson_at(0, few, supplies).start is None
    learner = Learner(few, torch.device("cpu"))
    assert float(learner.learn(shown[0], 1e-3)) > 0


@pytest.mark.parametrize(("crop", "blocks", "brings"), [(31, 0, False), (30, 0, True), (30, 1, False), (32, 1, True)])
def test_crops_that_a_net_must_extend_bring_nothing_and_are_learnt_from_all_the_same(
    few, supplies, crop, blocks, brings
):
    odd = replace(few, crop=crop, net_args={**few.net_args, "blocks": blocks})
    lesson = next(iter(lessons(0, odd, supplies)))
    assert (lesson.start is not None) == brings
    assert float(Learner(odd, torch.device("cpu")).learn(lesson, 1e-3)) > 0
