"""The row at the top: menus made from the table of commands, the search field, the button that saves."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QMenuBar, QPushButton, QSizePolicy, QWidget

from restorer_app.session.commands import GROUPS, command, in_group
from restorer_app.ui.actions import Actions, group_title, keys_of
from restorer_app.ui.pieces import button, label
from restorer_app.ui.wording import shortened

_LEAST_SEARCH = 96

# after which commands a menu draws a line
_LINES = frozenset({
    "file.sample", "file.save_as", "file.previous", "file.previous_page", "file.settings", "mask.protect",
    "mask.feather", "mask.reselect", "mask.save", "view.farther", "view.overlay", "restore.after_each_stroke",
    "restore.upscale_4", "tool.box", "tool.clone", "tool.zoom", "tool.softer", "window.palette", "help.keys",
})  # fmt: skip


class MenuBar(QMenuBar):
    """Alt with the wheel is for the brush: letting Alt go afterwards must not take the keys to the menus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel:  # Qt forgets the Alt for a click or a move, but not for the wheel
            return super().eventFilter(watched, QEvent(QEvent.Type.FocusOut))
        return super().eventFilter(watched, event)


class SearchButton(QPushButton):
    """Looks like a field; its key gives way before words run into it, and its words before a menu is pushed out."""

    def __init__(self, words: str, key: str) -> None:
        super().__init__(words)
        self.setObjectName("searchField")
        self._words = words
        self._key = label(key, rank="dim")
        inside = QHBoxLayout(self)
        inside.setContentsMargins(0, 0, 14, 0)
        inside.addStretch(1)
        inside.addWidget(self._key)
        self.ensurePolished()
        self._words_alone = self.fontMetrics().horizontalAdvance(words) + 2 * 18
        self.setMinimumWidth(_LEAST_SEARCH)

    def sizeHint(self) -> QSize:
        return QSize(_LEAST_SEARCH, super().sizeHint().height())  # it takes what the menus leave

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = event.size().width()
        self._key.setVisible(width >= self._words_alone + self._key.sizeHint().width())
        self.setText(self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, width - 2 * 17))


class MenuRow(QWidget):
    """Stands where a main window has its menu bar."""

    search_asked = Signal()
    recent_chosen = Signal(str)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("menuRow")
        self._actions = actions
        self.bar = MenuBar()
        self.bar.setNativeMenuBar(False)  # one look everywhere, and the search field beside it
        self.bar.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._recent = QMenu(self.tr("Open recent"))
        self.menus = {group: self._make_menu(group) for group in GROUPS}
        self._search = self._make_search()
        self.save = self._make_save()
        self._save_words = self.save.text()
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(4, 4, 16, 4)
        row.setSpacing(16)
        row.addWidget(self.bar)
        row.addStretch(1)
        row.addWidget(self._search, 3)
        row.addStretch(1)
        row.addWidget(self.save)

    def show_recent(self, paths: list[Path]) -> None:
        self._recent.clear()
        for path in paths:
            action = QAction(shortened(path.name), self._recent)
            action.setToolTip(str(path))
            action.triggered.connect(lambda _checked=False, path=path: self.recent_chosen.emit(str(path)))
            self._recent.addAction(action)
        self._recent.setEnabled(bool(paths))
        self._recent.setToolTipsVisible(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Before a menu is pushed out, the search goes (its key finds commands all the same), then a long word."""
        super().resizeEvent(event)
        margins = self._row.contentsMargins()
        room = event.size().width() - margins.left() - margins.right() - self.bar.sizeHint().width()
        gap = self._row.spacing()
        self.save.setText(self._save_words)
        self._search.setVisible(room >= self.save.sizeHint().width() + _LEAST_SEARCH + 4 * gap)
        if room < self.save.sizeHint().width() + 3 * gap:
            self.save.setText(self.tr("Save"))

    def minimumSizeHint(self) -> QSize:
        """The menus and a short word; what gives way before is no reason to be wider."""
        margins = self._row.contentsMargins()
        words = self.save.fontMetrics().horizontalAdvance(self.save.text())
        short = self.save.sizeHint().width() - words + self.save.fontMetrics().horizontalAdvance(self.tr("Save"))
        least = self.bar.sizeHint().width() + short + margins.left() + margins.right() + 3 * self._row.spacing()
        return QSize(least, super().minimumSizeHint().height())

    def show_savable(self, *, savable: bool) -> None:
        self.save.setEnabled(savable)

    def _make_menu(self, group: str) -> QMenu:
        menu = QMenu(f"&{group_title(group)}", self.bar)  # Alt and the first letter: no two are the same
        menu.setToolTipsVisible(True)
        for known in in_group(group):
            menu.addAction(self._actions[known.id])
            if known.id == "file.open":
                menu.addMenu(self._recent)
            if known.id in _LINES:
                menu.addSeparator()
        self.bar.addMenu(menu)
        return menu

    def _make_search(self) -> QPushButton:
        made = SearchButton(self.tr("Find a command…"), keys_of(command("window.palette"))[0])
        made.setAccessibleName(self.tr("Find a command"))
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        made.setMaximumWidth(420)
        made.clicked.connect(self.search_asked)
        return made

    def _make_save(self) -> QPushButton:
        action = self._actions["file.save"]
        made = button(self.tr("Save restoration"), rank="primary", hint=action.toolTip())
        made.clicked.connect(action.trigger)
        return made
