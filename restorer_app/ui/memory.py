"""How much memory the machine has."""

from __future__ import annotations

import ctypes
import os
import sys

ASSUMED = 8 * 2**30  # where a system does not say


def memory_bytes() -> int:
    if sys.platform == "win32":
        return _windows() or ASSUMED
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return ASSUMED


if sys.platform == "win32":

    class _Status(ctypes.Structure):
        """MEMORYSTATUSEX."""

        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            ("total", ctypes.c_ulonglong),
            ("rest", ctypes.c_ulonglong * 6),
        )

    def _windows() -> int:
        status = _Status(length=ctypes.sizeof(_Status))
        return int(status.total) if ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)) else 0
