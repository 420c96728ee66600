"""The composed screen: a buffer as large as the view, of which only what changed is drawn again."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter, QRegion

from restorer_app.ui.canvas.compare import Pane
from restorer_app.ui.canvas.compose import Scene, compose_ground, compose_masks
from restorer_app.ui.canvas.overlay import as_rect, rects_of
from restorer_app.ui.canvas.viewport import Box

_MOST_BOXES = 12  # from here on one box around all of them costs less
_NEARLY_ONE = 1.6  # times the area of all boxes: up to here, too; each box costs as much as forty thousand pixels
_BLOCK = 128  # device pixels
_MOST_GROUND = 0.5  # of the screen; a change of more than that seldom comes again, and is drawn as it is


class Screen:
    """In device pixels throughout. What is spoiled is drawn at the next refresh, and nothing else."""

    def __init__(self) -> None:
        self._image = QImage()
        self._other = QImage()  # the shifted screen is drawn into it; the two take turns
        self._ground = Ground()
        self._spoiled = QRegion()
        self._masks_spoiled = QRegion()  # what lies under them has not changed

    @property
    def image(self) -> QImage:
        return self._image

    @property
    def is_fresh(self) -> bool:
        return self._spoiled.isEmpty() and self._masks_spoiled.isEmpty()

    def resize(self, width: int, height: int) -> None:
        if (self._image.width(), self._image.height()) != (width, height):
            self._image = QImage(width, height, QImage.Format.Format_RGB32)
            self._other = QImage(width, height, QImage.Format.Format_RGB32)
        self.spoil_all()

    def fill(self, colour: QColor) -> None:
        """No picture."""
        self._image.fill(colour)
        self._forget()

    def spoil(self, box: Box) -> None:
        self._spoiled |= QRegion(as_rect(box))
        self._ground.spoil(box)

    def spoil_masks(self, box: Box) -> None:
        self._masks_spoiled |= QRegion(as_rect(box))

    def spoil_all(self) -> None:
        self._forget()
        self._spoiled = QRegion(self._image.rect())

    def _forget(self) -> None:
        self._spoiled, self._masks_spoiled = QRegion(), QRegion()
        self._ground.clear()

    def shift(self, dx: int, dy: int, panes: Sequence[Pane], scene: Scene) -> None:
        """Moves what is drawn; only what comes into view is spoiled."""
        whole = self._image.rect()
        if len(panes) > 1 and not self.is_fresh:
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
            for rect in rects_of(QRegion(whole).subtracted(moved)):
                painter.fillRect(rect, scene.background)
        self._image, self._other = self._other, self._image
        stale = self._spoiled.united(self._masks_spoiled).translated(dx, dy).united(moved.subtracted(kept))
        self._forget()
        self._spoiled = stale.intersected(QRegion(whole))

    def refresh(self, panes: Sequence[Pane], scene: Scene, *, smooth: bool) -> None:
        if self.is_fresh:
            return
        whole = QRegion(self._image.rect())
        over = _boxes(self._masks_spoiled.subtracted(self._spoiled).intersected(whole))
        if sum(map(_area, over)) > _area(self._image.rect()) * _MOST_GROUND:
            self._spoiled |= self._masks_spoiled
            over = []
        self._ground.prepare(over, self._image, panes, scene, smooth=smooth)
        with QPainter(self._image) as painter:
            for rect in over:
                painter.resetTransform()
                painter.setClipping(False)
                painter.drawImage(rect, self._ground.image, rect)
                _compose(painter, rect, panes, scene, smooth=smooth, masks_only=True)
            for rect in _boxes(self._spoiled.intersected(whole)):
                _compose(painter, rect, panes, scene, smooth=smooth)
        self._spoiled, self._masks_spoiled = QRegion(), QRegion()


class Ground:
    """Background and picture without any mask, drawn block by block when a stroke first comes near.

    Scaling the picture costs several times as much as laying a mask over it, and a stroke lays it over the same
    places again and again. Only what lies under strokes is kept, so that looking around costs nothing more.
    """

    def __init__(self) -> None:
        self.image = QImage()
        self._drawn: set[tuple[int, int]] = set()

    def clear(self) -> None:
        self._drawn.clear()

    def spoil(self, box: Box) -> None:
        if self._drawn:
            self._drawn.difference_update(_blocks(as_rect(box)))

    def prepare(
        self, rects: Sequence[QRect], screen: QImage, panes: Sequence[Pane], scene: Scene, *, smooth: bool
    ) -> None:
        """Draws what is missing of some places."""
        if not rects:
            return
        if self.image.size() != screen.size():
            self.image = QImage(screen.size(), screen.format())
            self._drawn.clear()
        missing = {block for rect in rects for block in _blocks(rect)} - self._drawn
        wanted = QRegion()
        for row, column in missing:
            wanted |= QRegion(column * _BLOCK, row * _BLOCK, _BLOCK, _BLOCK)
        with QPainter(self.image) as painter:
            for rect in _boxes(wanted.intersected(QRegion(screen.rect()))):
                _draw_ground(painter, rect, panes, scene, smooth=smooth)
        self._drawn |= missing


def _compose(
    painter: QPainter, rect: QRect, panes: Sequence[Pane], scene: Scene, *, smooth: bool, masks_only: bool = False
) -> None:
    if not masks_only:
        _draw_ground(painter, rect, panes, scene, smooth=smooth)
    for pane in panes:
        compose_masks(painter, _box(rect), pane, scene, smooth=smooth)


def _draw_ground(painter: QPainter, rect: QRect, panes: Sequence[Pane], scene: Scene, *, smooth: bool) -> None:
    painter.resetTransform()
    painter.setClipping(False)
    if len(panes) > 1:  # the gap between two sides
        painter.fillRect(rect, scene.background)
    for pane in panes:
        compose_ground(painter, _box(rect), pane, scene, smooth=smooth)


def _box(rect: QRect) -> Box:
    return rect.left(), rect.top(), rect.right() + 1, rect.bottom() + 1


def _area(rect: QRect) -> int:
    return rect.width() * rect.height()


def _blocks(rect: QRect) -> Iterator[tuple[int, int]]:
    rows = range(rect.top() // _BLOCK, rect.bottom() // _BLOCK + 1)
    return itertools.product(rows, range(rect.left() // _BLOCK, rect.right() // _BLOCK + 1))


def _boxes(region: QRegion) -> list[QRect]:
    rects, around = rects_of(region), region.boundingRect()
    is_nearly_one = _area(around) <= sum(map(_area, rects)) * _NEARLY_ONE
    return [around] if len(rects) > _MOST_BOXES or (is_nearly_one and len(rects) > 1) else rects
