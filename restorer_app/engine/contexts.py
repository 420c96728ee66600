"""Holes made ready to be filled: what is around them, closed once for all the tiles of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np

from restorer_app.core.errors import InvalidValueError, RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.job import Job
from restorer_app.engine import grain, nodata, texture
from restorer_app.engine.afar import Afar, Beyond
from restorer_app.engine.cover import Cover
from restorer_app.engine.methods import Method
from restorer_app.engine.plan import Tile, Wide
from restorer_app.engine.values import Floats, Hole, to_float


@dataclass(frozen=True, slots=True)
class Context:
    """A hole with its surroundings, prepared once for all its tiles."""

    prepared: Floats
    hole: Hole  # what is closed in full size: all but the middle of a wide hole
    grain: grain.Grain | None
    lacks: Floats | None  # of that grain, where it does not depend on what a tile becomes
    beyond: Beyond | None  # what stands in the middle of a wide hole


@dataclass
class Contexts:
    """Those that are still needed; and the small copies of wide holes, which stay to the end of a job."""

    job: Job
    cover: Cover
    afar: dict[Wide, Afar] = field(default_factory=dict)
    _ready: dict[Region, Context] = field(default_factory=dict)
    _open: Counter[Region] = field(default_factory=Counter)
    _became: dict[Region, Floats] = field(default_factory=dict)  # pieces from which later ones go on

    def expect(self, tiles: Iterable[Tile]) -> None:
        """What is to come; the contexts that nothing needs any longer are let go."""
        self._open = Counter(tile.context for tile in tiles)
        self._ready = {region: kept for region, kept in self._ready.items() if region in self._open}

    def done(self, tile: Tile, became: Floats) -> None:
        if tile.joins:  # plans are sorted by where contexts begin: none of the later ones reaches farther up
            self._became = {out: kept for out, kept in self._became.items() if out.bottom > tile.context.top}
            self._became[tile.out] = became
        self._open[tile.context] -= 1
        if not self._open[tile.context]:
            self._ready.pop(tile.context, None)

    def of(self, tile: Tile, method: Method) -> Context:
        if tile.context not in self._ready:
            self._ready[tile.context] = self._made_ready(tile, method)
        return self._ready[tile.context]

    def must_be_seen(self, region: Region, hole: Hole, *, painted: Hole | None = None) -> None:
        """A hole with nothing around it is refused in one sentence; `painted` is what of it is no lack of data."""
        if not hole.all():
            return
        x, y = region.centre
        if painted is not None and not painted.all():
            told = f"Around the masked area at {x:.0f}, {y:.0f} the picture has no data to repair from."
        elif region == self.job.image.bounds:
            told = "The mask covers everything, so there is nothing left to repair from."
        else:
            told = (
                f"The masked area around {x:.0f}, {y:.0f} is so large "
                "that nothing around it can be seen from its middle."
            )
        raise InvalidValueError(told, advice="Paint over the damage only.")

    def _made_ready(self, tile: Tile, method: Method) -> Context:
        pixels = self.job.image.read(tile.context)
        painted = self.cover.hole(tile.context)
        hole = painted | nodata.missing(pixels)
        picture = to_float(pixels)
        beyond = None
        if tile.wide is None:
            self.must_be_seen(tile.context, hole, painted=painted)
            measured = grain.measure(picture, hole) if method.grain else None
        else:
            distant = self.afar[tile.wide]
            measured = distant.grain
            beyond = distant.beyond(tile.context, hole, seed=self.job.seed, grain=method.grain)
            picture[beyond.deep] = beyond.picture[beyond.deep]
            hole = hole & ~beyond.deep
        if tile.joins:
            self._go_on(tile, picture, hole, painted)
        prepared, lacks = _prepared(tile, picture, hole, method), None
        if measured is not None and method.finish is None:
            # Of the whole context at once: OpenCV rounds differently at the end of a row, which would show tiles.
            lacks = texture.lacking(prepared, hole, texture.quiet_near(picture, hole), measured)
        return Context(prepared, hole, measured, lacks, beyond)

    def _go_on(self, tile: Tile, picture: Floats, hole: Hole, painted: Hole) -> None:
        """Pieces before this one are there by now: closed again from another side they would not meet at the cut."""
        for region, became in self._became.items():
            common = region.intersect(tile.context)
            if common is None:
                continue
            here, there = common.slices(tile.context), common.slices(region)
            picture[here] = np.where(painted[here][:, :, None], became[there], picture[here])
            hole[here] &= ~painted[here]


def _prepared(tile: Tile, picture: Floats, hole: Hole, method: Method) -> Floats:
    """Closed by classical means, all of it at once: no smaller tile would make it less."""
    assert method.prepare is not None  # a method that fills prepares
    if not hole.any():  # the middle of a wide hole
        return picture
    try:
        return method.prepare(picture, hole)
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
