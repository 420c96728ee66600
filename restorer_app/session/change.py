"""Change: what is different since a listener last looked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from restorer_app.core.geometry import Region

What = Literal["image", "mask", "protect", "size", "history", "jobs", "saved", "note"]


@dataclass(frozen=True, slots=True)
class Change:
    """`region` is where, for image and masks; None means everywhere. `message` is a note for the person."""

    what: What
    region: Region | None = None
    message: str = ""
