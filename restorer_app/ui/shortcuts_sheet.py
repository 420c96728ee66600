"""The shortcut sheet: every key and gesture on one page, made from the table of commands."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from restorer_app.session.command import Command
from restorer_app.session.commands import GESTURES, GROUPS, in_group
from restorer_app.ui.actions import group_title, keys_of, title_of
from restorer_app.ui.pieces import label

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated

COLUMNS = (("tool", "mask"), ("restore", "view"), ("file", "edit", "window", "help"))


class ShortcutsSheet(QDialog):
    """A page to look at; F1 or Esc closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys and gestures"))
        page = QWidget()
        columns = QHBoxLayout(page)
        columns.setContentsMargins(24, 16, 24, 24)
        columns.setSpacing(40)
        for place, groups in enumerate(COLUMNS):
            column = QVBoxLayout()
            column.setSpacing(20)
            for group in groups:
                column.addLayout(_section(group_title(group), [_row(known) for known in in_group(group) if known.keys]))
            if place == 1:
                gestures = [([translate("commands", keys)], translate("commands", what)) for keys, what in GESTURES]
                column.addLayout(_section(self.tr("With mouse and pen"), gestures))
            column.addStretch(1)
            columns.addLayout(column)
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        self.resize(min(1180, parent.width()), min(760, parent.height()))

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


assert {group for column in COLUMNS for group in column} == set(GROUPS)
