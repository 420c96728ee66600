"""Pending: one asked-for operation, from the asking until its closing event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from restorer_app.core.card import ModelCard, models_know
from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.core.history import Store
from restorer_app.core.job import Dtype, Job, TileDone
from restorer_app.core.operation import Operation
from restorer_app.core.raster import CELL, Cell, FlatSource, Pixels, Raster

LIVE_BYTES = 64 * 2**20  # pixels of an unfinished result kept in memory; what goes beyond lies in the store


class Pending:
    """Waits in the queue, freezes into a Job when it starts, collects the tiles of its result."""

    def __init__(
        self,
        *,
        job_id: str,
        operation: Operation,
        region: Region,
        mask: Raster | None,
        touched: Raster,
        mask_at_enter: Raster,
        model: ModelCard | None = None,
        seed: int = 0,
        device: str = "auto",
        dtype: Dtype = "auto",
        deterministic: bool = False,
        joined: bool = False,
    ) -> None:
        self.id = job_id
        self.operation = operation
        self.region = region
        self.mask = mask
        self.touched = touched
        self.mask_at_enter = mask_at_enter
        self.model = model
        self.seed = seed
        self.device = device
        self.dtype = dtype
        self.deterministic = deterministic
        self.joined = joined  # with its stroke: one step for both
        self.done = 0
        self.total = 0
        self.finished: list[Region] = []  # tiles, in pixels of the picture as it was asked on
        self.notes: list[str] = []
        self._started_on: Raster | None = None
        self._result: Raster | None = None
        self._merged: _Merged | None = None
        self._live_bytes = 0

    @property
    def is_running(self) -> bool:
        return self._started_on is not None

    @property
    def changes_size(self) -> bool:
        return self.operation.scale != 1

    @property
    def result(self) -> Raster:
        """What is there so far: the picture as at the start, with every finished tile in it."""
        assert self._result is not None, "asked before the job started"
        return self._result

    def check(self, image: Raster, *, layout: str) -> None:
        """Refuses now, with a sentence, what could only fail later."""
        if self.operation.task is not None and not models_know(layout):
            raise InvalidValueError(
                f"Learned methods know grey and RGB, and this picture is {layout.upper()}.",
                advice="Choose a classical method, for repairs Patch, Smooth (telea) or Lines (navier-stokes).",
            )
        self._job(image, None)

    def freeze(self, image: Raster, protect: Raster) -> Job:
        """The job as it will run, on the picture as it is now."""
        job = self._job(image, protect)
        self.start_on(image)
        return job

    def start_on(self, image: Raster) -> None:
        """From here on tiles are taken."""
        self._started_on = image
        grown = image.bounds.scaled(self.operation.scale)
        self._result = Raster(FlatSource(grown, image.dtype, image.channels)) if self.changes_size else image

    def _job(self, image: Raster, protect: Raster | None) -> Job:
        return Job(
            id=self.id,
            operation=self.operation,
            image=image,
            region=self.region,
            model=self.model,
            mask=self.mask,
            protect=protect,
            seed=self.seed,
            device=self.device,
            dtype=self.dtype,
            deterministic=self.deterministic,
        )

    def take(self, tile: TileDone, store: Store | None) -> None:
        """Puts a finished tile into the result; a large result goes to the store as it comes in."""
        before = self.result
        self._result = before.with_patch(tile.region, tile.pixels, tile.around)
        self.done, self.total = tile.done, tile.total
        self.finished.append(_shrunk(tile.region, self.operation.scale))
        if store is None:
            return
        self._live_bytes += tile.pixels.nbytes
        if self._live_bytes > LIVE_BYTES:
            _spill(self._result, Raster(before.source) if self.changes_size else self._started_on, tile, store)

    def merged_into(self, image: Raster) -> Raster:
        """A later picture with this result in it: only what the mask allowed is taken over.

        Asked again for the same picture, after every tile and for every later step, it merges what came since.
        """
        if self.changes_size:
            raise InvalidValueError("A picture of another size cannot take this result.")
        if image is self._started_on:
            return self.result
        assert self._started_on is not None, "asked before the job started"
        if self._merged is None or self._merged.below is not image:
            self._merged = _Merged(image, self._started_on, image)
        if self._merged.result is not self.result:
            found = self._merged.image
            for cell in sorted(self.result.changed_cells(self._merged.result)):
                region = self.result.cell_region(cell)
                found = found.with_patch(region, self._merged_cell(image, cell, region))
            self._merged = _Merged(image, self.result, found)
        return self._merged.image

    def _merged_cell(self, image: Raster, cell: Cell, region: Region) -> Pixels:
        """Where the later picture still is what the job started on, the result has it already: nothing is read."""
        assert self._started_on is not None  # asked by `merged_into`
        if image.source is self._started_on.source and image.tiles.get(cell) is self._started_on.tiles.get(cell):
            return self.result.tiles[cell]
        return merge(image, self.result, self.touched, region)


@dataclass(frozen=True, slots=True)
class _Merged:
    """A picture with as much of a result in it as there was."""

    below: Raster
    result: Raster
    image: Raster


def merge(below: Raster, above: Raster, touched: Raster, region: Region) -> Pixels:
    """One raster's pixels where a mask touched anything, another's elsewhere."""
    return np.where(touched.read(region) > 0, above.read(region), below.read(region))


def _shrunk(region: Region, scale: int) -> Region:
    """The pixels that a tile of a larger picture is made of."""
    return Region(region.left // scale, region.top // scale, -(-region.right // scale), -(-region.bottom // scale))


def _spill(result: Raster, start: Raster | None, tile: TileDone, store: Store) -> None:
    """Moves the cells that a tile has filled completely; they will not be written again."""
    moved: dict[int, Pixels] = {}
    for cell in tile.region.cells(CELL):
        pixels = result.tiles[cell]
        shared = start is not None and start.tiles.get(cell) is pixels
        if tile.region.contains(result.cell_region(cell)) and not shared:
            elsewhere = store.put(pixels)
            if elsewhere is not None:
                moved[id(pixels)] = elsewhere
    result.move_tiles(moved)
