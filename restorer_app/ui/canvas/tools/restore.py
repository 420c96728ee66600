"""Restore-original brush: paints the master back."""

from __future__ import annotations

from restorer_app.ui.canvas.tools import brush
from restorer_app.ui.canvas.tools.gesture import Desk, Gesture, Pointer


def paint_back(desk: Desk, press: Pointer) -> Gesture:
    return brush.stroke(desk, press, target="restore", erase=False)
