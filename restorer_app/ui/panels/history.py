"""The history panel: every step with its thumbnail; a click goes there."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QListView, QWidget

from restorer_app.ui.panels.step_look import ROW_HEIGHT, StepLook, arrow_place
from restorer_app.ui.panels.step_rows import Line, StepRow, folded, line_of
from restorer_app.ui.theme import Colours

_Index = QModelIndex | QPersistentModelIndex
_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Select)


class _Lines(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self.cursor = 0

    def show(self, lines: list[Line], cursor: int, *, is_other: bool = False) -> bool:
        """Whether rows came, went or became others; where not, a press or a row in focus is not disturbed."""
        if not is_other and cursor == self.cursor and list(map(_shape, lines)) == list(map(_shape, self.lines)):
            self.lines = lines
            if lines:
                self.dataChanged.emit(self.index(0), self.index(len(lines) - 1))
            return False
        self.beginResetModel()
        self.lines, self.cursor = lines, cursor
        self.endResetModel()
        return True

    def rowCount(self, _parent: _Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return len(self.lines)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return line.row.title
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._told(line)
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        line = self.lines[index.row()]
        if line.row.running or not (line.row.reachable or line.is_head):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def _told(self, line: Line) -> str:
        parts = [line.row.title, line.row.detail]
        if line.is_head:
            parts.append(
                self.tr("The arrow puts them together again (←)")
                if line.is_open
                else self.tr("The arrow shows them one by one (→)")
            )
        return ". ".join(part for part in parts if part)


class HistoryPanel(QListView):
    """Newest at the bottom; what was undone stays in sight, dim, until something new takes its place.

    Strokes that follow each other are one row; it opens by its arrow. Undo takes one stroke at a time all the same.
    """

    step_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: list[StepRow] = []
        self._of: object = None
        self._opened: set[int] = set()  # first steps of rows that show theirs
        self._pressed = QPoint(-1, -1)
        self._model = _Lines()
        self._look = StepLook(lambda place: self._model.lines[place], lambda: self._model.cursor)
        self.setModel(self._model)
        self.setItemDelegate(self._look)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("History"))
        self.setMinimumHeight(ROW_HEIGHT + 20)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # until there is a step
        self.clicked.connect(self._take_click)

    def show_steps(self, steps: list[StepRow], *, cursor: int, of: object = None) -> None:
        """`of` is the picture: in another one, nothing has been opened."""
        is_other = of is not self._of
        if is_other:
            self._of, self._opened = of, set()
        self._steps = steps
        self._show(cursor, is_other=is_other)
        # by keyboard only: after a click, Return repairs what is painted
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if steps else Qt.FocusPolicy.NoFocus)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The current step stays in sight when other panels take room."""
        super().resizeEvent(event)
        self.scrollTo(self._model.index(line_of(self._model.lines, self._model.cursor)))

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Title and detail of every row that is shown."""
        return [(line.row.title, line.row.detail) for line in self._model.lines]

    def wear(self, colours: Colours) -> None:
        self._look.colours = colours
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(300, ROW_HEIGHT * min(max(len(self._model.lines), 3), 6) + 8)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position().toPoint()
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return goes to the step in focus; right and left open and close a row of several."""
        place = self.currentIndex().row()
        if event.key() in _RETURN and place >= 0:
            self._go(self._model.lines[place])
        elif event.key() == Qt.Key.Key_Right and place >= 0 and self._model.lines[place].is_head:
            self._open(self._model.lines[place], is_open=True)
        elif event.key() == Qt.Key.Key_Left and place >= 0 and (head := self._head_of(place)) is not None:
            self._open(head, is_open=False)
        else:
            super().keyPressEvent(event)

    def _show(self, cursor: int, *, is_other: bool) -> None:
        lines = folded(self._steps, cursor=cursor, opened=self._opened)
        if self._model.show(lines, cursor, is_other=is_other) and lines:
            here = line_of(lines, cursor)
            self.setCurrentIndex(self._model.index(here))
            self.scrollTo(self._model.index(len(lines) - 1 if lines[-1].row.running else here))

    def _take_click(self, index: QModelIndex) -> None:
        line = self._model.lines[index.row()]
        is_there = line.last == self._model.cursor
        if line.is_head and (is_there or _is_on(arrow_place(self.visualRect(index)), self._pressed)):
            self._open(line, is_open=not line.is_open)
        else:
            self._go(line)

    def _go(self, line: Line) -> None:
        """To the step; to the last one where a row stands for several."""
        if line.row.reachable and not line.row.running and line.last != self._model.cursor:
            self.step_chosen.emit(line.last)

    def _head_of(self, place: int) -> Line | None:
        """The row of several that a row is, or is shown by."""
        inside = self._model.lines[place]
        heads = (line for line in self._model.lines if line.is_head)
        return next((head for head in heads if head.first <= inside.first <= head.last), None)

    def _open(self, head: Line, *, is_open: bool) -> None:
        self._opened = self._opened | {head.first} if is_open else self._opened - {head.first}
        cursor = self._model.cursor
        self._model.show(folded(self._steps, cursor=cursor, opened=self._opened), cursor)
        place = next(row for row, line in enumerate(self._model.lines) if line.is_head and line.first == head.first)
        self.setCurrentIndex(self._model.index(place))
        if is_open:  # as many of its steps as there is room for, and the row itself
            self.scrollTo(self._model.index(place + head.last - head.first + 1))
        self.scrollTo(self._model.index(place))


def _shape(line: Line) -> tuple[object, ...]:
    """What a row is, whatever it shows at the moment."""
    row = line.row
    return line.first, line.last, line.is_open, line.is_inside, row.reachable, row.running, row.is_low, row.title


def _is_on(arrow: QRect, point: QPoint) -> bool:
    """A finger's breadth around it counts, and all of the row's end."""
    return arrow.adjusted(-8, -20, 40, 20).contains(point)
