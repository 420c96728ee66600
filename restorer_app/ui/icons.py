"""Icons: our SVG files, drawn sharp at any scale and coloured for the theme in use."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from restorer_app.ui.theme import ICONS, Colours

MARK = "restorer"  # the program's own icon has its own colours


@cache
def _source(name: str) -> str:
    return (ICONS / f"{name}.svg").read_text("utf-8")


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))


def icon(name: str, colours: Colours, *, colour: str = "") -> QIcon:
    """An icon of `resources/icons`: dim when disabled, the accent when switched on."""
    return QIcon(_Engine(name, colour or colours.text, colours))


def mark() -> QIcon:
    return QIcon(str(ICONS / f"{MARK}.svg"))


def pixmap(name: str, colour: str, *, size: int, ratio: float) -> QPixmap:
    """A picture of an icon for a label; `ratio` is the screen's pixels to a point."""
    drawn = QPixmap(round(size * ratio), round(size * ratio))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    with QPainter(drawn) as painter:
        _renderer(name, colour).render(painter, QRectF(0, 0, size, size))
    return drawn


def write_for_style(folder: Path, colours: Colours) -> None:
    """Style sheets can only name files: the few glyphs that ours names, in the theme's colours."""
    for name, colour in (("check", colours.accent), ("tick", colours.accent_text), ("down", colours.dim)):
        (folder / f"{name}.svg").write_text(_source(name).replace("currentColor", colour), "utf-8")


class _Engine(QIconEngine):
    """Draws from the SVG whenever asked, so that no scale factor finds a stretched bitmap."""

    def __init__(self, name: str, colour: str, colours: Colours) -> None:
        super().__init__()
        self._name = name
        self._colour = colour
        self._colours = colours

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        faded = mode == QIcon.Mode.Disabled
        colour = self._colours.accent if state == QIcon.State.On and not faded else self._colour
        painter.save()
        painter.setOpacity(0.4 if faded else 1.0)
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        _renderer(self._name, colour).render(painter, square)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        drawn = QPixmap(size)
        drawn.fill(Qt.GlobalColor.transparent)
        with QPainter(drawn) as painter:
            self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        return drawn

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        """For a screen with so many pixels a point; the size is in points."""
        drawn = self.pixmap((size.toSizeF() * scale).toSize(), mode, state)
        drawn.setDevicePixelRatio(scale)
        return drawn

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._colour, self._colours)
