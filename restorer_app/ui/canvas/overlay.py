"""Masks drawn over the picture: tint, outline, mask alone, and the hatching of what is protected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from restorer_app.core.geometry import Region
from restorer_app.ui.canvas.mask_layer import MaskLayer, Values
from restorer_app.ui.canvas.settings import Overlay, OverlayColour
from restorer_app.ui.canvas.tiles import Place
from restorer_app.ui.canvas.viewport import TILE, Box, Viewport, tile_region

# Cyan is light and orange darker on grey and on sepia; their lightness tells them apart without any hue.
COLOURS: dict[OverlayColour, tuple[int, int, int]] = {"cyan": (60, 210, 225), "orange": (235, 105, 0)}
_HALO = (10, 20, 24)
OUTLINE_REACH = 2  # device pixels that an outline lies outside what it goes round
_HATCH = 8  # device pixels from one line of the hatching to the next
_HATCH_LINE = 3


@dataclass(frozen=True)
class Ink:
    """What each coverage is drawn as: for Qt's indexed images, and premultiplied for our own."""

    table: list[int]  # 256 × ARGB
    premultiplied: NDArray[np.uint32]

    def colour(self, value: int) -> QColor:
        return QColor.fromRgba(self.table[value])


@lru_cache(maxsize=4)
def tint(overlay: Overlay) -> Ink:
    return _ink(COLOURS[overlay.colour], overlay.opacity)


@lru_cache(maxsize=1)
def alone() -> Ink:
    """The mask by itself: white on black."""
    steps = np.arange(256, dtype=np.uint32)
    grey = (np.uint32(0xFF000000) | steps << 16 | steps << 8 | steps).astype(np.uint32)
    return Ink([int(each) for each in grey], grey)


@lru_cache(maxsize=1)
def share() -> Ink:
    """Coverage as alpha, for cutting something to the shape of a stroke."""
    return _ink((0, 0, 0), 1.0)


def _ink(colour: tuple[int, int, int], opacity: float) -> Ink:
    alpha = np.rint(np.arange(256) * opacity).astype(np.uint32)
    red, green, blue = (np.rint(alpha * part / 255).astype(np.uint32) for part in colour)
    table = alpha << 24 | np.uint32(colour[0] << 16 | colour[1] << 8 | colour[2])
    return Ink([int(each) for each in table], (alpha << 24 | red << 16 | green << 8 | blue).astype(np.uint32))


def places_in(viewport: Viewport, box: Box) -> Iterator[tuple[Place, Box]]:
    """The tiles that a box of the view shows, and the part of the box that is each one's."""
    region = viewport.region_in(box)
    if region is None:
        return
    level = viewport.level
    bounds = Region.of_size(viewport.turn.width, viewport.turn.height)
    # the box's middle decides whose a pixel is, so one at the edge may be the next tile's
    near = region.grown(1, inside=bounds)
    for row, column in near.cells(TILE << level):
        part = cut(viewport.box_of(tile_region(level, row, column, bounds)), box)
        if part is not None:
            yield (level, row, column), part


def cut(one: Box, other: Box) -> Box | None:
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[2], other[2]), min(one[3], other[3])
    return (left, top, right, bottom) if right > left and bottom > top else None


def as_rect(box: Box) -> QRect:
    return QRect(box[0], box[1], box[2] - box[0], box[3] - box[1])


def draw_image(
    painter: QPainter, image: QImage, at: tuple[float, float], step: float, *, view: Viewport, box: Box
) -> None:
    """An image of the shown picture in its place, cut to a box; the painter's own transform must be none."""
    painter.setClipRect(as_rect(box))
    scale = view.zoom * step
    painter.setTransform(QTransform(scale, 0, 0, scale, view.left + at[0] * view.zoom, view.top + at[1] * view.zoom))
    painter.drawImage(0, 0, image)
    painter.resetTransform()


def draw_values(painter: QPainter, layer: MaskLayer, view: Viewport, box: Box, ink: Ink) -> None:
    """A mask in an ink, never smoothed: soft edges are in the values, and smoothing costs four times as much."""
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    for place, part in places_in(view, box):
        values = layer.tile(place)
        if isinstance(values, int):
            if ink.table[values] >> 24:
                painter.setClipRect(as_rect(part))
                painter.fillRect(as_rect(part), ink.colour(values))
            elif painter.compositionMode() == QPainter.CompositionMode.CompositionMode_DestinationIn:
                painter.setClipRect(as_rect(part))
                painter.fillRect(as_rect(part), QColor(0, 0, 0, 0))
            continue
        region = tile_region(*place, layer.raster.bounds).aligned(1 << place[0])
        x, y, _, _ = view.turn.shown_box(region.left, region.top, region.right, region.bottom)
        draw_image(painter, _image(view.turn.turned(values), ink, view), (x, y), 1 << place[0], view=view, box=part)


def _image(values: Values, ink: Ink, view: Viewport) -> QImage:
    """Indexed up to 100 %, where few pixels are looked up; above, looked up once and not for each screen pixel."""
    values = np.ascontiguousarray(values)
    rows, columns = values.shape
    if view.zoom > 1:
        wide = ink.premultiplied[values]
        kind = QImage.Format.Format_ARGB32_Premultiplied
        return QImage(wide.reshape(-1).view(np.uint8).data, columns, rows, columns * 4, kind)
    image = QImage(values.reshape(-1).data, columns, rows, columns, QImage.Format.Format_Indexed8)
    image.setColorTable(ink.table)
    return image


def on_screen(layer: MaskLayer, view: Viewport, box: Box) -> Values:
    """The coverage of every screen pixel of a box; 0 outside the picture."""
    out = np.zeros((box[3] - box[1], box[2] - box[0]), np.uint8)
    image = QImage(out.reshape(-1).data, out.shape[1], out.shape[0], out.shape[1], QImage.Format.Format_Grayscale8)
    with QPainter(image) as painter:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        moved = Viewport(view.turn, view.view_width, view.view_height, view.zoom, view.left - box[0], view.top - box[1])
        draw_values(painter, layer, moved, (0, 0, out.shape[1], out.shape[0]), alone())
    return out


def draw_outline(painter: QPainter, layer: MaskLayer, view: Viewport, box: Box, overlay: Overlay) -> None:
    """A line of two pixels around everything that is covered at all: one dark, one coloured."""
    grown = (box[0] - OUTLINE_REACH, box[1] - OUTLINE_REACH, box[2] + OUTLINE_REACH, box[3] + OUTLINE_REACH)
    covered = (on_screen(layer, view, grown) > 0).astype(np.uint8)
    if not covered.any():
        return
    square = np.ones((3, 3), np.uint8)
    near = np.asarray(cv2.dilate(covered, square), np.uint8)
    far = np.asarray(cv2.dilate(near, square), np.uint8)
    red, green, blue = COLOURS[overlay.colour]
    dark = 0xB0000000 | _HALO[0] * 0xB0 // 255 << 16 | _HALO[1] * 0xB0 // 255 << 8 | _HALO[2] * 0xB0 // 255
    lines = np.array([0, dark, 0xFF000000 | red << 16 | green << 8 | blue, 0], np.uint32)[covered + near + far]
    _draw_pixels(painter, lines[OUTLINE_REACH:-OUTLINE_REACH, OUTLINE_REACH:-OUTLINE_REACH], box)


def draw_hatching(painter: QPainter, layer: MaskLayer, view: Viewport, box: Box, overlay: Overlay) -> None:
    """What is protected: hatched in the colour that the mask has not, so that shape tells it as well as hue."""
    values = on_screen(layer, view, box)
    if not values.any():
        return
    other: OverlayColour = "orange" if overlay.colour == "cyan" else "cyan"
    xs = np.arange(box[0], box[2]) - view.left
    ys = np.arange(box[1], box[3]) - view.top
    is_line = (xs[None, :] + ys[:, None]) % _HATCH < _HATCH_LINE
    line, gap = _ink(COLOURS[other], 0.85), _ink(COLOURS[other], 0.15)
    _draw_pixels(painter, np.where(is_line, line.premultiplied[values], gap.premultiplied[values]), box)


def _draw_pixels(painter: QPainter, pixels: NDArray[np.uint32], box: Box) -> None:
    pixels = np.ascontiguousarray(pixels)
    rows, columns = pixels.shape
    kind = QImage.Format.Format_ARGB32_Premultiplied
    image = QImage(pixels.reshape(-1).view(np.uint8).data, columns, rows, columns * 4, kind)
    painter.setClipRect(as_rect(box))
    painter.drawImage(box[0], box[1], image)
