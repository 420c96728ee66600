"""Stage: everything that is drawn of a picture, and the order in which it is made and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QRect, QTimer, Signal
from PySide6.QtGui import QColor, QImage

from restorer_app.core.geometry import Region, bounding
from restorer_app.core.mask import blank
from restorer_app.core.raster import Pixels, Raster
from restorer_app.ui.canvas import compare
from restorer_app.ui.canvas.builder import Builder
from restorer_app.ui.canvas.colour import Look
from restorer_app.ui.canvas.compare import Pane
from restorer_app.ui.canvas.compose import Scene, Stamp
from restorer_app.ui.canvas.mask_layer import MaskLayer
from restorer_app.ui.canvas.overlay import as_rect, cut
from restorer_app.ui.canvas.pyramid import Pyramid
from restorer_app.ui.canvas.screen import Screen
from restorer_app.ui.canvas.settings import CompareMode, Overlay
from restorer_app.ui.canvas.shown import ShownPicture
from restorer_app.ui.canvas.spoiling import boxes_of
from restorer_app.ui.canvas.tiles import Content, Request, Tile, TileKey
from restorer_app.ui.canvas.viewport import Box, Viewport
from restorer_app.ui.canvas.wanting import in_view, lacking
from restorer_app.ui.canvas.work import Work, Works

CACHE_BYTES = 96 << 20  # 360 tiles: nine screens of 1600 × 1000, two of 3840 × 2160
MASK_SECONDS = 0.008  # at once for reducing masks: another mask over a large picture takes 0.1 s and more
GROW_MS = 150  # between two looks at a picture that is still being read
REST_MS = 80  # after the last change of zoom: then scaling may take its time


class Stage(QObject):
    """One picture in a view of `width` × `height` device pixels; knows no widget and no hand."""

    spoiled = Signal(QRect)  # device pixels that will be drawn differently
    looked = Signal()  # another viewport
    settled = Signal()
    reading_failed = Signal(str)
    overview_completed = Signal(object, object)  # Source, Pixels: a small picture of all of it

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.picture: ShownPicture | None = None
        self.view: Viewport | None = None
        self.overlay = Overlay()
        self.background = QColor("#5c5c5c")
        self.compare_mode: CompareMode = "off"
        self.split = 0.5
        self.shows_original = False
        self._width, self._height = 1, 1
        self._mask = self._protect = MaskLayer(blank(Region(0, 0, 1, 1)))
        self._works = Works()
        self._stamp: Stamp | None = None
        self._stamp_is_over = False  # its strokes are in the image; it stays until the image's tiles are there
        self._screen = Screen()
        self._missing: set[TileKey] = set()
        self._wants_are_old = False
        self._wanted_for: list[object] = []  # the tiles in view when it was last asked what they lack
        self._is_settled = False
        self._owes_settled = False
        self._has_told_failure = False
        self._is_moving = False
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._come_to_rest)
        self._growing = QTimer(self, singleShot=True, interval=GROW_MS)
        self._growing.timeout.connect(self._show_growth)
        self._making = QTimer(self, singleShot=True, interval=0)
        self._making.timeout.connect(self._make_masks)
        self._asking = QTimer(self, singleShot=True, interval=0)
        self._asking.timeout.connect(self._want)
        self._builder = Builder(self)
        self._builder.tile_rendered.connect(self._take_tile)
        self._builder.overview_read.connect(self._take_overview)
        self._builder.band_built.connect(self._take_band)
        self._builder.reading_failed.connect(self._tell_failure)

    def end(self) -> None:
        """Ends the builder's thread."""
        self._builder.end()

    def stop(self) -> None:
        """Reads nothing more."""
        self._builder.stop()

    @property
    def builder(self) -> Builder:
        return self._builder

    @property
    def is_settled(self) -> bool:
        return self._is_settled

    # ------------------------------------------------------------------------------------ the picture
    def show(self, picture: ShownPicture, mask: Raster, protect: Raster, overview: Pixels | None) -> None:
        if not self._builder.isRunning():
            self._builder.start()
        self.picture = picture
        self._mask, self._protect = MaskLayer(mask), MaskLayer(protect)
        self._stamp, self._works = None, Works()
        self._has_told_failure = False
        if overview is not None:
            picture.take_overview(picture.pyramids[0], overview)
        self._builder.fill(picture.pyramids)
        self.view = self._fitted()
        self.redraw()

    def clear(self) -> None:
        self.picture, self.view, self._stamp = None, None, None
        self._builder.fill([])
        self.redraw()

    def replace_image(self, image: Raster, region: Region | None) -> None:
        assert self.picture is not None
        self.spoil(self.picture.replace_image(image, region))
        self._stamp_is_over = self._stamp is not None
        self._renew()

    def replace_original(self, original: Raster) -> None:
        assert self.picture is not None
        self.spoil(self.picture.replace_original(original))
        self._renew()

    def replace_mask(self, mask: Raster, region: Region | None) -> None:
        self.spoil_masks(self._mask.replace(mask, region))

    def replace_protect(self, protect: Raster, region: Region | None) -> None:
        self.spoil_masks(self._protect.replace(protect, region))

    def show_works(self, works: Sequence[Work]) -> None:
        """Jobs that will still change the picture; those on a picture of another size are not this one's."""
        bounds = self.picture.bounds if self.picture is not None else None
        self.spoil_masks(self._works.show(work for work in works if work.touched.bounds == bounds))

    def relook(self, look: Look) -> None:
        assert self.picture is not None
        self.picture.relook(look)
        self.redraw()

    # ------------------------------------------------------------------------------- strokes in hand
    @property
    def mask_layer(self) -> MaskLayer:
        return self._mask

    @property
    def protect_layer(self) -> MaskLayer:
        return self._protect

    def stamp_layer(self, content: Content, dx: int = 0, dy: int = 0) -> MaskLayer:
        """Where strokes are drawn that show other pixels; strokes of another stamp give way."""
        assert self.picture is not None
        stamp = self._stamp
        if stamp is None or (stamp.content, stamp.dx, stamp.dy) != (content, dx, dy):
            if stamp is not None:
                self.spoil_masks(stamp.layer.discard())
            stamp = Stamp(MaskLayer(blank(self.picture.bounds)), content, dx, dy)
            self._stamp = stamp
        self._stamp_is_over = False
        return stamp.layer

    def discard_strokes(self) -> None:
        for layer in (self._mask, self._protect, *([self._stamp.layer] if self._stamp else [])):
            self.spoil_masks(layer.discard())

    # --------------------------------------------------------------------------------- where we look
    def resize(self, width: int, height: int, *, fits: bool) -> None:
        if (width, height) == (self._width, self._height):
            return
        self._width, self._height = width, height
        self._screen.resize(width, height)
        self._fit_pane(fits=fits)

    def set_compare(self, mode: CompareMode, *, fits: bool) -> None:
        self.compare_mode = mode
        self._fit_pane(fits=fits)

    def _fit_pane(self, *, fits: bool) -> None:
        """The view of one picture after its room changed."""
        if self.view is not None:
            width = compare.pane_width(self.compare_mode, self._width)
            self.view = self._fitted() if fits else self.view.resized(width, self._height)
            self.looked.emit()
        self.redraw()

    def _fitted(self) -> Viewport:
        assert self.picture is not None
        return Viewport.fitted(self.picture.turn, compare.pane_width(self.compare_mode, self._width), self._height)

    def look_at_all(self) -> None:
        self.look(self._fitted())

    def look(self, view: Viewport) -> None:
        """Another viewport: moved where it only moved, else drawn again, quickly first."""
        old, self.view = self.view, view
        if view == old:
            return
        if old is not None and replace(view, left=old.left, top=old.top) == old:
            self._screen.shift(view.left - old.left, view.top - old.top, self.panes, self._scene())
            self._wants_are_old = self._wants_are_old or in_view(self.panes) != self._wanted_for
            self._spoil_view()
        else:
            self._is_moving = True
            self._rest.start()
            self.redraw()
        self.looked.emit()

    @property
    def panes(self) -> list[Pane]:
        if self.view is None:
            return []
        return compare.panes(self.compare_mode, self.view, self._width, split=self.split, original=self.shows_original)

    @property
    def seen(self) -> Region | None:
        """The stored pixels that any part of the view shows."""
        return bounding(region for pane in self.panes if (region := pane.viewport.region_in(pane.box)) is not None)

    def pane_at(self, x: float) -> Pane | None:
        """The part of the view at a column."""
        panes = self.panes
        return next((pane for pane in panes if x < pane.box[2]), panes[-1] if panes else None)

    # --------------------------------------------------------------------------------------- drawing
    def paint(self) -> QImage:
        """The view, up to date."""
        if self.picture is None or self.view is None:
            if not self._screen.is_fresh:
                self._screen.fill(self.background)
            return self._screen.image
        for layer in self._layers:
            layer.allow(MASK_SECONDS)
        self._screen.refresh(self.panes, self._scene(), smooth=not self._is_moving)
        if self._owes_masks:
            self._making.start()
        if self._wants_are_old:
            self._asking.start()  # after this paint: asking takes longer than many a paint
        else:
            self._settle()
        return self._screen.image

    @property
    def _layers(self) -> list[MaskLayer]:
        return [self._mask, self._protect, *self._works.layers]

    @property
    def _owes_masks(self) -> bool:
        return any(layer.owes for layer in self._layers)

    def _make_masks(self) -> None:
        """Another mask over a large picture: a few tiles now, the rest when the hand has been heard."""
        for layer in self._layers:
            self.spoil_masks(layer.make_owed(MASK_SECONDS))
        if self._owes_masks:
            self._making.start()

    def redraw(self) -> None:
        """Everything."""
        self._screen.spoil_all()
        self._wants_are_old = True
        self._spoil_view()

    def move_split(self, split: float) -> None:
        """Only the strip between the old place of the line and the new one shows something else."""
        old, self.split = round(self._width * self.split), split
        new = round(self._width * split)
        if old != new:
            self._spoil_box((min(old, new), 0, max(old, new), self._height))
            self._wants_are_old = True

    def spoil(self, regions: Sequence[Region]) -> None:
        """Stored pixels that look different from now on."""
        for box in boxes_of(regions, self.panes):
            self._spoil_box(box)

    def spoil_masks(self, regions: Sequence[Region]) -> None:
        """Stored pixels over which something else lies from now on; they themselves are as they were."""
        for box in boxes_of(regions, self.panes):
            self._is_settled = False
            self._screen.spoil_masks(box)
            self.spoiled.emit(as_rect(box))

    def _spoil_box(self, box: Box) -> None:
        self._is_settled = False
        self._screen.spoil(box)
        self.spoiled.emit(as_rect(box))

    def _spoil_view(self) -> None:
        self._is_settled = False
        self.spoiled.emit(QRect(0, 0, self._width, self._height))

    def _scene(self) -> Scene:
        assert self.picture is not None
        return Scene(
            self.picture,
            self._mask,
            self._protect,
            self.overlay,
            self.background,
            self._works,
            self._stamp,
            shows_masks=not self.shows_original,
        )

    def _come_to_rest(self) -> None:
        self._is_moving = False
        self.redraw()

    # ----------------------------------------------------------------------------- what is still missing
    def _renew(self) -> None:
        assert self.picture is not None
        if self.picture.pyramids != self._builder.pyramids:
            self._builder.fill(self.picture.pyramids)
        self._wants_are_old = True
        self._is_settled = False
        self.spoiled.emit(QRect(0, 0, 1, 1))  # a paint, so that what is missing is asked for

    def _want(self) -> None:
        """Asks for what the view lacks, then for what it may need next."""
        picture = self.picture
        if picture is None:
            return
        self._wants_are_old = False
        self._wanted_for = in_view(self.panes)
        self._owes_settled = True
        seen: list[Request] = []
        soon: list[Request] = []
        for pane in self.panes:
            for request, is_seen in lacking(picture, pane, pane.content):
                (seen if is_seen else soon).append(request)
            if pane.content == "image" and picture.image is not picture.original:
                # shown the moment that its key is held
                soon += [request for request, is_seen in lacking(picture, pane, "original") if is_seen]
        self._missing = {request.key for request in seen}
        self._builder.want(seen + soon)
        if not seen:
            self._settle()

    def _take_tile(self, tile: Tile) -> None:
        if self.picture is None:
            return
        key = tile.request.key
        region = self.picture.take_tile(tile)
        if region is None:
            return
        if key in self._missing:
            self._missing.discard(key)
            if self.picture.is_stale(key):
                self._wants_are_old = True
        for pane in self.panes:
            if key.place[0] == pane.viewport.level:
                part = cut(pane.viewport.box_of(region), pane.box)
                if part is not None:
                    self._spoil_box(part)

    def _take_overview(self, pyramid: Pyramid, pixels: Pixels) -> None:
        if self.picture is not None and self.picture.take_overview(pyramid, pixels) and self._missing:
            self._screen.spoil_all()
            self._spoil_view()

    def _tell_failure(self, problem: str) -> None:
        """Once for a picture: every pan asks again, and nobody wants to read it each time."""
        if not self._has_told_failure:
            self._has_told_failure = True
            self.reading_failed.emit(problem)

    def _take_band(self, pyramid: Pyramid, band: int) -> None:
        if self.picture is not None:
            self.picture.take_band(pyramid, band)
            if (complete := self.picture.complete_overview(pyramid)) is not None:
                self.overview_completed.emit(pyramid.source, complete)
            if not self._growing.isActive():
                self._growing.start()

    def _show_growth(self) -> None:
        if self.picture is not None:
            grown = self.picture.show_growth()
            if self._missing:
                self.spoil(grown)

    def _settle(self) -> None:
        is_drawn = self._screen.is_fresh and not self._is_moving and not self._owes_masks
        if self._is_settled or self._missing or self._wants_are_old or not is_drawn:
            return
        if self._stamp is not None and self._stamp_is_over:
            self._stamp_is_over = False
            gone = self._stamp.layer.discard()
            if gone:
                self.spoil_masks(gone)
                return  # settled at the next paint
        self._is_settled = True
        if self._owes_settled:  # not after every dab: only where something had been missing
            self._owes_settled = False
            self.settled.emit()
