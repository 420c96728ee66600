"""The shortcut sheet: every key and gesture on one page, made from the table of commands."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QCoreApplication, QSize, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from restorer_app.session.command import Command
from restorer_app.session.commands import GESTURES, GROUPS, in_group
from restorer_app.ui.actions import group_title, keys_of, title_of
from restorer_app.ui.pieces import Column, label

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated

MOST = QSize(1180, 820)
FRAME = QSize(16, 48)  # what a window manager may put around it
_HANDS = "gestures"  # what hands do that is no command
COLUMNS = (  # as many as there is room for
    (900, (("tool", "mask", "edit"), ("view", "restore", "window"), ("file", _HANDS, "help"))),
    (640, (("tool", "mask", "restore", _HANDS), ("view", "file", "edit", "window", "help"))),
    (0, (("tool", "mask", "restore", "view", _HANDS, "file", "edit", "window", "help"),)),
)


class ShortcutsSheet(QDialog):
    """A page to look at; F1 or Esc closes it."""

    def __init__(self, parent: QWidget, *, room: QSize | None = None) -> None:
        """As large as its words need on the screen, or in other room; the window may be smaller."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys and gestures"))
        room = room or parent.screen().availableGeometry().size()
        width = min(MOST.width(), room.width() - FRAME.width())
        page = Column()
        columns = QHBoxLayout(page)
        columns.setContentsMargins(24, 12, 24, 12)
        columns.setSpacing(32)
        for groups in next(columns for least, columns in COLUMNS if width >= least):
            column = QVBoxLayout()
            column.setSpacing(12)
            for group in groups:
                column.addLayout(self._section_of(group))
            column.addStretch(1)
            columns.addLayout(column, 1)
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        self._area, self._columns = area, columns
        self._most = min(MOST.height(), room.height() - FRAME.height())
        self.resize(width, min(columns.totalHeightForWidth(width), self._most))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self._suit_words)  # which know their font only now

    def _suit_words(self) -> None:
        self._columns.activate()
        self.resize(self.width(), min(self._columns.totalHeightForWidth(self._area.viewport().width()), self._most))
        QTimer.singleShot(0, self, self._grow)

    def _grow(self) -> None:
        """The frame and what styles round."""
        lacking = self._area.verticalScrollBar().maximum()
        self.resize(self.width(), min(self.height() + lacking, self._most))

    def _section_of(self, group: str) -> QGridLayout:
        if group == _HANDS:
            gestures = [([translate("commands", keys)], translate("commands", what)) for keys, what in GESTURES]
            return _section(self.tr("With mouse and pen"), gestures)
        return _section(group_title(group), [_row(known) for known in in_group(group) if known.keys])

    def keyPressEvent(self, event: object) -> None:
        if event.key() in (Qt.Key.Key_F1, Qt.Key.Key_Escape):  # type: ignore[attr-defined]  # a QKeyEvent
            self.close()


def _row(command: Command) -> tuple[list[str], str]:
    return keys_of(command), title_of(command)


def _section(heading: str, rows: list[tuple[list[str], str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(1, 1)
    grid.addWidget(label(heading, rank="heading"), 0, 0, 1, 3)
    for place, (keys, what) in enumerate(rows, 1):
        grid.addWidget(_keycap(keys[0]), place, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        is_alone = len(keys) == 1
        grid.addWidget(label(what, wraps=True), place, 1, 1, 2 if is_alone else 1)
        if not is_alone:  # at the far end, where it takes no room from the others' words
            grid.addWidget(_keycap(keys[1]), place, 2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
    return grid


def _keycap(key: str) -> QLabel:
    cap = label(key, rank="keycap")
    cap.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return cap


assert all({*itertools.chain.from_iterable(columns)} == {*GROUPS, _HANDS} for _least, columns in COLUMNS)
