"""The film strip: every open picture as a thumbnail; a click shows it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QIcon, QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from restorer_app.ui.theme import DARK, Colours
from restorer_app.ui.wording import shortened

FRAME = QSize(96, 72)
CAPTION = 16  # look-alike scans are told apart by their names
_CAPTION_LETTERS = 11
LEAST = QSize(2, 2)  # of a thumbnail: a strip of film is 400 times as long as it is high


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One open picture as the strip shows it."""

    name: str
    thumb: QImage | None = None
    unsaved: bool = False

    def looks_like(self, other: Frame) -> bool:
        return (self.name, self.unsaved) == (other.name, other.unsaved) and self.thumb is other.thumb


class FilmStrip(QListWidget):
    """One row that scrolls sideways."""

    chosen = Signal(int)
    close_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("film")
        self.setAccessibleName(self.tr("Open pictures"))
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListWidget.Movement.Static)
        self.setDragDropMode(QListWidget.DragDropMode.NoDragDrop)  # what is dropped here is for the window
        self.setIconSize(FRAME)
        self.setSpacing(4)
        self.setFixedHeight(FRAME.height() + CAPTION + 24)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._look = _FrameLook()
        self.setItemDelegate(self._look)
        self._frames: list[Frame] = []
        self.currentRowChanged.connect(self._told)
        self.customContextMenuRequested.connect(self._menu)

    def show_frames(self, frames: list[Frame], *, current: int) -> None:
        self.blockSignals(True)
        while self.count() > len(frames):
            self.takeItem(self.count() - 1)
        while self.count() < len(frames):
            self.addItem(QListWidgetItem())
        for place, frame in enumerate(frames):
            before = self._frames[place] if place < len(self._frames) else None
            if before is None or not frame.looks_like(before):
                _fill(self.item(place), frame, self.tr("not saved"))
        is_other = current != self.currentRow() or len(frames) != len(self._frames)
        self._frames = frames
        self.setCurrentRow(current)
        self.blockSignals(False)
        if is_other and 0 <= current < self.count():
            self.scrollToItem(self.item(current))

    def wear(self, colours: Colours) -> None:
        self._look.colours = colours
        self.viewport().update()

    def _told(self, row: int) -> None:
        if row >= 0:
            self.chosen.emit(row)

    def _menu(self, at: QPoint) -> None:
        item = self.itemAt(at)
        if item is None:
            return
        menu = QMenu(self)
        close = QAction(self.tr("Close {name}").format(name=shortened(self._frames[self.row(item)].name)), menu)
        close.triggered.connect(lambda: self.close_asked.emit(self.row(item)))
        menu.addAction(close)
        menu.popup(self.viewport().mapToGlobal(at))


def _fill(item: QListWidgetItem, frame: Frame, unsaved: str) -> None:
    item.setSizeHint(QSize(FRAME.width() + 4, FRAME.height() + CAPTION + 4))
    name = f"{frame.name}, {unsaved}" if frame.unsaved else frame.name
    item.setToolTip(name)
    item.setData(Qt.ItemDataRole.AccessibleTextRole, name)
    item.setData(Qt.ItemDataRole.UserRole, frame.unsaved)
    item.setData(Qt.ItemDataRole.UserRole + 1, frame.name)
    item.setIcon(QIcon(QPixmap.fromImage(frame.thumb)) if frame.thumb is not None else QIcon())


class _FrameLook(QStyledItemDelegate):
    def __init__(self) -> None:
        super().__init__()
        self.colours = DARK

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: object) -> None:
        whole: QRect = option.rect.adjusted(2, 2, -4, -2)  # the frame of the last one is not cut off
        rect = whole.adjusted(0, 0, 0, -CAPTION)
        view = option.widget
        assert isinstance(view, FilmStrip)
        row = index.row()  # type: ignore[attr-defined]  # a model index
        item = view.item(row)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(rect, QColor(self.colours.surround))
        self._paint_picture(painter, rect, item)
        self._paint_caption(painter, QRect(whole.left(), rect.bottom() + 3, whole.width(), CAPTION), item)
        if row == view.currentRow():
            has_focus = bool(option.state & QStyle.StateFlag.State_HasFocus)
            painter.setPen(QPen(QColor(self.colours.text if has_focus else self.colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(-1, -1, 1, 1), 4, 4)
        if item.data(Qt.ItemDataRole.UserRole):
            painter.setPen(QPen(QColor(self.colours.pill), 1.5))
            painter.setBrush(QColor(self.colours.accent))
            painter.drawEllipse(rect.topRight() + QPoint(-9, 9), 5, 5)
        painter.restore()

    def _paint_caption(self, painter: QPainter, room: QRect, item: QListWidgetItem) -> None:
        """The end of a name says most: plates of a box differ in their numbers."""
        font = painter.font()
        font.setPixelSize(_CAPTION_LETTERS)
        painter.setFont(font)
        painter.setPen(QColor(self.colours.dim))
        name = str(item.data(Qt.ItemDataRole.UserRole + 1))
        told = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, told)

    def _paint_picture(self, painter: QPainter, rect: QRect, item: QListWidgetItem) -> None:
        icon = item.icon()
        if icon.isNull():
            painter.setPen(QColor("#ffffff"))
            name = str(item.data(Qt.ItemDataRole.UserRole + 1))
            painter.drawText(rect.adjusted(4, 4, -4, -4), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, name)
            return
        sizes = icon.availableSizes()
        whole = sizes[0] if sizes else FRAME
        size = whole.scaled(rect.size(), Qt.AspectRatioMode.KeepAspectRatio).expandedTo(LEAST)
        target = QRect(QPoint(0, 0), size)
        target.moveCenter(rect.center())
        painter.drawPixmap(target, icon.pixmap(whole))
