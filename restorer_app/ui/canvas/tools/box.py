"""Box: a rectangle between press and release."""

from __future__ import annotations

from restorer_app.core.stroke import Point, Stroke
from restorer_app.ui.canvas.tools.gesture import Gesture, Pointer, Tray, erases


def rectangle(tray: Tray, press: Pointer) -> Gesture:
    first, last, erase = press.point, press.point, erases(tray, press)
    try:
        pointer = yield
        while True:
            last = pointer.point
            tray.draw_outline((first, Point(last.x, first.y), last, Point(first.x, last.y)))
            if pointer.phase == "release":
                break
            pointer = yield
    finally:
        tray.draw_outline(())
    if abs(last.x - first.x) * tray.sight.zoom >= 1 and abs(last.y - first.y) * tray.sight.zoom >= 1:
        tray.finish("mask", Stroke("box", (first, last), erase=erase))
