"""Opening a file in this process: the reader process's work, and the engine's where a file was judged before."""

from __future__ import annotations

import importlib
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from restorer_app.core.errors import RestorerError, UnreadableFileError
from restorer_app.files.budget import Budget
from restorer_app.files.picture import Picture
from restorer_app.files.sniff import Kind, cannot_read, sniff

_MODULES: dict[Kind, str] = {
    "tiff": "tiff",
    "bigtiff": "tiff",
    "png": "png",
    "jpeg": "jpeg",
    "jp2": "jp2",
    "webp": "webp",
    "avif": "avif",
    "raw": "raw",
    "psd": "psd",
    "heic": "heic",
}

T = TypeVar("T")


class Opener(Protocol):
    """Reads the header of one page, judges it, and hands out sources that read on demand."""

    def __call__(self, path: Path, *, page: int, budget: Budget) -> Picture: ...


def open_here(path: Path, *, page: int = 0, budget: Budget | None = None) -> Picture:
    """The picture in a file, or one RestorerError that says why not."""
    kind = sniff(path)
    return refusing_damage(path, lambda: _opener(kind)(path, page=page, budget=budget or Budget()))


def refusing_damage(path: Path, read: Callable[[], T]) -> T:
    """What `read` finds; what a damaged file makes it stumble over becomes one sentence."""
    try:
        return read()
    except RestorerError:
        raise
    except OSError as problem:
        raise cannot_read(path, problem) from problem
    except MemoryError as problem:
        raise UnreadableFileError(
            f"{path.name} needs more memory than it may take.",
            advice="Close other pictures, or raise the limit in the settings.",
        ) from problem
    except (ArithmeticError, EOFError, LookupError, TypeError, ValueError, struct.error) as problem:
        # What parsers of untrusted bytes raise when a field lies: named here once, for every container.
        raise UnreadableFileError(
            f"{path.name} is damaged: its parts contradict each other.", advice="Look for another copy of the file."
        ) from problem


def _opener(kind: Kind) -> Opener:
    # Each container is imported when it is met: a codec costs tens of milliseconds, and most sessions need one.
    module = importlib.import_module(f"restorer_app.files.{_MODULES[kind]}")
    opener: Opener = getattr(module, f"open_{_MODULES[kind]}")
    return opener
