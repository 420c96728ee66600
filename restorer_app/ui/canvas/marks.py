"""Marks: what lies over the composed screen and moves with the hand: ring, source, outline, split line, labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from restorer_app.ui.canvas import compare, ring
from restorer_app.ui.canvas.compare import Pane


@dataclass(frozen=True)
class Marks:
    """Everything in logical pixels; drawn anew with every paint, so that none is ever left behind."""

    ring_at: QPointF | None = None
    radius: float = 0.0
    hardness: float | None = None  # while it is being chosen
    note: str = ""
    sources: tuple[QPointF, ...] = ()
    outlines: tuple[tuple[QPointF, ...], ...] = ()

    def boxes(self) -> list[QRectF]:
        """All that the marks touch."""
        boxes = [ring.ring_box(at, self.radius) for at in (self.ring_at, *self.sources) if at is not None]
        boxes += [_around(points) for points in self.outlines if points]
        if self.note and self.ring_at is not None:
            boxes.append(QRectF(self.ring_at.x(), self.ring_at.y(), 260, 60))
        return boxes

    def draw(self, painter: QPainter) -> None:
        for points in self.outlines:
            ring.draw_outline(painter, points)
        for at in self.sources:
            ring.draw_source(painter, at, self.radius)
        if self.ring_at is not None:
            ring.draw_ring(painter, self.ring_at, self.radius, hardness=self.hardness)
            if self.note:
                ring.draw_note(painter, self.note, self.ring_at + QPointF(18, 18))


def draw_panes(
    painter: QPainter, panes: Sequence[Pane], size: tuple[float, float], ratio: float, *, is_split: bool
) -> None:
    """The split line, and what each part of the view shows."""
    if is_split:
        compare.draw_line(painter, panes[0].box[2] / ratio, size[1])
    metrics = painter.fontMetrics()
    for number, pane in enumerate(panes):
        if pane.label:
            box = QRectF(pane.box[0] / ratio, 0, (pane.box[2] - pane.box[0]) / ratio, size[1])
            at_right = (number == 0) if is_split else None
            label = compare.label_box(metrics.horizontalAdvance(pane.label), metrics.height(), box, at_right=at_right)
            if label.width() <= box.width():
                compare.draw_label(painter, pane.label, label)


def _around(points: Sequence[QPointF]) -> QRectF:
    xs, ys = [point.x() for point in points], [point.y() for point in points]
    return QRectF(min(xs) - 4, min(ys) - 4, max(xs) - min(xs) + 8, max(ys) - min(ys) + 8)
