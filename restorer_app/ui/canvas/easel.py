"""Easel: brush and tool in hand, and what gestures do with them to the stage."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QCursor

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.stroke import Point, Stroke
from restorer_app.ui.canvas.coverings import Coverings
from restorer_app.ui.canvas.cursor import magnifier
from restorer_app.ui.canvas.hands import LOOKING, ROUND, Hands
from restorer_app.ui.canvas.marks import Marks
from restorer_app.ui.canvas.mask_layer import MaskLayer
from restorer_app.ui.canvas.settings import TOOLS, Brush, ToolId
from restorer_app.ui.canvas.sight import Sight
from restorer_app.ui.canvas.tools.gesture import Pointer, Target


class Easel(QObject):
    """The tray of every gesture: where the hand is, what it holds, and what came of it."""

    stroke_finished = Signal(object)  # Stroke for the mask, or the protect mask while `paints_protect`
    restore_finished = Signal(object)  # Stroke: put the original back here
    clone_finished = Signal(object, int, int)  # Stroke, dx, dy: pixel x, y takes what was at x + dx, y + dy
    source_chosen = Signal(int, int)  # the clone tool's source
    source_missing = Signal()  # the clone tool was used before it had a source
    cursor_moved = Signal(int, int)  # stored pixel under the cursor, only while inside the picture
    cursor_left = Signal()
    brush_changed = Signal(object)  # Brush, also when a gesture changed it
    tool_changed = Signal(str)
    marks_changed = Signal()
    cursor_changed = Signal(object)  # Qt.CursorShape or QCursor

    def __init__(self, sight: Sight, coverings: Coverings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sight = sight
        self.hands = Hands(self)
        self._paints_protect = False
        self._coverings = coverings
        self._brush = Brush()
        self._tool: ToolId = "brush"
        self._editable = True
        self._last_point: Point | None = None
        self._source: tuple[int, int] | None = None
        self._source_step: tuple[int, int] | None = None  # from what is painted to where it comes from
        self._outline: tuple[Point, ...] = ()
        self._pointer: Pointer | None = None
        sight.looked.connect(self.marks_changed)

    def begin_picture(self) -> None:
        """Nothing of the last picture's gestures holds for the next."""
        self.hands.let_go()
        self._last_point, self._source, self._source_step = None, None, None
        self.leave()  # until the hand moves: what was under it is another picture's
        self.update_cursor()

    # ------------------------------------------------------------------------------------ what is in hand
    @property
    def brush(self) -> Brush:
        return self._brush

    def set_brush(self, brush: Brush) -> None:
        if brush != self._brush:
            self._brush = brush
            self.marks_changed.emit()
            self.brush_changed.emit(brush)

    @property
    def tool(self) -> ToolId:
        return self._tool

    def set_tool(self, tool: ToolId) -> None:
        if tool not in TOOLS:
            raise InvalidValueError(f"There is no tool {tool!r}, only {', '.join(TOOLS)}.")
        if tool != self._tool:
            self.hands.let_go()
            self._tool, self._last_point = tool, None
            self.update_cursor()
            self.marks_changed.emit()  # the ring comes or goes at once, not with the next move
            self.tool_changed.emit(tool)

    @property
    def editable(self) -> bool:
        return self._editable

    def set_editable(self, editable: bool) -> None:
        """Where False, only hand, zoom and looking work."""
        self._editable = editable
        self.update_cursor()
        self.marks_changed.emit()

    @property
    def paints_protect(self) -> bool:
        """Whether strokes are shown as going into the protect mask; the listener puts them there."""
        return self._paints_protect

    def set_paints_protect(self, paints_protect: bool) -> None:
        if paints_protect != self._paints_protect:
            self.hands.let_go()  # one stroke does not go half into the one and half into the other
            self._paints_protect = paints_protect

    @property
    def has_picture(self) -> bool:
        return self.sight.view is not None

    @property
    def last_point(self) -> Point | None:
        return self._last_point

    def forget_last_point(self) -> None:
        """The stroke was taken back: no straight line begins where it ended."""
        self._last_point = None

    @property
    def source(self) -> tuple[int, int] | None:
        return self._source

    # -------------------------------------------------------------------------------------------- strokes
    def begin(self, target: Target, stroke: Stroke) -> None:
        self._coverings.spoiled.emit(self._layer(target).begin(stroke))

    def extend(self, target: Target, stroke: Stroke, part: Stroke) -> None:
        self._coverings.spoiled.emit(self._layer(target).extend(stroke, part, seen=self.sight.seen))

    def give_up(self, target: Target) -> None:
        self._coverings.spoiled.emit(self._layer(target).drop())

    def finish(self, target: Target, stroke: Stroke) -> None:
        self._last_point = stroke.points[-1] if stroke.is_round else None
        self._layer(target).finish()
        if target == "mask":
            self.stroke_finished.emit(stroke)
        elif target == "restore":
            self.restore_finished.emit(stroke)
        else:
            assert self._source_step is not None  # no clone begins without it
            self.clone_finished.emit(stroke, *self._source_step)

    def _layer(self, target: Target) -> MaskLayer:
        if target == "mask":
            return self._coverings.protect if self.paints_protect else self._coverings.mask
        if target == "restore":
            return self._coverings.stamp_layer("original")
        assert self._source_step is not None  # as above
        return self._coverings.stamp_layer("image", *self._source_step)

    def draw_outline(self, points: Sequence[Point]) -> None:
        self._outline = tuple(points)
        self.marks_changed.emit()

    def choose_source(self, x: float, y: float) -> None:
        if self._is_inside(x, y):
            self._source, self._source_step = (math.floor(x), math.floor(y)), None
            self.marks_changed.emit()
            self.source_chosen.emit(*self._source)

    def start_cloning(self, x: float, y: float) -> bool:
        if self._source is None:
            self.source_missing.emit()
            return False
        if self._source_step is None:
            self._source_step = self._source[0] - math.floor(x), self._source[1] - math.floor(y)
        return True

    # -------------------------------------------------------------------------------------- under the hand
    def hover(self, pointer: Pointer) -> None:
        self._pointer = pointer
        self.marks_changed.emit()
        self.update_cursor()
        if self._is_inside(pointer.x, pointer.y):
            self.cursor_moved.emit(math.floor(pointer.x), math.floor(pointer.y))
        else:
            self.cursor_left.emit()

    def leave(self) -> None:
        self._pointer = None
        self.marks_changed.emit()
        self.cursor_left.emit()

    def _is_inside(self, x: float, y: float) -> bool:
        view = self.sight.view
        return view is not None and view.turn.bounds.contains_point(x, y)

    @property
    def reads_original(self) -> bool:
        """Whether what is under the hand, or with no hand there all that is seen, is the picture as it was."""
        at = self._pointer
        return self.sight.shows_original if at is None else self.sight.shows_original_at(at.view_x)

    def tell_cursor_again(self) -> None:
        if self._pointer is not None:
            self.hover(self._pointer)

    def update_cursor(self) -> None:
        self.cursor_changed.emit(self._cursor())

    def _cursor(self) -> Qt.CursorShape | QCursor:
        shapes = Qt.CursorShape
        if not self.has_picture:
            return shapes.ArrowCursor
        if self.hands.is_panning:
            return shapes.ClosedHandCursor
        if self.hands.holds_space or self._tool == "hand" or not (self._editable or self._tool in LOOKING):
            return shapes.OpenHandCursor
        at = self._pointer
        if at is not None and not self.hands.is_busy and self.sight.is_on_line(at.view_x, at.view_y):
            return shapes.SplitHCursor
        if self._tool == "zoom":
            return magnifier()
        return shapes.BlankCursor if self._tool in ROUND else shapes.CrossCursor

    def marks(self, ratio: float) -> Marks:
        """What moves with the hand, in logical pixels."""
        pointer = self._pointer
        shows_ring = pointer is not None and self.has_picture and self._cursor() == Qt.CursorShape.BlankCursor
        at = QPointF(pointer.view_x, pointer.view_y) / ratio if pointer is not None and shows_ring else None
        is_sizing = self.hands.is_sizing
        note = f"{self._brush.diameter:.0f} px · {self._brush.hardness * 100:.0f} %" if is_sizing else ""
        return Marks(
            at,
            self._brush.diameter / 2 * self.sight.zoom / ratio,
            self._brush.hardness if is_sizing else None,
            note,
            tuple(self._sources(ratio)),
            tuple(self._outlines(ratio)),
        )

    def _sources(self, ratio: float) -> list[QPointF]:
        if self._source is None or self._tool != "clone" or not self.has_picture:
            return []
        x, y = self._source[0] + 0.5, self._source[1] + 0.5
        if self._source_step is not None and self._pointer is not None:
            x, y = self._pointer.x + self._source_step[0], self._pointer.y + self._source_step[1]
        return [QPointF(*pane.viewport.to_view(x, y)) / ratio for pane in self.sight.panes]

    def _outlines(self, ratio: float) -> list[tuple[QPointF, ...]]:
        if not self._outline:
            return []
        viewport = self.sight.viewport_at(self._pointer.view_x if self._pointer else 0)
        if viewport is None:
            return []
        return [tuple(QPointF(*viewport.to_view(point.x, point.y)) / ratio for point in self._outline)]
