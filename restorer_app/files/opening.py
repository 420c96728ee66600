"""Opening a file in this process: the reader process's work, and the engine's where a file was judged before."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Protocol

from restorer_app.files.budget import Budget
from restorer_app.files.picture import Picture
from restorer_app.files.refusal import refusing_damage
from restorer_app.files.sniff import Kind, sniff

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


class Opener(Protocol):
    """Reads the header of one page, judges it, and hands out sources that read on demand."""

    def __call__(self, path: Path, *, page: int, budget: Budget) -> Picture: ...


def open_here(path: Path, *, page: int = 0, budget: Budget | None = None) -> Picture:
    """The picture in a file, or one RestorerError that says why not."""
    kind = sniff(path)
    return refusing_damage(path, lambda: _opener(kind)(path, page=page, budget=budget or Budget()))


def _opener(kind: Kind) -> Opener:
    # Each container is imported when it is met: a codec costs tens of milliseconds, and most sessions need one.
    module = importlib.import_module(f"restorer_app.files.{_MODULES[kind]}")
    opener: Opener = getattr(module, f"open_{_MODULES[kind]}")
    return opener
