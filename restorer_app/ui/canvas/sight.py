"""Sight: where the view looks, and how it is divided between the picture and its original."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from restorer_app.core.geometry import Region, bounding
from restorer_app.ui.canvas import compare
from restorer_app.ui.canvas.compare import Pane
from restorer_app.ui.canvas.orientation import Turn
from restorer_app.ui.canvas.settings import CompareMode
from restorer_app.ui.canvas.viewport import LARGEST_ZOOM, Viewport


class Sight(QObject):
    """One view of `width` × `height` device pixels; draws nothing, and tells whoever draws what became of it."""

    shifted = Signal(int, int)  # the same picture lies elsewhere, as large as before
    scaled = Signal()  # it is larger or smaller
    arranged = Signal()  # another picture, size of the view, or division of it
    line_moved = Signal(int, int)  # the split line: from this column to that
    looked = Signal()  # after any of them: the view shows another part of the picture
    zoom_changed = Signal(float)  # screen pixels a picture pixel; 1 is 100 %

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.width, self.height = 1, 1
        self._view: Viewport | None = None
        self._fits = True
        self._compare_mode: CompareMode = "off"
        self._split = 0.5
        self._shows_original = False
        self._told_zoom = 0.0
        self._pan_rest = (0.0, 0.0)  # of a pixel: the picture moves by whole ones
        self._pinned: int | None = None  # the part of the view in which the gesture in hand began

    # ----------------------------------------------------------------------------------- what there is
    @property
    def view(self) -> Viewport | None:
        """That of one picture; None while none is shown."""
        return self._view

    @property
    def zoom(self) -> float:
        """Screen pixels a picture pixel; 1 is 100 %."""
        return self._view.zoom if self._view else 1.0

    @property
    def fits(self) -> bool:
        """Whether the whole picture is kept in view when the window changes size."""
        return self._fits

    @property
    def visible_region(self) -> Region | None:
        """The stored pixels that are in view, or None where the picture is out of sight."""
        return self._view.visible if self._view else None

    @property
    def chosen(self) -> Viewport | None:
        """Where a hand chose to look, to come back to; None while the whole picture is kept in view."""
        return None if self._fits else self._view

    # --------------------------------------------------------------------------------- other pictures
    def show(self, turn: Turn) -> None:
        """Another picture, fitted."""
        self._fits = True
        self._view = self._fitted(turn)
        self._arrange()

    def clear(self) -> None:
        """No picture."""
        self._view = None
        self.arranged.emit()

    def resize(self, width: int, height: int) -> None:
        if (width, height) != (self.width, self.height):
            self.width, self.height = width, height
            self._refit()

    # ----------------------------------------------------------------------------------- where we look
    def look(self, view: Viewport) -> None:
        """There, until another place is chosen; the whole picture is no longer kept in view."""
        self._fits = False
        self._look(view)

    def zoom_to_fit(self) -> None:
        """The whole picture, and again whole when the window changes size, until another zoom is chosen."""
        self._fits = True
        if self._view is not None:
            self._look(self._fitted(self._view.turn))

    def zoom_to(self, zoom: float) -> None:
        """Another zoom with the middle of the view kept in its place."""
        if self._view is not None:
            self.look(self._view.zoomed(zoom, self._view.view_width / 2, self._view.view_height / 2))

    def zoom_in(self) -> None:
        """The next larger round zoom."""
        if self._view is not None:
            self.zoom_to(self._view.stepped(closer=True))

    def zoom_out(self) -> None:
        """The next smaller round zoom."""
        if self._view is not None:
            self.zoom_to(self._view.stepped(closer=False))

    def zoom_at(self, zoom: float, view_x: float, view_y: float) -> None:
        """Another zoom; what lies under this place of the view stays there."""
        view, here = self._view, self.viewport_at(view_x)
        if view is not None and here is not None:
            # two sides show the same picture: the place in this side is a place in the one view
            self.look(view.zoomed(zoom, view_x - (here.left - view.left), view_y))

    def step_zoom_at(self, view_x: float, view_y: float, *, closer: bool) -> None:
        if self._view is not None:
            self.zoom_at(self._view.stepped(closer=closer), view_x, view_y)

    def pan(self, dx: float, dy: float) -> None:
        if self._view is None:
            return
        dx, dy = dx + self._pan_rest[0], dy + self._pan_rest[1]
        self._pan_rest = (dx - round(dx), dy - round(dy))
        self.look(self._view.panned(round(dx), round(dy)))

    def centre_on(self, region: Region, *, zoom: float | None = None) -> None:
        """Brings a region (stored pixels) into the middle; without a zoom, as large as it fits, at most 100 %."""
        if self._view is not None:
            self.look(self._view.centred_on(region, zoom))

    def fill_with(self, region: Region) -> None:
        """A region (stored pixels) as large as the view allows."""
        if self._view is not None:
            shown = self._view.turn.shown_region(region)
            zoom = min(self._view.view_width / shown.width, self._view.view_height / shown.height)
            self.look(self._view.centred_on(region, min(zoom, LARGEST_ZOOM)))

    def come_back(self, view: Viewport) -> None:
        """Looks there again, also where window or picture have another size by now."""
        if (now := self._view) is not None:
            self.look(view.on(now.turn).resized(now.view_width, now.view_height))

    # -------------------------------------------------------------------------------- before and after
    @property
    def compare_mode(self) -> CompareMode:
        return self._compare_mode

    def set_compare_mode(self, mode: CompareMode) -> None:
        if mode != self._compare_mode:
            self._compare_mode = mode
            self._refit()

    @property
    def shows_original(self) -> bool:
        return self._shows_original

    def show_original(self, shown: bool) -> None:
        """The original at once, without masks: while a key is held."""
        if shown != self._shows_original:
            self._shows_original = shown
            self.arranged.emit()

    @property
    def shows_line(self) -> bool:
        return self._compare_mode == "split" and not self._shows_original

    @property
    def split(self) -> float:
        """The place of the split line, 0 to 1."""
        return self._split

    def set_split(self, split: float) -> None:
        old, self._split = round(self.width * self._split), min(max(split, 0.0), 1.0)
        if old != (new := round(self.width * self._split)):
            self.line_moved.emit(old, new)

    def is_on_line(self, view_x: float, view_y: float) -> bool:
        panes = self.panes
        if self._compare_mode != "split" or len(panes) < 2:
            return False
        far, middle = abs(view_x - panes[0].box[2]), panes[0].box[3] / 2
        on_grip = math.hypot(far, view_y - middle) <= compare.GRIP + compare.REACH / 2
        # elsewhere than on its handle the line is thin, so that one can paint right beside it
        return on_grip or far <= compare.REACH / 2

    # ---------------------------------------------------------------------------- the parts of the view
    @property
    def panes(self) -> list[Pane]:
        if self._view is None:
            return []
        return compare.panes(
            self._compare_mode, self._view, self.width, split=self._split, original=self._shows_original
        )

    @property
    def seen(self) -> Region | None:
        """The stored pixels that any part of the view shows."""
        return bounding(region for pane in self.panes if (region := pane.viewport.region_in(pane.box)) is not None)

    def pin(self, view_x: float | None) -> None:
        """A gesture begins there, and stays with that part of the view until it ends (None)."""
        panes = self.panes
        self._pinned = None
        if view_x is not None and panes:
            self._pinned = next((n for n, pane in enumerate(panes) if view_x < pane.box[2]), len(panes) - 1)

    def viewport_at(self, view_x: float) -> Viewport | None:
        """That of the part of the view under the hand."""
        pane = self._pane_at(view_x)
        return pane.viewport if pane else None

    def shows_original_at(self, view_x: float) -> bool:
        """Whether the hand is over the picture as it was."""
        pane = self._pane_at(view_x)
        return pane is not None and pane.content == "original"

    def _pane_at(self, view_x: float) -> Pane | None:
        panes = self.panes
        if self._pinned is not None and self._pinned < len(panes):
            return panes[self._pinned]
        return next((pane for pane in panes if view_x < pane.box[2]), panes[-1] if panes else None)

    def place(self, view_x: float, view_y: float) -> tuple[float, float]:
        """The place in the picture, in stored pixels."""
        viewport = self.viewport_at(view_x)
        return viewport.to_stored(view_x, view_y) if viewport else (0.0, 0.0)

    # ----------------------------------------------------------------------------------------- telling
    def _look(self, view: Viewport) -> None:
        old, self._view = self._view, view
        if view == old:
            return
        if old is not None and replace(view, left=old.left, top=old.top) == old:
            self.shifted.emit(view.left - old.left, view.top - old.top)
        else:
            self.scaled.emit()
        self._tell_looked()

    def _refit(self) -> None:
        """The view of one picture after its room changed."""
        if self._view is None:
            self.arranged.emit()
            return
        width = compare.pane_width(self._compare_mode, self.width)
        self._view = self._fitted(self._view.turn) if self._fits else self._view.resized(width, self.height)
        self._arrange()

    def _fitted(self, turn: Turn) -> Viewport:
        return Viewport.fitted(turn, compare.pane_width(self._compare_mode, self.width), self.height)

    def _arrange(self) -> None:
        self.arranged.emit()
        self._tell_looked()

    def _tell_looked(self) -> None:
        self.looked.emit()
        if self.zoom != self._told_zoom:
            self._told_zoom = self.zoom
            self.zoom_changed.emit(self.zoom)
