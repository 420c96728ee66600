"""Handles: how another process finds the pixels of a source without their being sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, runtime_checkable


@dataclass(frozen=True, slots=True)
class Stamp:
    """Size and time of a file, by which one sees that it is still the one that was opened."""

    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> Self:
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class FileHandle:
    """A page of a file that the reader process has judged fit to be read region by region."""

    path: Path
    kind: str
    page: int
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class MappedHandle:
    """Pixels in a scratch file: C order, native byte order, height × width × channels."""

    path: Path
    offset: int
    shape: tuple[int, int, int]
    dtype: str


@dataclass(frozen=True, slots=True)
class FlatHandle:
    """One value everywhere."""

    width: int
    height: int
    channels: int
    dtype: str
    value: float


SourceHandle = FileHandle | MappedHandle | FlatHandle


@runtime_checkable
class HasHandle(Protocol):
    """A source that another process can open for itself."""

    @property
    def handle(self) -> SourceHandle: ...
