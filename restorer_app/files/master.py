"""The opened file while it is saved: what goes wrong with it is told of it, not of the file that is written."""

from __future__ import annotations

from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any

from restorer_app.core.errors import UnwritableFileError


class MasterBytes(FileIO):
    """The opened file's bytes, unbuffered."""

    def __init__(self, path: Path) -> None:
        try:
            super().__init__(path, "rb")
        except OSError as problem:
            raise _lost(path) from problem

    def readinto(self, buffer: Any, /) -> int:
        try:
            return super().readinto(buffer) or 0
        except OSError as problem:
            raise _lost(Path(str(self.name))) from problem


def open_master(path: Path) -> BufferedReader:
    return BufferedReader(MasterBytes(path))


def _lost(path: Path) -> UnwritableFileError:
    return UnwritableFileError(
        f"{path.name} cannot be read any more, so it cannot be saved.", advice="See that its drive is connected."
    )
