"""The way through a plan: read, prepare, run, blend; and what to do when memory runs out."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from restorer_app.core.errors import InvalidValueError, RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken, Job
from restorer_app.core.raster import Pixels
from restorer_app.engine import grain, nodata, texture
from restorer_app.engine.blend import blend
from restorer_app.engine.cover import Cover
from restorer_app.engine.methods import Method, method_for
from restorer_app.engine.plan import DeviceFullError, Tile, batches, halved
from restorer_app.engine.values import Floats, Hole, to_depth
from restorer_app.files.scratch import MappedSource

_LET_GO_PIXELS = 16 << 20
_TO_THE_CPU = "The device has no memory left; going on on the CPU, which is slower."


@dataclass(frozen=True, slots=True)
class Piece:
    """A finished tile: in pixels of the result; `before` is None where the size changed."""

    out: Region
    area: int  # of the input
    before: Pixels | None = field(repr=False)
    after: Pixels = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Context:
    """A hole with its surroundings, prepared once for all its tiles."""

    prepared: Floats
    hole: Hole
    grain: grain.Grain | None
    lacks: Floats | None  # of that grain, where it does not depend on what a tile becomes


def first_method(job: Job, cancel: CancelToken) -> tuple[Method, str]:
    """The method to begin with; on the CPU, with a sentence that says so, where its device has no room for it."""
    try:
        return method_for(job, cancel), ""
    except DeviceFullError:
        return method_on_cpu(job, cancel), _TO_THE_CPU


def method_on_cpu(job: Job, cancel: CancelToken) -> Method:
    try:
        return method_for(job, cancel, on_cpu=True)
    except DeviceFullError:
        raise _no_memory() from None


def _no_memory() -> RestorerError:
    return RestorerError(
        "There is not enough memory for this, even in the smallest pieces.",
        advice="Close other programs, or choose another method.",
    )


class Work:
    """One job's way through its tiles; knows the method, which changes when the device is full."""

    def __init__(self, job: Job, cover: Cover, method: Method, cancel: CancelToken) -> None:
        self.method = method
        self.devices = [method.device]
        self._job = job
        self._cover = cover
        self._cancel = cancel
        self._unreleased = 0  # pixels read since the source was last asked to let go
        self._contexts: dict[Region, _Context] = {}
        self._open: Counter[Region] = Counter()

    def through(self, tiles: Sequence[Tile]) -> Iterator[Piece | str]:
        """Finished pieces, and sentences for the person; ends early when the job is cancelled."""
        queue = self._queued(tiles, self.method.batch_pixels)
        while queue and not self._cancel.is_cancelled:
            batch = queue.popleft()
            try:
                results = self._run(batch)
            except (DeviceFullError, MemoryError):
                results = None  # the except block must end first: it holds the failed tile's tensors
            except cv2.error as problem:
                if problem.code != cv2.Error.StsNoMem:
                    raise
                results = None
            if results is None:
                note, queue = self._smaller(batch, [tile for later in queue for tile in later])
                if note:
                    yield note
                continue
            for tile, new in zip(batch, results, strict=True):
                if self._cancel.is_cancelled:
                    return
                yield self._finished(tile, new)
            self._let_go(sum(tile.context.area for tile in batch))

    def _queued(self, tiles: Sequence[Tile], batch_pixels: int) -> deque[list[Tile]]:
        self._open = Counter(tile.context for tile in tiles)
        self._contexts = {context: kept for context, kept in self._contexts.items() if context in self._open}
        return deque(batches(tiles, batch_pixels))

    def _smaller(self, failed: list[Tile], later: list[Tile]) -> tuple[str, deque[list[Tile]]]:
        """The remaining region in smaller tiles, at the floor on the CPU."""
        tiles = failed + later
        if len(failed) > 1:
            return "", self._queued(tiles, 0)
        bounds, needs = self._job.image.bounds, self.method.needs
        if halved(failed[0], bounds, needs) != failed:
            cut = [piece for tile in tiles for piece in halved(tile, bounds, needs)]
            side = max(max(tile.out.shape) for tile in cut)
            return f"Memory is short; going on in tiles of at most {side} pixels.", self._queued(cut, 0)
        if self.method.device.startswith("cpu"):
            raise _no_memory()
        self.method = method_on_cpu(self._job, self._cancel)
        self.devices.append(self.method.device)
        return _TO_THE_CPU, self._queued(tiles, 0)

    def _run(self, batch: list[Tile]) -> list[Floats]:
        """What the tiles produce, cut to their own regions."""
        if self.method.fills:
            contexts = [self._context(tile) for tile in batch]
            places = [tile.window.slices(tile.context) for tile in batch]
            seen = [context.prepared[place] for context, place in zip(contexts, places, strict=True)]
            holes = [context.hole[place] for context, place in zip(contexts, places, strict=True)]
            answers = self.method.run(seen, holes)
            return [self._filled(*each) for each in zip(batch, answers, seen, holes, strict=True)]
        results = self.method.run([self._seen(tile) for tile in batch], None)
        return [self._cut(tile, result) for tile, result in zip(batch, results, strict=True)]

    def _seen(self, tile: Tile) -> Floats:
        return nodata.read_closed(self._job.image, tile.window, reach=self.method.needs.halo)

    def _filled(self, tile: Tile, answer: Floats, seen: Floats, hole: Hole) -> Floats:
        """An answer with the fine contrast that belongs there: lent by patches, grown as grain."""
        context = self._contexts[tile.context]
        lacks = context.lacks
        if self.method.finish is not None:
            answer, belongs = self.method.finish(answer, seen, hole)
            if context.grain is not None:
                lacks = self._cut(tile, texture.lacking(answer, hole, belongs, context.grain))
        elif lacks is not None:
            lacks = lacks[tile.out.slices(tile.context)]
        fill = self._cut(tile, answer)
        if context.grain is None or lacks is None:
            return fill
        grown = grain.grow(context.grain, tile.out, self._job.seed)
        finished: Floats = fill + grown * (lacks * self.method.grain)[:, :, None]
        return finished

    def _cut(self, tile: Tile, result: Floats) -> Floats:
        scale = self.method.scale
        return result[tile.out.scaled(scale).slices(tile.window.scaled(scale))]

    def _let_go(self, read: int) -> None:
        """A mapped picture of 100 megapixels would otherwise lie in memory by the end of a job, 600 MB of it."""
        self._unreleased += read
        source = self._job.image.source
        if self._unreleased > _LET_GO_PIXELS and isinstance(source, MappedSource):
            source.let_go()
            self._unreleased = 0

    def _context(self, tile: Tile) -> _Context:
        region = tile.context
        if region not in self._contexts:
            hole = self._cover.hole(region)
            if hole.all():
                raise InvalidValueError(self._why_hopeless(region), advice="Paint over the damage only.")
            picture = nodata.closed(self._job.image.read(region), hole, reach=self.method.needs.context)
            measured = grain.measure(picture, hole) if self.method.grain else None
            prepared, lacks = self._prepared(tile, picture, hole), None
            if measured is not None and self.method.finish is None:
                # Of the whole context at once: OpenCV rounds differently at the end of a row, which would show tiles.
                lacks = texture.lacking(prepared, hole, texture.quiet_near(picture, hole), measured)
            self._contexts[region] = _Context(prepared, hole, measured, lacks)
        return self._contexts[region]

    def _prepared(self, tile: Tile, picture: Floats, hole: Hole) -> Floats:
        """Closed by classical means, all of it at once: no smaller tile would make it less."""
        assert self.method.prepare is not None  # a method that fills prepares
        try:
            return self.method.prepare(picture, hole)
        except (MemoryError, cv2.error) as problem:
            if isinstance(problem, cv2.error) and problem.code != cv2.Error.StsNoMem:
                raise
        # Outside the except block: that holds what the memory is needed for.
        rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
        x = tile.context.left + (columns[0] + columns[-1] + 1) / 2
        y = tile.context.top + (rows[0] + rows[-1] + 1) / 2
        raise RestorerError(
            f"There is not enough memory to close the damage around {x:.0f}, {y:.0f} as a whole.",
            advice="Close other programs, choose Smooth (telea) or Lines (navier-stokes), or repair less at a time.",
        )

    def _why_hopeless(self, region: Region) -> str:
        if region == self._job.image.bounds:
            return "The mask covers everything, so there is nothing left to repair from."
        x, y = region.centre
        return (
            f"The masked area around {x:.0f}, {y:.0f} is so large that nothing around it can be seen from its middle."
        )

    def _finished(self, tile: Tile, new: Floats) -> Piece:
        if self.method.scale > 1:
            scale, image = self.method.scale, self._job.image
            after = nodata.put_back(to_depth(new, image.dtype), image, tile.out, scale)
            return Piece(tile.out.scaled(scale), tile.out.area, None, after)
        self._open[tile.context] -= 1
        if not self._open[tile.context]:
            self._contexts.pop(tile.context, None)
        before = self._job.image.read(tile.out)
        if before.dtype.kind == "f" and not self.method.fills:
            new = np.where(np.isfinite(before), new, before)  # no number is not noise: it stays what it is
        return Piece(tile.out, tile.out.area, before, blend(before, new, self._cover.read(tile.out)))
