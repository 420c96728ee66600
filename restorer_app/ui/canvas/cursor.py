"""Cursors that no system has: the magnifier of the zoom tool."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QCursor, QGuiApplication, QPainter, QPen, QPixmap

_SIDE = 32  # points; the glass takes the upper left two thirds
_MIDDLE = QPointF(12, 12)
_RADIUS = 7.5
_LINES = (QLineF(17.6, 17.6, 25, 25), QLineF(12, 8.75, 12, 15.25), QLineF(8.75, 12, 15.25, 12))
_INKS = ((QColor(0, 0, 0, 170), 4.0), (QColor(255, 255, 255), 1.75))  # white with a dark halo, as the brush's ring


def magnifier() -> QCursor:
    """Points with the middle of its glass; as sharp as the sharpest screen."""
    app = QGuiApplication.instance()
    assert isinstance(app, QGuiApplication)  # a canvas asks
    return _magnifier(app.devicePixelRatio())


@cache
def _magnifier(ratio: float) -> QCursor:
    drawn = QPixmap(round(_SIDE * ratio), round(_SIDE * ratio))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    with QPainter(drawn) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in _INKS:
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawEllipse(_MIDDLE, _RADIUS, _RADIUS)
            painter.drawLines(_LINES)
    return QCursor(drawn, round(_MIDDLE.x()), round(_MIDDLE.y()))
