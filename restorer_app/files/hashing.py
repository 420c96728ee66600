"""A file's SHA-256, and in the same pass its copy."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from pathlib import Path

from restorer_app.core.errors import UnwritableFileError
from restorer_app.core.job import CancelToken
from restorer_app.files.patching import Progress, silent, stop_if_cancelled

_PIECE = 1 << 20


def sha256_of(path: Path, *, progress: Progress | None = None, cancel: CancelToken | None = None) -> str:
    """The hash of a file as it is now."""
    return copy_hashed(path, to=None, progress=progress or silent, cancel=cancel)


def copy_hashed(path: Path, *, to: Path | None, progress: Progress, cancel: CancelToken | None) -> str:
    """The hash of a file while it is copied. Hashing is the slower of the two, so it runs beside the writing.

    copy_file_range would save the copying but not the reading, which the hash needs; measured, nothing was gained.
    """
    try:
        source = path.open("rb", buffering=0)
    except OSError as problem:
        raise _lost(path) from problem
    with source:
        if to is None:
            return _pass(source, None, "Reading the opened file", progress, cancel)
        with to.open("r+b", buffering=0) as out:
            return _pass(source, out, "Copying the opened file", progress, cancel)


def _filled(source: FileIO, buffer: memoryview) -> int:
    """Bytes read; a drive that goes away is told of the opened file, not of the one that is written."""
    try:
        return source.readinto(buffer) or 0
    except OSError as problem:
        raise _lost(Path(str(source.name))) from problem


def _lost(path: Path) -> UnwritableFileError:
    return UnwritableFileError(
        f"{path.name} cannot be read any more, so it cannot be saved.", advice="See that its drive is connected."
    )


def _pass(source: FileIO, out: FileIO | None, what: str, progress: Progress, cancel: CancelToken | None) -> str:
    digest = hashlib.sha256()
    size, done, number = max(1, os.fstat(source.fileno()).st_size), 0, 0
    buffers = [memoryview(bytearray(_PIECE)) for _ in range(2)]  # one is hashed while the other is filled
    with ThreadPoolExecutor(1) as hashing:
        waiting = hashing.submit(digest.update, b"")
        while count := _filled(source, buffers[number % 2]):
            stop_if_cancelled(cancel)
            piece = buffers[number % 2][:count]
            waiting.result()
            waiting = hashing.submit(digest.update, piece)
            left = piece
            while out is not None and left:  # an unbuffered file may take less than it was given
                left = left[out.write(left) :]
            done, number = done + count, number + 1
            progress(what, min(1.0, done / size))
        waiting.result()
    return digest.hexdigest()
