"""What a gesture is, and the tray that lies ready for it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from restorer_app.core.stroke import Point, Shape, Stroke
from restorer_app.ui.canvas.settings import Brush
from restorer_app.ui.canvas.sight import Sight

Phase = Literal["press", "move", "release"]
Target = Literal["mask", "restore", "clone"]


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the hand is: in pixels of the picture (x, y) and of the view (view_x, view_y, device pixels)."""

    phase: Phase
    x: float
    y: float
    view_x: float
    view_y: float
    pressure: float = 1.0
    shift: bool = False
    control: bool = False
    alt: bool = False
    is_eraser: bool = False

    @property
    def point(self) -> Point:
        return Point(self.x, self.y, self.pressure)


# One gesture is one generator: it gets every move, and ends with the release. Closed early, it was given up.
Gesture = Generator[None, Pointer, None]
Tool = Callable[["Tray", Pointer], Gesture]


class Tray(Protocol):
    """What a gesture finds at hand: the brush, where the view looks, a place for strokes."""

    @property
    def brush(self) -> Brush: ...
    @property
    def sight(self) -> Sight: ...
    @property
    def last_point(self) -> Point | None:
        """Where the last stroke ended, for a straight line from there."""
        ...

    def begin(self, target: Target, stroke: Stroke) -> None:
        """Shows a stroke in hand instead of the one shown so far."""
        ...

    def extend(self, target: Target, stroke: Stroke, part: Stroke) -> None:
        """The stroke in hand grew by a part."""
        ...

    def finish(self, target: Target, stroke: Stroke) -> None:
        """Tells the stroke."""
        ...

    def give_up(self, target: Target) -> None: ...
    def draw_outline(self, points: Sequence[Point]) -> None:
        """A closed line over the picture; none for no points."""
        ...

    def choose_source(self, x: float, y: float) -> None: ...
    def start_cloning(self, x: float, y: float) -> bool:
        """Fixes the distance to the source at the first stroke; False without a source."""
        ...


def round_stroke(brush: Brush, shape: Shape, points: Sequence[Point], *, erase: bool) -> Stroke:
    return Stroke(
        shape,
        tuple(points),
        diameter=brush.diameter,
        hardness=brush.hardness,
        erase=erase,
        pressure_sizes=brush.pressure_sizes,
    )


def erases(tray: Tray, press: Pointer) -> bool:
    return tray.brush.erase or press.alt or press.is_eraser
