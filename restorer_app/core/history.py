"""History: a list of snapshots and a cursor, bounded in bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.ledger import Ledger
from restorer_app.core.raster import Pixels, Raster
from restorer_app.core.record import Record


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Picture and masks at one moment."""

    image: Raster
    mask: Raster
    protect: Raster

    def __post_init__(self) -> None:
        if not self.image.bounds == self.mask.bounds == self.protect.bounds:
            raise InvalidValueError("Picture, mask and protect mask of a snapshot must have the same size.")

    def rasters(self) -> tuple[Raster, Raster, Raster]:
        return self.image, self.mask, self.protect


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the history. Its pixels can be let go when space runs out; its record never is."""

    title: str
    after: Snapshot | None
    record: Record | None = None
    touched: Raster | None = None  # where this step may have changed the picture; None: nowhere
    job_id: str | None = None  # of the job whose result will fill this step

    def without_pixels(self) -> Step:
        return replace(self, after=None)


class Store(Protocol):
    """Where pixels go that memory has no room for."""

    def put(self, pixels: Pixels) -> Pixels | None:
        """Equal read-only pixels that lie elsewhere, or None when the store is full."""
        ...


class History:
    """What was done, in order, and where in it we are. Undo puts back the very same rasters."""

    def __init__(self, first: Step, *, byte_budget: int, store: Store | None = None) -> None:
        if first.after is None:
            raise InvalidValueError("A history begins with a snapshot.")
        if byte_budget < 0:
            raise InvalidValueError(f"A history cannot keep {byte_budget} bytes.")
        self._steps: list[Step] = [first]
        self._cursor = 0
        self._byte_budget = byte_budget
        self._store = store
        self._ledger = Ledger()
        self._ledger.hold(_rasters(first))

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    @property
    def cursor(self) -> int:
        return self._cursor

    @property
    def current(self) -> Snapshot:
        snapshot = self._steps[self._cursor].after
        assert snapshot is not None  # the cursor never stands on a step whose pixels were let go
        return snapshot

    @property
    def records(self) -> tuple[Record, ...]:
        """The records of everything that led to the current snapshot."""
        return tuple(step.record for step in self._steps[: self._cursor + 1] if step.record is not None)

    @property
    def can_undo(self) -> bool:
        return self._cursor > 0 and self._steps[self._cursor - 1].after is not None

    @property
    def can_redo(self) -> bool:
        return self._cursor + 1 < len(self._steps)

    def add(self, step: Step) -> None:
        """Adds a step after the current one; what had been undone is gone."""
        self._put(self._cursor + 1, [step], self._cursor + 1)

    def replace_current(self, step: Step) -> None:
        """Puts another step in the current one's place: a finished repair takes that of its stroke."""
        if self._cursor == 0:
            raise InvalidValueError("The first step is the file as it was opened and stays.")
        self._put(self._cursor, [step], self._cursor)

    def rewrite(self, position: int, steps: Sequence[Step], *, cursor: int) -> None:
        """Puts other steps in place of all from a position on: a running job finished, or was given up."""
        if not 0 < position <= len(self._steps):
            raise InvalidValueError(f"The history has {len(self._steps)} steps; {position} cannot be rewritten.")
        after = [*self._steps[:position], *steps]
        if not 0 <= cursor < len(after) or after[cursor].after is None:
            raise InvalidValueError(f"The history cannot stand at step {cursor} after this.")
        self._put(position, steps, cursor)

    def undo(self) -> Snapshot:
        if not self.can_undo:
            raise InvalidValueError("There is nothing more to undo.")
        self._cursor -= 1
        return self.current

    def redo(self) -> Snapshot:
        if not self.can_redo:
            raise InvalidValueError("There is nothing more to redo.")
        self._cursor += 1
        return self.current

    def go_to(self, position: int) -> Snapshot:
        self.must_hold(position)
        self._cursor = position
        return self.current

    def must_hold(self, position: int) -> None:
        """Refuses a step that is not there, or whose pixels are not."""
        if not 0 <= position < len(self._steps):
            raise InvalidValueError(f"The history has {len(self._steps)} steps; there is no step {position}.")
        if self._steps[position].after is None:
            raise InvalidValueError("The pixels of this step were let go to save space; its record is kept.")

    def memory_bytes(self) -> int:
        """Bytes of tiles that all snapshots together hold in memory, each shared tile once."""
        return self._ledger.bytes_in_memory

    def _put(self, position: int, steps: Sequence[Step], cursor: int) -> None:
        if cursor >= position and steps and steps[cursor - position].after is None:
            raise InvalidValueError("A new step needs its snapshot.")
        gone = self._steps[position:]
        for step in steps:  # held before the old ones are released: tiles that both show never leave
            self._ledger.hold(_rasters(step))
        for step in gone:
            self._ledger.release(_rasters(step))
        self._steps[position:] = steps
        self._cursor = cursor
        self._keep_within_budget()

    def _keep_within_budget(self) -> None:
        """Spills the oldest tiles that the current snapshot does not show; without room, lets oldest pixels go."""
        if self._store is not None and self.memory_bytes() > self._byte_budget:
            self._spill(self._store)
        if self.memory_bytes() > self._byte_budget:
            self._let_go()

    def _spill(self, store: Store) -> None:
        excess = self.memory_bytes() - self._byte_budget
        moved: dict[int, Pixels] = {}
        for tile in self._ledger.in_memory(without=_rasters(self._steps[self._cursor])):
            if excess <= 0:
                break
            elsewhere = store.put(tile)
            if elsewhere is None:
                break
            moved[id(tile)] = elsewhere
            excess -= tile.nbytes
        self._ledger.move(moved)

    def _let_go(self) -> None:
        """Of the steps before the one that is shown, oldest first, until the budget is kept.

        A waiting job's step is about to be filled and its result carried into all that follow; the one before it is
        where the history stands again when that job is given up.
        """
        needed = self._ledger.bytes_of(_rasters(self._steps[self._cursor]))
        waits = next((at for at, step in enumerate(self._steps) if step.job_id is not None), self._cursor + 1)
        for position in range(min(self._cursor, waits - 1)):
            if self.memory_bytes() <= max(self._byte_budget, needed):
                return
            step = self._steps[position]
            if any(raster.tiles for raster in _rasters(step)):  # the file as opened holds no tiles of its own
                self._ledger.release(_rasters(step))
                self._steps[position] = step.without_pixels()


def _rasters(step: Step) -> tuple[Raster, ...]:
    return () if step.after is None else step.after.rasters()
