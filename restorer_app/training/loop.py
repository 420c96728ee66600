"""The training loop: photographs in, lessons learnt, a model folder out."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Self

import torch

from restorer_app.core.errors import InvalidValueError, RestorerError
from restorer_app.files import locks
from restorer_app.files.allocator import large_buffers_kept
from restorer_app.files.atomic import cannot_write
from restorer_app.training import checkpoint
from restorer_app.training.damage import holes
from restorer_app.training.evaluate import publish
from restorer_app.training.journal import Journal
from restorer_app.training.learner import Learner
from restorer_app.training.lessons import Lesson, Supplies
from restorer_app.training.listing import manifest, pictures_of_damage
from restorer_app.training.origin import Origin, origin_of
from restorer_app.training.photographs import gather
from restorer_app.training.recipe import Recipe, recipe_for
from restorer_app.training.schedule import Length, rate_at
from restorer_app.training.shelf import Shelf
from restorer_app.training.stream import lesson_at, lessons

# A step that took longer than this was stopped from outside; the pause is no training time.
_LONGEST_STEP_S = 20.0
_HOLES, _HOLE_ROOM = 3000, 32  # in the bank; pixels of freedom to cut one out
_LOCK = "running"  # held as long as a run goes on
_WATCHED = 32  # crops that are looked at but never learnt from


class StoppedError(RestorerError):
    """A run was told to stop and has kept a checkpoint."""


@dataclass(frozen=True)
class Order:
    """A run that was asked for."""

    model: str
    photos: tuple[Path, ...]
    into: Path  # the folder of models that gets the new one
    work: Path  # checkpoints, journal and decoded photographs
    steps: int | None = None  # either so many steps, or so many minutes of training
    minutes: float = 60.0
    start: Path | None = None  # a checkpoint to go on from, or weights to begin with
    recipe: Path | None = None
    elements: Path | None = None  # pictures of real hairs, dust and scratches, for repair
    trained_by: str = ""
    licence: str = ""  # of the weights; for the card, like the name
    device: str = "cpu"
    threads: int = 1
    keep_every_s: float = 180.0
    compiled: bool = False

    @property
    def length(self) -> Length:
        return Length(steps=self.steps, minutes=self.minutes)


def teach(order: Order) -> Path:
    """Train as ordered and answer with the folder of the new model."""
    torch.set_num_threads(order.threads)
    origin = origin_of(order.start)
    recipe = _recipe(order, origin)
    learner = Learner(recipe, _device(order.device))
    with _alone(order.work / recipe.id):
        if origin.state is None and checkpoint.newest(order.work / recipe.id):
            raise InvalidValueError(
                f"There is already a run of {recipe.id} in {order.work}.",
                advice=f"Go on with --from {order.work / recipe.id}, or choose another folder with --work.",
            )
        _begin(learner, origin)
        supplies = gathered(order, recipe)
        _know_what_is_learnt_from(order, learner, supplies)
        last = train(order, learner, supplies)
        if order.length.progress(learner.step, learner.seconds) < 1:
            raise StoppedError("Stopped before the end; no model was written.", advice=f"Go on with --from {last}")
        watched = _watched(order, recipe, supplies)
        return publish(learner, watched, order.into, photos=order.photos, work=order.work)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two runs in one folder would drop each other's checkpoints."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise cannot_write(folder, problem) from problem
    held = locks.take(folder / _LOCK)
    if held is None:
        raise InvalidValueError(
            f"Another run is under way in {folder}, or nothing can be written there.",
            advice="Wait for its end, or choose another folder with --work.",
        )
    with held:
        yield


def _know_what_is_learnt_from(order: Order, learner: Learner, supplies: Supplies) -> None:
    """As it is now: at the end of a run a drive may be gone, or other scans lie there."""
    damage = pictures_of_damage(order.elements) if learner.recipe.task == "repair" else []
    found = manifest([*supplies.photographs.files, *damage])
    if learner.photographs and set(learner.photographs.splitlines()) != set(found.splitlines()):  # in any order
        raise InvalidValueError(
            "This run was begun with other photographs, or with others beside them.",
            advice="Go on with the same, or begin a new run from the weights that it ends with.",
        )
    learner.photographs = found
    learner.trained_by, learner.licence = order.trained_by or learner.trained_by, order.licence or learner.licence


def _recipe(order: Order, origin: Origin) -> Recipe:
    """The one that a run was begun with goes on with it; another is not slipped in."""
    begun = origin.recipe
    if begun is not None and begun.id == order.model and order.recipe is None:
        return begun
    recipe = recipe_for(order.model, order.recipe, warm=origin.is_warm, begun=origin.net_args)
    if begun is not None and begun.id == order.model and begun != recipe:
        raise InvalidValueError(
            f"{order.recipe} is not the recipe that {origin.path} was taught by.",
            advice="A run goes on by its own recipe: leave --recipe out, or begin anew with a model's weights.",
        )
    return recipe


def gathered(order: Order, recipe: Recipe) -> Supplies:
    """The photographs and, for repair, a bank of holes."""
    cache = order.work / "photographs"
    elements = [file for _, file in pictures_of_damage(order.elements)]
    photographs = gather(order.photos, cache, recipe.rules, halvings=recipe.halvings)
    side = recipe.context or recipe.crop
    if not photographs.have(side):
        raise InvalidValueError(
            "There is no photograph that is large enough.", advice=f"Each side needs {side} pixels."
        )
    if recipe.task != "repair":
        return Supplies(photographs)
    kinds, room = holes.Kinds(), side + _HOLE_ROOM
    return Supplies(photographs, holes.bank(_HOLES, room, elements, cache, seed=recipe.seed, kinds=kinds))


def train(order: Order, learner: Learner, supplies: Supplies) -> Path:
    """Learn until the length is reached or the run is told to stop; answers with the last checkpoint."""
    folder, recipe = order.work / learner.recipe.id, learner.recipe
    if order.compiled:
        learner.net.compile()
    journal = Journal(folder, _watched(order, recipe, supplies))
    kept_at, began = time.monotonic(), time.perf_counter()
    with _StopSignal() as stop, large_buffers_kept():
        for lesson in _lessons(order, learner.step, recipe, supplies):
            progress = order.length.progress(learner.step, learner.seconds)
            if progress >= 1 or stop.was_given:
                break
            error = learner.learn(lesson, rate_at(progress, recipe.warm_up))
            now = time.perf_counter()
            learner.seconds, began = learner.seconds + min(now - began, _LONGEST_STEP_S), now
            journal.note(learner, progress, error)
            if time.monotonic() - kept_at > order.keep_every_s:
                checkpoint.save(folder, learner.step, learner.state())
                kept_at = time.monotonic()
        last = checkpoint.save(folder, learner.step, learner.state())  # whoever is impatient loses the plot alone
        journal.close(learner)
    return last


def _lessons(order: Order, first: int, recipe: Recipe, supplies: Supplies) -> Iterator[Lesson]:
    if recipe.context:
        return _shelf(order, recipe, supplies).lessons(first)
    return lessons(first, recipe, supplies.to(torch.device(order.device)))


def _watched(order: Order, recipe: Recipe, supplies: Supplies) -> Lesson:
    if recipe.context:
        return _shelf(order, recipe, supplies).watched(_WATCHED)
    return lesson_at(-1, replace(recipe, batch=_WATCHED), supplies.to(torch.device(order.device)))


def _shelf(order: Order, recipe: Recipe, supplies: Supplies) -> Shelf:
    return Shelf.of(recipe, supplies, order.work / "photographs", torch.device(order.device))


def _begin(learner: Learner, origin: Origin) -> None:
    if origin.state is None:
        count = len(origin.weights)
        left = count - learner.start_warm(origin.weights)
        if left:
            raise InvalidValueError(
                f"{left} of {count} weights of {origin.path} find no place in the net of {learner.recipe.id}.",
                advice="The net must be at least as large as the one that they are of: give its recipe with --recipe.",
            )
        learner.began, learner.minutes_before, learner.taught_before = origin.story, origin.minutes, origin.taught
    elif origin.state["id"] == learner.recipe.id:
        learner.go_on(origin.state)
    else:
        raise InvalidValueError(
            f"{origin.path} is a checkpoint of {origin.state['id']}, not of {learner.recipe.id}.",
            advice="To begin with another model's weights, give the folder of that model.",
        )


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(1, device=device).item()  # what only pretends to be a device holds no value
    except (RuntimeError, AssertionError) as problem:  # torch asserts when it was built without CUDA
        raise InvalidValueError(
            f"There is no device {name!r} that this program can train on.", advice="Choose cpu."
        ) from problem
    return device


class _StopSignal:
    """Hears Ctrl+C and the wish to end, so that the run keeps a checkpoint before it leaves."""

    def __init__(self) -> None:
        self.was_given = False

    def __enter__(self) -> Self:
        asking = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]
        heard = [number for number in asking if signal.getsignal(number) != signal.SIG_IGN]  # as nohup leaves it
        self._before = {number: signal.signal(number, self._hear) for number in heard}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self.was_given = True
