"""A picture shown to a net several ways: turned, moved by a pixel, its colours changed round.

Its errors differ from one to the other, and their mean is smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.card import ModelCard
from restorer_app.engine.values import Floats, Hole, Run

_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Look:
    """One way to show a picture."""

    quarters: int = 0  # of a whole turn, to the left
    moved: tuple[int, int] = (0, 0)  # down and right: a net that takes pixels in fours takes others together
    colours: int = 0  # places that each channel goes on by
    mirrored: bool = False


# The second sees every pair of pixels divided otherwise, and so do the third and the fourth, each in its way; then
# come four that are mirrored, for where looking costs little.
LOOKS = (
    Look(),
    Look(1, (1, 1), 1),
    Look(2, (1, 0), 2),
    Look(3, (0, 1), 1),
    Look(1, (0, 1), 0, mirrored=True),
    Look(0, (1, 0), 1, mirrored=True),
    Look(3, (0, 0), 2, mirrored=True),
    Look(2, (1, 1), 0, mirrored=True),
)


@dataclass(frozen=True, slots=True)
class Eye:
    """What has to be known of a net to show it pictures other than as they are."""

    channels: int  # of a picture; it may be shown several, one behind the other
    pairs: int = 1  # pixels that it takes together: to move by less than these shows it something else
    scale: int = 1
    grid: tuple[int, int] | None = None  # where squares of so many pixels begin that it must see as they lie
    recolours: bool = True  # whether colours changed round are to it a picture like any other

    @classmethod
    def of(cls, card: ModelCard, channels: int, *, grid: tuple[int, int] | None = None) -> Eye:
        """That of a model; JPEG rounds brightness and colour apart, and changed round neither is where it was."""
        return cls(channels, card.multiple_of, card.scale, grid, recolours=card.task != "decompress")


def looking(run: Run, often: int, eye: Eye, *, first: int = 0, cancelled: Callable[[], bool] = lambda: False) -> Run:
    """The method that answers with the mean of what another answers to so many looks, from the first of them on."""
    if often == 1 and first == 0 and eye.grid is None:
        return run

    def run_often(pictures: Sequence[Floats], holes: Sequence[Hole] | None) -> list[Floats]:
        shape = pictures[0].shape[:2]
        total: list[Floats] = []
        for look in LOOKS[first : first + often]:
            if total and cancelled():
                break  # nobody waits for the answer
            shown = [_shown(one, look, eye) for one in pictures]
            gaps = None if holes is None else [_shown(hole[:, :, None], look, eye)[:, :, 0] for hole in holes]
            found = [_shown_back(one, look, eye, shape) for one in run(shown, gaps)]
            total = [one + other for one, other in zip(total, found, strict=True)] if total else found
        return [one / np.float32(often) for one in total]

    return run_often


def farther(often: int, eye: Eye) -> int:
    """Pixels beyond its reach that a net must see to look so often."""
    return eye.pairs if any(_steps(look, eye) != (0, 0) for look in LOOKS[:often]) else 0


def _shown(picture: NDArray[_Value], look: Look, eye: Eye) -> NDArray[_Value]:
    """Sides that are no multiple of a pair are made so first: a net then halves a tile as it halves the whole."""
    ahead = _steps(look, eye)
    pads = [(first, -(side + first) % eye.pairs) for first, side in zip(ahead, picture.shape[:2], strict=True)]
    # An encoder repeats the last pixel to the end of its square; elsewhere a mirror is more like a picture.
    mode: Literal["reflect", "edge"] = "reflect" if min(picture.shape[:2]) > 1 and eye.grid is None else "edge"
    wide = np.pad(picture, [*pads, (0, 0)], mode=mode)
    turned = np.rot90(_recoloured(wide, look.colours, eye), look.quarters)
    return np.ascontiguousarray(turned[:, ::-1] if look.mirrored else turned)


def _shown_back(answer: Floats, look: Look, eye: Eye, shape: tuple[int, int]) -> Floats:
    upright = np.rot90(answer[:, ::-1] if look.mirrored else answer, -look.quarters)
    (top, left), (height, width) = ([eye.scale * each for each in pair] for pair in (_steps(look, eye), shape))
    return _recoloured(upright[top : top + height, left : left + width], -look.colours, eye)


def _steps(look: Look, eye: Eye) -> tuple[int, int]:
    if eye.grid is not None:
        return -eye.grid[0] % eye.pairs, -eye.grid[1] % eye.pairs
    down, right = look.moved
    return (down, right) if eye.pairs > 1 else (0, 0)


def _recoloured(picture: NDArray[_Value], by: int, eye: Eye) -> NDArray[_Value]:
    if not eye.recolours or picture.shape[2] % eye.channels:  # a mask has none
        return picture
    layers = picture.reshape(*picture.shape[:2], -1, eye.channels)
    return np.roll(layers, by, axis=3).reshape(picture.shape)
