"""The field of PatchMatch: for every patch that touches the hole, the place outside it that looks most alike."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer_app.engine.values import Floats, Hole

RADIUS = 3  # patches of 7 × 7: 5 × 5 lost 0.1 dB, 9 × 9 gained nothing in scratches and is 1.6 times the work

# What is known counts fully; a pixel of the hole counts this much less for each pixel of its depth, so that
# the surroundings decide and not what was guessed a round ago.
_TRUST = np.float32(1 / 2)
_DEEPEST = 60  # where trust stops falling: deep in a large hole a patch of nothing but guesses still has to weigh
_BIAS = np.float32(0.9)  # of the difference in mean colour that a copy is corrected by: skies and shades go on
_MOST_BIAS = np.float32(0.1)  # and no more than this, so that nothing is recoloured
_SHARPNESS = 0.75  # of the 75th percentile of costs: how much better matches outvote worse ones (Wexler)
_AT_ONCE = 2048  # patches compared together: their 1.6 MB stay in the cache
_KEPT = 20_000  # targets whose patches are kept for a round, 16 MB; more are as quickly gathered when they are compared

Places = NDArray[np.int64]  # centres of patches, as row × width + column
Spread = Callable[
    [Callable[[slice], None], Iterable[slice]], Iterable[None]
]  # does something for each slice, as `map` does
_OFFSETS = tuple((dy, dx) for dy in range(-RADIUS, RADIUS + 1) for dx in range(-RADIUS, RADIUS + 1))
_NEARNESS = tuple(float(np.exp(-(dy * dy + dx * dx) / 8)) for dy, dx in _OFFSETS)  # a patch knows its middle best
_IN_THE_MIDDLE = tuple(near**10 for near in _NEARNESS)  # a Gaussian of 0.6 pixels


class Field:
    """One level of the pyramid: targets are patches that touch the hole, sources those that do not."""

    def __init__(
        self, picture: Floats, hole: Hole, *, near: int, rng: np.random.Generator, spread: Spread = map
    ) -> None:
        self.height, self.width = hole.shape
        self.channels = picture.shape[2]
        self.near = near  # pixels from which matches come at first
        self._rng = rng
        self._spread = spread
        self._steps = np.array([dy * self.width + dx for dy, dx in _OFFSETS])
        side = 2 * RADIUS + 1
        touching = cv2.dilate(hole.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
        inside = np.zeros_like(hole)
        inside[RADIUS : self.height - RADIUS, RADIUS : self.width - RADIUS] = True
        self._is_source = (inside & ~touching).ravel()
        self._is_target = inside & touching
        self.targets: Places = np.flatnonzero(self._is_target)
        self._number = np.full(hole.size, -1)  # of the target at a place
        self._number[self.targets] = np.arange(len(self.targets))
        self._holes: Places = np.flatnonzero(hole)
        self._hole_number = np.full(hole.size, -1)
        self._hole_number[self._holes] = np.arange(len(self._holes))
        self._pixels = _in_fours(picture)
        self._weigh(hole)
        self.places = self.targets.copy()
        self.costs = np.full(len(self.targets), np.inf, np.float32)

    @property
    def is_usable(self) -> bool:
        return bool(self._is_source.any()) and len(self.targets) > 0

    def _weigh(self, hole: Hole) -> None:
        # A hole goes on behind the picture's border: nothing is known there, a torn corner is deepest at the corner.
        depth = cv2.distanceTransform(np.pad(hole, 1, mode="edge").astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
        trust = np.power(_TRUST, np.minimum(depth, _DEEPEST), dtype=np.float32).ravel()
        self._trust = trust[self.targets]
        self._weights = np.empty((len(self.targets), len(self._steps)), np.float32)
        for some in _slices(len(self.targets)):
            weights = trust[self.targets[some, None] + self._steps]
            self._weights[some] = weights / weights.sum(1, keepdims=True)

    # ---------------------------------------------------------------------------------- where to begin
    def start_anywhere(self) -> None:
        self.places = self._nearby_sources(self.targets)

    def start_from(self, coarser: Field) -> None:
        """Twice the offsets of the level above; where it had no target, those of the nearest that it had."""
        nearest = coarser._nearest_target()
        rows, columns = np.divmod(self.targets, self.width)
        parent_rows = np.minimum(rows // 2, coarser.height - 1)
        parent_columns = np.minimum(columns // 2, coarser.width - 1)
        parent = nearest[parent_rows, parent_columns]
        offset_rows = coarser.places[parent] // coarser.width - coarser.targets[parent] // coarser.width
        offset_columns = coarser.places[parent] % coarser.width - coarser.targets[parent] % coarser.width
        self.places = self._at(rows + 2 * offset_rows, columns + 2 * offset_columns)
        lost = ~self._is_source[self.places]
        self.places[lost] = self._nearby_sources(self.targets[lost])

    def _nearest_target(self) -> Places:
        _, labels = cv2.distanceTransformWithLabels(
            (~self._is_target).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        number = np.zeros(int(labels.max()) + 1, np.int64)
        number[labels.ravel()[self.targets]] = np.arange(len(self.targets))
        nearest: Places = number[labels]
        return nearest

    def _nearby_sources(self, targets: Places) -> Places:
        """A source near each target, or anywhere when a few throws find none."""
        found = self._rng.choice(np.flatnonzero(self._is_source), len(targets))
        for _ in range(4):
            thrown = self._thrown(targets, self.near)
            good = self._is_source[thrown]
            found[good] = thrown[good]
        return found

    def _thrown(self, centres: Places, radius: float) -> Places:
        rows, columns = np.divmod(centres, self.width)
        away = np.rint(self._rng.uniform(-radius, radius, (2, len(centres)))).astype(np.int64)
        return self._at(rows + away[0], columns + away[1])

    def _at(self, rows: Places, columns: Places) -> Places:
        """Places by row and column, moved inwards where a patch would hang over the edge."""
        rows = np.clip(rows, RADIUS, self.height - RADIUS - 1)
        places: Places = rows * self.width + np.clip(columns, RADIUS, self.width - RADIUS - 1)
        return places

    # ------------------------------------------------------------------------------------ getting better
    def look(self, filled: Floats) -> None:
        """Takes the picture as it is filled now for what patches are compared with."""
        self._filled = _in_fours(filled)
        self._kept = self._gathered(self._filled, self.targets) if len(self.targets) <= _KEPT else None
        self.costs = self._compared(np.arange(len(self.targets)), self.places)

    def propagate(self, step: int) -> None:
        """Where the neighbour's match continues is a good guess."""
        for dy, dx in ((0, step), (0, -step), (step, 0), (-step, 0)):
            rows, columns = np.divmod(self.targets, self.width)
            inside = (rows + dy >= 0) & (rows + dy < self.height) & (columns + dx >= 0) & (columns + dx < self.width)
            neighbour = np.where(inside, self._number[np.where(inside, self.targets + dy * self.width + dx, 0)], -1)
            who = np.flatnonzero(neighbour >= 0)
            its_rows, its_columns = np.divmod(self.places[neighbour[who]], self.width)
            self._offer(who, self._at(its_rows - dy, its_columns - dx))

    def search(self, radius: float) -> None:
        """A throw of the dice around what was found so far."""
        self._offer(np.arange(len(self.targets)), self._thrown(self.places, radius))

    def _offer(self, who: Places, candidates: Places) -> None:
        good = self._is_source[candidates] & (candidates != self.places[who])
        who, candidates = who[good], candidates[good]
        costs = self._compared(who, candidates)
        better = costs < self.costs[who]
        self.places[who[better]] = candidates[better]
        self.costs[who[better]] = costs[better]

    def _compared(self, who: Places, candidates: Places) -> Floats:
        """The weighted mean square difference of patches after the correction of their mean colour."""
        costs = np.empty(len(who), np.float32)

        def compare(some: slice) -> None:
            mine = who[some]
            difference, mean = self._difference(mine, candidates[some])
            taken = _BIAS * np.clip(mean, -_MOST_BIAS, _MOST_BIAS)
            np.multiply(difference, difference, out=difference)
            weights = np.repeat(self._weights[mine], self._pixels.shape[1], axis=1)
            squares = np.einsum("nk,nk->n", difference, weights)
            costs[some] = squares - (taken * (2 * mean - taken)).sum(1)

        deque(self._spread(compare, _slices(len(who))), maxlen=0)
        return costs

    def _gathered(self, pixels: Floats, centres: Places) -> Floats:
        """The patches around places, each a row."""
        patches: Floats = pixels.take(centres[:, None] + self._steps, axis=0).reshape(len(centres), -1)
        return patches

    def _difference(self, who: Places, candidates: Places) -> tuple[Floats, Floats]:
        wanted = self._gathered(self._filled, self.targets[who]) if self._kept is None else self._kept[who]
        difference = np.subtract(wanted, self._gathered(self._pixels, candidates), out=wanted)
        each = difference.reshape(len(who), len(_OFFSETS), -1)
        return difference, np.matmul(self._weights[who][:, None, :], each)[:, 0]

    # ----------------------------------------------------------------------------------------- the vote
    def vote(self) -> Floats:
        """Every pixel of the hole as the mean of what the patches over it say; better and nearer ones weigh more."""
        return self._agreed(self._worth() * self._trust + 1e-12, _NEARNESS)

    def vote_crisply(self) -> Floats:
        """What patches say of their own middle, mixed only as far as neighbours differ: texture without joints.

        Choosing the one patch that weighs most left a hard line along the middle of a hole, where its two sides meet.
        """
        return self._agreed(self._worth() * self._trust.astype(np.float64) ** 2 + 1e-30, _IN_THE_MIDDLE)

    def vote_on(self, values: Floats) -> Floats:
        """Something else that is known of every pixel, as the pixels themselves were agreed on."""
        rows = values.reshape(-1, 1)
        worth = self._worth() * self._trust + 1e-12
        return self._mean(worth, _NEARNESS, 1, lambda who, step: rows[self.places[who] + step])

    def _worth(self) -> Any:
        spread = max(float(np.percentile(self.costs, 75)) * _SHARPNESS, 1e-9)
        return np.exp(-self.costs.astype(np.float64) / (2 * spread))

    def _agreed(self, worth: Any, nearness: Sequence[float]) -> Floats:
        bias = self._correction()
        width = self._pixels.shape[1]
        mean = self._mean(worth, nearness, width, lambda who, step: self._pixels[self.places[who] + step] + bias[who])
        return mean[:, : self.channels]

    def _mean(self, worth: Any, nearness: Sequence[float], width: int, said: Callable[[Places, int], Floats]) -> Floats:
        """Of what the patches over each pixel of the hole say."""
        weight = np.zeros(len(self._holes))
        total = np.zeros((len(self._holes), width))
        for step, near in zip(self._steps.tolist(), nearness, strict=True):
            hole = self._hole_number[self.targets + step]
            who = np.flatnonzero(hole >= 0)
            hole, mine = hole[who], worth[who] * near
            total[hole] += said(who, step) * mine[:, None]  # no pixel twice: targets are different places
            weight[hole] += mine
        mean: Floats = (total / weight[:, None]).astype(np.float32)
        return mean

    def _correction(self) -> Floats:
        out = np.empty((len(self.targets), self._pixels.shape[1]), np.float32)
        everyone = np.arange(len(self.targets))
        for some in _slices(len(everyone)):
            mean = self._difference(everyone[some], self.places[some])[1]
            out[some] = _BIAS * np.clip(mean, -_MOST_BIAS, _MOST_BIAS)
        return out


def _slices(count: int) -> list[slice]:
    return [slice(first, first + _AT_ONCE) for first in range(0, count, _AT_ONCE)]


def _in_fours(picture: Floats) -> Floats:
    """Pixels in a row, three channels as four: numpy gathers 16 bytes four times as fast as 12."""
    height, width, channels = picture.shape
    rows: Any = np.zeros((height * width, 1 << (channels - 1).bit_length()), np.float32)
    rows[:, :channels] = picture.reshape(-1, channels)
    return np.asarray(rows, np.float32)
