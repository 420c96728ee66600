"""The screen put together: background, picture, previews of strokes, masks; one box at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from PySide6.QtCore import QPoint
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QRegion

from restorer_app.ui.canvas import overlay as overlays
from restorer_app.ui.canvas.compare import Pane
from restorer_app.ui.canvas.coverings import Coverings, Stamp
from restorer_app.ui.canvas.mask_layer import MaskLayer
from restorer_app.ui.canvas.overlay import EXACT, Fineness, as_rect, cut, draw_image, places_in, rects_of
from restorer_app.ui.canvas.settings import Overlay
from restorer_app.ui.canvas.shown import ShownPicture
from restorer_app.ui.canvas.tiles import Content
from restorer_app.ui.canvas.viewport import Box, Viewport

_WIDE = 300  # device pixels of a brush, from which on it is painted in steps of two
_NEARLY = 0.75  # screen pixels a pixel of a level, up to which the next level will do in passing
_CHECK = 8  # device pixels of a square behind what is transparent


@dataclass(frozen=True)
class Scene:
    """Everything that is drawn, at one moment."""

    picture: ShownPicture
    coverings: Coverings
    overlay: Overlay
    background: QColor
    shows_masks: bool = True


def compose_ground(painter: QPainter, box: Box, pane: Pane, scene: Scene, *, smooth: bool) -> None:
    """Draws background and picture of a pane in a box of the view; nothing outside the box changes."""
    clip = cut(box, pane.box)
    if clip is None:
        return
    painter.resetTransform()
    inside = cut(clip, _picture_box(pane.viewport))
    if _shows_mask_alone(pane, scene):
        inside = None
    around = QRegion(as_rect(clip))
    if inside is not None:
        around -= QRegion(as_rect(inside))  # tiles leave no gap: nothing lies under them
    for rect in rects_of(around):
        painter.fillRect(rect, scene.background)
    if inside is not None:
        _draw_picture(painter, inside, pane.viewport, pane.content, scene, smooth=smooth)
    painter.setClipping(False)


def compose_masks(painter: QPainter, box: Box, pane: Pane, scene: Scene, *, smooth: bool) -> None:
    """Draws strokes in hand, masks and jobs over the ground of a pane; the ground must be fresh in all of the box."""
    clip = cut(box, pane.box)
    if clip is None:
        return
    painter.resetTransform()
    inside = cut(clip, _picture_box(pane.viewport))
    shows_masks = scene.shows_masks and pane.content != "original"
    if inside is not None:
        if pane.content == "image" and scene.coverings.stamp is not None and not _shows_mask_alone(pane, scene):
            _draw_stamp(painter, inside, pane.viewport, scene, scene.coverings.stamp, smooth=smooth)
        if shows_masks:
            _draw_masks(painter, inside, pane, scene, smooth=smooth)
    if shows_masks and scene.overlay.mode == "outline" and not scene.coverings.mask.is_empty:
        # the line around a mask that reaches the picture's edge lies outside the picture
        overlays.draw_outline(painter, scene.coverings.mask, pane.viewport, clip, scene.overlay)
    if shows_masks:
        scene.coverings.works.draw(painter, pane.viewport, clip, scene.overlay)
    painter.setClipping(False)


def _shows_mask_alone(pane: Pane, scene: Scene) -> bool:
    return scene.shows_masks and scene.overlay.mode == "mask only" and pane.content == "image"


def _picture_box(view: Viewport) -> Box:
    width, height = view.turn.shown_size
    right, bottom = view.left + width * view.zoom, view.top + height * view.zoom
    return view.left, view.top, int(-(-(right - 0.5) // 1)), int(-(-(bottom - 0.5) // 1))


def _draw_picture(painter: QPainter, box: Box, view: Viewport, content: Content, scene: Scene, *, smooth: bool) -> None:
    hint = QPainter.RenderHint.SmoothPixmapTransform
    for place, part in places_in(view, box, 0 if smooth else _coarser(view, box, content, scene)):
        piece = scene.picture.piece(content, place)
        if scene.picture.has_alpha and content != "difference":
            painter.setClipping(False)
            painter.setBrushOrigin(QPoint(view.left, view.top))
            painter.fillRect(as_rect(part), _checks())
        if piece is None:
            painter.setClipping(False)
            painter.fillRect(as_rect(part), QColor(0, 0, 0) if content == "difference" else _waiting(scene.background))
            continue
        scale = view.zoom * piece.step
        # a coarse stand-in is smoothed even where pixels are to be squares: its own would be mistaken for them
        painter.setRenderHint(hint, smooth and scale != 1 and not (view.is_nearest and piece.is_best))
        draw_image(painter, piece.image, (piece.x, piece.y), piece.step, view=view, box=part)


def _coarser(view: Viewport, box: Box, content: Content, scene: Scene) -> int:
    """While the zoom changes, the next level where it is hardly coarser than the screen and all there.

    A quarter of the tiles; and what is left out of the finer one without smoothing is grainier than this.
    """
    if view.zoom * (1 << view.level) > _NEARLY:
        return 0
    return int(all(scene.picture.is_ready(content, place) for place, _ in places_in(view, box, 1)))


def _draw_stamp(painter: QPainter, box: Box, view: Viewport, scene: Scene, stamp: Stamp, *, smooth: bool) -> None:
    if not stamp.layer.has_strokes:
        return
    buffer = QImage(box[2] - box[0], box[3] - box[1], QImage.Format.Format_ARGB32_Premultiplied)
    buffer.fill(0)
    here = replace(view, left=view.left - box[0], top=view.top - box[1])
    (x0, y0), (x1, y1) = view.turn.to_shown(0, 0), view.turn.to_shown(stamp.dx, stamp.dy)
    there = replace(here, left=here.left - round((x1 - x0) * view.zoom), top=here.top - round((y1 - y0) * view.zoom))
    whole = (0, 0, buffer.width(), buffer.height())
    with QPainter(buffer) as inner:
        _draw_picture(inner, whole, there, stamp.content, scene, smooth=smooth)
        inner.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        overlays.draw_values(inner, stamp.layer, here, whole, overlays.share())
    painter.setClipRect(as_rect(box))
    painter.drawImage(box[0], box[1], buffer)


def _draw_masks(painter: QPainter, inside: Box, pane: Pane, scene: Scene, *, smooth: bool) -> None:
    overlay, view = scene.overlay, pane.viewport
    if overlay.mode == "off":
        return
    if overlay.mode == "mask only":
        painter.setClipRect(as_rect(inside))
        painter.fillRect(as_rect(inside), QColor(0, 0, 0))
        overlays.draw_values(painter, scene.coverings.mask, view, inside, overlays.share())
        return
    if overlay.mode == "tint" and not scene.coverings.mask.is_empty:
        fineness = _fineness(scene.coverings.mask, view, smooth=smooth)
        overlays.draw_values(painter, scene.coverings.mask, view, inside, overlays.tint(overlay), fineness=fineness)
    if not scene.coverings.protect.is_empty:  # above the mask, as it goes before it
        overlays.draw_hatching(painter, scene.coverings.protect, view, inside, overlay)


def _fineness(mask: MaskLayer, view: Viewport, *, smooth: bool) -> Fineness:
    """A quarter of the values will do while the zoom changes, and for a brush whose edge is wide as well."""
    if mask.has_strokes:
        is_wide = view.zoom <= 1 and mask.widest * view.zoom > _WIDE
        # one value of the coarser level is two screen pixels wide there
        return Fineness(1, 2 if view.zoom == 1 else 1) if is_wide else EXACT
    return EXACT if smooth else Fineness(1, 2)


def _waiting(background: QColor) -> QColor:
    """A picture whose pixels are still being read has an outline already."""
    return background.lighter(112)


@lru_cache(maxsize=1)
def _checks() -> QBrush:
    image = QImage(2 * _CHECK, 2 * _CHECK, QImage.Format.Format_RGB32)
    image.fill(QColor(178, 178, 178))
    with QPainter(image) as painter:
        painter.fillRect(0, 0, _CHECK, _CHECK, QColor(146, 146, 146))
        painter.fillRect(_CHECK, _CHECK, _CHECK, _CHECK, QColor(146, 146, 146))
    return QBrush(image)
