"""Clone: paints with what lies elsewhere in the picture."""

from __future__ import annotations

from restorer_app.ui.canvas.tools import brush
from restorer_app.ui.canvas.tools.gesture import Desk, Gesture, Pointer


def clone(desk: Desk, press: Pointer) -> Gesture:
    """Alt+click or Ctrl+click takes the source; then it moves along with the brush."""
    if press.alt or press.control:
        return _choose(desk, press)
    return _paint(desk, press)


def _choose(desk: Desk, press: Pointer) -> Gesture:
    pointer = press
    while True:
        desk.choose_source(pointer.x, pointer.y)
        if pointer.phase == "release":
            return
        pointer = yield


def _paint(desk: Desk, press: Pointer) -> Gesture:
    if desk.start_cloning(press.x, press.y):
        yield from brush.stroke(desk, press, target="clone", erase=False)
