"""Zoom: a click comes closer, Alt+click goes farther, a drag shows what it encloses."""

from __future__ import annotations

from restorer_app.core.stroke import Point
from restorer_app.ui.canvas.tools.gesture import Desk, Gesture, Pointer

_CLICK = 5.0  # screen pixels within which a drag is still a click


def look(desk: Desk, press: Pointer) -> Gesture:
    try:
        pointer = yield
        while pointer.phase != "release":
            if not _is_click(press, pointer):
                first, last = press.point, pointer.point
                desk.draw_outline((first, Point(last.x, first.y), last, Point(first.x, last.y)))
            pointer = yield
    finally:
        desk.draw_outline(())
    if _is_click(press, pointer):
        desk.step_zoom_at(press.view_x, press.view_y, closer=not press.alt)
    else:
        desk.zoom_to_box(press, pointer)


def _is_click(press: Pointer, pointer: Pointer) -> bool:
    return max(abs(pointer.view_x - press.view_x), abs(pointer.view_y - press.view_y)) < _CLICK
