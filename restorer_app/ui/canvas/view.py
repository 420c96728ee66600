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
from restorer_app.ui.canvas.settings import Adjustment, Overlay
from restorer_app.ui.canvas.shown import ShownPicture
from restorer_app.ui.canvas.sight import Sight
from restorer_app.ui.canvas.stage import CACHE_BYTES, Stage
from restorer_app.ui.canvas.work import Work


class Canvas(Listening):
    """Shows a picture, its masks and comparisons; turns mouse, pen, wheel and keys into strokes.

    Where it looks is the `sight`'s to say; tool, brush and what came of a gesture are the `easel`'s.

    The canvas changes no raster. While a gesture lasts it shows the stroke on working tiles of its own; on
    release the easel tells the stroke, and whoever listens makes the step and answers with `update_mask` or
    `update_image`. A preview stays until that answer (or `discard_preview`) comes.
    """

    settled = Signal()  # every visible tile is shown at its best
    overview_completed = Signal(object, object)  # Source, Pixels: a small picture of all of it is known
    reading_failed = Signal(str)  # the file can no longer be read; what is drawn stays

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sight = Sight(self)
        self._stage = Stage(self.sight, self)
        self.easel = Easel(self.sight, self._stage.coverings, self)
        self._adjustment = Adjustment()
        self._display_icc: bytes | None = None
        self._peek: Peek | None = None
        self._marked: list[QRect] = []  # where marks are drawn now
        self._connect()
        self.setAccessibleName(self.tr("Picture"))

    def _connect(self) -> None:
        stage, wanting, easel = self._stage, self._stage.wanting, self.easel
        stage.spoiled.connect(self._update_device)
        stage.settled.connect(self.settled)
        wanting.reading_failed.connect(self.reading_failed)
        wanting.overview_completed.connect(self.overview_completed)
        wanting.builder.cell_read.connect(self._cell_read)
        easel.marks_changed.connect(self._update_marks)
        easel.cursor_changed.connect(self.setCursor)
        self.sight.line_moved.connect(lambda _old, _new: self.update())
        self.original_held.connect(self.sight.show_original)

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
        self._resize_sight()
        shown = ShownPicture(image, original, alpha, look=look, turn=turn, limit=CACHE_BYTES)
        self._stage.show(shown, mask, protect, overview)
        self.easel.begin_picture()

    def show_nothing(self) -> None:
        """Lets the picture go."""
        self._peek = None
        self._stage.clear()
        self.easel.begin_picture()

    def update_image(self, image: Raster, region: Region | None = None) -> None:
        """Takes another raster of the same size; only `region` (stored pixels; None: anywhere) may differ."""
        picture = self._stage.picture
        assert picture is not None  # one is shown before it is changed
        if picture.image.source is not image.source:
            self._peek = Peek(image.source)
        self._stage.replace_image(image, region)
        self.easel.tell_cursor_again()  # other values may be under it

    def update_mask(self, mask: Raster, region: Region | None = None) -> None:
        """Takes another mask, and lets go of previews of finished strokes; only `region` may differ."""
        self._stage.coverings.replace_mask(mask, region)

    def update_protect(self, protect: Raster, region: Region | None = None) -> None:
        """Takes another protect mask, as `update_mask` does."""
        self._stage.coverings.replace_protect(protect, region)

    def show_works(self, works: Sequence[Work]) -> None:
        """The jobs that will still change the picture, and how far they are."""
        self._stage.coverings.show_works(works)

    def discard_preview(self) -> None:
        """Lets go of previews of finished strokes: the listener refused them."""
        self._stage.coverings.discard_strokes()

    def values_at(self, x: int, y: int) -> Values | None:
        """As the file has them; None outside, and until a cell was read: then `cursor_moved` is told again."""
        picture = self._stage.picture
        if picture is None or self._peek is None or not picture.bounds.contains_point(x, y):
            return None
        raster = picture.original if self.easel.reads_original else picture.image
        wanted = self._peek.wanted(raster, x, y)
        if wanted is not None:
            self._stage.wanting.builder.peek(raster.source, wanted)
        return self._peek.values(raster, x, y)

    def _cell_read(self, source: Source, region: Region, pixels: Pixels) -> None:
        if self._peek is not None:
            self._peek.take(source, region, pixels)
            self.easel.tell_cursor_again()

    @property
    def has_pixels(self) -> bool:
        """Whether anything of the picture could be drawn yet."""
        return self._stage.picture is not None and self._stage.picture.has_pixels

    @property
    def is_settled(self) -> bool:
        return self._stage.is_settled

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

    def set_display_profile(self, icc: bytes | None) -> None:
        """The profile of the screen; None is sRGB."""
        self._display_icc = icc
        self._relook()

    def _relook(self) -> None:
        picture = self._stage.picture
        if picture is not None:
            self._stage.relook(replace(picture.look, adjustment=self._adjustment, display_icc=self._display_icc))

    # ------------------------------------------------------------------------------------------ painting
    def paintEvent(self, event: QPaintEvent) -> None:
        self._resize_sight()
        ratio = self.devicePixelRatioF()
        image = self._stage.paint()
        with QPainter(self) as painter:
            for rect in rects_of(event.region()):  # one by one: a clip of several rectangles costs more than they do
                if ratio == 1:
                    painter.drawImage(rect, image, rect)
                    continue
                painter.save()
                painter.setClipRect(rect)
                painter.scale(1 / ratio, 1 / ratio)
                painter.drawImage(0, 0, image)
                painter.restore()
            if self.has_picture:
                size = (float(self.width()), float(self.height()))
                draw_panes(painter, self.sight.panes, size, ratio, is_split=self.sight.shows_line)
                self.easel.marks(ratio).draw(painter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._resize_sight()

    def _resize_sight(self) -> None:
        ratio = self.devicePixelRatioF()
        self.sight.resize(max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1))

    def _update_device(self, rect: QRect) -> None:
        """Repaints device pixels; with a screen between two whole ratios, the logical ones that touch them."""
        ratio = self.devicePixelRatioF()
        left, top = math.floor(rect.left() / ratio), math.floor(rect.top() / ratio)
        right, bottom = math.ceil((rect.right() + 1) / ratio), math.ceil((rect.bottom() + 1) / ratio)
        self.update(QRect(left, top, right - left, bottom - top))

    def _update_marks(self) -> None:
        """Repaints where the marks were and where they are."""
        boxes = [box.toAlignedRect() for box in self.easel.marks(self.devicePixelRatioF()).boxes()]
        for rect in self._marked + boxes:
            self.update(rect)
        self._marked = boxes

    # ------------------------------------------------------------------------------------------ the end
    def stop(self) -> None:
        """Asks no file for anything more; for whoever is about to close the files. `end` follows."""
        self._stage.wanting.builder.stop()

    def end(self) -> None:
        """Ends gestures and the thread that reads; the canvas shows no other picture after this."""
        self.easel.hands.let_go()
        self._stage.wanting.end()
