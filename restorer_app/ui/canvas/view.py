"""Canvas: the widget that shows a picture and tells what a hand did on it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster, Source
from restorer_app.files.picture import Layout
from restorer_app.ui.canvas.settings import Adjustment, Brush, CompareMode, Overlay, ToolId


class Canvas(QWidget):
    """Shows a picture, its masks and comparisons; turns mouse, pen, wheel and keys into strokes.

    The canvas changes no raster. While a gesture lasts it shows the stroke on working tiles of its own; on
    release it tells the stroke, and whoever listens makes the step and answers with `update_mask` or
    `update_image`. A preview stays until that answer (or `discard_preview`) comes.
    """

    stroke_finished = Signal(object)  # Stroke for the mask (or the protect mask: the listener knows which)
    restore_finished = Signal(object)  # Stroke: put the original back here
    clone_finished = Signal(object, int, int)  # Stroke, dx, dy: pixel x, y takes what was at x + dx, y + dy
    source_chosen = Signal(int, int)  # the clone tool's source
    source_missing = Signal()  # the clone tool was used before it had a source
    cursor_moved = Signal(int, int)  # stored pixel under the cursor, only while inside the picture
    cursor_left = Signal()
    zoom_changed = Signal(float)  # screen pixels a picture pixel; 1 is 100 %
    view_changed = Signal()  # pan, zoom or size: what the canvas shows of the picture is another part
    brush_changed = Signal(object)  # Brush, also when a gesture changed it
    tool_changed = Signal(str)
    compare_moved = Signal(float)  # place of the split line, 0 to 1
    settled = Signal()  # every visible tile is shown at its best

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._brush = Brush()
        self._overlay = Overlay()
        self._adjustment = Adjustment()
        self._compare_mode: CompareMode = "off"
        self._tool: ToolId = "brush"
        self._background = QColor("#5c5c5c")
        self._image: Raster | None = None
        self._original: Raster | None = None
        self._mask: Raster | None = None
        self._protect: Raster | None = None
        self._editable = True
        self._shows_original = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Picture"))

    # ------------------------------------------------------------------------------------- the picture
    def show_picture(
        self,
        image: Raster,
        *,
        original: Raster,
        mask: Raster,
        protect: Raster,
        alpha: Source | None = None,
        layout: Layout = "rgb",
        orientation: int = 1,
        icc: bytes | None = None,
        white_is_zero: bool = False,
    ) -> None:
        """Shows another picture, fitted; everything known about the last one is let go."""
        self._image = image
        self.update()

    def show_nothing(self) -> None:
        """Lets the picture go."""
        self._image = None
        self.update()

    def update_image(self, image: Raster, region: Region | None = None) -> None:
        """Takes another raster over the same source; only `region` (stored pixels; None: anywhere) may differ."""
        self._image = image
        self.update()

    def update_original(self, original: Raster) -> None:
        """Takes another original to compare with and to restore from (after an upscale, for instance)."""
        self._original = original
        self.update()

    def update_mask(self, mask: Raster, region: Region | None = None) -> None:
        """Takes another mask, and lets go of previews of finished strokes; only `region` may differ."""
        self._mask = mask
        self.update()

    def update_protect(self, protect: Raster, region: Region | None = None) -> None:
        """Takes another protect mask, as `update_mask` does."""
        self._protect = protect
        self.update()

    def discard_preview(self) -> None:
        """Lets go of previews of finished strokes: the listener refused them."""

    def cancel_gesture(self) -> bool:
        """Ends a gesture in progress without a stroke; True where there was one (so Esc has done its work)."""
        return False

    def set_display_profile(self, icc: bytes | None) -> None:
        """The profile of the screen; None is sRGB."""

    def values_at(self, x: int, y: int) -> tuple[int, ...] | tuple[float, ...] | None:
        """The values of a stored pixel as they are in the file's depth, of what is shown; None outside."""
        return None

    # --------------------------------------------------------------------------------- what is in hand
    @property
    def tool(self) -> ToolId:
        return self._tool

    def set_tool(self, tool: ToolId) -> None:
        self._tool = tool
        self.tool_changed.emit(tool)

    @property
    def brush(self) -> Brush:
        return self._brush

    def set_brush(self, brush: Brush) -> None:
        self._brush = brush
        self.brush_changed.emit(brush)

    @property
    def editable(self) -> bool:
        return self._editable

    def set_editable(self, editable: bool) -> None:
        """Where False, only hand, zoom and looking work."""
        self._editable = editable

    @property
    def clone_source(self) -> tuple[int, int] | None:
        return None

    # ------------------------------------------------------------------------------------ how it looks
    def set_background(self, colour: QColor) -> None:
        """The neutral grey around the picture."""
        self._background = colour
        self.update()

    @property
    def overlay(self) -> Overlay:
        return self._overlay

    def set_overlay(self, overlay: Overlay) -> None:
        self._overlay = overlay
        self.update()

    @property
    def adjustment(self) -> Adjustment:
        return self._adjustment

    def set_adjustment(self, adjustment: Adjustment) -> None:
        self._adjustment = adjustment
        self.update()

    @property
    def compare_mode(self) -> CompareMode:
        return self._compare_mode

    def set_compare_mode(self, mode: CompareMode) -> None:
        self._compare_mode = mode
        self.update()

    @property
    def shows_original(self) -> bool:
        return self._shows_original

    def show_original(self, shown: bool) -> None:
        """The original at once, without masks: while a key is held."""
        self._shows_original = shown
        self.update()

    # ------------------------------------------------------------------------------------ where we look
    @property
    def zoom(self) -> float:
        """Screen pixels a picture pixel; 1 is 100 %."""
        return 1.0

    @property
    def visible_region(self) -> Region | None:
        """The stored pixels that are in view, or None where the picture is out of sight."""
        return None

    def zoom_to_fit(self) -> None:
        """The whole picture, and again whole when the window changes size, until another zoom is chosen."""

    def zoom_to(self, zoom: float) -> None:
        """Another zoom with the middle of the view kept in its place."""

    def zoom_in(self) -> None:
        """The next larger round zoom."""

    def zoom_out(self) -> None:
        """The next smaller round zoom."""

    def centre_on(self, region: Region, *, zoom: float | None = None) -> None:
        """Brings a region (stored pixels) into the middle; without a zoom, as large as it fits, at most 100 %."""

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(event.rect(), self._background)
