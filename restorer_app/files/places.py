"""Where things are: resources and models in a checkout, installed or frozen; settings, caches and state of a person."""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME = "restorer"


def resources() -> Path:
    """Icons, style, translations, sample pictures."""
    return _shipped("resources")


def samples() -> Path:
    return resources() / "samples"


def models() -> Path:
    """The models that come with the program: data only."""
    return _shipped("models")


def own_models() -> Path:
    """Where a person's own models are, trained here or put there; it need not exist."""
    return _home("data") / "models"


def settings_file() -> Path:
    return _home("config") / "settings.json"


def state() -> Path:
    """Recent files, window layout."""
    return _home("state")


def cache() -> Path:
    """What can be deleted at any time."""
    return _home("cache")


def scratch() -> Path:
    """Pixels of open pictures. Beside the cache, not in /tmp, which may be memory and smaller than a picture."""
    return cache() / "scratch"


def _shipped(name: str) -> Path:
    for root in _roots():
        if (root / name).is_dir():
            return root / name
    return _roots()[0] / name


def _roots() -> list[Path]:
    frozen = getattr(sys, "_MEIPASS", None)  # PyInstaller's folder of data
    if frozen is not None:
        return [Path(frozen)]
    package = Path(__file__).resolve().parents[1]
    return [package.parent, package, Path(sys.prefix) / "share" / NAME]


def _home(role: str) -> Path:
    """One folder a role, as each system wants it; an empty or relative variable counts as unset (XDG says so)."""
    if sys.platform == "win32":
        variable, fallback = ("APPDATA", "Roaming") if role == "config" else ("LOCALAPPDATA", "Local")
        return _from_variable(variable, _home_folder() / "AppData" / fallback) / NAME / role
    if sys.platform == "darwin":
        return _home_folder() / "Library" / ("Caches" if role == "cache" else "Application Support") / NAME / role
    fallbacks = {"config": ".config", "cache": ".cache", "data": ".local/share", "state": ".local/state"}
    return _from_variable(f"XDG_{role.upper()}_HOME", _home_folder() / fallbacks[role]) / NAME


def _home_folder() -> Path:
    """A user whom the system has no home for, as in a container, keeps nothing: pixels go to the temporary folder."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/nonexistent")  # what a system's own users have


def _from_variable(variable: str, fallback: Path) -> Path:
    path = Path(os.environ.get(variable) or fallback)
    return path if path.is_absolute() else fallback
