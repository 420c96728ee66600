"""The history panel: every step with its thumbnail; a click goes there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from restorer_app.ui.theme import DARK, Colours

ROW_HEIGHT, LOW_ROW = 52, 34
THUMB, LOW_THUMB = QSize(56, 40), QSize(36, 26)
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True, eq=False)
class StepRow:
    """One step as the panel shows it."""

    title: str
    detail: str = ""
    thumb: QImage | None = None
    reachable: bool = True  # False: its pixels were let go to save space
    running: bool = False  # not a step yet: the job that will make it
    is_low: bool = False  # it changed no picture: twenty strokes of a mask would push every repair out of sight


class _Rows(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[StepRow] = []
        self.cursor = 0

    def show(self, rows: list[StepRow], cursor: int) -> None:
        self.beginResetModel()
        self.rows, self.cursor = rows, cursor
        self.endResetModel()

    def rowCount(self, _parent: _Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.title}. {row.detail}" if row.detail else row.title
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        row = self.rows[index.row()]
        return (
            Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
            if row.reachable and not row.running
            else Qt.ItemFlag.NoItemFlags
        )


class HistoryPanel(QListView):
    """Newest at the bottom; what was undone stays in sight, dim, until something new takes its place."""

    step_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = _Rows()
        self._look = _StepLook()
        self.setModel(self._rows)
        self.setItemDelegate(self._look)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("History"))
        self.setMinimumHeight(ROW_HEIGHT + 20)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # until there is a step
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)

    def show_steps(self, rows: list[StepRow], *, cursor: int) -> None:
        self._rows.show(rows, cursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if rows else Qt.FocusPolicy.NoFocus)
        if rows:
            self.setCurrentIndex(self._rows.index(cursor))
            self.scrollTo(self._rows.index(len(rows) - 1 if rows[-1].running else cursor))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The current step stays in sight when other panels take room."""
        super().resizeEvent(event)
        self.scrollTo(self._rows.index(self._rows.cursor))

    @property
    def titles(self) -> list[str]:
        return [row.title for row in self._rows.rows]

    @property
    def position(self) -> int:
        return self._rows.cursor

    def wear(self, colours: Colours) -> None:
        self._look.colours = colours
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(300, ROW_HEIGHT * min(max(len(self._rows.rows), 3), 6) + 8)

    def _choose(self, index: QModelIndex) -> None:
        row = self._rows.rows[index.row()]
        if row.reachable and not row.running and index.row() != self._rows.cursor:
            self.step_chosen.emit(index.row())


class _StepLook(QStyledItemDelegate):
    """Thumbnail, title, one line of detail; the current step on a soft accent."""

    def __init__(self) -> None:
        super().__init__()
        self.colours = DARK

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        model = index.model()
        assert isinstance(model, _Rows)
        return QSize(240, LOW_ROW if model.rows[index.row()].is_low else ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, _Rows)
        row, is_current = model.rows[index.row()], index.row() == model.cursor
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rect: QRect = option.rect.adjusted(12, 1, -12, -1)
        self._paint_ground(painter, rect, option, current=is_current)
        if option.state & QStyle.StateFlag.State_HasFocus:  # where the arrow keys are; Return goes there
            painter.setPen(QPen(QColor(self.colours.text), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect, 8, 8)
        is_future = index.row() > model.cursor
        painter.setOpacity(0.55 if (is_future or not row.reachable) and not row.running else 1)
        thumb = QRect(QPoint(0, 0), LOW_THUMB if row.is_low else THUMB)
        thumb.moveCenter(QPoint(rect.left() + 6 + THUMB.width() // 2, rect.center().y()))
        self._paint_thumb(painter, thumb, row)
        inset = 2 if row.is_low else 6
        self._paint_words(painter, rect.adjusted(THUMB.width() + 18, inset, -8, -inset), row, current=is_current)
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

    def _paint_words(self, painter: QPainter, place: QRect, row: StepRow, *, current: bool) -> None:
        big = QFont(painter.font())
        big.setPixelSize(12 if row.is_low else 13)
        big.setWeight(QFont.Weight.DemiBold if current else QFont.Weight.Normal)
        small = QFont(painter.font())
        small.setPixelSize(12)
        half = place.height() // 2
        upper = QRect(place.left(), place.top(), place.width(), half)
        lower = QRect(place.left(), place.top() + half, place.width(), half)
        is_faint = painter.opacity() < 1  # undone: dim as well, it could not be read
        is_dim = row.running or (row.is_low and not current and not is_faint)
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for font, area, text, colour in (
            (big, upper if row.detail else place, row.title, self.colours.dim if is_dim else self.colours.text),
            (small, lower, row.detail, self.colours.dim),
        ):
            painter.setFont(font)
            painter.setPen(QColor(colour))
            short = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, align, short)
