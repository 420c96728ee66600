"""Marks over the picture: the brush's ring, the clone's source, outlines in the making. All in logical pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

WHITE = QColor(255, 255, 255)
HALO = QColor(0, 0, 0, 140)
_CROSS_BELOW = 4.0  # radius under which a ring alone is hard to find
_ARM = 6.0
_KEPT_FROM, _KEPT_TO = 20.0, 1000.0  # radii between which an image of the ring is kept


def ring_box(at: QPointF, radius: float) -> QRectF:
    """Everything that a ring there touches."""
    reach = max(radius, _CROSS_BELOW + _ARM) + 3
    return QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)


def draw_ring(painter: QPainter, at: QPointF, radius: float, *, hardness: float | None = None) -> None:
    """White with a dark halo: seen on every picture. The hard core is shown while hardness is being chosen."""
    if not _KEPT_FROM <= radius <= _KEPT_TO:
        _stroke_ring(painter, at, radius, hardness)
        return
    ratio = painter.device().devicePixelRatioF()
    image = _ring_image(round(radius * ratio * 4) / 4, hardness, ratio)
    half = image.width() / ratio / 2
    # on whole device pixels: the image would be smoothed away otherwise
    left, top = round((at.x() - half) * ratio) / ratio, round((at.y() - half) * ratio) / ratio
    painter.drawImage(QPointF(left, top), image)


@lru_cache(maxsize=4)
def _ring_image(radius: float, hardness: float | None, ratio: float) -> QImage:
    """A ring of a radius in device pixels. Stroking a circle of 300 pixels costs 2 ms, drawing its image 0.1."""
    side = 2 * math.ceil(radius + 4)
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    image.setDevicePixelRatio(ratio)
    with QPainter(image) as painter:
        _stroke_ring(painter, QPointF(side, side) / ratio / 2, radius / ratio, hardness)
    return image


def _stroke_ring(painter: QPainter, at: QPointF, radius: float, hardness: float | None) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in _pens():
        painter.setPen(pen)
        painter.drawEllipse(at, radius, radius)
        if radius < _CROSS_BELOW:
            _draw_arms(painter, at, radius + 3)
    if hardness is not None and 0 < hardness < 1:
        painter.setPen(QPen(QColor(255, 255, 255, 190), 1, Qt.PenStyle.DashLine))
        painter.drawEllipse(at, radius * hardness, radius * hardness)


def draw_source(painter: QPainter, at: QPointF, radius: float) -> None:
    """Where cloning takes from: a cross in a thin ring of the brush's size."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in _pens():
        painter.setPen(pen)
        painter.drawLine(at - QPointF(_ARM, 0), at + QPointF(_ARM, 0))
        painter.drawLine(at - QPointF(0, _ARM), at + QPointF(0, _ARM))
    painter.setPen(QPen(QColor(255, 255, 255, 150), 1, Qt.PenStyle.DotLine))
    painter.drawEllipse(at, max(radius, _ARM + 2), max(radius, _ARM + 2))


def draw_outline(painter: QPainter, points: Sequence[QPointF]) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(255, 255, 255, 28))
    polygon = QPolygonF(list(points))
    painter.setPen(QPen(HALO, 3))
    painter.drawPolygon(polygon)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(WHITE, 1.2, Qt.PenStyle.DashLine))
    painter.drawPolygon(polygon)


def draw_note(painter: QPainter, text: str, at: QPointF) -> QRectF:
    """A few words beside the ring."""
    metrics = painter.fontMetrics()
    box = QRectF(at.x(), at.y(), metrics.horizontalAdvance(text) + 16, metrics.height() + 6)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(22, 22, 22, 215))
    painter.drawRoundedRect(box, 5, 5)
    painter.setPen(QColor(242, 242, 240))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    return box


def _draw_arms(painter: QPainter, at: QPointF, start: float) -> None:
    for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        painter.drawLine(at + QPointF(x, y) * start, at + QPointF(x, y) * (start + _ARM - 2))


def _pens() -> tuple[QPen, QPen]:
    return QPen(HALO, 3), QPen(WHITE, 1.25)
