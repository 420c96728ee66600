"""Motion: whether anything may move by itself, as the person or the system wishes."""

from __future__ import annotations

import configparser
import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from restorer_app.session.settings import Motion

_SECONDS = 1.0  # for a system that does not answer
_CLIENT_AREA_ANIMATION = 0x1042  # of Windows' SystemParametersInfo


def is_unwanted(chosen: Motion) -> bool:
    """True where nothing may move but what a hand moves."""
    return system_wants_less() if chosen == "system" else chosen == "less"


@cache
def system_wants_less() -> bool:
    """Qt 6.11 knows of contrast but not of motion, so each system is asked in its own way, once."""
    if sys.platform == "win32":
        return _windows_wants_less()
    if sys.platform == "darwin":
        return _told(["defaults", "read", "com.apple.universalaccess", "reduceMotion"]) == "1"
    if "KDE" in os.environ.get("XDG_CURRENT_DESKTOP", ""):
        return _kde_wants_less(Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "kdeglobals")
    return _told(["gsettings", "get", "org.gnome.desktop.interface", "enable-animations"]) == "false"


def _windows_wants_less() -> bool:
    animates = ctypes.c_int(1)
    windll = getattr(ctypes, "windll")  # noqa: B009 - only Windows has it, and mypy runs elsewhere
    windll.user32.SystemParametersInfoW(_CLIENT_AREA_ANIMATION, 0, ctypes.byref(animates), 0)
    return not animates.value


def _kde_wants_less(file: Path) -> bool:
    """KDE makes every animation so many times as long; 0 is none."""
    settings = configparser.ConfigParser(interpolation=None, strict=False)
    with contextlib.suppress(OSError, UnicodeDecodeError, configparser.Error, ValueError):
        settings.read_string(file.read_text("utf-8"))
        return settings.getfloat("KDE", "AnimationDurationFactor", fallback=1.0) == 0
    return False


def _told(command: list[str]) -> str:
    program = shutil.which(command[0])
    if program is None:
        return ""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        asked = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=_SECONDS, check=False)
        return asked.stdout.strip()
    return ""
