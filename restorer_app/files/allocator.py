"""The C library's memory: when large buffers go back to the system, and when they are kept for the next."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

# Names of glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGE = 1 << 20
_TRIMMED = 128 << 10  # what glibc begins with
_ANY = 1 << 30  # larger than any buffer of a tile
_MOST = 1 << 30  # bytes of its own that a process may come to before what is free in them goes back
_STATM = Path("/proc/self/statm")

_guard = threading.Lock()
_keepers = 0


def give_back_large_buffers() -> bool:
    """Stops glibc from raising its threshold; says whether there was something to stop.

    By itself it learns from the first strip of 16 MB that such sizes are common, keeps them in its heaps, one a
    thread, and a save that holds 100 MB at a time shows 210 MB. Other systems give large buffers back anyway.
    """
    with _guard:
        return _keepers == 0 and _set(mmap=_LARGE, trim=_TRIMMED)


class Keeping:
    """While buffers are kept: sees to it that they do not become more and more."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most

    def look(self) -> bool:
        """Gives back what is free where the process has grown too large; says whether it did.

        Something small that stays between two large buffers keeps both from being used again as one, and a net's
        buffers then pile up beside each other. What is in use stays, so the next look allows for a little more.
        """
        if _own_bytes() <= self._most:
            return False
        _trim()
        self._most = max(self._most, _own_bytes() * 5 // 4)
        return True


@contextlib.contextmanager
def large_buffers_kept() -> Iterator[Keeping]:
    """Meanwhile memory that becomes free waits for the next buffer; afterwards all of it goes back.

    A net asks for the same few sizes again and again. Given back and taken anew, each of their pages is cleared by
    the system every time: three quarters of the time that the computing itself takes.
    """
    global _keepers  # noqa: PLW0603 - the allocator is one for the process, and so is who wants what of it
    with _guard:
        _keepers += 1
        _set(mmap=_ANY, trim=_ANY)
    try:
        yield Keeping()
    finally:
        with _guard:
            _keepers -= 1
            if not _keepers:
                _set(mmap=_LARGE, trim=_TRIMMED)
                _trim()


def _own_bytes() -> int:
    """Memory that is in no file; 0 where the system does not tell."""
    try:
        _, resident, shared, *_ = _STATM.read_text("ascii").split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * mmap.PAGESIZE


def _set(*, mmap: int, trim: int) -> bool:
    try:
        mallopt = _glibc().mallopt
    except (OSError, AttributeError):  # musl has none
        return False
    return bool(mallopt(_MMAP_THRESHOLD, mmap)) and bool(mallopt(_TRIM_THRESHOLD, trim))


def _trim() -> None:
    with contextlib.suppress(OSError, AttributeError):
        _glibc().malloc_trim(0)


def _glibc() -> ctypes.CDLL:
    if not sys.platform.startswith("linux"):
        raise OSError("no glibc")
    return ctypes.CDLL(None)
