"""Hands: mouse, pen, wheel and keys become gestures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QInputDevice, QMouseEvent, QPointingDevice, QTabletEvent, QWheelEvent

from restorer_app.ui.canvas.settings import Brush, ToolId
from restorer_app.ui.canvas.tools import box, brush, clone, hand, lasso, restore, zoom
from restorer_app.ui.canvas.tools.gesture import Gesture, Phase, Pointer, Tool, Tray

TOOLS: dict[ToolId, Tool] = {
    "brush": brush.paint,
    "lasso": lasso.loop,
    "box": box.rectangle,
    "restore": restore.paint_back,
    "clone": clone.clone,
    "hand": hand.move,
    "zoom": zoom.look,
}
ROUND: frozenset[ToolId] = frozenset({"brush", "restore", "clone"})
LOOKING: frozenset[ToolId] = frozenset({"hand", "zoom"})  # work on any picture

_NOTCH = 120.0  # eighths of a degree; what a mouse wheel turns at once
_ZOOM_NOTCH = 1.2
_SIZE_NOTCH = 1.1
_DRAG_DOUBLES = 120.0  # screen pixels of Alt+right-drag sideways that double the brush
_DRAG_HARDENS = 250.0  # and up or down from soft to hard

Event = QMouseEvent | QTabletEvent


class Table(Tray, Protocol):
    """The tray, and what only hands need besides."""

    @property
    def tool(self) -> ToolId: ...
    @property
    def editable(self) -> bool: ...
    @property
    def has_picture(self) -> bool: ...
    def set_brush(self, brush: Brush) -> None: ...
    def hover(self, pointer: Pointer) -> None: ...
    def update_cursor(self) -> None: ...


class Hands:
    """What the hand is doing: at most one gesture, and a pan that may interrupt it."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._gesture: Gesture | None = None
        self._pan: Gesture | None = None
        self._sizing: tuple[Pointer, Brush] | None = None
        self._drags_line = False
        self._last: Pointer | None = None
        self.holds_space = False

    @property
    def is_busy(self) -> bool:
        return self._gesture is not None

    @property
    def is_panning(self) -> bool:
        return self._pan is not None

    @property
    def is_sizing(self) -> bool:
        return self._sizing is not None

    def press(self, pointer: Pointer, button: Qt.MouseButton) -> None:
        self._last = pointer
        if not self._table.has_picture:
            return
        if self._gesture is None:
            self._table.sight.pin(pointer.view_x)
        if button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and self.holds_space):
            self._pan = _started(hand.move(self._table, pointer))
        elif button == Qt.MouseButton.RightButton and pointer.alt:
            self._sizing = (pointer, self._table.brush)
        elif button == Qt.MouseButton.LeftButton and self._gesture is None:
            self._start(pointer)
        self._table.update_cursor()

    def _start(self, pointer: Pointer) -> None:
        if self._table.sight.is_on_line(pointer.view_x, pointer.view_y):
            self._drags_line = True
        elif self._table.editable or self._table.tool in LOOKING:
            self._gesture = _started(TOOLS[self._table.tool](self._table, pointer))
        else:
            self._gesture = _started(hand.move(self._table, pointer))  # nothing else could be meant

    def move(self, pointer: Pointer) -> None:
        if self.holds_space and self._gesture is not None and self._pan is None and self._last is not None:
            self._pan = _started(hand.move(self._table, self._last))  # Space in the middle of a stroke
        if self._pan is not None:
            self._pan = _sent(self._pan, pointer)
        elif self._sizing is not None:
            self._size(pointer, *self._sizing)
        elif self._drags_line:
            self._table.sight.set_split(pointer.view_x / self._table.sight.width)
        elif self._gesture is not None:
            self._gesture = _sent(self._gesture, pointer)
        self._last = pointer
        self._table.hover(pointer)

    def release(self, pointer: Pointer, button: Qt.MouseButton) -> None:
        if button == Qt.MouseButton.RightButton:
            self._sizing = None
        elif self._pan is not None and (button == Qt.MouseButton.MiddleButton or self._gesture is None):
            self._pan = _sent(self._pan, pointer)
        elif button == Qt.MouseButton.LeftButton:
            self._pan, self._drags_line = None, False
            if self._gesture is not None:
                self._gesture = _sent(self._gesture, pointer)
        self._last = pointer
        if self._gesture is None:
            self._table.sight.pin(None)
        self._table.hover(pointer)

    def hold_space(self, held: bool) -> None:
        self.holds_space = held
        if not held and self._gesture is not None:
            self._pan = None  # the stroke goes on where the hand is
        self._table.update_cursor()

    def let_go(self) -> bool:
        """Ends everything without a result; True where a gesture was going on."""
        gesture, self._gesture = self._gesture, None
        self._pan, self._sizing, self._drags_line = None, None, False
        if gesture is not None:
            gesture.close()
        self._table.sight.pin(None)
        self._table.update_cursor()
        return gesture is not None

    def wheel(self, pointer: Pointer, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        # with Alt held, Qt turns the wheel sideways on some systems
        notches = (turned.y() or turned.x()) / _NOTCH
        if notches == 0 or not self._table.has_picture:
            return
        if pointer.alt:
            grown = self._table.brush.diameter * _SIZE_NOTCH**notches
            least = self._table.brush.diameter + (1 if notches > 0 else -1)
            self._table.set_brush(self._table.brush.sized(max(grown, least) if notches > 0 else min(grown, least)))
        elif pointer.shift:
            self._table.sight.pan(notches * 60, 0)
        else:
            self._table.sight.zoom_at(self._table.sight.zoom * _ZOOM_NOTCH**notches, pointer.view_x, pointer.view_y)

    def _size(self, pointer: Pointer, start: Pointer, brush_then: Brush) -> None:
        across, up = pointer.view_x - start.view_x, start.view_y - pointer.view_y
        resized = brush_then.sized(brush_then.diameter * 2 ** (across / _DRAG_DOUBLES))
        self._table.set_brush(resized.hardened(brush_then.hardness + up / _DRAG_HARDENS))


def pointer_of(
    event: Event | QWheelEvent, phase: Phase, place: Callable[[float, float], tuple[float, float]], ratio: float
) -> Pointer:
    """What an event says, in the picture's pixels as `place` finds them from the view's."""
    at, held = event.position(), event.modifiers()
    view_x, view_y = at.x() * ratio, at.y() * ratio
    x, y = place(view_x, view_y)
    pen = event if isinstance(event, QTabletEvent) else None
    return Pointer(
        phase,
        x,
        y,
        view_x,
        view_y,
        pressure=min(max(pen.pressure(), 0.0), 1.0) if pen is not None and _feels(pen) else 1.0,
        shift=bool(held & Qt.KeyboardModifier.ShiftModifier),
        control=bool(held & Qt.KeyboardModifier.ControlModifier),
        alt=bool(held & Qt.KeyboardModifier.AltModifier),
        is_eraser=pen is not None and pen.pointerType() == QPointingDevice.PointerType.Eraser,
    )


def _feels(event: QTabletEvent) -> bool:
    """Whether the pen knows pressure at all; one that does not always says 0."""
    device = event.pointingDevice()
    return bool(device.capabilities() & QInputDevice.Capability.Pressure)


def _started(gesture: Gesture) -> Gesture | None:
    try:
        next(gesture)
    except StopIteration:
        return None
    return gesture


def _sent(gesture: Gesture, pointer: Pointer) -> Gesture | None:
    try:
        gesture.send(pointer)
    except StopIteration:
        return None
    return gesture
