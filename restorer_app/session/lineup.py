"""Lineup: the running job and those that wait, and what their steps in the history become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from restorer_app.core import mask as masks
from restorer_app.core.history import History, Snapshot, Step, Store
from restorer_app.core.job import Job, TileDone
from restorer_app.core.raster import Raster
from restorer_app.core.record import Record
from restorer_app.session import by_hand
from restorer_app.session.pending import Pending

PAINTED = "Painted mask"
_DONE = {
    "repair": "Repaired",
    "denoise": "Denoised",
    "decompress": "Removed compression",
    "upscale": "Upscaled",
}


class Lineup:
    """Each entry has a step in the history from the asking on, so that undo finds it where a person expects it."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._entries: list[Pending] = []

    @property
    def entries(self) -> tuple[Pending, ...]:
        return tuple(self._entries)

    @property
    def running(self) -> Pending | None:
        return self._entries[0] if self._entries and self._entries[0].is_running else None

    def find(self, job_id: str) -> Pending | None:
        return next((pending for pending in self._entries if pending.id == job_id), None)

    def enter(self, history: History, pending: Pending) -> None:
        """Adds the step that the result will fill; the mask has moved into the entry."""
        now = history.current
        mask = now.mask if pending.mask is None else masks.blank(now.mask.bounds)
        step = Step(f"{pending.operation.title}…", replace(now, mask=mask), job_id=pending.id)
        if pending.joined:
            history.replace_current(step)
        else:
            history.add(step)
        self._entries.append(pending)

    def start_next(self, history: History) -> Job | None:
        if not self._entries or self._entries[0].is_running:
            return None
        now = _snapshot_of(history, self._entries[0])
        return self._entries[0].freeze(now.image, now.protect)

    def take_tile(self, pending: Pending, tile: TileDone) -> None:
        pending.take(tile, self._store)

    def finish(self, history: History, pending: Pending, record: Record) -> None:
        """Fills the step with its result and carries it into every later one."""
        position, before = _position_of(history, pending), _snapshot_of(history, pending)
        title = _DONE.get(pending.operation.name, pending.operation.title)
        if pending.changes_size:
            after = _enlarged(before, pending.result, pending.operation.scale)
        else:
            after = replace(before, image=pending.merged_into(before.image))
        done = Step(title, after, record, pending.touched)
        later = _all_carried(pending, after.image, history.steps[position + 1 :])
        self._entries.remove(pending)  # now that whatever had to be read for it has been read
        history.rewrite(position, [done, *later], cursor=history.cursor)

    def give_up(self, history: History, pending: Pending) -> None:
        """Takes the step out again; its mask comes back, together with what was painted since."""
        position, snapshot = _position_of(history, pending), _snapshot_of(history, pending)
        self._entries.remove(pending)
        later = list(history.steps[position + 1 :])
        if pending.mask is not None:
            later = [_with_mask(other, pending.mask) for other in later]
        if pending.joined:  # the stroke had become part of this step, and stays
            mask = masks.union(pending.mask_at_enter, snapshot.mask)  # with what a job before it has brought back
            later.insert(0, Step(PAINTED, replace(snapshot, mask=mask)))
        gone = 0 if pending.joined or history.cursor < position else 1
        history.rewrite(position, later, cursor=history.cursor - gone)

    def drop_after(self, history: History, position: int) -> bool:
        """Gives up every entry whose step lies after a position, with all steps that follow it."""
        places = {pending.id: _position_of(history, pending) for pending in self._entries}
        first = min((place for place in places.values() if place > position), default=None)
        if first is None:
            return False
        self._entries = [pending for pending in self._entries if places[pending.id] < first]
        history.rewrite(first, [], cursor=position)
        return True


def _all_carried(pending: Pending, below: Raster, steps: Sequence[Step]) -> list[Step]:
    """Later steps with the result in them; a record of work by hand in cells that it reaches is told anew."""
    found = []
    for step in steps:
        assert step.after is not None  # the history keeps what stands on a job that is not done
        image = pending.merged_into(step.after.image)
        record = step.record
        if record is not None and step.touched is not None and _share_a_cell(step.touched, pending.touched):
            record = by_hand.rehashed(record, before=below, after=image, covered=step.touched)
        found.append(replace(step, after=replace(step.after, image=image), record=record))
        below = image
    return found


def _share_a_cell(one: Raster, other: Raster) -> bool:
    return any(other.read(other.cell_region(cell)).any() for cell in masks.covered_cells(one))


def _with_mask(step: Step, mask: Raster) -> Step:
    if step.after is None:
        return step
    return replace(step, after=replace(step.after, mask=masks.union(step.after.mask, mask)))


def _position_of(history: History, pending: Pending) -> int:
    return next(position for position, step in enumerate(history.steps) if step.job_id == pending.id)


def _snapshot_of(history: History, pending: Pending) -> Snapshot:
    snapshot = history.steps[_position_of(history, pending)].after
    assert snapshot is not None  # the history keeps the pixels of steps that wait for a job
    return snapshot


def _enlarged(before: Snapshot, image: Raster, factor: int) -> Snapshot:
    """What was painted keeps its place on an enlarged picture."""
    return Snapshot(image, masks.enlarged(before.mask, factor), masks.enlarged(before.protect, factor))
