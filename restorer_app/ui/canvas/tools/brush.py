"""Brush and straight line: paint from press to release."""

from __future__ import annotations

import math

from restorer_app.core.stroke import Point
from restorer_app.ui.canvas.tools.gesture import Desk, Gesture, Pointer, Target, erases, round_stroke

_LEAST_STEP = 0.5  # screen pixels between two points; finer ones are the hand's trembling
_LEAST_SHARE = 0.02  # of the diameter: a wide brush needs fewer points for the same line


def paint(desk: Desk, press: Pointer) -> Gesture:
    """Adds to the mask, or takes from it with Alt, E or the pen's eraser end."""
    return stroke(desk, press, target="mask", erase=erases(desk, press))


def stroke(desk: Desk, press: Pointer, *, target: Target, erase: bool) -> Gesture:
    start = desk.last_point if press.shift else None
    try:
        if start is None:
            yield from _freehand(desk, press, target, erase=erase)
        else:
            yield from _straight(desk, press, target, start, erase=erase)
    except GeneratorExit:
        desk.give_up(target)
        raise


def _freehand(desk: Desk, press: Pointer, target: Target, *, erase: bool) -> Gesture:
    points = [press.point]
    desk.begin(target, round_stroke(desk, "brush", points, erase=erase))
    pointer = yield
    while True:
        is_over = pointer.phase == "release"
        # a pen that leaves the tablet reports no pressure: its last point would be a needle
        point = Point(pointer.x, pointer.y, points[-1].pressure) if is_over else pointer.point
        least = max(_LEAST_STEP / desk.zoom, desk.brush.diameter * _LEAST_SHARE)
        far = math.hypot(point.x - points[-1].x, point.y - points[-1].y)
        if far >= least or (is_over and far > 0):
            points.append(point)
            whole = round_stroke(desk, "brush", points, erase=erase)
            desk.extend(target, whole, round_stroke(desk, "brush", points[-2:], erase=erase))
        if is_over:
            desk.finish(target, round_stroke(desk, "brush", points, erase=erase))
            return
        pointer = yield


def _straight(desk: Desk, press: Pointer, target: Target, start: Point, *, erase: bool) -> Gesture:
    pointer = press
    while True:
        pressure = start.pressure if pointer.phase == "release" else pointer.pressure
        line = round_stroke(desk, "line", [start, Point(pointer.x, pointer.y, pressure)], erase=erase)
        desk.begin(target, line)
        if pointer.phase == "release":
            desk.finish(target, line)
            return
        pointer = yield
