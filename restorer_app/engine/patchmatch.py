"""PatchMatch: a hole filled coarse to fine with what overlapping patches from its surroundings agree on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import cv2
import numpy as np

from restorer_app.engine.classical import navier_stokes
from restorer_app.engine.cores import threads
from restorer_app.engine.patchmatch_field import RADIUS, Field, Spread
from restorer_app.engine.texture import roughness
from restorer_app.engine.values import Floats, Hole

_NEAR = 160  # pixels from which patches come at first; what is far away is seldom of the same stuff
_SHALLOW = 2.0  # a hole no deeper than this needs no coarser level
_ROUNDS, _LAST_ROUNDS = 8, 4  # looks and votes on coarse levels and on the finest; a fifth gained nothing there
_STEPS = (4, 2, 1)  # a good match travels this far in one round
_NEARER = 4.0  # each throw of the dice goes this much less far than the one before
_MOST_THREADS = 8  # comparing patches waits for memory, more would only wait


class Woven(NamedTuple):
    """A hole filled with patches: by their mean, which errs least, and with the texture that a mean loses.

    And how much fine contrast there is, as power, where the patches came from; 0 outside the hole and where none came.
    """

    mean: Floats
    crisp: Floats
    rough: Floats


def fill(picture: Floats, hole: Hole, *, seed: int, cancelled: Callable[[], bool] | None = None) -> Floats:
    """The picture with its hole filled; the same seed gives the same bytes. Given up, it returns what it has."""
    return weave(picture, hole, seed=seed, cancelled=cancelled).crisp


def weave(picture: Floats, hole: Hole, *, seed: int, cancelled: Callable[[], bool] | None = None) -> Woven:
    """Both fills of one search."""
    with _spreading() as spread:
        return _woven(picture, hole, rng=np.random.default_rng(seed), cancelled=cancelled, spread=spread)


def weave_another(picture: Floats, hole: Hole, *, seed: int, cancelled: Callable[[], bool] | None = None) -> Floats:
    """The mean of another search, which finds other patches: where the two are apart, neither is sure."""
    rng = np.random.default_rng((seed, 1))
    with _spreading() as spread:
        return _woven(picture, hole, rng=rng, cancelled=cancelled, spread=spread, only_mean=True).mean


@contextmanager
def _spreading() -> Iterator[Spread]:
    with ThreadPoolExecutor(min(threads(), _MOST_THREADS)) as pool:
        yield pool.map if threads() > 1 else map


def _woven(
    picture: Floats,
    hole: Hole,
    *,
    rng: np.random.Generator,
    cancelled: Callable[[], bool] | None,
    spread: Spread,
    only_mean: bool = False,
) -> Woven:
    filled: Floats | None = None
    crisp: Floats | None = None
    rough = np.zeros((*hole.shape, 1), np.float32)
    field: Field | None = None
    levels = _pyramid(picture, hole)
    for number in reversed(range(len(levels))):
        scene, gap = levels[number]
        filled = navier_stokes(scene, gap) if filled is None else _laid_into(filled, scene, gap)
        if cancelled is not None and cancelled():  # what is there is enlarged to the end and thrown away
            field = None
            continue
        coarser, field = field, Field(scene, gap, near=max(_NEAR >> number, 4 * RADIUS), rng=rng, spread=spread)
        if not field.is_usable:  # too small for a patch, or nothing but hole
            field = None
            continue
        if coarser is None:
            field.start_anywhere()
        else:
            field.start_from(coarser)
        settled = _settle(field, filled, gap, is_last=number == 0, cancelled=cancelled)
        if number == 0 and settled and not only_mean:
            crisp = filled.copy()
            crisp[gap] = field.vote_crisply()
            rough[gap] = field.vote_on(np.sqrt(roughness(picture, hole))) ** 2
    assert filled is not None  # there is always the picture itself
    return Woven(filled, filled if crisp is None else crisp, rough)


def _settle(field: Field, filled: Floats, gap: Hole, *, is_last: bool, cancelled: Callable[[], bool] | None) -> bool:
    """Looks for better matches and lets them vote, in turns; `filled` changes in place. False: given up."""
    for _ in range(_LAST_ROUNDS if is_last else _ROUNDS):
        if cancelled is not None and cancelled():
            return False
        field.look(filled)
        for step in _STEPS:
            field.propagate(step)
        radius = float(field.near)
        while radius > 1:
            field.search(radius)
            radius /= _NEARER
        filled[gap] = field.vote()
    return True


def _pyramid(picture: Floats, hole: Hole) -> list[tuple[Floats, Hole]]:
    """The picture and halves of it, until the hole is so shallow that its edges see each other."""
    levels = [(picture.astype(np.float32), hole)]
    while _depth(levels[-1][1]) >= _SHALLOW and min(levels[-1][1].shape) >= 8 * RADIUS + 4:
        smaller = _halved(*levels[-1])
        if not smaller[1].any() or smaller[1].all():
            break
        levels.append(smaller)
    return levels


def _depth(hole: Hole) -> float:
    return float(cv2.distanceTransform(np.pad(hole, 1).astype(np.uint8), cv2.DIST_L2, 3).max())


def _halved(picture: Floats, hole: Hole) -> tuple[Floats, Hole]:
    """Half the size: the mean of what is known among each four pixels, a hole where less than two are."""
    odd = [(0, side % 2) for side in hole.shape]
    known = np.pad(~hole, odd, mode="edge").astype(np.float32)
    light = np.pad(picture, [*odd, (0, 0)], mode="edge") * known[:, :, None]
    fours = [np.s_[i::2, j::2] for i in (0, 1) for j in (0, 1)]
    count = np.sum([known[four] for four in fours], axis=0)
    total = np.sum([light[four] for four in fours], axis=0)
    return (total / np.maximum(count, 1)[:, :, None]).astype(np.float32), count < 2


def _laid_into(coarse: Floats, scene: Floats, gap: Hole) -> Floats:
    """The fill of the level above, enlarged, in the gap of this one."""
    height, width, channels = coarse.shape
    large = cv2.pyrUp(coarse, dstsize=(2 * width, 2 * height)).reshape(2 * height, 2 * width, channels)
    return np.where(gap[:, :, None], large[: scene.shape[0], : scene.shape[1]], scene)
