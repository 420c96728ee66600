"""Zoom: a click comes closer, Alt+click goes farther, a drag shows what it encloses."""

from __future__ import annotations

import math

from restorer_app.core.geometry import Region
from restorer_app.core.stroke import Point
from restorer_app.ui.canvas.tools.gesture import Gesture, Pointer, Tray

_CLICK = 5.0  # screen pixels within which a drag is still a click


def look(tray: Tray, press: Pointer) -> Gesture:
    try:
        pointer = yield
        while pointer.phase != "release":
            if not _is_click(press, pointer):
                first, last = press.point, pointer.point
                tray.draw_outline((first, Point(last.x, first.y), last, Point(first.x, last.y)))
            pointer = yield
    finally:
        tray.draw_outline(())
    if _is_click(press, pointer):
        tray.sight.step_zoom_at(press.view_x, press.view_y, closer=not press.alt)
    elif (view := tray.sight.view) is not None and (region := _between(press, pointer, view.turn.bounds)) is not None:
        tray.sight.fill_with(region)


def _between(one: Pointer, other: Pointer, bounds: Region) -> Region | None:
    left, right = sorted((one.x, other.x))
    top, bottom = sorted((one.y, other.y))
    return Region.clipped(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom), inside=bounds)


def _is_click(press: Pointer, pointer: Pointer) -> bool:
    return max(abs(pointer.view_x - press.view_x), abs(pointer.view_y - press.view_y)) < _CLICK
