"""The composed screen: a buffer as large as the view, of which only what changed is drawn again."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter, QRegion

from restorer_app.ui.canvas.compare import Pane
from restorer_app.ui.canvas.compose import Scene, compose
from restorer_app.ui.canvas.overlay import as_rect
from restorer_app.ui.canvas.viewport import Box

_MOST_BOXES = 12  # from here on one box around all of them costs less


class Screen:
    """In device pixels throughout. What is spoiled is drawn at the next refresh, and nothing else."""

    def __init__(self) -> None:
        self._image = QImage()
        self._other = QImage()  # the shifted screen is drawn into it; the two take turns
        self._spoiled = QRegion()

    @property
    def image(self) -> QImage:
        return self._image

    @property
    def is_fresh(self) -> bool:
        return self._spoiled.isEmpty()

    def resize(self, width: int, height: int) -> None:
        if (self._image.width(), self._image.height()) != (width, height):
            self._image = QImage(width, height, QImage.Format.Format_RGB32)
            self._other = QImage(width, height, QImage.Format.Format_RGB32)
        self.spoil_all()

    def fill(self, colour: QColor) -> None:
        """No picture."""
        self._image.fill(colour)
        self._spoiled = QRegion()

    def spoil(self, box: Box) -> None:
        self._spoiled |= QRegion(as_rect(box))

    def spoil_all(self) -> None:
        self._spoiled = QRegion(self._image.rect())

    def shift(self, dx: int, dy: int, panes: Sequence[Pane], scene: Scene) -> None:
        """Moves what is drawn; only what comes into view is spoiled."""
        whole = self._image.rect()
        if len(panes) > 1 and not self._spoiled.isEmpty():
            self.spoil_all()
            return
        kept, moved = QRegion(), QRegion()
        with QPainter(self._other) as painter:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            for pane in panes:
                rect = as_rect(pane.box)
                painter.setClipRect(rect)
                painter.drawImage(dx, dy, self._image)
                kept |= QRegion(rect).intersected(QRegion(rect.translated(dx, dy)))
                moved |= QRegion(rect)
            painter.setClipping(False)
            for rect in _rects(QRegion(whole).subtracted(moved)):
                painter.fillRect(rect, scene.background)
        self._image, self._other = self._other, self._image
        self._spoiled = self._spoiled.translated(dx, dy).united(moved.subtracted(kept)).intersected(QRegion(whole))

    def refresh(self, panes: Sequence[Pane], scene: Scene, *, smooth: bool) -> None:
        if self._spoiled.isEmpty():
            return
        with QPainter(self._image) as painter:
            for rect in self._boxes():
                painter.resetTransform()
                painter.setClipping(False)
                if len(panes) > 1:  # the gap between two sides
                    painter.fillRect(rect, scene.background)
                box = (rect.left(), rect.top(), rect.right() + 1, rect.bottom() + 1)
                for pane in panes:
                    compose(painter, box, pane, scene, smooth=smooth)
        self._spoiled = QRegion()

    def _boxes(self) -> list[QRect]:
        region = self._spoiled.intersected(QRegion(self._image.rect()))
        return [region.boundingRect()] if region.rectCount() > _MOST_BOXES else _rects(region)


def _rects(region: QRegion) -> list[QRect]:
    rects: list[QRect] = list(region)  # type: ignore[call-overload]  # the stub does not know that it can be iterated
    return rects
