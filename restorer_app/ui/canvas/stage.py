"""Stage: everything that is drawn of a picture, and when which part of it is drawn again."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QRect, QTimer, Signal
from PySide6.QtGui import QColor, QImage

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels, Raster
from restorer_app.ui.canvas.colour import Look
from restorer_app.ui.canvas.compose import Scene
from restorer_app.ui.canvas.coverings import Coverings
from restorer_app.ui.canvas.overlay import as_rect, cut
from restorer_app.ui.canvas.screen import Screen
from restorer_app.ui.canvas.settings import Overlay
from restorer_app.ui.canvas.shown import ShownPicture
from restorer_app.ui.canvas.sight import Sight
from restorer_app.ui.canvas.spoiling import boxes_of
from restorer_app.ui.canvas.viewport import Box
from restorer_app.ui.canvas.wanting import Wanting

CACHE_BYTES = 96 << 20  # 360 tiles: nine screens of 1600 × 1000, two of 3840 × 2160
REST_MS = 80  # after the last change of zoom: then scaling may take its time


class Stage(QObject):
    """One picture with its coverings, as a sight sees it; knows no widget and no hand."""

    spoiled = Signal(QRect)  # device pixels that will be drawn differently
    settled = Signal()

    def __init__(self, sight: Sight, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.picture: ShownPicture | None = None
        self.overlay = Overlay()
        self.background = QColor("#5c5c5c")
        self.coverings = Coverings(self)
        self.wanting = Wanting(sight, self)
        self._sight = sight
        self._screen = Screen()
        self._is_settled = False
        self._is_moving = False
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._come_to_rest)
        sight.shifted.connect(self._shift)
        sight.scaled.connect(self._rescale)
        sight.arranged.connect(self._rearrange)
        sight.line_moved.connect(self._move_line)
        self.coverings.spoiled.connect(self.spoil_covered)
        self.wanting.answered.connect(self._settle_if_content)
        self.wanting.tile_came.connect(self._draw_tile)
        self.wanting.overview_came.connect(self._draw_overview)
        self.wanting.overview_grew.connect(self.spoil)

    @property
    def is_settled(self) -> bool:
        return self._is_settled

    # ------------------------------------------------------------------------------------ the picture
    def show(self, picture: ShownPicture, mask: Raster, protect: Raster, overview: Pixels | None) -> None:
        self.picture = picture
        self.coverings.begin_picture(mask, protect)
        self.wanting.begin_picture(picture, overview)
        self._sight.show(picture.turn)

    def clear(self) -> None:
        self.picture = None
        self.coverings.clear()
        self.wanting.begin_picture(None)
        self._sight.clear()

    def replace_image(self, image: Raster, region: Region | None) -> None:
        assert self.picture is not None
        self.spoil(self.picture.replace_image(image, region))
        self.coverings.expect_stamped(region)
        self.wanting.look_again()
        self._is_settled = False
        self.spoiled.emit(QRect(0, 0, 1, 1))  # a paint, so that what is missing is asked for

    def relook(self, look: Look) -> None:
        assert self.picture is not None
        self.picture.relook(look)
        self.redraw()

    # --------------------------------------------------------------------------------------- drawing
    def paint(self) -> QImage:
        """The view, up to date."""
        if self.picture is None or self._sight.view is None:
            if not self._screen.is_fresh:
                self._screen.fill(self.background)
            return self._screen.image
        self.coverings.allow_paint()
        self._screen.refresh(self._sight.panes, self._scene(), smooth=not self._is_moving)
        self.coverings.make_later()
        self.wanting.ask_soon()
        self._settle_if_content()
        return self._screen.image

    def redraw(self) -> None:
        """Everything."""
        self._screen.spoil_all()
        self.wanting.look_again()
        self._spoil_view()

    def spoil(self, regions: Sequence[Region]) -> None:
        """Stored pixels that look different from now on."""
        for box in boxes_of(regions, self._sight.panes):
            self._spoil_box(box)

    def spoil_covered(self, regions: Sequence[Region]) -> None:
        """Stored pixels over which something else lies from now on; they themselves are as they were."""
        for box in boxes_of(regions, self._sight.panes):
            self._is_settled = False
            self._screen.spoil_masks(box)
            self.spoiled.emit(as_rect(box))

    def _spoil_box(self, box: Box) -> None:
        self._is_settled = False
        self._screen.spoil(box)
        self.spoiled.emit(as_rect(box))

    def _spoil_view(self) -> None:
        self._is_settled = False
        self.spoiled.emit(QRect(0, 0, self._sight.width, self._sight.height))

    def _scene(self) -> Scene:
        assert self.picture is not None
        return Scene(
            self.picture,
            self.coverings,
            self.overlay,
            self.background,
            shows_masks=not self._sight.shows_original,
        )

    # ---------------------------------------------------------------------------- where the view looks
    def _shift(self, dx: int, dy: int) -> None:
        """Moved where it only moved."""
        self._screen.shift(dx, dy, self._sight.panes, self._scene())
        self.wanting.look_around()
        self._spoil_view()

    def _rescale(self) -> None:
        """Drawn again, quickly first."""
        self._is_moving = True
        self._rest.start()
        self.redraw()

    def _rearrange(self) -> None:
        self._screen.resize(self._sight.width, self._sight.height)
        self.redraw()

    def _move_line(self, old: int, new: int) -> None:
        """Only the strip between the old place of the line and the new one shows something else."""
        self._spoil_box((min(old, new), 0, max(old, new), self._sight.height))
        self.wanting.look_again()

    def _come_to_rest(self) -> None:
        self._is_moving = False
        self.redraw()

    # ----------------------------------------------------------------------------------- what has come
    def _draw_tile(self, region: Region, level: int) -> None:
        for pane in self._sight.panes:
            if level == pane.viewport.level:
                part = cut(pane.viewport.box_of(region), pane.box)
                if part is not None:
                    self._spoil_box(part)

    def _draw_overview(self) -> None:
        self._screen.spoil_all()
        self._spoil_view()

    def _settle_if_content(self) -> None:
        is_drawn = self._screen.is_fresh and not self._is_moving and not self.coverings.owes
        if self._is_settled or not is_drawn or not self.wanting.is_content:
            return
        if self.coverings.let_stamp_go():
            return  # settled at the next paint
        self._is_settled = True
        if self.wanting.take_word():  # not after every dab: only where something had been missing
            self.settled.emit()
