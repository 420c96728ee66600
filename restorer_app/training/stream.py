"""The stream of lessons: a function of recipe and position alone, so that any run can go on anywhere."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import torch
from torch import Tensor

from restorer_app.engine.nets import NETS
from restorer_app.engine.nets.trunk import Trunk
from restorer_app.training.lessons import LESSONS, Lesson, Supplies
from restorer_app.training.recipe import Recipe

_AHEAD = 3  # lessons made beside a GPU while it learns


def lessons(first: int, recipe: Recipe, supplies: Supplies) -> Iterator[Lesson]:
    """Lesson after lesson from a step on; each is learnt from `reuse` times, turned by a quarter."""
    skip = first % recipe.reuse
    for fresh in _fresh(first // recipe.reuse, recipe, supplies):
        for quarters in range(skip, recipe.reuse):
            yield _turned(fresh, quarters)
        skip = 0


def lesson_at(index: int, recipe: Recipe, supplies: Supplies) -> Lesson:
    """One lesson, drawn by seed and index."""
    generator = torch.Generator(supplies.device).manual_seed(recipe.seed * 1_000_003 + index)
    crops = supplies.photographs.detailed_crops(recipe.batch, recipe.crop, generator)
    return _each(LESSONS[recipe.task](crops, generator, recipe.damage, supplies), lambda values: values)


def _fresh(index: int, recipe: Recipe, supplies: Supplies) -> Iterator[Lesson]:
    """Lessons made one by one; beside a GPU, a few ahead on the processor."""
    make = _remembered(recipe, supplies)
    if supplies.device.type == "cpu":
        for at in itertools.count(index):
            yield make(at)
    with ThreadPoolExecutor(_AHEAD) as pool:
        ahead = [pool.submit(make, index + i) for i in range(_AHEAD)]
        for at in itertools.count(index + _AHEAD):
            yield ahead.pop(0).result()
            ahead.append(pool.submit(make, at))


def _remembered(recipe: Recipe, supplies: Supplies) -> Callable[[int], Lesson]:
    """Makes lessons; where only so many differ, those come again in other guises: making them is what costs."""
    if recipe.different == 0:
        return lambda index: lesson_at(index, recipe, supplies)
    known: dict[int, Lesson] = {}
    begun = _begun(recipe, supplies.device)

    def make(index: int) -> Lesson:
        round_, number = divmod(index, recipe.different)
        if number not in known:
            known[number] = begun(lesson_at(number, recipe, supplies))
        return _disguised(known[number], round_)

    return make


def _begun(recipe: Recipe, device: torch.device) -> Callable[[Lesson], Lesson]:
    """Adds what the net begins with: of a lesson that comes again it is found once, two fifths of a step."""
    net = NETS[recipe.net](**recipe.net_args).to(device)
    if not isinstance(net, Trunk) or recipe.crop % net.multiple_of:  # what needs no pixels added
        return lambda lesson: lesson
    trunk = net

    def begin(lesson: Lesson) -> Lesson:
        with torch.no_grad():
            return replace(lesson, start=trunk.start(lesson.picture, lesson.guide))

    return begin


def _disguised(lesson: Lesson, number: int) -> Lesson:
    """Mirrored every second time, its colours changed round every third."""
    colours, mirrored = number // 2 % 3, number % 2 == 1

    def change(values: Tensor) -> Tensor:
        values = values.flip(3) if mirrored else values
        count, channels, height, width = values.shape
        if channels % 3 or not colours:
            return values
        return values.view(count, -1, 3, height, width).roll(colours, 2).flatten(1, 2)

    return _each(lesson, change) if number else lesson


def _turned(lesson: Lesson, quarters: int) -> Lesson:
    return _each(lesson, lambda values: torch.rot90(values, quarters, (2, 3))) if quarters else lesson


def _each(lesson: Lesson, change: Callable[[Tensor], Tensor]) -> Lesson:
    """The lesson with everything in it changed, in the layout that convolutions like."""
    changed = {name: change(values) for name, values in vars(lesson).items() if values is not None}
    flat = {name: values.contiguous(memory_format=torch.channels_last) for name, values in changed.items()}
    return replace(lesson, **flat)
