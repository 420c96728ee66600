"""Session: one open picture and what may be done to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from restorer_app.core import mask as masks
from restorer_app.core.card import ModelCard
from restorer_app.core.errors import InvalidValueError, RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.history import History, Snapshot, Step, Store
from restorer_app.core.job import Dtype, Failed, Finished, Job, JobEvent, Note, Stopped, TileDone
from restorer_app.core.operation import Operation
from restorer_app.core.raster import Raster
from restorer_app.core.record import Record
from restorer_app.core.stroke import Stroke
from restorer_app.files.picture import Picture
from restorer_app.files.saving import Saved
from restorer_app.session import by_hand
from restorer_app.session.by_hand import Handiwork, Handwork
from restorer_app.session.change import Change
from restorer_app.session.lineup import PAINTED, Lineup
from restorer_app.session.pending import Pending
from restorer_app.session.saving import Saving, changes_size, masks_of, touched_so_far
from restorer_app.session.touching import touched_by

HISTORY_BYTES = 512 * 2**20  # tiles kept in memory before the oldest go to the store

Listener = Callable[[Change], None]


class Session:
    """The one place where strokes, results and undo meet; knows neither screen nor engine.

    A front end asks for an operation, takes the next job to whatever computes it, and gives back every event.
    All calls come from one thread.
    """

    def __init__(self, picture: Picture, *, store: Store | None = None, history_bytes: int = HISTORY_BYTES) -> None:
        self.picture = picture
        self.original = Raster(picture.source)
        blank = masks.blank(self.original.bounds)
        first = Step("Opened", Snapshot(self.original, blank, blank))
        self.history = History(first, byte_budget=history_bytes, store=store)
        self.last_mask: Raster | None = None
        self.last_saved: Saved | None = None
        self._as_tiff = False  # asked for, not needed
        self._saved_snapshot: Snapshot = self.history.current
        self._lineup = Lineup(store)
        self._listeners: list[Listener] = []

    # ------------------------------------------------------------------------------ what is there now
    @property
    def image(self) -> Raster:
        """The picture as it is to be shown: with the finished tiles of a running job in it."""
        running, below = self._lineup.running, self.history.current.image
        if running is None or running.changes_size:
            return below
        return running.merged_into(below)

    @property
    def mask(self) -> Raster:
        return self.history.current.mask

    @property
    def protect(self) -> Raster:
        return self.history.current.protect

    @property
    def pending(self) -> tuple[Pending, ...]:
        """The running job, and those that wait, in order."""
        return self._lineup.entries

    @property
    def records(self) -> tuple[Record, ...]:
        return self.history.records

    @property
    def is_changed(self) -> bool:
        """The picture is not what was opened."""
        return self.history.current.image is not self.original

    @property
    def is_unsaved(self) -> bool:
        """The picture (masks are no part of it) differs from the file and from what was saved: work could be lost."""
        return self.is_changed and self.history.current.image is not self._saved_snapshot.image

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def unlisten(self) -> None:
        """Nobody is told any more."""
        self._listeners.clear()

    # ---------------------------------------------------------------------------------------- masking
    def stroke(self, stroke: Stroke, *, protects: bool = False) -> Region | None:
        """Adds a stroke to the mask, or to the protect mask, as one step."""
        self._must_be_editable()
        before = self.protect if protects else self.mask
        after, region = masks.paint(before, stroke)
        if after.changed_cells(before):
            verb = "Erased" if stroke.erase else "Painted"
            self._set_mask(f"{verb} {'protection' if protects else 'mask'}", after, region, protects=protects)
        return region

    def set_mask(self, title: str, mask: Raster, *, protects: bool = False) -> None:
        """Puts another mask in place, as one step: grown, loaded, inverted, cleared. The same one is no step."""
        self._must_be_editable()
        if mask.bounds != self.mask.bounds:
            raise InvalidValueError(
                f"The mask has {mask.bounds.width} × {mask.bounds.height} pixels, but the picture has "
                f"{self.mask.bounds.width} × {self.mask.bounds.height}."
            )
        after = masks.sparse(mask)
        if after.changed_cells(self.protect if protects else self.mask):
            self._set_mask(title, after, None, protects=protects)

    def clear_mask(self) -> None:
        if not masks.is_empty(self.mask):
            self.last_mask = self.mask
            self.set_mask("Cleared mask", masks.blank(self.mask.bounds))

    def clear_protection(self) -> None:
        if not masks.is_empty(self.protect):
            self.set_mask("Cleared protection", masks.blank(self.protect.bounds), protects=True)

    def reselect_mask(self) -> None:
        if self.last_mask is None or self.last_mask.bounds != self.mask.bounds:
            raise RestorerError("There is no earlier mask to bring back.")
        self.set_mask("Reselected mask", self.last_mask)

    # ------------------------------------------------------------------------------------ work by hand
    def restore(self, stroke: Stroke) -> Region | None:
        """Paints the master back in."""
        return self._do(self.restoring(stroke))

    def clone(self, stroke: Stroke, *, dx: int, dy: int) -> Region | None:
        """Paints over a place what lies at an offset from it."""
        return self._do(self.cloning(stroke, dx=dx, dy=dy))

    def restoring(self, stroke: Stroke) -> Handiwork:
        """As `restore`, to be computed in whatever thread and then added."""
        self._must_be_free(stroke)
        return by_hand.restoring(self.history.current.image, self.original, self.protect, stroke)

    def cloning(self, stroke: Stroke, *, dx: int, dy: int) -> Handiwork:
        """As `clone`, to be computed in whatever thread and then added."""
        self._must_be_free(stroke, dx=dx, dy=dy)
        return by_hand.cloning(self.history.current.image, self.protect, stroke, dx=dx, dy=dy)

    def add_handwork(self, asked: Handiwork, done: Handwork | None) -> Region | None:
        """What came of it, as one step; None where it changed nothing."""
        now = self.history.current.image
        if now is not asked.image:  # a job has ended meanwhile
            done = asked.work(now)
        if done is None or not done.record.changed_pixels:  # a step would say that there is something to save
            return None
        after = Snapshot(done.image, self.mask, self.protect)
        self.history.add(Step(asked.title, after, done.record, done.touched))
        self._tell(Change("image", done.region), Change("history"))
        return done.region

    def _do(self, asked: Handiwork) -> Region | None:
        return self.add_handwork(asked, asked.work(asked.image))

    # -------------------------------------------------------------------------------------- operations
    def ask(
        self,
        operation: Operation,
        *,
        model: ModelCard | None = None,
        seed: int | None = None,
        device: str = "auto",
        dtype: Dtype = "auto",
        deterministic: bool = False,
        joined: bool = False,
    ) -> Pending:
        """Moves the mask into a new entry of the queue. `joined` makes one step of it and the last stroke."""
        self._must_be_editable()
        mask = None if masks.is_empty(self.mask) else self.mask
        touched = touched_by(operation, mask, self.protect)
        region = masks.covered_region(touched)
        assert region is not None  # an empty one was refused
        pending = Pending(
            job_id=uuid.uuid4().hex,
            operation=operation,
            region=region,
            mask=None if operation.scale != 1 else mask,
            touched=touched,
            mask_at_enter=self.mask,
            model=model,
            seed=len(self.records) if seed is None else seed,
            device=device,
            dtype=dtype,
            deterministic=deterministic,
            joined=joined and self._follows_a_stroke(),
        )
        pending.check(self.history.current.image, layout=self.picture.layout)
        if mask is not None:
            self.last_mask = mask
        self._lineup.enter(self.history, pending)
        self._tell(Change("mask"), Change("history"), Change("jobs"))
        return pending

    def _follows_a_stroke(self) -> bool:
        """Is the last step one of painting the mask: anything else keeps a step of its own, to be undone alone."""
        return self.history.cursor > 0 and self.history.steps[self.history.cursor].title == PAINTED

    def next_job(self) -> Job | None:
        """The job to run now: frozen when it is handed out; None while one runs or nothing waits."""
        job = self._lineup.start_next(self.history)
        if job is not None:
            self._tell(Change("jobs"))
        return job

    def take(self, event: JobEvent) -> None:
        """Takes one event of a job; late ones of a job that was given up land nowhere."""
        pending = self._lineup.find(event.job_id)
        if pending is None or not pending.is_running:
            return
        match event:
            case TileDone():
                self._lineup.take_tile(pending, event)
                self._tell(*([] if pending.changes_size else [Change("image", event.region)]), Change("jobs"))
            case Note():
                pending.notes.append(event.message)
                self._tell(Change("note", message=event.message))
            case Finished():
                self._lineup.finish(self.history, pending, event.record)
                self._tell(Change("size" if pending.changes_size else "image"), Change("history"), Change("jobs"))
            case Stopped():
                self._give_up(pending)
            case Failed():
                self._give_up(pending)
                self._tell(Change("note", message=event.message))

    def cancel(self, job_id: str) -> None:
        """Puts picture and mask back at once; whatever the job still sends is dropped."""
        pending = self._lineup.find(job_id)
        if pending is not None:
            self._give_up(pending)

    # ----------------------------------------------------------------------------------------- history
    def undo(self) -> None:
        if not self.history.can_undo:
            raise RestorerError("There is nothing more to undo.")
        self.go_to(self.history.cursor - 1)

    def redo(self) -> None:
        if not self.history.can_redo:
            raise RestorerError("There is nothing more to redo.")
        self.go_to(self.history.cursor + 1)

    def go_to(self, position: int) -> None:
        """Goes to a step; jobs that were asked for after it are given up."""
        self.history.must_hold(position)  # before any job is given up for it
        bounds = self.mask.bounds
        dropped = self._lineup.drop_after(self.history, position)
        self.history.go_to(position)
        changes = [
            Change("image" if self.mask.bounds == bounds else "size"),
            Change("mask"),
            Change("protect"),
            Change("history"),
        ]
        self._tell(*changes, *([Change("jobs")] if dropped else []))

    # ------------------------------------------------------------------------------------------ saving
    def saving(self) -> Saving:
        """Everything that a save needs, frozen, so that it can go on in another thread."""
        if self.pending:
            raise RestorerError("A job is still running.", advice="Wait for it or cancel it, then save.")
        if not self.is_changed:
            raise RestorerError("Nothing was changed, so there is nothing to save.")
        return Saving(
            picture=self.picture,
            snapshot=self.history.current,
            touched=touched_so_far(self.history),
            changes_size=changes_size(self.history),
            records=self.records,
            masks=masks_of(self.history),
            ours=self.last_saved,
            as_tiff=self._as_tiff,
        )

    def saved(self, saving: Saving, result: Saved) -> None:
        """Remembers what was written, so that saving again replaces it and closing does not ask."""
        self.last_saved = result
        if result.patched or not saving.derives:
            self._as_tiff = not result.patched
        self._saved_snapshot = saving.snapshot
        self._tell(Change("saved"))

    # ---------------------------------------------------------------------------------------- the rest
    def _set_mask(self, title: str, mask: Raster, region: Region | None, *, protects: bool) -> None:
        now = self.history.current
        after = Snapshot(now.image, now.mask, mask) if protects else Snapshot(now.image, mask, now.protect)
        self.history.add(Step(title, after))
        self._tell(Change("protect" if protects else "mask", region), Change("history"))

    def _must_be_editable(self) -> None:
        if not self.picture.editable:
            raise RestorerError(self.picture.reason or "This picture can only be viewed.")
        if any(pending.changes_size for pending in self.pending):
            raise RestorerError("The picture is being upscaled.", advice="Wait, or press Esc to cancel it.")

    def _must_be_free(self, stroke: Stroke, *, dx: int = 0, dy: int = 0) -> None:
        """Work by hand waits where a job will change the picture, its source too: which came last could not be told."""
        self._must_be_editable()
        extent = stroke.extent(self.mask.bounds)
        if extent is None:
            return
        wait = "Wait, or press Esc to cancel it."
        if any(pending.region.overlaps(extent) for pending in self.pending):
            raise RestorerError("A job is changing this part of the picture.", advice=wait)
        if any(pending.region.overlaps(extent.shifted(dx, dy)) for pending in self.pending):
            raise RestorerError("A job is changing the part of the picture that would be copied.", advice=wait)

    def _give_up(self, pending: Pending) -> None:
        self._lineup.give_up(self.history, pending)
        self._tell(Change("image", pending.region), Change("mask"), Change("history"), Change("jobs"))

    def _tell(self, *changes: Change) -> None:
        for change in changes:
            for listener in tuple(self._listeners):
                listener(change)
