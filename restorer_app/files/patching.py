"""What every container offers to saving: a patcher, a prover, and the table that finds them by kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from restorer_app.core.errors import RestorerError
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import Raster
from restorer_app.files.picture import Picture

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
    master_sha256: str = ""
    derivative_sha256: str = ""

    @property
    def same(self) -> bool:
        """Nothing changed that had to stay."""
        return self.judged and self.outside_changed == 0 and not self.metadata_differences

    @property
    def sentence(self) -> str:
        if not self.judged:
            return f"This could not be judged: {self.reason}"
        text = self._about_pixels()
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


def spaced(number: int) -> str:
    """75497472 as 75 497 472, with spaces that do not break."""
    return f"{number:,}".replace(",", NARROW)


class Patcher(Protocol):
    """Writes a picture's changed segments into a file.

    `target` is the temporary file, already there: a byte-for-byte copy of the master where the container patches
    in place (`Container.on_copy`), otherwise an empty file that the patcher fills from `picture.path`. The caller
    syncs, proves and renames it. `xmp` is the whole new packet, or None to leave the file's own alone.
    """

    def __call__(
        self,
        picture: Picture,
        image: Raster,
        *,
        target: Path,
        xmp: bytes | None,
        progress: Progress,
        cancel: CancelToken | None,
    ) -> PatchReport: ...


class Prover(Protocol):
    """Compares a derivative with its master without trusting the patcher's decoder.

    `allowed` is where something may have changed (above 0); None: nowhere. It neither raises for a difference nor
    for a file that cannot be judged: the verdict says so.
    """

    def __call__(
        self,
        master: Path,
        derivative: Path,
        *,
        page: int,
        allowed: Raster | None,
        progress: Progress,
        cancel: CancelToken | None,
    ) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Container:
    """How files of one kind are patched and proven."""

    patch: Patcher
    prove: Prover
    on_copy: bool


def container(kind: str) -> Container | None:
    """The patcher and the prover of a kind, or None where only a derivative can be written."""
    # Imported when asked: these modules take their types from this one, and a window that only looks needs none.
    if kind in {"tiff", "bigtiff"}:
        from restorer_app.files.tiff_patch import patch_tiff  # noqa: PLC0415 (see above)
        from restorer_app.files.tiff_proof import compare_tiff  # noqa: PLC0415 (see above)

        return Container(patch=patch_tiff, prove=compare_tiff, on_copy=True)
    if kind == "png":
        from restorer_app.files.png_patch import patch_png  # noqa: PLC0415 (see above)
        from restorer_app.files.png_proof import compare_png  # noqa: PLC0415 (see above)

        return Container(patch=patch_png, prove=compare_png, on_copy=False)
    if kind == "jpeg":
        from restorer_app.files.jpeg_patch import patch_jpeg  # noqa: PLC0415 (see above)
        from restorer_app.files.jpeg_proof import compare_jpeg  # noqa: PLC0415 (see above)

        return Container(patch=patch_jpeg, prove=compare_jpeg, on_copy=False)
    return None
