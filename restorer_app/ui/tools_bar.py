"""The tool bar on the left: one button a tool, undo and redo below."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QToolBar, QToolButton, QWidget

from restorer_app.session.commands import in_group
from restorer_app.ui.actions import Actions

_BELOW = ("view.compare", "view.fit", "edit.undo", "edit.redo")


class ToolsBar(QToolBar):
    """Icons only; the tooltip has the name, the key and a sentence."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tools")
        self.setWindowTitle(self.tr("Tools"))
        self.setOrientation(Qt.Orientation.Vertical)
        self.setIconSize(QSize(20, 20))
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        group = QActionGroup(self)
        group.setExclusive(True)
        for known in in_group("tool"):
            if known.method == "choose_tool":
                group.addAction(actions[known.id])
                self._add(actions, known.id)
        self.addSeparator()
        for command_id in _BELOW:
            self._add(actions, command_id)

    def _add(self, actions: Actions, command_id: str) -> None:
        self.addAction(actions[command_id])
        button = self.widgetForAction(actions[command_id])
        assert isinstance(button, QToolButton)  # what a tool bar makes of an action
        button.setFixedSize(QSize(34, 34))
        button.setAccessibleName(actions[command_id].text())
