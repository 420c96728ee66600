"""Refusing a file: what disc and damage raise, as one sentence for the person."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from restorer_app.core.errors import RestorerError, UnreadableFileError
from restorer_app.files.handle import Stamp

T = TypeVar("T")


def cannot_read(path: Path, problem: OSError) -> UnreadableFileError:
    """The sentence for what the disc refused."""
    if isinstance(problem, FileNotFoundError):
        return UnreadableFileError(
            f"There is no file {path}.", advice="Check its name, and that its drive is connected."
        )
    if isinstance(problem, PermissionError):
        return UnreadableFileError(f"{path.name} may not be read by you.", advice="Ask for the right to read it.")
    return UnreadableFileError(
        f"{path.name} cannot be read: {problem.strerror or problem}.", advice="Check that the drive is still there."
    )


def must_be_unchanged(path: Path, stamp: Stamp) -> None:
    """Pixels of another file than the one that was opened must never pass for its own."""
    try:
        now = Stamp.of(path)
    except OSError as problem:
        raise cannot_read(path, problem) from problem
    if now != stamp:
        raise UnreadableFileError(
            f"{path.name} was changed by another program since it was opened.",
            advice="Open it again: the edit belongs to the file as it was.",
        )


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
