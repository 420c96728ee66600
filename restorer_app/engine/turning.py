"""A picture shown to a net both ways up: its errors differ from one to the other, and their mean is smaller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from restorer_app.engine.values import Floats, Hole

_Value = TypeVar("_Value", bound=np.generic)


def both_ways_up(
    run: Callable[[Sequence[Floats], Sequence[Hole]], list[Floats]], pictures: Sequence[Floats], holes: Sequence[Hole]
) -> list[Floats]:
    """The mean of the answers; worth it where a look costs little beside what is prepared for it."""
    upright = run(pictures, holes)
    turned = run([_upside_down(one) for one in pictures], [_upside_down(hole) for hole in holes])
    height, width = holes[0].shape
    half = np.float32(0.5)
    return [half * (one + other[::-1, ::-1][:height, :width]) for one, other in zip(upright, turned, strict=True)]


def _upside_down(picture: NDArray[_Value]) -> NDArray[_Value]:
    """Turned by 180°; odd sides are made even first, so that a net halves a tile as it halves the whole."""
    odd = [(0, side % 2) for side in picture.shape[:2]] + [(0, 0)] * (picture.ndim - 2)
    return np.ascontiguousarray(np.pad(picture, odd, mode="edge")[::-1, ::-1])
