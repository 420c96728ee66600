"""The copy of the opened file: patches may be written into it before the copying has come to their place."""

from __future__ import annotations

import heapq
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

Bytes = bytes | memoryview
_HOLE = 1 << 20


class Copy:
    """A temporary file that takes the master's bytes from the front and patches anywhere; a patch is never undone."""

    def __init__(self, path: Path, *, size: int | None = None) -> None:
        """`size` is what the whole copy will have; without it the copy is there already."""
        self._file = path.open("r+b", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size if size is None else size
        self._copied = sys.maxsize if size is None else 0  # what lies before it does not come from the master any more
        self._ahead: list[tuple[int, int]] = []  # patches in front of the copying, a heap of begin and end
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def patch(self, at: int, data: Bytes) -> None:
        """Bytes that stay whatever the master has in their place."""
        with self._lock:
            self._write(at, data)
            if self._copied < at + len(data):
                heapq.heappush(self._ahead, (at, at + len(data)))

    def follow(self, piece: memoryview) -> None:
        """The master's next bytes; those that a patch has replaced already are left out."""
        with self._lock:
            start = self._copied
            self._copied = start + len(piece)
            for begin, end in self._free(start, self._copied):
                self._write(begin, piece[begin - start : end - start])

    def _free(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """The parts of a span that no patch has taken; patches that end in it are behind the copying from now on."""
        while self._ahead and self._ahead[0][0] < end:
            taken, behind = self._ahead[0]
            if begin < taken:
                yield begin, taken
            begin = max(begin, behind)
            if behind > end:
                return
            heapq.heappop(self._ahead)
        if begin < end:
            yield begin, end

    def _write(self, at: int, data: Bytes) -> None:
        self._file.seek(at)
        left = memoryview(data)
        while left:  # an unbuffered file may take less than it was given
            left = left[self._file.write(left) :]


def takes_holes(path: Path) -> bool:
    """Whether an empty file's file system leaves out what was never written.

    Others (FAT, exFAT, NTFS) clear whatever lies in front of a patch, and a copy would be written twice.
    """
    with path.open("r+b", buffering=0) as file:
        file.seek(_HOLE)
        file.write(b"\0")
        blocks: int | None = getattr(os.fstat(file.fileno()), "st_blocks", None)  # of 512 bytes; Windows tells none
        file.truncate(0)
    return blocks is not None and blocks * 512 < _HOLE
