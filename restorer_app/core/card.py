"""ModelCard: what a model is, what it needs and what it was measured to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from restorer_app.core.errors import InvalidValueError

TASKS = ("repair", "denoise", "decompress", "upscale")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def models_know(layout: str) -> bool:
    """Learned methods are taught on photographs in RGB, grey among them."""
    return layout not in {"cmyk", "lab"}


def is_model_id(text: str) -> bool:
    """Whether a model may be called so: its folder is."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Named weights: how to run them, where they come from, and the figures measured with the stored file."""

    id: str
    version: str
    task: str
    net: str
    net_args: Mapping[str, Any]
    scale: int
    halo: int  # extra input a tile needs around its output, in input pixels
    multiple_of: int
    tiling: bool
    dtypes: tuple[str, ...]
    sha256: str  # of weights.safetensors
    licence: str
    trained_by: str
    synthesises_detail: bool
    minutes: float = 0.0
    machine: str = ""
    data_sha256: str = ""
    measured: Mapping[str, Any] = field(default_factory=dict)
    notes: str = ""

    def __post_init__(self) -> None:
        if not is_model_id(self.id):
            raise InvalidValueError(f"A model's id is lower case words joined by '-', not {self.id!r}.")
        if self.task not in TASKS:
            raise InvalidValueError(f"The model {self.id} is for {self.task!r}; known tasks are {', '.join(TASKS)}.")
        if self.scale not in (1, 2, 4):
            raise InvalidValueError(f"The model {self.id} has the scale {self.scale}; it can be 1, 2 or 4.")
        if self.halo < 0 or self.multiple_of < 1:
            raise InvalidValueError(f"The model {self.id} needs a halo of at least 0 and a multiple of at least 1.")
        if "float32" not in self.dtypes:
            raise InvalidValueError(f"The model {self.id} must be able to run in float32.")
        if not _SHA256.fullmatch(self.sha256):
            raise InvalidValueError(f"The card of {self.id} has no SHA-256 of its weights.")
        object.__setattr__(self, "dtypes", tuple(self.dtypes))
