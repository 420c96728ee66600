"""Listening: Qt's events of the canvas, handed on to the hands."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QNativeGestureEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from restorer_app.session.commands import command
from restorer_app.ui.canvas.easel import Easel
from restorer_app.ui.canvas.hands import Event, pointer_of
from restorer_app.ui.canvas.sight import Sight
from restorer_app.ui.canvas.tools.gesture import Phase, Pointer

_PHASES: dict[QEvent.Type, Phase] = {
    QEvent.Type.TabletPress: "press",
    QEvent.Type.TabletMove: "move",
    QEvent.Type.TabletRelease: "release",
}


class Listening(QWidget):
    """The half of the canvas that hears; what it hears goes to the hands at the easel."""

    original_held = Signal(bool)  # its key is down, or up again

    sight: Sight
    easel: Easel

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._held_keys = {_key(keys) for keys in command("view.original").keys}
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    # -------------------------------------------------------------------------------------- mouse, pen
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.easel.hands.press(self._pointer(event, "press"), event.button())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.easel.hands.move(self._pointer(event, "move"))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.easel.hands.release(self._pointer(event, "release"), event.button())
        event.accept()

    def tabletEvent(self, event: QTabletEvent) -> None:
        phase = _PHASES[event.type()]
        pointer = self._pointer(event, phase)
        # a pen that hovers moves without a button
        button = event.button() if phase != "move" else Qt.MouseButton.NoButton
        if phase == "press":
            self.easel.hands.press(pointer, button)
        elif phase == "move":
            self.easel.hands.move(pointer)
        else:
            self.easel.hands.release(pointer, button)
        event.accept()  # no mouse event is made of it

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.easel.hands.wheel(self._pointer(event, "move"), event)
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            ratio = self.devicePixelRatioF()
            at = event.position() * ratio
            self.sight.zoom_at(self.sight.zoom * (1 + event.value()), at.x(), at.y())
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._is_mine(event):
            event.accept()
            return True
        return super().event(event)

    # ---------------------------------------------------------------------------------------- keys, focus
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._is_mine(event):
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self._hold(event, held=True)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._is_mine(event):
            super().keyReleaseEvent(event)
        elif not event.isAutoRepeat():
            self._hold(event, held=False)

    def _is_mine(self, event: QKeyEvent) -> bool:
        plain = not event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.GroupSwitchModifier)
        return event.key() == Qt.Key.Key_Space or (plain and event.key() in self._held_keys)

    def _hold(self, event: QKeyEvent, *, held: bool) -> None:
        if event.key() == Qt.Key.Key_Space:
            self.easel.hands.hold_space(held)
        else:
            self.original_held.emit(held)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        # the release of a held key goes to whoever has the focus then
        self.easel.hands.hold_space(False)
        self.original_held.emit(False)
        super().focusOutEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.easel.leave()
        super().leaveEvent(event)

    def _pointer(self, event: Event | QWheelEvent, phase: Phase) -> Pointer:
        return pointer_of(event, phase, self.sight.place, self.devicePixelRatioF())


def _key(keys: str) -> Qt.Key:
    found: Qt.Key = QKeySequence(keys)[0].key()  # type: ignore[index]  # the stub does not know that it can be indexed
    return found
