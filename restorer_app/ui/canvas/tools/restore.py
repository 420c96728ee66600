"""Restore-original brush: paints the master back."""

from __future__ import annotations

from restorer_app.ui.canvas.tools import brush
from restorer_app.ui.canvas.tools.gesture import Gesture, Pointer, Tray


def paint_back(tray: Tray, press: Pointer) -> Gesture:
    return brush.stroke(tray, press, target="restore", erase=False)
