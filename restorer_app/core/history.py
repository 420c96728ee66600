"""History: a list of snapshots and a cursor, bounded in bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from restorer_app.core.errors import InvalidValueError
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
        self._spilled: dict[int, Pixels] = {}  # tiles that lie in the store, by id; held, so that no id is used twice

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
        if step.after is None:
            raise InvalidValueError("A new step needs its snapshot.")
        del self._steps[self._cursor + 1 :]
        self._steps.append(step)
        self._cursor += 1
        self._keep_within_budget()

    def replace_current(self, step: Step) -> None:
        """Puts another step in the current one's place: a finished repair takes that of its stroke."""
        if step.after is None:
            raise InvalidValueError("A new step needs its snapshot.")
        if self._cursor == 0:
            raise InvalidValueError("The first step is the file as it was opened and stays.")
        del self._steps[self._cursor + 1 :]
        self._steps[self._cursor] = step
        self._keep_within_budget()

    def rewrite(self, position: int, steps: Iterable[Step], *, cursor: int) -> None:
        """Puts other steps in place of all from a position on: a running job finished, or was given up."""
        if not 0 < position <= len(self._steps):
            raise InvalidValueError(f"The history has {len(self._steps)} steps; {position} cannot be rewritten.")
        after = [*self._steps[:position], *steps]
        if not 0 <= cursor < len(after) or after[cursor].after is None:
            raise InvalidValueError(f"The history cannot stand at step {cursor} after this.")
        self._steps, self._cursor = after, cursor
        self._keep_within_budget()

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
        if not 0 <= position < len(self._steps):
            raise InvalidValueError(f"The history has {len(self._steps)} steps; there is no step {position}.")
        if self._steps[position].after is None:
            raise InvalidValueError("The pixels of this step were let go to save space; its record is kept.")
        self._cursor = position
        return self.current

    def memory_bytes(self) -> int:
        """Bytes of tiles that all snapshots together hold in memory, each shared tile once."""
        return sum(tile.nbytes for tile in self._tiles_in_memory(self._steps).values())

    def _keep_within_budget(self) -> None:
        """Spills the oldest tiles that the current snapshot does not show; without room, lets oldest pixels go."""
        tiles = self._tiles_in_memory(self._steps)
        excess = sum(tile.nbytes for tile in tiles.values()) - self._byte_budget
        if excess <= 0:
            return
        shown = self._tiles_in_memory([self._steps[self._cursor]])
        if self._store is not None:
            excess -= self._spill([tile for key, tile in tiles.items() if key not in shown], excess)
        self._let_go(excess)

    def _spill(self, oldest_first: list[Pixels], excess: int) -> int:
        assert self._store is not None
        moved: dict[int, Pixels] = {}
        freed = 0
        for tile in oldest_first:
            if freed >= excess:
                break
            elsewhere = self._store.put(tile)
            if elsewhere is None:
                break
            moved[id(tile)] = elsewhere
            self._spilled[id(elsewhere)] = elsewhere
            freed += tile.nbytes
        for raster in self._rasters(self._steps):
            raster.move_tiles(moved)
        return freed

    def _let_go(self, excess: int) -> None:
        for position in range(self._cursor):
            if excess <= 0:
                return
            step = self._steps[position]
            if step.after is None or step.job_id is not None:
                continue
            before = self.memory_bytes()
            self._steps[position] = step.without_pixels()
            freed = before - self.memory_bytes()
            if freed == 0:  # the file as opened holds no tiles of its own: going back to it stays possible
                self._steps[position] = step
            excess -= freed

    def _tiles_in_memory(self, steps: Iterable[Step]) -> dict[int, Pixels]:
        return {
            id(tile): tile
            for raster in self._rasters(steps)
            for tile in raster.tiles.values()
            if id(tile) not in self._spilled
        }

    @staticmethod
    def _rasters(steps: Iterable[Step]) -> Iterator[Raster]:
        for step in steps:
            if step.after is not None:
                yield from step.after.rasters()
