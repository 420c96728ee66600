"""What patching and proving tell: how far they are, what was written, what a comparison showed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from restorer_app.core.errors import RestorerError
from restorer_app.core.job import CancelToken

Progress = Callable[[str, float], None]  # what is being done, and how much of it is: 0 to 1
Unit = Literal["samples", "blocks"]
SHOWN = "what was shown"  # judged by it: an enlarged picture has no sample in common with its master
NARROW = "\u202f"  # a space between digits that no line breaks at


class SavingStoppedError(RestorerError):
    """A person stopped a save or a proof; nothing was written that stays."""


def stop_if_cancelled(cancel: CancelToken | None) -> None:
    if cancel is not None and cancel.is_cancelled:
        raise SavingStoppedError("Saving was stopped; no file was changed.")


def silent(_what: str, _share: float) -> None:
    """The progress of someone who does not want to know."""


@dataclass(frozen=True, slots=True)
class PatchReport:
    """What a patcher wrote into the copy."""

    segments_patched: int
    segments_total: int
    unit: str  # "strips", "tiles", "rows", "blocks": what a segment is here
    notes: tuple[str, ...] = ()  # a sentence each for the person, e.g. a thumbnail that still shows the old picture


class Patching(Protocol):
    """Ends a patch that was begun while the copy was still being made: waits for it, and puts the packet in."""

    def __call__(self, xmp: bytes | None, *, progress: Progress, cancel: CancelToken | None) -> PatchReport: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison of a master with its derivative showed.

    `outside` counts what may not change and did. For TIFF and PNG the unit is samples of the stored depth, for
    JPEG blocks of coefficients: blocks of MCUs that touch the mask are `edge`, all others must be identical.
    """

    judged: bool
    unit: Unit = "samples"
    outside_changed: int = 0
    inside_changed: int = 0
    samples_total: int = 0  # or blocks
    edge_changed: int = 0  # JPEG: blocks at the edge of the edit that were quantised again
    segments_total: int = 0
    segments_identical: int = 0  # byte for byte
    metadata_differences: tuple[str, ...] = ()  # what should not differ and does, a short phrase each
    metadata_changed: tuple[str, ...] = ()  # what we meant to change, e.g. "XMP", "DateTime"
    judged_by: str = ""  # where what may change was taken from: "mask", "record", "nothing may differ"; or SHOWN
    anywhere: bool = False  # the whole picture was allowed to change
    reason: str = ""  # why it could not be judged
    doubt: str = ""  # why these may be the wrong two files, a sentence
    master_sha256: str = ""
    derivative_sha256: str = ""

    @property
    def same(self) -> bool:
        """Nothing changed that had to stay."""
        return self.judged and self.outside_changed == 0 and not self.metadata_differences and not self.doubt

    @property
    def sentence(self) -> str:
        if not self.judged:
            return f"This could not be judged: {self.reason}"
        text = f"{self.doubt} {self._about_pixels()}".lstrip()
        if self.metadata_differences:
            text += "; the metadata differ: " + ", ".join(self.metadata_differences)
        return text + "."

    def _about_pixels(self) -> str:
        total = f"{spaced(self.samples_total)} {self.unit}"
        if self.judged_by == SHOWN:
            return f"All {total} are as they were shown; none has a counterpart in the original"
        if self.anywhere:
            return self._about_all_pixels(total)
        where = "outside the edit" if self.unit == "blocks" else "outside the mask"
        if self.judged_by == "nothing may differ":
            where = "in the whole picture"
        text = f"{spaced(self.outside_changed)} of {total} changed {where}"
        if self.unit == "blocks" and self.edge_changed:
            text += f", {spaced(self.edge_changed)} blocks at its edge re-quantised"
        return text

    def _about_all_pixels(self, total: str) -> str:
        text = f"{spaced(self.inside_changed + self.edge_changed)} of {total} changed by work on the whole picture"
        if self.outside_changed:
            return f"{text}, and {spaced(self.outside_changed)} of transparency or further channels, which may not"
        if self.segments_total and not self.metadata_differences:  # a patched file was compared as a whole
            told = " and ".join(["the record of it", *(name for name in self.metadata_changed if name != "XMP")])
            text += f"; all else in the file but {told} is as it was"
        return text

    def to_fields(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        return asdict(self) | {"same": self.same, "sentence": self.sentence}


def spaced(number: float) -> str:
    """75497472 as 75 497 472, with spaces that do not break; what is not whole with one decimal."""
    return (f"{number:,}" if isinstance(number, int) else f"{number:,.1f}").replace(",", NARROW)
