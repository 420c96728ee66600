"""The training loop, from the photographs to the last checkpoint."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn

from restorer_app.engine.nets import NETS
from restorer_app.training import checkpoint
from restorer_app.training.journal import Journal
from restorer_app.training.lessons import LESSONS, Lesson
from restorer_app.training.losses import loss
from restorer_app.training.optimiser import optimisers
from restorer_app.training.photographs import Photographs
from restorer_app.training.recipe import Recipe
from restorer_app.training.schedule import Length, rate_at

# A step that took longer than this was stopped from outside; the pause is no training time.
LONGEST_STEP_S = 20.0


@dataclass(frozen=True)
class Order:
    """A run that was asked for: what, for how long, on which device, into which folder."""

    recipe: Recipe
    length: Length
    folder: Path
    device: torch.device
    keep_every_s: float = 180.0
    compiled: bool = False


class Learner:
    """A net with its optimisers and running mean, and how far it has come."""

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.net = NETS[recipe.net](**recipe.net_args).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch has no overload for both
        self.mean = [p.detach().clone() for p in self.net.parameters()]
        self.optimisers = optimisers(self.net, kind=recipe.optimiser, rate=recipe.rate)
        self.step, self.seconds = 0, 0.0

    def state(self) -> dict[str, Any]:
        """Everything, for a checkpoint. Crops and damage are drawn from (seed, step): the step is their position."""
        return {
            "net": self.net.state_dict(),
            "mean": dict(zip((n for n, _ in self.net.named_parameters()), self.mean, strict=True)),
            "optimisers": [o.state_dict() for o in self.optimisers],
            "random": torch.get_rng_state(),
            "step": self.step,
            "seconds": self.seconds,
            "id": self.recipe.id,
        }

    def go_on(self, state: dict[str, Any]) -> None:
        """Stand where the checkpoint stood."""
        self.start_warm(state["net"])
        for mean, name in zip(self.mean, (n for n, _ in self.net.named_parameters()), strict=True):
            mean.copy_(state["mean"][name])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        torch.set_rng_state(state["random"])
        self.step, self.seconds = state["step"], state["seconds"]

    def start_warm(self, weights: dict[str, Tensor]) -> None:
        """Begin with another model's weights, where the shapes agree."""
        own = self.net.state_dict()
        fits = {name: w.float() for name, w in weights.items() if name in own and own[name].shape == w.shape}
        self.net.load_state_dict(own | fits)
        with torch.no_grad():
            for mean, weight in zip(self.mean, self.net.parameters(), strict=True):
                mean.copy_(weight)

    def learn(self, lesson: Lesson, run: nn.Module, rate: float) -> Tensor:
        """One step: look, answer, be told, change a little."""
        answer = run(lesson.picture, lesson.guide)
        error = loss(self.recipe.loss, answer.float(), lesson.answer, lesson.weight)
        error.backward()  # type: ignore[no-untyped-call]  # torch's own
        nn.utils.clip_grad_norm_(self.net.parameters(), self.recipe.clip)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate * self.recipe.rate
            optimiser.step()
            optimiser.zero_grad()
        self.step += 1
        decay = min(self.recipe.ema, self.step / (self.step + 9))
        torch._foreach_lerp_(self.mean, [p.detach() for p in self.net.parameters()], 1 - decay)
        return error.detach()

    def mean_net(self) -> nn.Module:
        """The net with the running mean of its weights: what is measured and shipped."""
        net = NETS[self.recipe.net](**self.recipe.net_args)
        weights = dict(zip((n for n, _ in self.net.named_parameters()), self.mean, strict=True))
        net.load_state_dict({name: w.cpu() for name, w in weights.items()})
        return net.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # as above


def lesson_at(step: int, recipe: Recipe, photographs: Photographs) -> Lesson:
    """The lesson of one step: a function of seed and step alone, so that any run can go on anywhere."""
    device = photographs.starts.device
    generator = torch.Generator(device).manual_seed(recipe.seed * 1_000_003 + step)
    crops = photographs.detailed_crops(recipe.batch, recipe.crop, generator)
    lesson = LESSONS[recipe.task](crops, generator, recipe.damage)
    flat = {"memory_format": torch.channels_last}
    return replace(lesson, picture=lesson.picture.contiguous(**flat), guide=lesson.guide.contiguous(**flat))


def lessons(first: int, recipe: Recipe, photographs: Photographs) -> Iterator[Lesson]:
    """Lesson after lesson; beside a GPU, three are prepared ahead on the processor."""
    step = first
    if photographs.starts.device.type == "cpu":
        while True:
            yield lesson_at(step, recipe, photographs)
            step += 1
    with ThreadPoolExecutor(3) as pool:
        ahead: list[Future[Lesson]] = []
        while True:
            while len(ahead) < 3:
                ahead.append(pool.submit(lesson_at, step, recipe, photographs))
                step += 1
            yield ahead.pop(0).result()


def train(order: Order, learner: Learner, photographs: Photographs) -> Path:
    """Learn until the length is reached or the run is told to stop; answers with the last checkpoint."""
    device, stopped = order.device, _told_to_stop()
    run = torch.compile(learner.net) if order.compiled else learner.net
    photographs = photographs.to(device)
    journal = Journal(order.folder, order.length, watched=lesson_at(-1, replace(order.recipe, batch=32), photographs))
    kept_at, began = time.monotonic(), time.perf_counter()
    for lesson in lessons(learner.step, order.recipe, photographs):
        progress = order.length.progress(learner.step, learner.seconds)
        if progress >= 1 or stopped:
            break
        with torch.autocast(device.type, torch.bfloat16, enabled=_halves_pay(device)):
            error = learner.learn(lesson, run, rate_at(progress, order.recipe.warm_up))
        now = time.perf_counter()
        learner.seconds, began = learner.seconds + min(now - began, LONGEST_STEP_S), now
        journal.note(learner, progress, error)
        if time.monotonic() - kept_at > order.keep_every_s:
            checkpoint.save(order.folder, learner.step, learner.state())
            kept_at = time.monotonic()
    journal.close(learner)
    return checkpoint.save(order.folder, learner.step, learner.state())


def _halves_pay(device: torch.device) -> bool:
    """Is bfloat16 faster here: on a GPU, and on a processor with tiles for it."""
    return device.type == "cuda" or (device.type == "cpu" and torch.cpu._is_amx_tile_supported())


def _told_to_stop() -> list[int]:
    """A list that fills when the process is asked to end: the run then keeps a checkpoint and leaves."""
    told: list[int] = []

    def tell(number: int, _frame: FrameType | None) -> None:
        told.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, tell)
    return told


