"""Mapped scratch files: made here, filled by any process, gone when nobody looks at them."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import secrets
import shutil
import tempfile
import threading
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, Self

import numpy as np

from restorer_app.core.errors import UnwritableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels
from restorer_app.files import locks, places
from restorer_app.files.handle import MappedHandle

_CHOSEN = f"{places.NAME}-scratch"  # inside a folder that may hold other things
_LOCK = "lock"
_CHUNK = 64 * 1024 * 1024  # a spill file; large enough to be few, small enough to give space back
_ALIGN = 64  # a cache line
_TRIES = 5


class ScratchFile:
    """A file of a fixed size whose room on the disc is reserved; deleted with the last reference to it."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        self._delete = weakref.finalize(self, _unlink, path)

    def handle(self, shape: tuple[int, int, int], dtype: np.dtype[Any], *, offset: int = 0) -> MappedHandle:
        return MappedHandle(self.path, offset, shape, np.dtype(dtype).name)

    def delete(self) -> None:
        self._delete()


class Scratch:
    """This process's folder of scratch files. Folders of processes that died are deleted on the way."""

    def __init__(self, parent: Path | None = None, *, chosen: str = "") -> None:
        """In `parent` or nowhere; or where a person chose, and in the usual places where that cannot be had."""
        usual = [*([Path(chosen) / _CHOSEN] if chosen else []), places.scratch(), _last_resort()]
        self.folder, lock = _own_folder([parent] if parent else usual)
        self._number = 0
        self._guard = threading.Lock()
        self._close = weakref.finalize(self, _remove, lock, self.folder)  # runs at exit as well

    def create(self, size: int) -> ScratchFile:
        """A new file with room for `size` bytes, or one sentence when the disc has none."""
        with self._guard:
            self._number += 1
            path = self.folder / f"{self._number}.pixels"
        file = ScratchFile(path, size)
        try:
            with path.open("xb") as opened:
                _reserve(opened, size)
        except OSError as problem:
            file.delete()
            raise _no_room(path.parent, problem) from problem
        return file

    def close(self) -> None:
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def map_pixels(handle: MappedHandle, *, mode: Literal["r", "r+"] = "r") -> Pixels:
    """The pixels that a handle names, mapped into this process."""
    if 0 in handle.shape:
        return np.zeros(handle.shape, handle.dtype)
    return np.memmap(handle.path, np.dtype(handle.dtype), mode, handle.offset, handle.shape)


@dataclass(frozen=True, eq=False)
class MappedSource:
    """Pixels of a scratch file as a source; keeps the file for as long as it is looked at."""

    handle: MappedHandle
    keeper: ScratchFile | None = None
    pixels: Pixels = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", map_pixels(self.handle))

    @property
    def bounds(self) -> Region:
        height, width, _ = self.handle.shape
        return Region.of_size(width, height)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.handle.dtype)

    @property
    def channels(self) -> int:
        return self.handle.shape[2]

    def read(self, region: Region) -> Pixels:
        found = self.pixels[region.slices()]
        assert isinstance(found, np.ndarray)
        return found

    def let_go(self) -> None:
        """Gives back the memory of what was read; the next read takes it from the file again."""
        mapped = getattr(self.pixels, "_mmap", None)
        if isinstance(mapped, mmap.mmap):
            _let_go(mapped)


class SpillStore:
    """Where the history's tiles go that memory has no room for: mapped files up to a limit."""

    def __init__(self, scratch: Scratch, *, limit: int, chunk: int = _CHUNK) -> None:
        self._scratch = scratch
        self._limit = limit
        self._chunk_size = chunk
        self._chunk: Pixels | None = None
        self._mapped: mmap.mmap | None = None
        self._used = 0
        self._live = 0
        self._guard = threading.Lock()

    def put(self, pixels: Pixels) -> Pixels | None:
        """Equal read-only pixels that lie in a mapped file, or None when there is no more room."""
        with self._guard:
            room = self._room(pixels.nbytes)
        if room is None:
            return None
        spilled = room.view(pixels.dtype).reshape(pixels.shape)
        np.copyto(spilled, pixels)
        spilled.flags.writeable = False
        return spilled

    def _room(self, size: int) -> Pixels | None:
        if self._chunk is None or self._used + size > self._chunk.size:
            self._chunk = self._new_chunk(max(size, self._chunk_size, 1))
            self._used = 0
        if self._chunk is None:
            return None
        start = self._used
        self._used += -(-size // _ALIGN) * _ALIGN
        return self._chunk[start : start + size]

    def _new_chunk(self, size: int) -> Pixels | None:
        if self._mapped is not None:
            _let_go(self._mapped)  # it is full, and may not be looked at for long
            self._mapped = None
        if self._live + size > self._limit:
            return None
        try:
            file = self._scratch.create(size)
            with file.path.open("r+b") as opened:
                mapped = mmap.mmap(opened.fileno(), size)
        except (UnwritableFileError, OSError):  # a full disc, or no place left to map to: the store is full, and the
            return None  # history lets its oldest pixels go
        self._mapped = mapped
        self._live += size
        weakref.finalize(mapped, self._gone, file)  # every tile holds the map, and the map holds the file
        return np.frombuffer(mapped, np.uint8)

    def _gone(self, file: ScratchFile) -> None:
        self._live -= file.size
        file.delete()


def _let_go(mapped: mmap.mmap) -> None:
    """The pages go back to the file, which the system keeps in memory for as long as it has room."""
    if hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def _own_folder(parents: list[Path]) -> tuple[Path, BinaryIO]:
    """A new folder in the first place that can be written to, and its lock."""
    trouble: UnwritableFileError | None = None
    for parent in parents:
        try:
            parent.mkdir(parents=True, exist_ok=True)
            delete_stale(parent)
            for _ in range(_TRIES):
                folder = parent / f"{os.getpid()}-{secrets.token_hex(4)}"
                folder.mkdir(mode=0o700)
                lock = locks.take(folder / _LOCK)
                if lock is not None:  # another process that starts now may have taken the folder for a dead one's
                    return folder, lock
        except OSError as problem:
            trouble = trouble or _no_room(parent, problem)
    raise trouble or UnwritableFileError(f"No scratch folder can be made in {parents[0]}.")


def _last_resort() -> Path:
    """For a home that cannot be written to."""
    return Path(tempfile.gettempdir()) / _CHOSEN


def delete_stale(parent: Path) -> None:
    """Deletes the folders of processes that are gone: their locks are free."""
    for folder in parent.iterdir():
        lock = locks.take(folder / _LOCK) if (folder / _LOCK).is_file() else None
        if lock is not None:
            _remove(lock, folder)


def _reserve(file: BinaryIO, size: int) -> None:
    """Room on the disc now: writing into a hole of a full disc through a map kills the process (SIGBUS)."""
    if size == 0:
        return
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as problem:
            if problem.errno not in {errno.EINVAL, errno.EOPNOTSUPP}:  # a file system that cannot reserve
                raise
    file.truncate(size)


def _no_room(folder: Path, problem: OSError) -> UnwritableFileError:
    full = problem.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return UnwritableFileError(
        f"There is no room for scratch files in {folder}: {problem.strerror or problem}.",
        advice="Free some space there, or choose another scratch folder in the settings."
        if full
        else "Choose another scratch folder in the settings.",
    )


def _unlink(path: Path) -> None:
    with contextlib.suppress(OSError):  # Windows keeps a file that is still mapped; the folder goes at the next start
        path.unlink()


def _remove(lock: BinaryIO, folder: Path) -> None:
    lock.close()
    shutil.rmtree(folder, ignore_errors=True)
