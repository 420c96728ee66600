"""Clone: paints with what lies elsewhere in the picture."""

from __future__ import annotations

from restorer_app.ui.canvas.tools import brush
from restorer_app.ui.canvas.tools.gesture import Gesture, Pointer, Tray


def clone(tray: Tray, press: Pointer) -> Gesture:
    """Alt+click or Ctrl+click takes the source; then it moves along with the brush."""
    if press.alt or press.control:
        return _choose(tray, press)
    return _paint(tray, press)


def _choose(tray: Tray, press: Pointer) -> Gesture:
    pointer = press
    while True:
        tray.choose_source(pointer.x, pointer.y)
        if pointer.phase == "release":
            return
        pointer = yield


def _paint(tray: Tray, press: Pointer) -> Gesture:
    if tray.start_cloning(press.x, press.y):
        yield from brush.stroke(tray, press, target="clone", erase=False)
