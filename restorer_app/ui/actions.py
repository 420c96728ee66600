"""QActions made from the table of commands: one each, with its key, its state and its tooltip."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QToolButton,
    QWidget,
)

from restorer_app.session.command import Command, Situation
from restorer_app.session.commands import COMMANDS, GROUPS
from restorer_app.ui.icons import icon
from restorer_app.ui.theme import Colours


def title_of(command: Command) -> str:
    return QCoreApplication.translate("commands", command.title)


def hint_of(command: Command) -> str:
    return QCoreApplication.translate("commands", command.hint) if command.hint else ""


def group_title(group: str) -> str:
    return QCoreApplication.translate("commands", GROUPS[group])


def keys_of(command: Command) -> list[str]:
    """The keys as this system writes them."""
    native = QKeySequence.SequenceFormat.NativeText
    return [QKeySequence(key).toString(native) for key in command.keys]


def tooltip_of(command: Command) -> str:
    keys = keys_of(command)
    title = title_of(command).rstrip("…")
    first = f"{title} ({keys[0]})" if keys else title
    hint = hint_of(command)
    return f"{first}\n{hint}" if hint else first


class Actions(QObject):
    """All commands as QActions of one window; a command's method is looked up in the actors, in order."""

    asked = Signal(str)  # the id of a command that was carried out

    def __init__(self, window: QWidget, *, commands: Iterable[Command] = COMMANDS) -> None:
        super().__init__(window)
        self._window = window
        self._actors: list[object] = []
        self._methods: dict[str, Callable[..., object] | None] = {}
        self._situation = Situation()
        self._made = {command.id: self._make(command) for command in commands}
        self._commands = {command.id: command for command in commands}
        self.show_situation(self._situation)

    def __getitem__(self, command_id: str) -> QAction:
        return self._made[command_id]

    @property
    def situation(self) -> Situation:
        return self._situation

    def add_actor(self, actor: object) -> None:
        """Whoever carries commands out: methods are found by name, the first actor that has one does it."""
        self._actors.append(actor)
        self._methods.clear()
        self.show_situation(self._situation)

    def method_of(self, command: Command) -> Callable[..., object] | None:
        if command.method not in self._methods:  # asked for every command after every stroke
            found = (getattr(actor, command.method, None) for actor in self._actors)
            self._methods[command.method] = next((method for method in found if callable(method)), None)
        return self._methods[command.method]

    def trigger(self, command_id: str) -> None:
        if self._made[command_id].isEnabled():
            self._made[command_id].trigger()

    def is_possible(self, command: Command) -> bool:
        return self._made[command.id].isEnabled()

    def show_situation(self, situation: Situation) -> None:
        """Every action's state from the facts: what is not possible is grey, what is on is ticked."""
        self._situation = situation
        for command_id, action in self._made.items():
            command = self._commands[command_id]
            action.setEnabled(command.is_possible(situation) and self.method_of(command) is not None)
            if action.isCheckable():
                action.setChecked(command.is_checked(situation))

    def listen_on(self, canvas: QWidget) -> None:
        """Keys that act only while the canvas has the focus: Tab moves the focus everywhere else."""
        for command_id, command in self._commands.items():
            if command.canvas_only:
                action = self._made[command_id]
                action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
                canvas.addAction(action)

    def wear(self, colours: Colours) -> None:
        for command_id, command in self._commands.items():
            if command.icon:
                self._made[command_id].setIcon(icon(command.icon, colours))

    def _make(self, command: Command) -> QAction:
        action = QAction(title_of(command), self)
        action.setObjectName(command.id)
        action.setToolTip(tooltip_of(command))
        action.setStatusTip("")
        action.setCheckable(command.is_checkable)
        action.setAutoRepeat(command.repeats)
        if not command.held:  # a held key is watched while it is down; see HeldKeys
            action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setMenuRole(_ROLES.get(command.id, QAction.MenuRole.NoRole))
        action.triggered.connect(lambda: self._carry_out(command))
        if not command.canvas_only:
            self._window.addAction(action)
        return action

    def _carry_out(self, command: Command) -> None:
        method = self.method_of(command)
        if method is None:
            return
        if command.argument:
            method(command.argument)
        else:
            method()
        self.asked.emit(command.id)
        self.show_situation(self._situation)  # a click has toggled the tick; the facts decide


_ROLES = {
    "file.settings": QAction.MenuRole.PreferencesRole,
    "file.quit": QAction.MenuRole.QuitRole,
    "help.about": QAction.MenuRole.AboutRole,
}

_TAKES_TEXT = (QLineEdit, QAbstractSpinBox, QTextEdit, QPlainTextEdit)
_PRESSED = (QPushButton, QToolButton)
_BY_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_TAKES_RETURN = (*_TAKES_TEXT, QAbstractItemView)


class TypingGuard(QObject):
    """Keeps plain keys with whoever types: Return in a number field ends the field, it repairs nothing.

    And a button that was reached by Tab is pressed by Return as by Space; one that was clicked
    leaves Return to the picture.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tabbed: QObject | None = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn and isinstance(event, QFocusEvent) and isinstance(watched, QWidget):
            self._tabbed = watched if event.reason() in _BY_TAB else None
        if watched is self._tabbed and isinstance(watched, _PRESSED) and isinstance(event, QKeyEvent):
            return self._press(watched, event)
        return self._guard(watched, event)

    def _press(self, watched: QAbstractButton, event: QKeyEvent) -> bool:
        """Return on a button with the focus: told before as a shortcut, and then as a key."""
        if event.key() not in _RETURN or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            watched.click()
        event.accept()
        return True

    def _guard(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if isinstance(watched, QWidget) and watched.window().windowType() == Qt.WindowType.Popup:
            return False  # an open list of choices takes Return by this very event
        strong = (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
        )
        if event.modifiers() & strong:
            return False
        key = event.key()
        is_text = bool(event.text()) and event.text().isprintable()
        is_return = key in _RETURN
        if (isinstance(watched, _TAKES_TEXT) and (is_text or is_return)) or (
            isinstance(watched, _TAKES_RETURN) and is_return
        ):
            event.accept()
            return True
        return False


class HeldKeys(QObject):
    """Commands that act while a key is down: told on press, told again on release or when the window is left."""

    pressed = Signal(str)
    released = Signal(str)

    def __init__(self, parent: QObject, *, commands: Iterable[Command] = COMMANDS) -> None:
        super().__init__(parent)
        self._keys = {key: command.id for command in commands if command.held for key in command.keys}
        self._down = ""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) and isinstance(event, QKeyEvent):
            return self._key(watched, event, down=kind == QEvent.Type.KeyPress)
        if kind == QEvent.Type.ApplicationDeactivate or (kind == QEvent.Type.FocusOut and self._down):
            self._let_go()
        return False

    def _key(self, watched: QObject, event: QKeyEvent, *, down: bool) -> bool:
        # the key alone: where AltGr is needed for it, modifiers come along
        command = self._keys.get(QKeySequence(event.key()).toString(QKeySequence.SequenceFormat.PortableText))
        # The window's own handle is told first, and knows no widget: who has the focus is who types.
        takes_text = isinstance(watched, _TAKES_TEXT) or isinstance(QApplication.focusWidget(), _TAKES_TEXT)
        if command is None or (down and (takes_text or QApplication.activeModalWidget() is not None)):
            return False
        if event.isAutoRepeat():
            return True
        if down and not self._down:
            self._down = command
            self.pressed.emit(command)
            return True
        if not down and self._down:
            self._let_go()
            return True
        return False

    def _let_go(self) -> None:
        if self._down:
            command, self._down = self._down, ""
            self.released.emit(command)
