"""What a person can choose about the canvas: brush, overlay, adjustments of the view, ways to compare."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.stroke import LARGEST_DIAMETER

ToolId = Literal["brush", "lasso", "box", "restore", "clone", "hand", "zoom"]
CompareMode = Literal["off", "split", "side by side", "difference"]
OverlayMode = Literal["tint", "outline", "mask only", "off"]
OverlayColour = Literal["cyan", "orange"]

TOOLS: tuple[ToolId, ...] = get_args(ToolId)
COMPARE_MODES: tuple[CompareMode, ...] = get_args(CompareMode)
OVERLAY_MODES: tuple[OverlayMode, ...] = get_args(OverlayMode)


@dataclass(frozen=True, slots=True)
class Brush:
    """What the round tools paint with; sizes in pixels of the picture."""

    diameter: float = 48.0
    hardness: float = 0.8
    pressure_sizes: bool = True
    erase: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.diameter <= LARGEST_DIAMETER:
            raise InvalidValueError(f"A brush is 1 to {LARGEST_DIAMETER} pixels wide, not {self.diameter}.")
        if not 0 <= self.hardness <= 1:
            raise InvalidValueError(f"Hardness goes from 0 to 1, but is {self.hardness}.")

    def sized(self, diameter: float) -> Brush:
        """Another size, kept within what a brush can be: for keys and wheels, which only ask for more or less."""
        return replace(self, diameter=min(max(diameter, 1.0), float(LARGEST_DIAMETER)))

    def bigger(self) -> Brush:
        return self.sized(max(self.diameter + 1, float(round(self.diameter * 1.1))))

    def smaller(self) -> Brush:
        return self.sized(min(self.diameter - 1, float(round(self.diameter / 1.1))))

    def hardened(self, hardness: float) -> Brush:
        return replace(self, hardness=min(max(round(hardness, 3), 0.0), 1.0))


@dataclass(frozen=True, slots=True)
class Overlay:
    """How a mask lies over the picture. Cyan and orange differ in lightness as well, for colour-blind eyes."""

    mode: OverlayMode = "tint"
    colour: OverlayColour = "cyan"
    opacity: float = 0.6

    def __post_init__(self) -> None:
        if self.mode not in OVERLAY_MODES:
            raise InvalidValueError(f"A mask is shown as {', '.join(OVERLAY_MODES)}, not as {self.mode!r}.")
        if self.colour not in get_args(OverlayColour):
            raise InvalidValueError(f"A mask is shown in {', '.join(get_args(OverlayColour))}, not in {self.colour!r}.")
        if not 0 <= self.opacity <= 1:
            raise InvalidValueError(f"Opacity goes from 0 to 1, but is {self.opacity}.")


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Changes of the view alone, never saved: invert for negatives, exposure in stops, gamma."""

    invert: bool = False
    exposure: float = 0.0
    gamma: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.exposure) and abs(self.exposure) <= 10):
            raise InvalidValueError(f"Exposure goes from -10 to 10 stops, but is {self.exposure}.")
        if not 0.1 <= self.gamma <= 10:
            raise InvalidValueError(f"Gamma goes from 0.1 to 10, but is {self.gamma}.")
