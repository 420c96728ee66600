"""Losses: what counts more, and what counts alike."""

import math

import pytest
import torch

from restorer_app.training.losses import loss

KINDS = ("square", "root", "log")


def of(kind: str, *errors: float) -> float:
    """The loss of crops that are wrong by so much at every pixel, at a weight of 1."""
    right = torch.full((len(errors), 3, 8, 8), 0.5)
    wrong = torch.tensor(errors)[:, None, None, None]
    return loss(kind, right + wrong, right, torch.ones(1, 1, 1, 1)).item()


@pytest.mark.parametrize("kind", KINDS)
def test_the_right_answer_is_the_best(kind: str) -> None:
    assert of(kind, 0.0) < of(kind, 0.1) < of(kind, 1.0) < of(kind, 3.0)


def test_half_an_error_less_is_worth_the_same_in_an_easy_crop_and_in_a_hard_one() -> None:
    before = of("log", 4.0, 40.0)
    assert before - of("log", 2.0, 40.0) == pytest.approx(math.log(2), rel=0.04)
    assert before - of("log", 4.0, 20.0) == pytest.approx(math.log(2), rel=0.04)
    assert of("square", 4.0, 40.0) - of("square", 2.0, 40.0) < 0.02 * (
        of("square", 4.0, 40.0) - of("square", 4.0, 20.0)
    )


def test_by_logarithms_a_small_hole_is_worth_as_much_as_a_wide_one() -> None:
    right, wrong = torch.zeros(1, 3, 8, 8), torch.full((1, 3, 8, 8), 0.3)
    small, wide = torch.zeros(1, 1, 8, 8), torch.ones(1, 1, 8, 8)
    small[..., 0, 0] = 1
    assert loss("log", wrong, right, small).item() == pytest.approx(loss("log", wrong, right, wide).item())


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_that_weighs_nothing_teaches_nothing(kind: str) -> None:
    right = torch.zeros(2, 3, 8, 8)
    answer = torch.full_like(right, 0.3).requires_grad_()
    loss(kind, answer, right, torch.zeros(2, 1, 8, 8)).backward()  # type: ignore[no-untyped-call]  # torch's own
    assert answer.grad is not None
    assert not answer.grad.any()


def test_what_is_right_to_the_last_bit_does_not_upset_the_others() -> None:
    right = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    answer = right.clone()
    answer[1] += 0.5
    answer.requires_grad_()
    loss("log", answer, right, torch.ones(1, 1, 1, 1)).backward()  # type: ignore[no-untyped-call]  # torch's own
    assert answer.grad is not None
    assert torch.isfinite(answer.grad).all()
    assert not answer.grad[0].any()
    assert answer.grad[1].any()
