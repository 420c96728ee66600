"""Lasso: a loop that closes and fills itself."""

from __future__ import annotations

import math

from restorer_app.core.stroke import Stroke
from restorer_app.ui.canvas.tools.gesture import Gesture, Pointer, Tray, erases

_LEAST_STEP = 1.0  # screen pixels between two corners


def loop(tray: Tray, press: Pointer) -> Gesture:
    points, erase = [press.point], erases(tray, press)
    try:
        pointer = yield
        while True:
            point = pointer.point
            if math.hypot(point.x - points[-1].x, point.y - points[-1].y) * tray.sight.zoom >= _LEAST_STEP:
                points.append(point)
                tray.draw_outline(points)
            if pointer.phase == "release":
                break
            pointer = yield
    finally:
        tray.draw_outline(())
    if len(points) >= 3:
        tray.finish("mask", Stroke("lasso", tuple(points), erase=erase))
