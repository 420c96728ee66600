"""Typed settings in one JSON file: what a person chose, and what the window remembers between two runs."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from restorer_app.core.errors import UnwritableFileError

Theme = Literal["system", "dark", "light"]
Overlay = Literal["tint", "outline", "mask only", "off"]
OverlayColour = Literal["cyan", "orange"]
Motion = Literal["system", "less", "full"]
RECENT_COUNT = 12

_CHOICES: dict[str, tuple[object, ...]] = {
    "theme": get_args(Theme),
    "motion": get_args(Motion),
    "overlay": get_args(Overlay),
    "overlay_colour": get_args(OverlayColour),
    "device": ("auto", "cpu", "cuda"),
    "method": ("faithful", "patch", "telea", "navier-stokes"),
}
_RANGES: dict[str, tuple[float, float]] = {
    "brush_diameter": (1, 5000),
    "brush_hardness": (0, 1),
    "grain": (0, 2),
    "mask_step": (1, 200),
    "memory_share": (0.1, 0.9),
    "overlay_opacity": (0.1, 1),
    "surround": (0, 255),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Every value has a default that works; what a file says wrongly is left out, never fatal."""

    theme: Theme = "system"
    overlay: Overlay = "tint"
    overlay_colour: OverlayColour = "cyan"  # stands out on warm sepia and on grey, also to colour-blind eyes
    overlay_opacity: float = 0.6
    motion: Motion = "system"
    surround: int = -1  # grey around the picture, 0 to 255; -1 takes the theme's
    device: str = "auto"
    method: str = "faithful"
    grain: float = 1.0
    memory_share: float = 0.5  # of the machine's memory, for pictures and models together
    brush_diameter: float = 48.0
    brush_hardness: float = 0.8
    pressure: bool = True
    mask_step: int = 2  # pixels by which the mask grows, shrinks or softens at a time
    after_each_stroke: bool = False
    thorough: bool = False  # networks look more often, where a whole picture is gone over
    display_profile: str = ""  # path of an ICC profile; sRGB where empty
    scratch: str = ""  # folder for the pixels of open pictures; beside the cache where empty
    recent: tuple[str, ...] = ()
    geometry: str = ""  # the window's own words, base64
    docks: str = ""
    panel_shares: str = ""  # of the room, where somebody has dragged a border between panels
    first_run_done: bool = False

    def with_recent(self, path: Path) -> Settings:
        """The path first, each path once, the oldest forgotten."""
        told = str(path)
        rest = tuple(known for known in self.recent if known != told)
        return replace(self, recent=(told, *rest)[:RECENT_COUNT])

    def without_recent(self, path: Path) -> Settings:
        return replace(self, recent=tuple(known for known in self.recent if known != str(path)))


def load(file: Path) -> Settings:
    """The settings of a file; values that are missing or make no sense take their defaults."""
    try:
        told = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):  # the last of brackets in brackets in brackets
        return Settings()
    if not isinstance(told, dict):
        return Settings()
    return Settings(**_sound(told))


def save(file: Path, settings: Settings) -> None:
    """Writes beside and renames: a full disc or a pulled plug leaves the old settings."""
    text = json.dumps(asdict(settings), indent=1)  # as ASCII: the name of a file need not be text
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=file.parent, prefix=file.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            Path(beside).replace(file)
        except OSError:
            with contextlib.suppress(OSError):
                Path(beside).unlink()
            raise
    except OSError as problem:
        raise UnwritableFileError(
            f"The settings could not be written to {file.parent}: {problem.strerror}.",
            advice="Pictures are not affected; the settings of this run are forgotten on closing.",
        ) from problem


def _sound(told: dict[str, Any]) -> dict[str, Any]:
    defaults = Settings()
    kept: dict[str, Any] = {}
    for field in fields(Settings):
        value = told.get(field.name)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            value = tuple(value)
        if _fits(field.name, value, like=getattr(defaults, field.name)):
            kept[field.name] = value
    return kept


def _fits(name: str, value: object, *, like: object) -> bool:
    if isinstance(like, float) and isinstance(value, int) and not isinstance(value, bool):
        try:
            value = float(value)
        except OverflowError:  # JSON knows larger numbers
            return False
    if type(value) is not type(like):
        return False
    if name in _CHOICES:
        return value in _CHOICES[name]
    if name in _RANGES and isinstance(value, (int, float)):
        least, most = _RANGES[name]
        return least <= value <= most or value == like
    return True
