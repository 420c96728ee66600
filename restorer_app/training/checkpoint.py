"""Checkpoints: everything a run needs to go on as if it had never stopped."""

import io
import os
import pickle
from pathlib import Path
from typing import Any

import torch

from restorer_app.core.errors import UnreadableFileError
from restorer_app.files.atomic import cannot_write

KEPT = 2
_ENTRIES = {"id", "net", "mean", "optimisers", "random", "step", "seconds", "began", "minutes_before"}


def save(folder: Path, step: int, state: dict[str, Any]) -> Path:
    """Write whole or not at all; the two newest stay, those of later steps, before which a run went on, step aside."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{step:09d}.ckpt"
    unfinished = file.with_suffix(".part")
    try:
        with unfinished.open("wb") as out:
            out.write(_packed(state))
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(file)
    except OSError as problem:
        raise cannot_write(file, problem) from problem
    finally:
        unfinished.unlink(missing_ok=True)
    *old, _ = sorted(other for other in folder.glob("*.ckpt") if other <= file)
    for other in old[: 1 - KEPT]:
        other.unlink()
    for later in [other for other in folder.glob("*.ckpt") if other > file]:
        later.replace(later.with_suffix(".ckpt-left"))
    return file


def _packed(state: dict[str, Any]) -> memoryview:
    """In memory first: of a disc that is full, torch's own writer would only say that a position is unexpected."""
    packed = io.BytesIO()
    torch.save(state, packed)
    return packed.getbuffer()


def newest(folder: Path) -> Path | None:
    """The last checkpoint of a run, if it has one."""
    return max(folder.glob("*.ckpt"), default=None)


def read(file: Path) -> dict[str, Any]:
    """A checkpoint's state; only tensors and plain values, never code."""
    try:
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise UnreadableFileError(f"{file} is no checkpoint of a training run.") from error
    if not isinstance(state, dict) or not state.keys() >= _ENTRIES:
        raise UnreadableFileError(f"{file} is no checkpoint of a training run.")
    return state
