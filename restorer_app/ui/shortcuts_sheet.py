"""The shortcut sheet: every key and gesture on one page, made from the table of commands."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from restorer_app.session.command import Command
from restorer_app.session.commands import GESTURES, GROUPS, in_group
from restorer_app.ui.actions import group_title, keys_of, title_of
from restorer_app.ui.pieces import label

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated

_HANDS = "gestures"  # what hands do that is no command
COLUMNS = (  # as many as there is room for
    (1080, (("tool", "mask"), ("restore", "view", _HANDS), ("file", "edit", "window", "help"))),
    (680, (("tool", "mask", "restore", _HANDS), ("view", "file", "edit", "window", "help"))),
    (0, (("tool", "mask", "restore", "view", _HANDS, "file", "edit", "window", "help"),)),
)


class ShortcutsSheet(QDialog):
    """A page to look at; F1 or Esc closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys and gestures"))
        width = min(1180, parent.width())
        page = QWidget()
        columns = QHBoxLayout(page)
        columns.setContentsMargins(24, 16, 24, 24)
        columns.setSpacing(40)
        for groups in next(columns for least, columns in COLUMNS if width >= least):
            column = QVBoxLayout()
            column.setSpacing(20)
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
        self.resize(width, min(820, parent.height()))

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
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(1, 1)
    grid.addWidget(label(heading, rank="heading"), 0, 0, 1, 2)
    for place, (keys, what) in enumerate(rows, 1):
        grid.addLayout(_keycaps(keys), place, 0)
        grid.addWidget(label(what, wraps=True), place, 1)
    return grid


def _keycaps(keys: list[str]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)
    for key in keys:
        cap = label(key, rank="keycap")
        cap.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row.addWidget(cap, 0, Qt.AlignmentFlag.AlignTop)
    row.addStretch(1)
    return row


assert all({*itertools.chain.from_iterable(columns)} == {*GROUPS, _HANDS} for _least, columns in COLUMNS)
