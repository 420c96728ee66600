"""Document: one picture in the window: its session, its small pictures, what was saved of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from PySide6.QtGui import QImage

from restorer_app.core import mask as masks
from restorer_app.core.history import Step
from restorer_app.core.raster import Pixels, Raster
from restorer_app.core.record import Record
from restorer_app.files.picture import Picture
from restorer_app.files.saving import Saved
from restorer_app.session.provenance import Kind
from restorer_app.session.session import Session
from restorer_app.ui.canvas.viewport import Viewport
from restorer_app.ui.enlarged import Enlarged
from restorer_app.ui.thumbs import image_of, picture_thumb, step_thumb

Painted = Literal["mask", "protection"]


@dataclass(eq=False)
class Document:
    """What the film strip shows one frame of."""

    picture: Picture
    session: Session
    overview: Pixels
    thumb: QImage
    saved: Saved | None = None
    saved_at: float = 0.0
    saved_steps: int = 0  # finished operations when it was saved
    is_told_of: bool = False  # what the file holds besides the picture was said once
    carries_levels: bool = False  # a save reaches the smaller copies inside the file, too
    saving_share: float | None = None  # while a save runs
    kept_mask: Raster | None = None  # as it was written to a file or came from one
    kept_protection: Raster | None = None
    view: Viewport | None = None  # where a hand chose to look, for coming back from another picture
    is_reading: bool = False  # shown as a small picture, not all pixels are there yet
    counted: tuple[tuple[Record, ...], Mapping[Kind, float]] | None = None  # shares of kinds after these records
    _knows_all: bool = False  # the small picture is made of all pixels
    _frame: tuple[Raster, QImage] | None = None
    _enlarged: Raster | None = None
    _thumbs: dict[tuple[int, int], tuple[Step, QImage]] = field(default_factory=dict)

    @classmethod
    def of(cls, picture: Picture, session: Session, overview: Pixels) -> Document:
        return cls(picture, session, overview, image_of(overview, picture))

    @property
    def frame(self) -> QImage:
        """The whole picture as it is now, small."""
        image = self.session.history.current.image
        if image is self.session.original:
            return self.thumb
        if self._frame is None or self._frame[0] is not image:
            self._frame = (image, picture_thumb(self.overview, self.picture, image))
        return self._frame[1]

    @property
    def loose(self) -> frozenset[Painted]:
        """What closing would lose although no file is unsaved."""
        found: dict[Painted, bool] = {"mask": self.has_loose_mask, "protection": self.has_loose_protection}
        return frozenset(what for what, is_loose in found.items() if is_loose)

    @property
    def has_loose_mask(self) -> bool:
        """Something is painted that no repair has used and no file holds."""
        mask, kept = self.session.mask, self.kept_mask
        if masks.is_empty(mask):
            return False
        if kept is None or kept.bounds != mask.bounds:
            return True
        return _differs(mask, kept)

    @property
    def has_loose_protection(self) -> bool:
        """A place is protected that no work on the picture has had to leave alone, and no file holds it."""
        protect, history = self.session.protect, self.session.history
        if masks.is_empty(protect):
            return False
        held = self.kept_protection
        if held is not None and held.bounds == protect.bounds and not _differs(protect, held):
            return False
        done = [step.after for step in history.steps[: history.cursor + 1] if step.record is not None]
        kept = done[-1].protect if done and done[-1] is not None else None
        if kept is None or kept.bounds != protect.bounds:
            return True
        places = (protect.cell_region(cell) for cell in protect.changed_cells(kept))
        return any(bool((protect.read(place) > kept.read(place)).any()) for place in places)

    def keep(self, mask: Raster, *, protects: bool) -> None:
        """A file holds it now."""
        if protects:
            self.kept_protection = mask
        else:
            self.kept_mask = mask

    @property
    def path(self) -> Path:
        return self.picture.path

    @property
    def name(self) -> str:
        if self.picture.page_count > 1:
            return f"{self.path.name} ({self.picture.page + 1}/{self.picture.page_count})"
        return self.path.name

    @property
    def original(self) -> Raster:
        """The picture as it was opened, as large as the one in hand: an upscaled one is compared place by place."""
        first, bounds = self.session.original, self.session.image.bounds
        if bounds == first.bounds:
            return first
        if self._enlarged is None or self._enlarged.bounds != bounds:
            self._enlarged = Raster(Enlarged(first, bounds))
        return self._enlarged

    def thumb_of(self, position: int, *, since: int | None = None) -> QImage | None:
        """The small picture of a step, made once; or of all that was done from an earlier step on."""
        steps = self.session.history.steps
        step, first = steps[position], position if since is None else since
        key = (id(steps[first]), id(step))
        known = self._thumbs.get(key)
        if known is not None and known[0] is step:
            return known[1]
        if step.after is None:
            return None
        before = steps[first - 1].after if first else None
        made = step_thumb(self.overview, self.picture, before, step.after)
        if since is not None:  # the one before it will not be asked for again, and forty would be a megabyte
            self._thumbs = {old: thumb for old, thumb in self._thumbs.items() if old[0] != key[0] or old[0] == old[1]}
        self._thumbs[key] = (step, made)
        self._forget_gone(steps)
        return made

    def take_overview(self, overview: Pixels) -> None:
        """A small picture made of all pixels, in the place of the first impression; taken once."""
        if self._knows_all or (overview.shape[2], overview.dtype) != (self.overview.shape[2], self.overview.dtype):
            return
        self._knows_all = True
        self.overview, self.thumb, self._frame = overview, image_of(overview, self.picture), None
        # of a step whose pixels are gone the old picture is the only one there will ever be
        self._thumbs = {key: known for key, known in self._thumbs.items() if known[0].after is None}

    def remember_saved(self, saved: Saved) -> None:
        self.saved, self.saved_at = saved, time.time()
        self.saved_steps = len(self.session.records)

    def _forget_gone(self, steps: tuple[Step, ...]) -> None:
        there = {id(step) for step in steps}
        for gone in [key for key in self._thumbs if not there.issuperset(key)]:
            del self._thumbs[gone]


def _differs(mask: Raster, kept: Raster) -> bool:
    places = (mask.cell_region(cell) for cell in mask.changed_cells(kept))
    return any(bool((mask.read(place) != kept.read(place)).any()) for place in places)
