"""A file's SHA-256, and in the same pass its copy."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from restorer_app.core.job import CancelToken
from restorer_app.files.beside import Work
from restorer_app.files.copying import Copy
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.master import MasterBytes
from restorer_app.files.patching import Progress, silent, stop_if_cancelled

_PIECE = 1 << 20


def sha256_of(path: Path, *, progress: Progress | None = None, cancel: CancelToken | None = None) -> str:
    """The hash of a file as it is now."""
    return copy_hashed(path, to=None, progress=progress or silent, cancel=cancel)


def checksum(file: FileBytes, *, what: str) -> Work[str]:
    """The hash of an open file, as work beside what else is done with it: it needs one core for longer than that."""

    def take(progress: Progress, cancel: CancelToken) -> str:
        digest, buffer = hashlib.sha256(), memoryview(bytearray(_PIECE))
        for at in range(0, file.size, _PIECE):
            stop_if_cancelled(cancel)
            piece = buffer[: min(_PIECE, file.size - at)]
            file.read_into(at, piece)
            digest.update(piece)
            progress(what, (at + len(piece)) / file.size)
        return digest.hexdigest()

    return take


def copy_hashed(path: Path, *, to: Copy | None, progress: Progress, cancel: CancelToken | None) -> str:
    """The hash of a file while it is copied. Hashing is the slower of the two, so it runs beside the writing.

    copy_file_range would save the copying but not the reading, which the hash needs; measured, nothing was gained.
    """
    with MasterBytes(path) as source:
        what = "Reading the opened file" if to is None else "Copying the opened file"
        return _pass(source, to, what, progress, cancel)


def _pass(source: MasterBytes, out: Copy | None, what: str, progress: Progress, cancel: CancelToken | None) -> str:
    digest = hashlib.sha256()
    size, done, number = max(1, os.fstat(source.fileno()).st_size), 0, 0
    buffers = [memoryview(bytearray(_PIECE)) for _ in range(2)]  # one is hashed while the other is filled
    with ThreadPoolExecutor(1) as hashing:
        waiting = hashing.submit(digest.update, b"")
        while count := source.readinto(buffers[number % 2]):
            stop_if_cancelled(cancel)
            piece = buffers[number % 2][:count]
            waiting.result()
            waiting = hashing.submit(digest.update, piece)
            if out is not None:
                out.follow(piece)
            done, number = done + count, number + 1
            progress(what, min(1.0, done / size))
        waiting.result()
    return digest.hexdigest()
