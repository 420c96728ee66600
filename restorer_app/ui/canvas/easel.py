"""Easel: brush and tool in hand, and what gestures do with them to the stage."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QCursor

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.core.stroke import Point, Stroke
from restorer_app.ui.canvas import compare
from restorer_app.ui.canvas.cursor import magnifier
from restorer_app.ui.canvas.hands import LOOKING, ROUND, Hands
from restorer_app.ui.canvas.marks import Marks
from restorer_app.ui.canvas.mask_layer import MaskLayer
from restorer_app.ui.canvas.settings import TOOLS, Brush, ToolId
from restorer_app.ui.canvas.stage import Stage
from restorer_app.ui.canvas.tools.gesture import Pointer, Target
from restorer_app.ui.canvas.viewport import Viewport


class Easel(QObject):
    """The desk of every gesture. What it tells, the canvas tells."""

    stroke_finished = Signal(object)
    restore_finished = Signal(object)
    clone_finished = Signal(object, int, int)
    source_chosen = Signal(int, int)
    source_missing = Signal()
    cursor_moved = Signal(int, int)
    cursor_left = Signal()
    brush_changed = Signal(object)
    tool_changed = Signal(str)
    compare_moved = Signal(float)
    marks_changed = Signal()
    cursor_changed = Signal(object)  # Qt.CursorShape or QCursor
    viewport_chosen = Signal(object)  # Viewport

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.hands = Hands(self)
        self.paints_protect = False
        self._stage = stage
        self._brush = Brush()
        self._tool: ToolId = "brush"
        self._editable = True
        self._last_point: Point | None = None
        self._source: tuple[int, int] | None = None
        self._source_step: tuple[int, int] | None = None  # from what is painted to where it comes from
        self._outline: tuple[Point, ...] = ()
        self._pointer: Pointer | None = None
        self._pan_rest = (0.0, 0.0)  # of a pixel: the picture moves by whole ones
        self._pinned: int | None = None  # the part of the view in which the gesture began

    def begin_picture(self) -> None:
        """Nothing of the last picture's gestures holds for the next."""
        self.hands.let_go()
        self._last_point, self._source, self._source_step = None, None, None
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
        self._editable = editable
        self.update_cursor()
        self.marks_changed.emit()

    @property
    def has_picture(self) -> bool:
        return self._stage.picture is not None

    @property
    def zoom(self) -> float:
        return self._stage.view.zoom if self._stage.view else 1.0

    @property
    def last_point(self) -> Point | None:
        return self._last_point

    @property
    def source(self) -> tuple[int, int] | None:
        return self._source

    # -------------------------------------------------------------------------------------------- strokes
    def begin(self, target: Target, stroke: Stroke) -> None:
        self._stage.spoil_masks(self._layer(target).begin(stroke))

    def extend(self, target: Target, stroke: Stroke, part: Stroke) -> None:
        self._stage.spoil_masks(self._layer(target).extend(stroke, part, seen=self._stage.seen))

    def give_up(self, target: Target) -> None:
        self._stage.spoil_masks(self._layer(target).drop())

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
            return self._stage.protect_layer if self.paints_protect else self._stage.mask_layer
        if target == "restore":
            return self._stage.stamp_layer("original")
        assert self._source_step is not None  # as above
        return self._stage.stamp_layer("image", *self._source_step)

    def draw_outline(self, points: Sequence[Point]) -> None:
        self._outline = tuple(points)
        self.marks_changed.emit()

    def choose_source(self, x: float, y: float) -> None:
        picture = self._stage.picture
        if picture is not None and picture.bounds.contains_point(x, y):
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

    # --------------------------------------------------------------------------------------- where we look
    def viewport_at(self, view_x: float) -> Viewport | None:
        """That of the part of the view under the hand; a gesture stays with the part in which it began."""
        panes = self._stage.panes
        if self._pinned is not None and self._pinned < len(panes):
            return panes[self._pinned].viewport
        pane = self._stage.pane_at(view_x)
        return pane.viewport if pane else None

    def place(self, view_x: float, view_y: float) -> tuple[float, float]:
        viewport = self.viewport_at(view_x)
        return viewport.to_stored(view_x, view_y) if viewport else (0.0, 0.0)

    def pan(self, dx: float, dy: float) -> None:
        if self._stage.view is None:
            return
        dx, dy = dx + self._pan_rest[0], dy + self._pan_rest[1]
        self._pan_rest = (dx - round(dx), dy - round(dy))
        self.viewport_chosen.emit(self._stage.view.panned(round(dx), round(dy)))

    def zoom_at(self, zoom: float, view_x: float, view_y: float) -> None:
        view, here = self._stage.view, self.viewport_at(view_x)
        if view is not None and here is not None:
            # two sides show the same picture: the place in this side is a place in the one view
            self.viewport_chosen.emit(view.zoomed(zoom, view_x - (here.left - view.left), view_y))

    def step_zoom_at(self, view_x: float, view_y: float, *, closer: bool) -> None:
        if self._stage.view is not None:
            self.zoom_at(self._stage.view.stepped(closer=closer), view_x, view_y)

    def zoom_to_box(self, one: Pointer, other: Pointer) -> None:
        view, picture = self._stage.view, self._stage.picture
        assert view is not None and picture is not None  # noqa: PT018 - a zoom gesture has both
        left, right = sorted((one.x, other.x))
        top, bottom = sorted((one.y, other.y))
        region = Region.clipped(
            math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom), inside=picture.bounds
        )
        if region is not None:
            shown = picture.turn.shown_region(region)
            zoom = min(view.view_width / shown.width, view.view_height / shown.height)
            self.viewport_chosen.emit(view.centred_on(region, min(zoom, 64.0)))

    def is_on_line(self, view_x: float, view_y: float) -> bool:
        panes = self._stage.panes
        if self._stage.compare_mode != "split" or len(panes) < 2:
            return False
        far, middle = abs(view_x - panes[0].box[2]), panes[0].box[3] / 2
        on_grip = math.hypot(far, view_y - middle) <= compare.GRIP + compare.REACH / 2
        # elsewhere than on its handle the line is thin, so that one can paint right beside it
        return on_grip or far <= compare.REACH / 2

    def drag_line(self, view_x: float) -> None:
        width = self._stage.panes[-1].box[2]
        self._stage.move_split(min(max(view_x / width, 0.0), 1.0))
        self.compare_moved.emit(self._stage.split)

    # -------------------------------------------------------------------------------------- under the hand
    def pin(self, view_x: float | None) -> None:
        panes = self._stage.panes
        self._pinned = None
        if view_x is not None and panes:
            self._pinned = next((n for n, pane in enumerate(panes) if view_x < pane.box[2]), len(panes) - 1)

    def hover(self, pointer: Pointer) -> None:
        self._pointer = pointer
        self.marks_changed.emit()
        self.update_cursor()
        picture = self._stage.picture
        if picture is not None and picture.bounds.contains_point(pointer.x, pointer.y):
            self.cursor_moved.emit(math.floor(pointer.x), math.floor(pointer.y))
        else:
            self.cursor_left.emit()

    def leave(self) -> None:
        self._pointer = None
        self.marks_changed.emit()
        self.cursor_left.emit()

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
        if at is not None and not self.hands.is_busy and self.is_on_line(at.view_x, at.view_y):
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
            self._brush.diameter / 2 * self.zoom / ratio,
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
        return [QPointF(*pane.viewport.to_view(x, y)) / ratio for pane in self._stage.panes]

    def _outlines(self, ratio: float) -> list[tuple[QPointF, ...]]:
        if not self._outline:
            return []
        viewport = self.viewport_at(self._pointer.view_x if self._pointer else 0)
        if viewport is None:
            return []
        return [tuple(QPointF(*viewport.to_view(point.x, point.y)) / ratio for point in self._outline)]
