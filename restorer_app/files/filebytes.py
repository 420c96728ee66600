"""FileBytes: positioned, thread-safe reading of a file that may have any size."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Self

from restorer_app.core.errors import UnreadableFileError

_BINARY = getattr(os, "O_BINARY", 0)  # Windows alone would change line ends


class FileBytes:
    """An open file. Reads give exactly what was asked for, or say that the file ends too early."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = -1
        try:
            self._fd = os.open(path, os.O_RDONLY | _BINARY)
            self.size = os.fstat(self._fd).st_size
        except OSError as problem:
            raise UnreadableFileError(
                f"{path.name} cannot be read: {problem.strerror or problem}.",
                advice="See that the file is still there and that you may read it.",
            ) from problem
        self._lock = threading.Lock()

    def __del__(self) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def read(self, at: int, count: int) -> bytes:
        """`count` bytes from `at`."""
        self.must_hold(at, count)
        try:
            parts = self._parts(at, count)
        except OSError as problem:
            raise _lost(self.path, problem) from problem
        return parts

    def must_hold(self, at: int, count: int) -> None:
        """Says that the file ends too early, before room is made for a wild claim."""
        if at < 0 or count < 0 or at + count > self.size:
            raise UnreadableFileError(
                f"{self.path.name} ends too early: it has {self.size} bytes, but {at + count} are needed.",
                advice="The copy may be incomplete; compare it with the original medium.",
            )

    def read_into(self, at: int, buffer: memoryview) -> None:
        """Fills a buffer: for passes over a whole file, where fresh memory for each piece costs as much as reading."""
        if not hasattr(os, "preadv"):
            buffer[:] = self.read(at, len(buffer))
            return
        self.must_hold(at, len(buffer))
        done = 0
        while done < len(buffer):
            try:
                got = os.preadv(self._fd, [buffer[done:]], at + done)
            except OSError as problem:
                raise _lost(self.path, problem) from problem
            if not got:
                raise _lost(self.path, OSError(0, "it became shorter while it was read"))
            done += got

    def _parts(self, at: int, count: int) -> bytes:
        data = self._once(at, count)
        while len(data) < count:  # a network drive may give less than asked
            more = self._once(at + len(data), count - len(data))
            if not more:
                raise OSError(0, "it became shorter while it was read")
            data += more
        return data

    def _once(self, at: int, count: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._fd, count, at)
        with self._lock:  # Windows has no positioned read
            os.lseek(self._fd, at, os.SEEK_SET)
            return os.read(self._fd, count)


def _lost(path: Path, problem: OSError) -> UnreadableFileError:
    return UnreadableFileError(
        f"{path.name} cannot be read any more: {problem.strerror or problem}.",
        advice="See that its drive is still connected.",
    )


class BlockBytes(FileBytes):
    """A block in memory, read like a file: the EXIF of a JPEG has the structure of a TIFF."""

    def __init__(self, path: Path, block: bytes) -> None:
        self.path = path
        self._fd = -1
        self._block = block
        self.size = len(block)

    def _once(self, at: int, count: int) -> bytes:
        return self._block[at : at + count]
