"""Box: a rectangle between press and release."""

from __future__ import annotations

from restorer_app.core.stroke import Point, Stroke
from restorer_app.ui.canvas.tools.gesture import Desk, Gesture, Pointer, erases


def rectangle(desk: Desk, press: Pointer) -> Gesture:
    first, last, erase = press.point, press.point, erases(desk, press)
    try:
        pointer = yield
        while True:
            last = pointer.point
            desk.draw_outline((first, Point(last.x, first.y), last, Point(first.x, last.y)))
            if pointer.phase == "release":
                break
            pointer = yield
    finally:
        desk.draw_outline(())
    if abs(last.x - first.x) * desk.zoom >= 1 and abs(last.y - first.y) * desk.zoom >= 1:
        desk.finish("mask", Stroke("box", (first, last), erase=erase))
