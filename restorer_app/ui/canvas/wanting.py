"""What a part of the view lacks: which tiles, in which order."""

from __future__ import annotations

from collections.abc import Sequence

from restorer_app.ui.canvas.compare import Pane
from restorer_app.ui.canvas.overlay import cut, places_in, tiles_around
from restorer_app.ui.canvas.shown import ShownPicture
from restorer_app.ui.canvas.tiles import Content, Request

_AROUND = 256  # device pixels around the view that are made ready for a pan


def in_view(panes: Sequence[Pane]) -> list[object]:
    """The same as long as the same tiles are in view."""
    return [(pane.content, tiles_around(pane.viewport, pane.box)) for pane in panes]


def lacking(picture: ShownPicture, pane: Pane, content: Content) -> list[tuple[Request, bool]]:
    """What is not ready in and around a part of the view, and whether it is in it."""
    left, top, right, bottom = pane.box
    box = (left - _AROUND, top - _AROUND, right + _AROUND, bottom + _AROUND)
    places = [
        (place, cut(part, pane.box) is not None)
        for place, part in places_in(pane.viewport, box)
        if not picture.is_ready(content, place)
    ]
    rows, columns = [place[1] for place, _ in places], [place[2] for place, _ in places]
    if places:
        row, column = (min(rows) + max(rows)) / 2, (min(columns) + max(columns)) / 2
        # row by row: what lies in one strip of a file is decoded once
        places.sort(key=lambda each: (abs(each[0][1] - row), each[0][1], abs(each[0][2] - column)))
    return [(picture.request(content, place), is_seen) for place, is_seen in places]
