"""Hand: moves the picture."""

from __future__ import annotations

from restorer_app.ui.canvas.tools.gesture import Gesture, Pointer, Tray


def move(tray: Tray, press: Pointer) -> Gesture:
    last = press
    while last.phase != "release":
        pointer = yield
        tray.sight.pan(pointer.view_x - last.view_x, pointer.view_y - last.view_y)
        last = pointer
