"""Masks drawn over the picture: tint, outline, mask alone, and the hatching of what is protected."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter, QRegion, QTransform

from restorer_app.ui.canvas.mask_layer import MaskLayer
from restorer_app.ui.canvas.mask_mips import Values
from restorer_app.ui.canvas.settings import Overlay, OverlayColour
from restorer_app.ui.canvas.tiles import Place
from restorer_app.ui.canvas.viewport import TILE, Box, Viewport, tile_region, top_level

# Cyan is light and orange darker on grey and on sepia; their lightness tells them apart without any hue.
COLOURS: dict[OverlayColour, tuple[int, int, int]] = {"cyan": (60, 210, 225), "orange": (224, 88, 0)}
HALO = (10, 20, 24)
OUTLINE_REACH = 2  # device pixels that an outline lies outside what it goes round
_HATCH = 8  # device pixels from one line of the hatching to the next
_HATCH_LINE = 3


@dataclass(frozen=True)
class Ink:
    """What each coverage is drawn as: 256 premultiplied pixels (as OpenCV takes them: signed)."""

    pixels: NDArray[np.int32]
    colour: tuple[int, int, int]
    opacity: float

    def drawn(self, values: Values) -> NDArray[np.int32]:
        # OpenCV looks up 256² values in 0.03 ms, numpy in 0.3
        return np.asarray(cv2.LUT(np.ascontiguousarray(values), self.pixels), np.int32).reshape(values.shape)


@lru_cache(maxsize=4)
def tint(overlay: Overlay) -> Ink:
    return _ink(COLOURS[overlay.colour], overlay.opacity)


@lru_cache(maxsize=1)
def share() -> Ink:
    """Coverage as alpha: for cutting something to the shape of a stroke, or white on black."""
    return _ink((255, 255, 255), 1.0)


@lru_cache(maxsize=8)
def _ink(colour: tuple[int, int, int], opacity: float) -> Ink:
    alpha = np.rint(np.arange(256) * opacity).astype(np.uint32)
    red, green, blue = (np.rint(alpha * part / 255).astype(np.uint32) for part in colour)
    return Ink((alpha << 24 | red << 16 | green << 8 | blue).astype(np.uint32).view(np.int32), colour, opacity)


def tiles_around(viewport: Viewport, box: Box, coarser: int = 0) -> tuple[int, range, range] | None:
    """Level, rows and columns of the tiles that a box of the view touches."""
    region = viewport.region_in(box)
    if region is None:
        return None
    level = min(viewport.level + coarser, top_level(viewport.turn.width, viewport.turn.height))
    step = TILE << level
    # the middle of a screen pixel decides whose it is, so one at the edge may be the next tile's
    left, top = max(region.left - 1, 0), max(region.top - 1, 0)
    right, bottom = min(region.right + 1, viewport.turn.width), min(region.bottom + 1, viewport.turn.height)
    return level, range(top // step, -(-bottom // step)), range(left // step, -(-right // step))


@lru_cache(maxsize=32)  # picture and masks of one box ask for the same
def places_in(viewport: Viewport, box: Box, coarser: int = 0) -> tuple[tuple[Place, Box], ...]:
    """The tiles that a box of the view shows, and the part of the box that is each one's."""
    around = tiles_around(viewport, box, coarser)
    if around is None:
        return ()
    level, rows, columns = around
    # where a column lies does not depend on the row: two short lists instead of a table
    across = viewport.spans(level, columns, along_rows=True)
    down = viewport.spans(level, rows, along_rows=False)
    found = []
    for row, tall in zip(rows, down, strict=True):
        for column, wide in zip(columns, across, strict=True):
            (left, right), (top, bottom) = (tall, wide) if viewport.turn.transposes else (wide, tall)
            part = cut((left, top, right, bottom), box)
            if part is not None:
                found.append(((level, row, column), part))
    return tuple(found)


def cut(one: Box, other: Box) -> Box | None:
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[2], other[2]), min(one[3], other[3])
    return (left, top, right, bottom) if right > left and bottom > top else None


def as_rect(box: Box) -> QRect:
    return QRect(box[0], box[1], box[2] - box[0], box[3] - box[1])


def rects_of(region: QRegion) -> list[QRect]:
    rects: list[QRect] = list(region)  # type: ignore[call-overload]  # the stub does not know that it can be iterated
    return rects


def draw_image(
    painter: QPainter, image: QImage, at: tuple[float, float], step: float, *, view: Viewport, box: Box
) -> None:
    """An image of the shown picture in its place, cut to a box; the painter's own transform must be none."""
    painter.setClipRect(as_rect(box))
    scale = view.zoom * step
    painter.setTransform(QTransform(scale, 0, 0, scale, view.left + at[0] * view.zoom, view.top + at[1] * view.zoom))
    painter.drawImage(0, 0, image)
    painter.resetTransform()


def draw_values(painter: QPainter, layer: MaskLayer, view: Viewport, box: Box, ink: Ink, *, coarser: int = 0) -> None:
    """A mask in an ink, one screen pixel to a value: Qt takes three times as long to scale tiles that it blends."""
    values = on_screen(layer, view, box, coarser=coarser)
    cuts_away = painter.compositionMode() == QPainter.CompositionMode.CompositionMode_DestinationIn
    if cuts_away or values.any():
        draw_pixels(painter, ink.drawn(values), box)


def premultiplied(colour: tuple[int, int, int], opacity: float) -> int:
    """One pixel as Qt stores it."""
    red, green, blue = (round(part * opacity) for part in colour)
    return round(255 * opacity) << 24 | red << 16 | green << 8 | blue


def _as_image(pixels: NDArray[np.int32]) -> QImage:
    pixels = np.ascontiguousarray(pixels)
    rows, columns = pixels.shape
    kind = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.reshape(-1).view(np.uint8).data, columns, rows, columns * 4, kind)


def on_screen(layer: MaskLayer, view: Viewport, box: Box, *, coarser: int = 0) -> Values:
    """The coverage of every screen pixel of a box; 0 outside the picture. Never smoothed: soft edges are values."""
    found = np.zeros((box[3] - box[1], box[2] - box[0]), np.uint8)
    for place, part in places_in(view, box, coarser):
        values = layer.tile(place)
        here = found[part[1] - box[1] : part[3] - box[1], part[0] - box[0] : part[2] - box[0]]
        if isinstance(values, int):
            if values:
                here[:] = values
            continue
        region = tile_region(*place, layer.raster.bounds).aligned(1 << place[0])
        x, y, _, _ = view.turn.shown_box(region.left, region.top, region.right, region.bottom)
        upright, scale = view.turn.turned(values), view.zoom * (1 << place[0])
        top, left = view.top + y * view.zoom, view.left + x * view.zoom
        if scale == 1:
            first_row, first_column = math.floor(part[1] + 0.5 - top), math.floor(part[0] + 0.5 - left)
            here[:] = upright[first_row : first_row + here.shape[0], first_column : first_column + here.shape[1]]
            continue
        rows = _nearest(part[1], part[3], top, scale, upright.shape[0])
        columns = _nearest(part[0], part[2], left, scale, upright.shape[1])
        here[:] = _taken(upright, rows, columns)
    return found


@lru_cache(maxsize=256)  # a stroke asks for the same again and again
def _nearest(start: int, stop: int, origin: float, scale: float, count: int) -> NDArray[np.intp]:
    """Which of `count` pixels of a tile lie under the middles of screen pixels."""
    under = np.floor((np.arange(start, stop) + (0.5 - origin)) / scale).astype(np.intp)
    found: NDArray[np.intp] = np.minimum(np.maximum(under, 0), count - 1)
    return found


def _taken(values: Values, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Values:
    across = values[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    # whole rows are copied far faster than single values, so columns are taken as rows of the turned tile
    turned = np.asarray(cv2.transpose(np.ascontiguousarray(across)), np.uint8)
    wide = np.asarray(cv2.transpose(turned.take(columns - columns[0], axis=0)), np.uint8)
    found: Values = wide.take(rows - rows[0], axis=0)
    return found


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
    dark = premultiplied(HALO, 0.69)
    lines = np.array([0, dark, 0xFF000000 | red << 16 | green << 8 | blue, 0], np.uint32)[covered + near + far]
    draw_pixels(painter, lines.view(np.int32)[OUTLINE_REACH:-OUTLINE_REACH, OUTLINE_REACH:-OUTLINE_REACH], box)


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
    draw_pixels(painter, np.where(is_line, line.drawn(values), gap.drawn(values)), box)


def draw_pixels(painter: QPainter, pixels: NDArray[np.int32], box: Box) -> None:
    painter.setClipRect(as_rect(box))
    painter.drawImage(box[0], box[1], _as_image(pixels))
