"""Brush and straight line: paint from press to release."""

from __future__ import annotations

import math

from restorer_app.core.stroke import Point
from restorer_app.ui.canvas.tools.gesture import Gesture, Pointer, Target, Tray, erases, round_stroke

_LEAST_STEP = 0.5  # screen pixels between two points; finer ones are the hand's trembling
_LEAST_SHARE = 0.02  # of the diameter: a wide brush needs fewer points for the same line


def paint(tray: Tray, press: Pointer) -> Gesture:
    """Adds to the mask, or takes from it with Alt, E or the pen's eraser end."""
    return stroke(tray, press, target="mask", erase=erases(tray, press))


def stroke(tray: Tray, press: Pointer, *, target: Target, erase: bool) -> Gesture:
    start = tray.last_point if press.shift else None
    try:
        if start is None:
            yield from _freehand(tray, press, target, erase=erase)
        else:
            yield from _straight(tray, press, target, start, erase=erase)
    except GeneratorExit:
        tray.give_up(target)
        raise


def _freehand(tray: Tray, press: Pointer, target: Target, *, erase: bool) -> Gesture:
    points, brush = [press.point], tray.brush  # a stroke is of one size, whatever is pressed meanwhile
    tray.begin(target, round_stroke(brush, "brush", points, erase=erase))
    pointer = yield
    while True:
        is_over = pointer.phase == "release"
        # a pen that leaves the tablet reports no pressure: its last point would be a needle
        point = Point(pointer.x, pointer.y, points[-1].pressure) if is_over else pointer.point
        least = max(_LEAST_STEP / tray.sight.zoom, brush.diameter * _LEAST_SHARE)
        far = math.hypot(point.x - points[-1].x, point.y - points[-1].y)
        if far >= least or (is_over and far > 0):
            points.append(point)
            whole = round_stroke(brush, "brush", points, erase=erase)
            tray.extend(target, whole, round_stroke(brush, "brush", points[-2:], erase=erase))
        if is_over:
            tray.finish(target, round_stroke(brush, "brush", points, erase=erase))
            return
        pointer = yield


def _straight(tray: Tray, press: Pointer, target: Target, start: Point, *, erase: bool) -> Gesture:
    pointer, brush = press, tray.brush
    while True:
        pressure = start.pressure if pointer.phase == "release" else pointer.pressure
        line = round_stroke(brush, "line", [start, Point(pointer.x, pointer.y, pressure)], erase=erase)
        tray.begin(target, line)
        if pointer.phase == "release":
            tray.finish(target, line)
            return
        pointer = yield
