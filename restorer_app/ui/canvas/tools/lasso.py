"""Lasso: a loop that closes and fills itself."""

from __future__ import annotations

import math

from restorer_app.core.stroke import Stroke
from restorer_app.ui.canvas.tools.gesture import Desk, Gesture, Pointer, erases

_LEAST_STEP = 1.0  # screen pixels between two corners


def loop(desk: Desk, press: Pointer) -> Gesture:
    points, erase = [press.point], erases(desk, press)
    try:
        pointer = yield
        while True:
            point = pointer.point
            if math.hypot(point.x - points[-1].x, point.y - points[-1].y) * desk.zoom >= _LEAST_STEP:
                points.append(point)
                desk.draw_outline(points)
            if pointer.phase == "release":
                break
            pointer = yield
    finally:
        desk.draw_outline(())
    if len(points) >= 3:
        desk.finish("mask", Stroke("lasso", tuple(points), erase=erase))
