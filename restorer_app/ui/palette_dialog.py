"""The command palette: finds a command by any words of its name."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from restorer_app.session.command import Command
from restorer_app.session.commands import COMMANDS, found
from restorer_app.ui.actions import Actions, group_title, hint_of, keys_of, title_of
from restorer_app.ui.theme import DARK, Colours

WIDTH, ROWS, ROW_HEIGHT = 560, 9, 40
_COMMAND = Qt.ItemDataRole.UserRole


class Palette(QFrame):
    """Opens over the window; Return carries out, Esc or a click elsewhere closes."""

    chosen = Signal(str)

    def __init__(self, window: QWidget, actions: Actions) -> None:
        super().__init__(window, Qt.WindowType.Popup)
        self.setObjectName("palette")
        self.setAccessibleName(self.tr("Find a command"))
        self._actions = actions
        self._look = _Look()
        self._field = QLineEdit()
        self._field.setPlaceholderText(self.tr("What do you want to do?"))
        self._field.setAccessibleName(self.tr("Words of a command"))
        self._field.textChanged.connect(self._search)
        self._field.installEventFilter(self)
        self._list = QListWidget()
        self._list.setItemDelegate(self._look)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setUniformItemSizes(True)
        self._list.setAccessibleName(self.tr("Commands"))
        self._list.itemClicked.connect(self._carry_out)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 8)
        column.setSpacing(6)
        column.addWidget(self._field)
        column.addWidget(self._list)
        self.setFixedWidth(WIDTH)

    def wear(self, colours: Colours) -> None:
        self._look.colours = colours

    def open_over(self, window: QWidget) -> None:
        self._field.clear()
        self._search("")
        self.setFixedHeight(58 + ROWS * ROW_HEIGHT)
        top = window.mapToGlobal(window.rect().topLeft())
        self.move(top.x() + (window.width() - WIDTH) // 2, top.y() + 8)
        self.show()
        self._field.setFocus()

    @property
    def titles(self) -> list[str]:
        return [self._list.item(row).text() for row in range(self._list.count())]

    @property
    def field(self) -> QLineEdit:
        return self._field

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._field or event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._carry_out(self._list.currentItem())
        elif key == Qt.Key.Key_Down:
            self._move(1)
        elif key == Qt.Key.Key_Up:
            self._move(-1)
        elif key == Qt.Key.Key_Escape:
            self.close()
        else:
            return False
        return True

    def _move(self, by: int) -> None:
        if self._list.count():
            self._list.setCurrentRow((self._list.currentRow() + by) % self._list.count())

    def _search(self, words: str) -> None:
        """What can be done now comes first; the rest stays in sight, dim, so that it can be learned."""
        self._list.clear()
        hits = [hit for hit in found(words, _translated()) if hit.method != "find_command"]
        for command in sorted(hits, key=lambda hit: not self._actions.is_possible(hit)):
            item = QListWidgetItem(title_of(command))
            item.setData(_COMMAND, command)
            if not self._actions.is_possible(command):
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self._list.addItem(item)
        self._list.setCurrentRow(0)

    def _carry_out(self, item: QListWidgetItem | None) -> None:
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        command: Command = item.data(_COMMAND)
        self.close()
        self.chosen.emit(command.id)


def _translated() -> tuple[Command, ...]:
    """People search in their own language."""
    return tuple(replace(command, title=title_of(command), hint=hint_of(command)) for command in COMMANDS)


class _Look(QStyledItemDelegate):
    """Title and group on the left, the key on the right."""

    def __init__(self) -> None:
        super().__init__()
        self.colours = DARK

    def sizeHint(self, _option: QStyleOptionViewItem, _index: object) -> QSize:
        return QSize(WIDTH - 20, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: object) -> None:
        command: Command = index.data(_COMMAND)  # type: ignore[attr-defined]  # a model index
        rect: QRect = option.rect.adjusted(8, 1, -8, -1)
        possible = bool(option.state & QStyle.StateFlag.State_Enabled)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected and possible:
            painter.setPen(QColor(self.colours.accent))
            painter.setBrush(QColor(self.colours.accent_soft))
            painter.drawRoundedRect(rect, 6, 6)
        painter.setOpacity(1.0 if possible else 0.45)
        self._paint_words(painter, rect.adjusted(10, 0, -10, 0), command)
        painter.restore()

    def _paint_words(self, painter: QPainter, rect: QRect, command: Command) -> None:
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        keys = keys_of(command)
        painter.setPen(QColor(self.colours.dim))
        painter.drawText(rect, right, keys[0] if keys else "")
        key_width = painter.fontMetrics().horizontalAdvance(keys[0]) + 16 if keys else 0
        painter.setPen(QColor(self.colours.text))
        title = title_of(command)
        painter.drawText(rect, left, title)
        small = QFont(painter.font())
        small.setPixelSize(12)
        start = painter.fontMetrics().horizontalAdvance(title) + 12
        painter.setFont(small)
        painter.setPen(QColor(self.colours.dim))
        room = rect.width() - start - key_width
        note = hint_of(command) or group_title(command.group)
        short = painter.fontMetrics().elidedText(note, Qt.TextElideMode.ElideRight, room)
        painter.drawText(rect.adjusted(start, 1, 0, 1), left, short)
