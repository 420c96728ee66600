"""Canvas: the widget that shows a picture and tells what a hand did on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels, Raster, Source
from restorer_app.files.picture import Layout
from restorer_app.ui.canvas.colour import Look
from restorer_app.ui.canvas.easel import Easel
from restorer_app.ui.canvas.listening import Listening
from restorer_app.ui.canvas.marks import draw_panes
from restorer_app.ui.canvas.orientation import Turn
from restorer_app.ui.canvas.overlay import rects_of
from restorer_app.ui.canvas.peek import Peek, Values
from restorer_app.ui.canvas.settings import Adjustment, Brush, CompareMode, Overlay, ToolId
from restorer_app.ui.canvas.shown import ShownPicture
from restorer_app.ui.canvas.stage import CACHE_BYTES, Stage
from restorer_app.ui.canvas.viewport import Viewport
from restorer_app.ui.canvas.work import Work


class Canvas(Listening):
    """Shows a picture, its masks and comparisons; turns mouse, pen, wheel and keys into strokes.

    The canvas changes no raster. While a gesture lasts it shows the stroke on working tiles of its own; on
    release it tells the stroke, and whoever listens makes the step and answers with `update_mask` or
    `update_image`. A preview stays until that answer (or `discard_preview`) comes.
    """

    stroke_finished = Signal(object)  # Stroke for the mask, or the protect mask while `paints_protect`
    restore_finished = Signal(object)  # Stroke: put the original back here
    clone_finished = Signal(object, int, int)  # Stroke, dx, dy: pixel x, y takes what was at x + dx, y + dy
    source_chosen = Signal(int, int)  # the clone tool's source
    source_missing = Signal()  # the clone tool was used before it had a source
    cursor_moved = Signal(int, int)  # stored pixel under the cursor, only while inside the picture
    cursor_left = Signal()
    zoom_changed = Signal(float)  # screen pixels a picture pixel; 1 is 100 %
    view_changed = Signal()  # pan, zoom or size: what the canvas shows of the picture is another part
    brush_changed = Signal(object)  # Brush, also when a gesture changed it
    tool_changed = Signal(str)
    compare_moved = Signal(float)  # place of the split line, 0 to 1
    settled = Signal()  # every visible tile is shown at its best
    overview_completed = Signal(object, object)  # Source, Pixels: a small picture of all of it is known
    reading_failed = Signal(str)  # the file can no longer be read; what is drawn stays

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fits = True
        self._adjustment = Adjustment()
        self._display_icc: bytes | None = None
        self._peek: Peek | None = None
        self._told_zoom = 0.0
        self._marked: list[QRect] = []  # where marks are drawn now
        self._stage = Stage(self)
        self._easel = Easel(self._stage)
        self._connect()
        self.setAccessibleName(self.tr("Picture"))

    def _connect(self) -> None:
        stage, easel = self._stage, self._easel
        stage.spoiled.connect(self._update_device)
        stage.looked.connect(self._looked)
        stage.settled.connect(self.settled)
        stage.reading_failed.connect(self.reading_failed)
        stage.overview_completed.connect(self.overview_completed)
        stage.builder.cell_read.connect(self._cell_read)
        for name in (
            "stroke_finished",
            "restore_finished",
            "clone_finished",
            "source_chosen",
            "source_missing",
            "cursor_moved",
            "cursor_left",
            "brush_changed",
            "tool_changed",
            "compare_moved",
        ):
            getattr(easel, name).connect(getattr(self, name))
        easel.marks_changed.connect(self._update_marks)
        easel.viewport_chosen.connect(self._look)
        easel.compare_moved.connect(self.update)
        easel.cursor_changed.connect(self.setCursor)
        self.original_held.connect(self.show_original)

    # ------------------------------------------------------------------------------------- the picture
    @property
    def has_picture(self) -> bool:
        return self._stage.picture is not None

    def show_picture(
        self,
        image: Raster,
        *,
        original: Raster,
        mask: Raster,
        protect: Raster,
        alpha: Source | None = None,
        layout: Layout = "rgb",
        orientation: int = 1,
        icc: bytes | None = None,
        white_is_zero: bool = False,
        overview: Pixels | None = None,
    ) -> None:
        """Shows another picture, fitted; everything known about the last one is let go.

        `overview` is a small picture of the original, for the moment before the first tiles are there.
        """
        look = Look(layout, icc, white_is_zero, self._adjustment, self._display_icc)
        turn = Turn(image.bounds.width, image.bounds.height, orientation)
        self._peek = Peek(image.source)
        self._fits = True
        self._resize_stage()
        shown = ShownPicture(image, original, alpha, look=look, turn=turn, limit=CACHE_BYTES)
        self._stage.show(shown, mask, protect, overview)
        self._easel.begin_picture()
        self._looked()

    def show_nothing(self) -> None:
        """Lets the picture go."""
        self._peek = None
        self._stage.clear()
        self._easel.begin_picture()

    def update_image(self, image: Raster, region: Region | None = None) -> None:
        """Takes another raster of the same size; only `region` (stored pixels; None: anywhere) may differ."""
        picture = self._stage.picture
        assert picture is not None  # one is shown before it is changed
        if picture.image.source is not image.source:
            self._peek = Peek(image.source)
        self._stage.replace_image(image, region)
        self._easel.tell_cursor_again()  # other values may be under it

    def update_mask(self, mask: Raster, region: Region | None = None) -> None:
        """Takes another mask, and lets go of previews of finished strokes; only `region` may differ."""
        self._stage.replace_mask(mask, region)

    def update_protect(self, protect: Raster, region: Region | None = None) -> None:
        """Takes another protect mask, as `update_mask` does."""
        self._stage.replace_protect(protect, region)

    def show_works(self, works: Sequence[Work]) -> None:
        """The jobs that will still change the picture, and how far they are."""
        self._stage.show_works(works)

    def discard_preview(self) -> None:
        """Lets go of previews of finished strokes: the listener refused them."""
        self._stage.discard_strokes()

    def cancel_gesture(self) -> bool:
        """Ends a gesture in progress without a stroke; True where there was one (so Esc has done its work)."""
        return self._easel.hands.let_go()

    def set_display_profile(self, icc: bytes | None) -> None:
        """The profile of the screen; None is sRGB."""
        self._display_icc = icc
        self._relook()

    def values_at(self, x: int, y: int) -> Values | None:
        """As the file has them; None outside, and until a cell was read: then `cursor_moved` is told again."""
        picture = self._stage.picture
        if picture is None or self._peek is None or not picture.bounds.contains_point(x, y):
            return None
        raster = picture.original if self._stage.shows_original else picture.image
        wanted = self._peek.wanted(raster, x, y)
        if wanted is not None:
            self._stage.builder.peek(raster.source, wanted)
        return self._peek.values(raster, x, y)

    @property
    def has_pixels(self) -> bool:
        """Whether anything of the picture could be drawn yet."""
        return self._stage.picture is not None and self._stage.picture.has_pixels

    @property
    def is_settled(self) -> bool:
        return self._stage.is_settled

    # --------------------------------------------------------------------------------- what is in hand
    @property
    def tool(self) -> ToolId:
        return self._easel.tool

    def set_tool(self, tool: ToolId) -> None:
        self._easel.set_tool(tool)

    @property
    def brush(self) -> Brush:
        return self._easel.brush

    def set_brush(self, brush: Brush) -> None:
        self._easel.set_brush(brush)

    @property
    def editable(self) -> bool:
        return self._easel.editable

    def set_editable(self, editable: bool) -> None:
        """Where False, only hand, zoom and looking work."""
        self._easel.set_editable(editable)

    @property
    def paints_protect(self) -> bool:
        return self._easel.paints_protect

    def set_paints_protect(self, paints_protect: bool) -> None:
        """Whether strokes are shown as going into the protect mask; the listener puts them there."""
        self._easel.paints_protect = paints_protect

    @property
    def clone_source(self) -> tuple[int, int] | None:
        return self._easel.source

    # ------------------------------------------------------------------------------------ how it looks
    def set_background(self, colour: QColor) -> None:
        """The neutral grey around the picture."""
        self._stage.background = QColor(colour)
        self._stage.redraw()

    @property
    def overlay(self) -> Overlay:
        return self._stage.overlay

    def set_overlay(self, overlay: Overlay) -> None:
        if overlay != self._stage.overlay:
            self._stage.overlay = overlay
            self._stage.redraw()

    @property
    def adjustment(self) -> Adjustment:
        return self._adjustment

    def set_adjustment(self, adjustment: Adjustment) -> None:
        if adjustment != self._adjustment:
            self._adjustment = adjustment
            self._relook()

    def _relook(self) -> None:
        picture = self._stage.picture
        if picture is not None:
            self._stage.relook(replace(picture.look, adjustment=self._adjustment, display_icc=self._display_icc))

    @property
    def compare_mode(self) -> CompareMode:
        return self._stage.compare_mode

    def set_compare_mode(self, mode: CompareMode) -> None:
        if mode != self._stage.compare_mode:
            self._stage.set_compare(mode, fits=self._fits)

    @property
    def split(self) -> float:
        return self._stage.split

    def set_split(self, split: float) -> None:
        """The place of the split line, 0 to 1."""
        self._stage.move_split(min(max(split, 0.0), 1.0))
        self.update()

    @property
    def shows_original(self) -> bool:
        return self._stage.shows_original

    def show_original(self, shown: bool) -> None:
        """The original at once, without masks: while a key is held."""
        if shown != self._stage.shows_original:
            self._stage.shows_original = shown
            self._stage.redraw()

    # ------------------------------------------------------------------------------------ where we look
    @property
    def zoom(self) -> float:
        """Screen pixels a picture pixel; 1 is 100 %."""
        return self._stage.view.zoom if self._stage.view else 1.0

    @property
    def fits(self) -> bool:
        """Whether the whole picture is kept in view when the window changes size."""
        return self._fits

    @property
    def visible_region(self) -> Region | None:
        """The stored pixels that are in view, or None where the picture is out of sight."""
        return self._stage.view.visible if self._stage.view else None

    def zoom_to_fit(self) -> None:
        """The whole picture, and again whole when the window changes size, until another zoom is chosen."""
        self._fits = True
        if self.has_picture:
            self._stage.look_at_all()

    def zoom_to(self, zoom: float) -> None:
        """Another zoom with the middle of the view kept in its place."""
        if self._stage.view is not None:
            middle = (self._stage.view.view_width / 2, self._stage.view.view_height / 2)
            self._look(self._stage.view.zoomed(zoom, *middle))

    def zoom_in(self) -> None:
        """The next larger round zoom."""
        if self._stage.view is not None:
            self.zoom_to(self._stage.view.stepped(closer=True))

    def zoom_out(self) -> None:
        """The next smaller round zoom."""
        if self._stage.view is not None:
            self.zoom_to(self._stage.view.stepped(closer=False))

    def centre_on(self, region: Region, *, zoom: float | None = None) -> None:
        """Brings a region (stored pixels) into the middle; without a zoom, as large as it fits, at most 100 %."""
        if self._stage.view is not None:
            self._look(self._stage.view.centred_on(region, zoom))

    @property
    def viewport(self) -> Viewport | None:
        """Where a hand chose to look, to come back to; None while the whole picture is kept in view."""
        return None if self._fits else self._stage.view

    def come_back(self, view: Viewport) -> None:
        """Looks there again, also where window or picture have another size by now."""
        if (now := self._stage.view) is not None:
            self._look(view.on(now.turn).resized(now.view_width, now.view_height))

    def _look(self, view: Viewport) -> None:
        self._fits = False
        self._stage.look(view)

    def _looked(self) -> None:
        self._easel.marks_changed.emit()
        self.view_changed.emit()
        if self.zoom != self._told_zoom:
            self._told_zoom = self.zoom
            self.zoom_changed.emit(self.zoom)

    # ------------------------------------------------------------------------------------------ painting
    def paintEvent(self, event: QPaintEvent) -> None:
        self._resize_stage()
        ratio = self.devicePixelRatioF()
        image = self._stage.paint()
        with QPainter(self) as painter:
            for rect in rects_of(event.region()):  # one by one: a clip of several rectangles costs more than they do
                painter.save()
                painter.setClipRect(rect)
                painter.scale(1 / ratio, 1 / ratio)
                painter.drawImage(0, 0, image)
                painter.restore()
            if self.has_picture:
                size = (float(self.width()), float(self.height()))
                draw_panes(painter, self._stage.panes, size, ratio, is_split=self._shows_line)
                self._easel.marks(ratio).draw(painter)

    @property
    def _shows_line(self) -> bool:
        return self.compare_mode == "split" and not self.shows_original

    def _resize_stage(self) -> None:
        ratio = self.devicePixelRatioF()
        width, height = max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1)
        self._stage.resize(width, height, fits=self._fits)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._resize_stage()

    def _update_device(self, rect: QRect) -> None:
        """Repaints device pixels; with a screen between two whole ratios, the logical ones that touch them."""
        ratio = self.devicePixelRatioF()
        left, top = math.floor(rect.left() / ratio), math.floor(rect.top() / ratio)
        right, bottom = math.ceil((rect.right() + 1) / ratio), math.ceil((rect.bottom() + 1) / ratio)
        self.update(QRect(left, top, right - left, bottom - top))

    def _update_marks(self) -> None:
        """Repaints where the marks were and where they are."""
        boxes = [box.toAlignedRect() for box in self._easel.marks(self.devicePixelRatioF()).boxes()]
        for rect in self._marked + boxes:
            self.update(rect)
        self._marked = boxes

    # ---------------------------------------------------------------------------------------- listening
    def _cell_read(self, source: Source, region: Region, pixels: Pixels) -> None:
        if self._peek is not None:
            self._peek.take(source, region, pixels)
            self._easel.tell_cursor_again()

    def stop(self) -> None:
        """Asks no file for anything more; for whoever is about to close the files. `end` follows."""
        self._stage.stop()

    def end(self) -> None:
        """Ends gestures and the thread that reads; the canvas shows no other picture after this."""
        self._easel.hands.let_go()
        self._stage.end()
