"""Wanting: what the view lacks of the picture, asked of the builder and taken from it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from restorer_app.core.raster import Pixels
from restorer_app.ui.canvas.builder import Builder
from restorer_app.ui.canvas.compare import Pane
from restorer_app.ui.canvas.overlay import cut, places_in, tiles_around
from restorer_app.ui.canvas.pyramid import Pyramid
from restorer_app.ui.canvas.shown import ShownPicture, lies_in_tiles
from restorer_app.ui.canvas.sight import Sight
from restorer_app.ui.canvas.tiles import Content, Request, Tile, TileKey

GROW_MS = 150  # between two looks at a picture that is still being read
_AROUND = 256  # device pixels around the view that are made ready for a pan


class Wanting(QObject):
    """At most one picture's. Whether anything is lacking is known only after it was asked for."""

    answered = Signal()  # what the view lacks has been asked for: perhaps nothing
    tile_came = Signal(object, int)  # Region (stored pixels) that looks different in views of this level
    overview_came = Signal()  # something is known of every place
    overview_grew = Signal(object)  # Regions (stored pixels)
    overview_completed = Signal(object, object)  # Source, Pixels: a small picture of all of it
    reading_failed = Signal(str)

    def __init__(self, sight: Sight, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sight = sight
        self._picture: ShownPicture | None = None
        self._missing: set[TileKey] = set()
        self._is_old = False  # what was asked for is for another view
        self._asked_for: list[object] = []  # the tiles in view when it was last asked what they lack
        self._owes_word = False
        self._has_told_failure = False
        self._growing = QTimer(self, singleShot=True, interval=GROW_MS)
        self._growing.timeout.connect(self._show_growth)
        self._asking = QTimer(self, singleShot=True, interval=0)
        self._asking.timeout.connect(self._ask)
        self.builder = Builder(self)
        self.builder.tile_rendered.connect(self._take_tile)
        self.builder.overview_read.connect(self._take_overview)
        self.builder.band_built.connect(self._take_band)
        self.builder.reading_failed.connect(self._tell_failure)

    @property
    def is_content(self) -> bool:
        return not self._missing and not self._is_old

    def take_word(self) -> bool:
        """True once after every asking: when all of it has come, somebody wants to hear it."""
        owed, self._owes_word = self._owes_word, False
        return owed

    def begin_picture(self, picture: ShownPicture | None, overview: Pixels | None = None) -> None:
        self._picture = picture
        self._has_told_failure = False
        if picture is not None:
            if not self.builder.isRunning():
                self.builder.start()
            if overview is not None:
                picture.take_overview(picture.pyramids[0], overview)
        self.builder.fill([] if picture is None else picture.pyramids)

    def look_again(self) -> None:
        """The view may lack something that it did not lack before."""
        if self._picture is not None and self._picture.pyramids != self.builder.pyramids:
            self.builder.fill(self._picture.pyramids)
        self._is_old = True

    def look_around(self) -> None:
        """The view was moved: what lay beside it may be in it now."""
        self._is_old = self._is_old or _in_view(self._sight.panes) != self._asked_for

    def ask_soon(self) -> None:
        """After the paint that goes on: asking takes longer than many a paint."""
        if self._is_old:
            self._asking.start()

    def end(self) -> None:
        """Ends the builder's thread."""
        self.builder.end()

    # ------------------------------------------------------------------------------ asking and taking
    def _ask(self) -> None:
        """For what the view lacks, then for what it may need next."""
        picture, panes = self._picture, self._sight.panes
        if picture is None:
            return
        self._is_old = False
        self._asked_for = _in_view(panes)
        self._owes_word = True
        seen: list[Request] = []
        soon: list[Request] = []
        for pane in panes:
            for request, is_seen in _lacking(picture, pane, pane.content):
                (seen if is_seen else soon).append(request)
            if pane.content == "image" and picture.image is not picture.original:
                # shown the moment that its key is held
                soon += [request for request, is_seen in _lacking(picture, pane, "original") if is_seen]
        self._missing = {request.key for request in seen}
        self.builder.want(seen + soon)
        self.answered.emit()

    def _take_tile(self, tile: Tile) -> None:
        if self._picture is None:
            return
        key = tile.request.key
        region = self._picture.take_tile(tile)
        if region is None:
            return
        if key in self._missing:
            self._missing.discard(key)
            if self._picture.is_stale(key):
                self._is_old = True
        self.tile_came.emit(region, key.place[0])

    def _take_overview(self, pyramid: Pyramid, pixels: Pixels) -> None:
        if self._picture is None or lies_in_tiles(pyramid):
            return
        if self._picture.take_overview(pyramid, pixels) and self._missing:
            self.overview_came.emit()

    def _take_band(self, pyramid: Pyramid, band: int) -> None:
        if self._picture is None:
            return
        self._picture.take_band(pyramid, band)
        if (complete := self._picture.complete_overview(pyramid)) is not None:
            self.overview_completed.emit(pyramid.source, complete)
        if not self._growing.isActive():
            self._growing.start()

    def _show_growth(self) -> None:
        if self._picture is not None:
            grown = self._picture.show_growth()
            if self._missing:
                self.overview_grew.emit(grown)

    def _tell_failure(self, problem: str) -> None:
        """Once for a picture: every pan asks again, and nobody wants to read it each time."""
        if not self._has_told_failure:
            self._has_told_failure = True
            self.reading_failed.emit(problem)


def _in_view(panes: Sequence[Pane]) -> list[object]:
    """The same as long as the same tiles are in view."""
    return [(pane.content, tiles_around(pane.viewport, pane.box)) for pane in panes]


def _lacking(picture: ShownPicture, pane: Pane, content: Content) -> list[tuple[Request, bool]]:
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
