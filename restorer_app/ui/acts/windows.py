"""What commands do to the window: palette, panels, full screen, theme, help, settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from restorer_app.core.card import ModelCard
from restorer_app.ui.choices import Choices
from restorer_app.ui.dialogs.about import AboutDialog
from restorer_app.ui.dialogs.settings import SettingsDialog
from restorer_app.ui.shortcuts_sheet import ShortcutsSheet
from restorer_app.ui.theme import chosen
from restorer_app.ui.window import Window


class WindowActs(QObject):
    changed = Signal()

    def __init__(self, window: Window, cards: Sequence[ModelCard], choices: Choices) -> None:
        super().__init__(window)
        self._window = window
        self._cards = cards
        self._choices = choices
        self.sheet: ShortcutsSheet | None = None
        self.show_begin: Callable[[], None] = lambda: None  # whoever knows the canvas says how

    def find_command(self) -> None:
        self._window.find_command()

    def toggle_panels(self) -> None:
        self._window.arrangement.toggle()

    def focus_next_part(self) -> None:
        self._window.focus_next_part()

    def reset_panels(self) -> None:
        self._window.arrangement.reset()

    def toggle_full_screen(self) -> None:
        if self._window.isFullScreen():
            self._window.showNormal()
        else:
            self._window.showFullScreen()
        self.changed.emit()

    def toggle_theme(self) -> None:
        dark = chosen(self._choices.now.theme).name == "dark"
        self._choices.change(theme="light" if dark else "dark")

    def settings(self) -> None:
        dialog = SettingsDialog(self._choices.now, self._window)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self._choices.take(dialog.chosen)

    def show_first_run(self) -> None:
        self.show_begin()

    def show_keys(self) -> None:
        """Not modal: it may stay beside the picture while one learns."""
        if self.sheet is not None and self.sheet.isVisible():
            self.sheet.close()
            return
        self.sheet = ShortcutsSheet(self._window)
        self.sheet.show()

    def show_about(self) -> None:
        AboutDialog(self._cards, self._window).exec()
