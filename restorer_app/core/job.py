"""Job: an operation frozen with its inputs; and the events that a run of it yields."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from restorer_app.core.card import ModelCard
from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.core.operation import Operation
from restorer_app.core.raster import Cell, Pixels, Raster
from restorer_app.core.record import Record

Dtype = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a run needs. Nothing shared ever changes, so there are no locks.

    `region` is the part of the picture that may change, in input pixels. `mask` says where inside it and how
    much (255 all, 0 not at all); without one the whole region may change. `protect` wins over `mask`.
    """

    id: str
    operation: Operation
    image: Raster
    region: Region
    model: ModelCard | None = None
    mask: Raster | None = None
    protect: Raster | None = None
    seed: int = 0
    device: str = "auto"  # auto, cpu, cuda, cuda:1 …
    dtype: Dtype = "auto"
    deterministic: bool = False
    preview: bool = False  # goes before queued work and leaves no record in a history

    def __post_init__(self) -> None:
        if not self.id:
            raise InvalidValueError("A job needs an id.")
        if not self.image.bounds.contains(self.region):
            raise InvalidValueError("The region of a job must lie inside the picture.")
        for name, other in (("mask", self.mask), ("protect mask", self.protect)):
            if other is not None and other.bounds != self.image.bounds:
                raise InvalidValueError(
                    f"The {name} has {other.bounds.width} × {other.bounds.height} pixels, but the picture has "
                    f"{self.image.bounds.width} × {self.image.bounds.height}."
                )
        if self.mask is None and self.operation.needs_mask:
            raise InvalidValueError(f"{self.operation.title} needs a mask: paint over the damage first.")
        if self.operation.task is not None:
            self._must_fit_model(self.operation.task)
        if not 0 <= self.seed < 2**63:
            raise InvalidValueError(f"A seed is a whole number from 0 to 2⁶³ - 1, not {self.seed}.")

    def _must_fit_model(self, task: str) -> None:
        if self.model is None:
            raise InvalidValueError(f"{self.operation.title} by a learned method needs a model.")
        if self.model.task != task or self.model.scale != self.operation.scale:
            raise InvalidValueError(f"The model {self.model.id} cannot do this: it is for {self.model.task}.")

    @property
    def output_region(self) -> Region:
        """What the tiles of this job cover together, in pixels of the result."""
        return self.region.scaled(self.operation.scale)


@dataclass(frozen=True, slots=True)
class TileDone:
    """A finished piece, ready to be shown: already blended, in the picture's own depth."""

    job_id: str
    region: Region
    pixels: Pixels = field(repr=False)
    done: int
    total: int
    around: Mapping[Cell, Pixels] = field(default_factory=dict, repr=False)  # as `Raster.with_patch` takes it


@dataclass(frozen=True, slots=True)
class Advanced:
    """Work of which there is nothing to show yet: what the pieces to come stand on."""

    job_id: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know while the job goes on: smaller tiles, the CPU instead of the GPU."""

    job_id: str
    message: str


@dataclass(frozen=True, slots=True)
class Finished:
    job_id: str
    record: Record


@dataclass(frozen=True, slots=True)
class Stopped:
    job_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    job_id: str
    message: str
    traceback: str = ""  # empty when the message says all: a RestorerError


JobEvent = TileDone | Advanced | Note | Finished | Stopped | Failed
CLOSING = (Finished, Stopped, Failed)


class CancelToken:
    """Set once, from any thread; asked between tiles."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        return self._event.is_set()
