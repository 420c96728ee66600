"""The way through a plan: read, prepare, run, blend; and what to do when memory runs out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from restorer_app.core.errors import RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken, Job
from restorer_app.core.raster import Pixels, Raster
from restorer_app.engine import afar, grain, nodata, texture
from restorer_app.engine.blend import blend
from restorer_app.engine.contexts import Contexts
from restorer_app.engine.cover import Cover, cover_of
from restorer_app.engine.methods import Method, method_for
from restorer_app.engine.plan import DeviceFullError, Tile, Wide, batches, halved, plan_covered, plan_holes, plan_whole
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
class Unseen:
    """Work of which there is nothing to show yet."""

    area: int  # of a small copy


Found = Piece | Unseen | str


def plan(job: Job, cover: Cover, method: Method) -> list[Tile]:
    """The tiles of a job, before anything is computed."""
    bounds, boxes = job.image.bounds, [box for cell in cover.boxes.values() for box in cell]
    if method.fills:
        return plan_holes(bounds, boxes, method.needs, solid=cover.solid())
    if cover.boxes:
        return plan_covered(bounds, boxes, method.needs)
    return plan_whole(bounds, job.region, method.needs)


def amount(tiles: Sequence[Tile]) -> int:
    """The pixels to be worked on, those of small copies with them."""
    wides = {tile.wide for tile in tiles if tile.wide is not None}
    return sum(tile.out.area for tile in tiles) + sum(wide.copied.area for wide in wides)


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


def _must_be_numbers(values: Floats) -> None:
    if not np.isfinite(values).all():
        raise RestorerError(
            "Values came out that are no numbers, and nothing was changed.",
            advice="Where a picture has huge values that stand for no data, write NaN there instead.",
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
        self._contexts = Contexts(job, cover)

    def through(self, tiles: Sequence[Tile]) -> Iterator[Found]:
        """Finished pieces, what went on between them, sentences for the person; ends early when it is cancelled."""
        queue = self._queued(tiles, self.method.batch_pixels)
        while queue and not self._cancel.is_cancelled:
            batch = queue.popleft()
            yield from self._looked_at_from_afar(batch)
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
        self._contexts.expect(tiles)
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
            contexts = [self._contexts.of(tile, self.method) for tile in batch]
            places = [tile.window.slices(tile.context) for tile in batch]
            seen = [context.prepared[place] for context, place in zip(contexts, places, strict=True)]
            holes = [context.hole[place] for context, place in zip(contexts, places, strict=True)]
            return [self._filled(*each) for each in zip(batch, self._answers(seen, holes), seen, holes, strict=True)]
        results = self.method.run([self._seen(tile) for tile in batch], None)
        return [self._cut(tile, result) for tile, result in zip(batch, results, strict=True)]

    def _answers(self, seen: Sequence[Floats], holes: Sequence[Hole]) -> Iterator[Floats]:
        """What the method makes of places with a hole; the others are what they are."""
        broken = [number for number, hole in enumerate(holes) if hole.any()]
        found = iter(self.method.run([seen[one] for one in broken], [holes[one] for one in broken]) if broken else ())
        channels = self._job.image.channels
        for number, place in enumerate(seen):
            yield next(found) if number in broken else place[:, :, :channels]

    def _seen(self, tile: Tile) -> Floats:
        return nodata.read_closed(self._job.image, tile.window, reach=self.method.needs.halo)

    def _filled(self, tile: Tile, answer: Floats, seen: Floats, hole: Hole) -> Floats:
        """An answer with the fine contrast that belongs there: lent by patches, grown as grain."""
        context, lacks = self._contexts.of(tile, self.method), None
        if self.method.finish is not None and hole.any():
            answer, belongs = self.method.finish(answer, seen, hole)
            if context.grain is not None:
                lacks = self._cut(tile, texture.lacking(answer, hole, belongs, context.grain))
        elif context.lacks is not None:
            lacks = context.lacks[tile.out.slices(tile.context)]
        fill = self._cut(tile, answer)
        if context.grain is not None and lacks is not None:
            grown = grain.grow(context.grain, tile.out, self._job.seed)
            fill = fill + grown * (lacks * self.method.grain)[:, :, None]
        if context.beyond is not None:
            fill = context.beyond.joined(fill, tile.out.slices(tile.context))
        return fill

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

    def _looked_at_from_afar(self, batch: list[Tile]) -> Iterator[Unseen | str]:
        """Fills the small copies of wide holes, before the first of their tiles needs them."""
        for wide in dict.fromkeys(tile.wide for tile in batch):
            if wide is None or wide in self._contexts.afar:
                continue
            x, y = wide.core.centre
            yield (
                f"The damage around {x:.0f}, {y:.0f} is so wide that its middle is filled from a copy "
                f"{wide.step} times smaller: it will be less sharp there than at its edges."
            )
            yield from self._look_from_afar(wide)

    def _look_from_afar(self, wide: Wide) -> Iterator[Unseen | str]:
        """Its small copy is filled as any other picture."""
        try:
            small, gap, measured = self._reduced(wide)
        except MemoryError:
            raise _no_memory() from None
        except cv2.error as problem:
            if problem.code != cv2.Error.StsNoMem:
                raise
            raise _no_memory() from None
        mask = Raster.from_array(gap.astype(np.uint8) * np.uint8(255))
        raster = Raster.from_array(small.copy())
        job = replace(self._job, image=raster, region=raster.bounds, mask=mask, protect=None)
        cover = cover_of(job)
        work = Work(job, cover, self.method, self._cancel)
        tiles = plan(job, cover, work.method)
        total, done, told = sum(tile.out.area for tile in tiles), 0, 0
        for found in work.through(tiles):
            if isinstance(found, Piece):
                small[found.out.slices()] = found.after
                done += found.area
                told, before = wide.copied.area * done // total, told
                yield Unseen(told - before)
            else:
                yield found
        if work.method is not self.method:
            self.method = work.method
            self.devices += work.devices[1:]
        self._contexts.afar[wide] = afar.Afar(wide, small, measured)

    def _reduced(self, wide: Wide) -> tuple[Floats, Hole, grain.Grain | None]:
        """The small copy of a wide hole, where it is hole, and the grain around."""
        image, hole_of = self._job.image, self._cover.hole
        small, gap = afar.reduced(image, hole_of, wide)
        self._contexts.must_be_seen(wide.region, gap)
        return small, gap, afar.grain_around(image, hole_of, wide, gap) if self.method.grain else None

    def _finished(self, tile: Tile, new: Floats) -> Piece:
        if self.method.scale > 1:
            scale, image = self.method.scale, self._job.image
            _must_be_numbers(new)
            after = nodata.put_back(to_depth(new, image.dtype), image, tile.out, scale)
            return Piece(tile.out.scaled(scale), tile.out.area, None, after)
        self._contexts.done(tile, new)
        before = self._job.image.read(tile.out)
        if before.dtype.kind == "f" and not self.method.fills:
            new = np.where(np.isfinite(before), new, before)  # no number is not noise: it stays what it is
            _must_be_numbers(new[np.isfinite(before)])
        else:
            _must_be_numbers(new)
        return Piece(tile.out, tile.out.area, before, blend(before, new, self._cover.read(tile.out)))
