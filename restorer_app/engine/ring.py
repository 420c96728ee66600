"""The ring of results: a mapped file that the engine writes to and the program copies from, oldest first."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import numpy as np

from restorer_app.core.raster import Pixels
from restorer_app.files.handle import MappedHandle
from restorer_app.files.scratch import map_pixels

_ALIGN = 64  # a cache line


class Ring:
    """The engine's side: waits while the program has not copied enough out. The other side says `taken`."""

    def __init__(self, handle: MappedHandle) -> None:
        self._bytes = map_pixels(handle, mode="r+").view(np.ndarray).reshape(-1)
        self._head = 0
        self._held: deque[int] = deque()  # sizes, oldest first, with what was skipped at the end of the file
        self._changed = threading.Condition()

    @property
    def most(self) -> int:
        """Bytes that go in at once; a larger tile is sent in bands, so that both sides can work at a time."""
        return int(self._bytes.size) // 4

    def put(self, pixels: Pixels, *, given_up: Callable[[], bool]) -> int | None:
        """Writes pixels and says where; None where the job was given up while there was no room."""
        size = -(-pixels.nbytes // _ALIGN) * _ALIGN
        total = int(self._bytes.size)
        with self._changed:
            skipped = total - self._head if self._head + size > total else 0
            while sum(self._held) + skipped + size > total:
                if given_up():
                    return None
                self._changed.wait(0.1)  # seconds; a cancel does not wake it
            offset = 0 if skipped else self._head
            self._held.append(skipped + size)
            self._head = (offset + size) % total
        self._bytes[offset : offset + pixels.nbytes] = np.ascontiguousarray(pixels).reshape(-1).view(np.uint8)
        return offset

    def taken(self) -> None:
        with self._changed:
            self._held.popleft()
            self._changed.notify()
