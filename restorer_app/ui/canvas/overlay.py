"""Masks drawn over the picture: tint, outline, mask alone, and the hatching of what is protected."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

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

    def drawn_twice(self, values: Values) -> NDArray[np.int32]:
        """Each value as a square of 2 × 2: two pixels are looked up as one number of 64 bits, never calculated with."""
        pairs = np.repeat(self.pixels, 2).view(np.float64)
        wide = np.asarray(cv2.LUT(np.ascontiguousarray(values), pairs), np.float64).reshape(values.shape)
        return wide.take(np.arange(2 * len(values)) // 2, axis=0).view(np.int32)


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


@dataclass(frozen=True, slots=True)
class Fineness:
    """How exactly a mask is drawn: from which level, and a value for each screen pixel or for a square of 2 × 2."""

    coarser: int = 0
    stride: Literal[1, 2] = 1


EXACT = Fineness()


def draw_values(
    painter: QPainter, layer: MaskLayer, view: Viewport, box: Box, ink: Ink, *, fineness: Fineness = EXACT
) -> None:
    """A mask in an ink, enlarged to screen pixels by us: Qt takes three times as long to scale what it blends."""
    # squares of two pixels begin at even ones, whichever box is drawn
    stride = fineness.stride
    wide = (box[0] // stride * stride, box[1] // stride * stride, box[2], box[3])
    values = on_screen(layer, view, wide, fineness)
    cuts_away = painter.compositionMode() == QPainter.CompositionMode.CompositionMode_DestinationIn
    if cuts_away or values.any():
        painter.setClipRect(as_rect(box))
        drawn = ink.drawn(values) if stride == 1 else ink.drawn_twice(values)
        painter.drawImage(wide[0], wide[1], _as_image(drawn))


def premultiplied(colour: tuple[int, int, int], opacity: float) -> int:
    """One pixel as Qt stores it."""
    red, green, blue = (round(part * opacity) for part in colour)
    return round(255 * opacity) << 24 | red << 16 | green << 8 | blue


def _as_image(pixels: NDArray[np.int32]) -> QImage:
    pixels = np.ascontiguousarray(pixels)
    rows, columns = pixels.shape
    kind = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.reshape(-1).view(np.uint8).data, columns, rows, columns * 4, kind)


def on_screen(layer: MaskLayer, view: Viewport, box: Box, fineness: Fineness = EXACT) -> Values:
    """The coverage of the screen pixels of a box, or of one in a few from its first on; 0 outside the picture.

    Never smoothed: soft edges are values.
    """
    stride = fineness.stride
    found = np.zeros((-(-(box[3] - box[1]) // stride), -(-(box[2] - box[0]) // stride)), np.uint8)
    for place, part in places_in(view, box, fineness.coarser):
        values = layer.tile(place)
        first, stop = _strided(part, box, stride)
        here = found[first[1] : stop[1], first[0] : stop[0]]
        if isinstance(values, int):
            if values:
                here[:] = values
        elif here.size:
            region = tile_region(*place, layer.raster.bounds).aligned(1 << place[0])
            x, y, _, _ = view.turn.shown_box(region.left, region.top, region.right, region.bottom)
            rows = range(box[1] + first[1] * stride, box[1] + stop[1] * stride, stride)
            columns = range(box[0] + first[0] * stride, box[0] + stop[0] * stride, stride)
            corner = (view.left + x * view.zoom, view.top + y * view.zoom)
            here[:] = _under(view.turn.turned(values), rows, columns, corner, scale=view.zoom * (1 << place[0]))
    return found


def _strided(part: Box, box: Box, stride: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Which of a box's pixels, one in `stride` counted each way, are a part's: the first, and where they stop."""
    left, top, right, bottom = (-((box[side % 2] - part[side]) // stride) for side in range(4))
    return (left, top), (right, bottom)


def _under(values: Values, rows: range, columns: range, corner: tuple[float, float], *, scale: float) -> Values:
    """What lies under the middles of screen pixels, of a tile whose first pixel begins at `corner` of the screen."""
    if scale == rows.step:  # one for one
        column = math.floor((columns.start + 0.5 - corner[0]) / scale)
        row = math.floor((rows.start + 0.5 - corner[1]) / scale)
        return values[row : row + len(rows), column : column + len(columns)]
    down = _nearest(rows, corner[1], scale, values.shape[0])
    return _taken(values, down, _nearest(columns, corner[0], scale, values.shape[1]))


@lru_cache(maxsize=256)  # a stroke asks for the same again and again
def _nearest(screen: range, origin: float, scale: float, count: int) -> NDArray[np.intp]:
    """Which of `count` pixels of a tile lie under the middles of screen pixels."""
    under = np.floor((np.arange(screen.start, screen.stop, screen.step) + (0.5 - origin)) / scale).astype(np.intp)
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
