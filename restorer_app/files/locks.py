"""Locks between processes: files that one of them holds until it ends, however it ends."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO


def take(path: Path) -> BinaryIO | None:
    """The file, locked until it is closed or its process ends; None when another process holds it."""
    try:
        file = path.open("ab")
    except OSError:
        return None
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - there is no such module elsewhere

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - there is no such module on Windows

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
