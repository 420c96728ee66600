"""What commands do to the view: zoom, compare, overlay, tools and the brush."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from PySide6.QtCore import QObject, Signal

from restorer_app.ui.canvas.settings import COMPARE_MODES, OVERLAY_MODES, Adjustment, Brush, ToolId
from restorer_app.ui.canvas.view import Canvas
from restorer_app.ui.choices import Choices

HARDNESS_STEP = 0.1
EXPOSURE_STEP = 0.5
GAMMA_STEP = 1.15
_COVERS = ("mask only", "off")


class ViewActs(QObject):
    """Nothing here changes a picture."""

    changed = Signal()

    def __init__(self, canvas: Canvas, choices: Choices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._choices = choices
        now = choices.now
        canvas.easel.set_brush(Brush(now.brush_diameter, now.brush_hardness, pressure_sizes=now.pressure))
        if now.overlay in _COVERS:
            choices.change(overlay="tint")  # a picture that opens black, or a brush that shows nothing, looks broken
        self.show_overlay()
        canvas.easel.brush_changed.connect(self._remember_brush)
        canvas.easel.tool_changed.connect(self.changed)

    # ------------------------------------------------------------------------------------------- tools
    def choose_tool(self, tool: str) -> None:
        self._canvas.easel.set_tool(cast("ToolId", tool))
        self._canvas.setFocus()

    def toggle_erase(self) -> None:
        self._canvas.easel.set_brush(replace(self._canvas.easel.brush, erase=not self._canvas.easel.brush.erase))

    def toggle_pressure(self) -> None:
        self.set_pressure(not self._canvas.easel.brush.pressure_sizes)

    def set_pressure(self, on: bool) -> None:
        self._canvas.easel.set_brush(replace(self._canvas.easel.brush, pressure_sizes=on))

    def set_size(self, diameter: float) -> None:
        self._canvas.easel.set_brush(self._canvas.easel.brush.sized(diameter))

    def set_hardness(self, hardness: float) -> None:
        self._canvas.easel.set_brush(self._canvas.easel.brush.hardened(hardness))

    def brush_bigger(self) -> None:
        self._canvas.easel.set_brush(self._canvas.easel.brush.bigger())

    def brush_smaller(self) -> None:
        self._canvas.easel.set_brush(self._canvas.easel.brush.smaller())

    def brush_harder(self) -> None:
        self.set_hardness(self._canvas.easel.brush.hardness + HARDNESS_STEP)

    def brush_softer(self) -> None:
        self.set_hardness(self._canvas.easel.brush.hardness - HARDNESS_STEP)

    # -------------------------------------------------------------------------------------------- zoom
    def zoom_fit(self) -> None:
        self._canvas.sight.zoom_to_fit()

    def zoom_actual(self) -> None:
        self._canvas.sight.zoom_to(1.0)

    def zoom_in(self) -> None:
        self._canvas.sight.zoom_in()

    def zoom_out(self) -> None:
        self._canvas.sight.zoom_out()

    # ----------------------------------------------------------------------------------------- looking
    def show_original(self) -> None:
        """By menu or palette: to and fro. The key holds it, see `hold_original`."""
        self._canvas.sight.show_original(not self._canvas.sight.shows_original)

    def hold_original(self, down: bool) -> None:
        self._canvas.sight.show_original(down)

    def cycle_compare(self) -> None:
        place = COMPARE_MODES.index(self._canvas.sight.compare_mode)
        self._canvas.sight.set_compare_mode(COMPARE_MODES[(place + 1) % len(COMPARE_MODES)])
        self.changed.emit()

    def cycle_overlay(self) -> None:
        place = OVERLAY_MODES.index(self._choices.now.overlay)
        self._choices.change(overlay=OVERLAY_MODES[(place + 1) % len(OVERLAY_MODES)])
        self.show_overlay()

    def show_painted(self) -> None:
        """What a hand paints is seen, also where the mask was hidden before."""
        if self._choices.now.overlay == "off" and not self._choices.now.after_each_stroke:
            self._choices.change(overlay="tint")

    def show_overlay(self) -> None:
        now = self._choices.now
        overlay = replace(
            self._canvas.overlay, mode=now.overlay, colour=now.overlay_colour, opacity=now.overlay_opacity
        )
        self._canvas.set_overlay(overlay)

    def toggle_inverted(self) -> None:
        adjustment = self._canvas.adjustment
        self._adjust(replace(adjustment, invert=not adjustment.invert))

    def show_lighter(self) -> None:
        self._expose(EXPOSURE_STEP)

    def show_darker(self) -> None:
        self._expose(-EXPOSURE_STEP)

    def show_shadows_lighter(self) -> None:
        self._bend(GAMMA_STEP)

    def show_shadows_darker(self) -> None:
        self._bend(1 / GAMMA_STEP)

    def show_plain(self) -> None:
        self._adjust(Adjustment())

    def _expose(self, by: float) -> None:
        adjustment = self._canvas.adjustment
        self._adjust(replace(adjustment, exposure=min(max(adjustment.exposure + by, -10.0), 10.0)))

    def _bend(self, by: float) -> None:
        adjustment = self._canvas.adjustment
        self._adjust(replace(adjustment, gamma=min(max(adjustment.gamma * by, 0.1), 10.0)))

    def _adjust(self, adjustment: Adjustment) -> None:
        self._canvas.set_adjustment(adjustment)
        self.changed.emit()

    def _remember_brush(self, brush: Brush) -> None:
        self._choices.change(
            brush_diameter=float(brush.diameter), brush_hardness=float(brush.hardness), pressure=brush.pressure_sizes
        )
        self.changed.emit()
