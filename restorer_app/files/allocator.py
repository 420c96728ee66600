"""The C library's memory: large buffers go back to the system as soon as they are free."""

from __future__ import annotations

import ctypes
import functools
import sys

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD in glibc's malloc.h
_LARGE = 1 << 20


@functools.cache
def give_back_large_buffers() -> bool:
    """Stops glibc from raising its threshold; says whether there was something to stop.

    By itself it learns from the first strip of 16 MB that such sizes are common, keeps them in its heaps, one a
    thread, and a save that holds 100 MB at a time shows 210 MB. Other systems give large buffers back anyway.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # musl has none
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGE))
