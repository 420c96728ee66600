"""What the stage says while files are held over the window."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from restorer_app.ui.theme import DARK, Colours

_INSET, _ROUND, _LINE = 8, 10, 2


class DropHint(QWidget):
    """A frame around the whole of its parent, with a word on what letting go will do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._colours = DARK
        self._said = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @property
    def text(self) -> str:
        return self._said

    def say(self, count: int) -> None:
        """So many files; 0 is a picture without a file."""
        if count == 0:
            self._said = self.tr("Let go to open the picture")
        elif count == 1:
            self._said = self.tr("Let go to open the file")
        else:
            self._said = self.tr("Let go to open {count} files").format(count=count)
        self.setAccessibleName(self._said)
        parent = self.parentWidget()
        assert parent is not None  # it lies over something
        self.setGeometry(parent.rect())
        self.show()
        self.raise_()

    def wear(self, colours: Colours) -> None:
        self._colours = colours
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            veil = QColor(self._colours.window)
            veil.setAlphaF(0.45)
            painter.fillRect(self.rect(), veil)
            painter.setPen(QPen(QColor(self._colours.accent), _LINE))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(_INSET, _INSET, -_INSET, -_INSET), _ROUND, _ROUND)
            place = QRect(0, 0, self.fontMetrics().horizontalAdvance(self._said) + 40, 38)
            place.moveCenter(self.rect().center())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._colours.pill))
            painter.drawRoundedRect(place, place.height() / 2, place.height() / 2)
            painter.setPen(QColor(self._colours.pill_text))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self._said)
