"""Hand: moves the picture."""

from __future__ import annotations

from restorer_app.ui.canvas.tools.gesture import Desk, Gesture, Pointer


def move(desk: Desk, press: Pointer) -> Gesture:
    last = press
    while last.phase != "release":
        pointer = yield
        desk.pan(pointer.view_x - last.view_x, pointer.view_y - last.view_y)
        last = pointer
