"""Saving: what a save needs, frozen, and the one way it is carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from restorer_app.core import mask as masks
from restorer_app.core.history import History, Snapshot
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import Raster
from restorer_app.core.record import Record
from restorer_app.files import saving as files_saving
from restorer_app.files.atomic import there
from restorer_app.files.picture import Picture
from restorer_app.files.saving import Saved

_FINE = frozenset({"denoise", "decompress"})  # their changes are often smaller than the steps of a JPEG


@dataclass(frozen=True)
class Saving:
    """One picture as it is to be written; safe to use in another thread while editing goes on."""

    picture: Picture
    snapshot: Snapshot
    touched: tuple[Raster, ...]  # where each step may have changed the picture
    changes_size: bool  # against the file
    records: tuple[Record, ...]
    masks: tuple[Raster | None, ...]  # of the records
    ours: Saved | None  # what this session wrote before, and may replace
    as_tiff: bool = False  # a new TIFF was asked for before, where a patched copy would do

    @property
    def derives(self) -> bool:
        """Whether only a new TIFF holds the work, whatever was asked for."""
        names = (record.name for record in self.records)
        return not self.picture.patchable or self.changes_size or jpeg_would_undo(self.picture, names)

    @property
    def allowed(self) -> Raster | None:
        """Where the picture may differ from the file; None: anywhere.

        Of a large scan it takes half a second, which a window should not wait for.
        """
        if self.changes_size:
            return None
        return reduce(masks.union, self.touched, masks.blank(self.snapshot.image.bounds))

    def run(
        self,
        target: Path | None = None,
        *,
        derive: bool = False,
        progress: Callable[[str, float], None] | None = None,
        cancel: CancelToken | None = None,
        pyramid: bool = False,
    ) -> Saved:
        """Writes and proves. Without a target: over what this session wrote before, or by the name template.

        What it wrote of the picture at another size, or patched where only a new TIFF holds the work, stays, and the
        next one is put beside it.
        """
        ours = self.ours if target is None or (self.ours is not None and target == self.ours.path) else None
        if ours is not None and target is None:
            derive = derive or self.as_tiff
            if (derive and ours.patched) or ours.bounds != self.snapshot.image.bounds:
                target, ours = there(ours.path.parent), None
            else:
                derive = derive or not ours.patched
        return files_saving.save(
            self.picture,
            self.snapshot.image,
            allowed=self.allowed,
            records=self.records,
            target=target if ours is None else ours.path,
            derive=derive,
            replace_ours=None if ours is None else ours.sha256,
            progress=progress,
            cancel=cancel,
            pyramid=pyramid,
            masks=self.masks,
        )


def jpeg_would_undo(picture: Picture, operations: Iterable[str]) -> bool:
    """Whether a JPEG's own tables would put back what one of these took away: blocks would round to what they were."""
    return picture.kind == "jpeg" and not _FINE.isdisjoint(operations)


def masks_of(history: History) -> tuple[Raster | None, ...]:
    """What each record's step was allowed to touch; None where there was neither mask nor protection."""
    steps = [step for step in history.steps[: history.cursor + 1] if step.record is not None]
    return tuple(step.touched if step.record and step.record.mask_sha256 else None for step in steps)


def touched_so_far(history: History) -> tuple[Raster, ...]:
    """What each step up to the current one may have changed."""
    return tuple(step.touched for step in history.steps[: history.cursor + 1] if step.touched is not None)


def changes_size(history: History) -> bool:
    """Whether the picture is of another size than its file."""
    steps = history.steps[: history.cursor + 1]
    return any(step.record is not None and step.record.name == "upscale" for step in steps)
