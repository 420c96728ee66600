"""How a row of the history is drawn: thumbnail, title, one line of detail."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from restorer_app.ui.icons import icon
from restorer_app.ui.panels.step_rows import Line, StepRow
from restorer_app.ui.theme import DARK

ROW_HEIGHT, LOW_ROW, INSIDE_ROW = 52, 34, 30
THUMB, LOW_THUMB = QSize(56, 40), QSize(36, 26)
_INDENT = 20  # of the steps that an open row shows
_ARROW = 16
_Index = QModelIndex | QPersistentModelIndex


class StepLook(QStyledItemDelegate):
    """The current step on a soft accent; what was undone dim; a row of several with an arrow that opens it."""

    def __init__(self, line_at: Callable[[int], Line], cursor: Callable[[], int]) -> None:
        super().__init__()
        self.colours = DARK
        self._line_at = line_at
        self._cursor = cursor

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        line = self._line_at(index.row())
        return QSize(240, INSIDE_ROW if line.is_inside else LOW_ROW if line.row.is_low else ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        line, cursor = self._line_at(index.row()), self._cursor()
        row = line.row
        is_current = line.first <= cursor <= line.last and not line.is_open
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rect: QRect = option.rect.adjusted(12 + (_INDENT if line.is_inside else 0), 1, -12, -1)
        self._paint_ground(painter, rect, option, current=is_current)
        if option.state & QStyle.StateFlag.State_HasFocus:  # where the arrow keys are; Return goes there
            painter.setPen(QPen(QColor(self.colours.text), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect, 8, 8)
        painter.setOpacity(0.55 if (line.first > cursor or not row.reachable) and not row.running else 1)
        thumb = QRect(QPoint(0, 0), LOW_THUMB if row.is_low or line.is_inside else THUMB)
        thumb.moveCenter(QPoint(rect.left() + 6 + THUMB.width() // 2, rect.center().y()))
        self._paint_thumb(painter, thumb, row)
        right = rect.right() - 8
        if line.is_head:
            arrow = arrow_place(option.rect)
            name = "down" if line.is_open else "next"
            icon(name, self.colours, colour=self.colours.dim).paint(painter, arrow)
            right = arrow.left() - 4
        is_one_line = line.is_inside or row.is_low
        inset = 2 if is_one_line else 6
        words = QRect(QPoint(rect.left() + THUMB.width() + 18, rect.top() + inset), rect.bottomRight())
        words.setRight(right)
        words.setBottom(rect.bottom() - inset)
        self._paint_words(painter, words, row, current=is_current, one_line=is_one_line)
        painter.restore()

    def _paint_ground(self, painter: QPainter, rect: QRect, option: QStyleOptionViewItem, *, current: bool) -> None:
        state: QStyle.StateFlag = option.state
        if current:
            painter.setPen(QPen(QColor(self.colours.accent), 1))
            painter.setBrush(QColor(self.colours.accent_soft))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.colours.raised))
        else:
            return
        painter.drawRoundedRect(rect, 8, 8)

    def _paint_thumb(self, painter: QPainter, place: QRect, row: StepRow) -> None:
        painter.fillRect(place, QColor(self.colours.surround))
        if row.thumb is None or row.thumb.isNull():
            return
        size = row.thumb.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(2, 2))
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(place.center())
        painter.drawImage(target, row.thumb)

    def _paint_words(self, painter: QPainter, place: QRect, row: StepRow, *, current: bool, one_line: bool) -> None:
        big = QFont(painter.font())
        big.setPixelSize(12 if one_line else 13)
        big.setWeight(QFont.Weight.DemiBold if current else QFont.Weight.Normal)
        small = QFont(painter.font())
        small.setPixelSize(12)
        is_faint = painter.opacity() < 1  # undone: dim as well, it could not be read
        is_dim = row.running or (one_line and not current and not is_faint)
        colour = self.colours.dim if is_dim else self.colours.text
        if one_line:
            used = _write(painter, place, big, row.title, colour)
            place.setLeft(place.left() + used + 8)
            if row.kin is not None and place.width() > 0:
                _write(painter, place, small, row.detail, self.colours.dim, flag=Qt.AlignmentFlag.AlignRight)
            return
        half = place.height() // 2
        upper = QRect(place.left(), place.top(), place.width(), half if row.detail else place.height())
        _write(painter, upper, big, row.title, colour)
        lower = QRect(place.left(), place.top() + half, place.width(), half)
        _write(painter, lower, small, row.detail, self.colours.dim)


def arrow_place(row: QRect) -> QRect:
    """Where in a row the arrow stands that opens it."""
    place = QRect(0, 0, _ARROW, _ARROW)
    place.moveCenter(QPoint(row.right() - 12 - 8 - _ARROW // 2, row.center().y()))
    return place


def _write(
    painter: QPainter,
    place: QRect,
    font: QFont,
    text: str,
    colour: str,
    *,
    flag: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> int:
    """One line, shortened where there is no room; tells how wide it came out."""
    painter.setFont(font)
    painter.setPen(QColor(colour))
    short = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, flag | Qt.AlignmentFlag.AlignVCenter, short)
    return painter.fontMetrics().horizontalAdvance(short)
