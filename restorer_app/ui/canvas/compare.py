"""Before and after: which part of the view shows what, and the line between."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from restorer_app.ui.canvas.settings import CompareMode
from restorer_app.ui.canvas.tiles import Content
from restorer_app.ui.canvas.viewport import Box, Viewport

GAP = 2  # device pixels between two sides
GRIP = 11  # radius of the line's handle
REACH = 8  # how near to the line a hand takes hold of it


@dataclass(frozen=True, slots=True)
class Pane:
    """A part of the view: what it shows, and where the picture lies in it (in pixels of the whole view)."""

    content: Content
    box: Box
    viewport: Viewport
    label: str = ""


def pane_width(mode: CompareMode, view_width: int) -> int:
    """How much of the view's width one picture has."""
    return max((view_width - GAP) // 2, 1) if mode == "side by side" else view_width


def panes(mode: CompareMode, viewport: Viewport, view_width: int, *, split: float, original: bool) -> list[Pane]:
    """The parts of a view. `viewport` is that of one picture, `original` shows the original alone."""
    whole = (0, 0, view_width, viewport.view_height)
    if original:
        mode = "side by side" if mode == "side by side" else "off"
    after: Content = "original" if original else "image"
    if mode == "split":
        line = round(view_width * split)
        return [
            Pane("original", (0, 0, line, viewport.view_height), viewport, before_text()),
            Pane("image", (line, 0, view_width, viewport.view_height), viewport, after_text()),
        ]
    if mode == "side by side":
        start = viewport.view_width + GAP
        moved = replace(viewport, left=viewport.left + start)
        return [
            Pane("original", (0, 0, viewport.view_width, viewport.view_height), viewport, before_text()),
            Pane(after, (start, 0, view_width, viewport.view_height), moved, after_text()),
        ]
    if mode == "difference":
        return [Pane("difference", whole, viewport, QCoreApplication.translate("Canvas", "Difference × 8"))]
    return [Pane(after, whole, viewport, before_text() if original else "")]


def before_text() -> str:
    return QCoreApplication.translate("Canvas", "Before")


def after_text() -> str:
    return QCoreApplication.translate("Canvas", "After")


def draw_line(painter: QPainter, x: float, height: float) -> None:
    """The line to drag, in logical pixels: white with a dark halo, so that it stands on every picture."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, width in ((QColor(0, 0, 0, 90), 4.0), (QColor(255, 255, 255), 1.6)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(QPointF(x, 0), QPointF(x, height))
    middle = QPointF(x, height / 2)
    painter.setPen(QPen(QColor(0, 0, 0, 90), 1.2))
    painter.setBrush(QColor(255, 255, 255))
    painter.drawEllipse(middle, GRIP, GRIP)
    painter.setPen(QPen(QColor(40, 40, 40), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    for side in (-1, 1):
        tip = middle + QPointF(side * 5.5, 0)
        painter.drawPolyline([tip + QPointF(-side * 2.8, -3.2), tip, tip + QPointF(-side * 2.8, 3.2)])


def label_box(text_width: float, text_height: float, pane: QRectF, *, at_right: bool | None) -> QRectF:
    """Where a pane's label stands: beside the split line, or in the pane's middle."""
    width, height = text_width + 24, text_height + 8
    if at_right is None:
        return QRectF(pane.center().x() - width / 2, pane.top() + 14, width, height)
    left = pane.right() - width - 16 if at_right else pane.left() + 16
    return QRectF(left, pane.top() + 14, width, height)


def draw_label(painter: QPainter, text: str, box: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(22, 22, 22, 200))
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    painter.setPen(QColor(242, 242, 240))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
