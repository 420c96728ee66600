"""A mask for the screen: its reduced tiles, and the strokes that are painted but not yet in it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from restorer_app.core.geometry import Region, bounding
from restorer_app.core.mask import background
from restorer_app.core.raster import Raster
from restorer_app.core.stroke import Stroke
from restorer_app.ui.canvas.dab import Imprint
from restorer_app.ui.canvas.mask_mips import LaterError, MaskMips, Values
from restorer_app.ui.canvas.tiles import Place
from restorer_app.ui.canvas.viewport import TILE, tile_region

_MOST_REGIONS = 48  # cells, from which on one region around all of them costs less


class _Drawn(NamedTuple):
    """A stroke and where it covers anything: asked for each tile, and a long stroke answers slowly."""

    stroke: Stroke
    extent: Region


class MaskLayer:
    """Coverage by level and tile: one number where a tile is flat, else an array that is not to be written to.

    A level pixel shows the largest coverage under it: a scratch of one pixel stays in sight when the whole
    picture is shown. Strokes are drawn into copies of the tiles on the screen, at the screen's level only.
    """

    def __init__(self, raster: Raster) -> None:
        self._mips = MaskMips(raster)
        self._old: dict[Place, Values | int] = {}  # tiles of the last mask, until this one's are made
        self._owed: set[Place] = set()
        self._strokes: list[_Drawn] = []  # finished, but not in the raster yet
        self._stroke: _Drawn | None = None  # in hand
        self._worked: dict[Place, Values | int] = {}  # tiles with strokes drawn in, all of one level

    @property
    def raster(self) -> Raster:
        return self._mips.raster

    @property
    def is_empty(self) -> bool:
        return not self.raster.tiles and background(self.raster) == 0 and not self._shown_strokes()

    @property
    def has_strokes(self) -> bool:
        return bool(self._shown_strokes())

    def awaits(self, region: Region | None) -> bool:
        """Whether finished strokes are not in the raster that cover anything of a region (None: anywhere)."""
        return any(region is None or drawn.extent.overlaps(region) for drawn in self._strokes)

    @property
    def widest(self) -> float:
        """The diameter of the widest stroke in sight that is not in the raster."""
        return max((drawn.stroke.diameter for drawn in self._shown_strokes()), default=0.0)

    def replace(self, raster: Raster, region: Region | None = None) -> list[Region]:
        """Another raster, in which finished strokes are; what must be drawn again, in stored pixels."""
        changed = raster.changed_cells(self.raster)
        if region is not None:
            changed &= frozenset(region.cells(TILE))
        previewed = self._extents(self._strokes)
        self._old.update(self._mips.replace(raster, changed))
        self._old.update(self._worked)
        self._strokes.clear()
        self._worked.clear()
        if len(changed) > _MOST_REGIONS:
            around = raster.region_around(changed)
            return previewed if around is None else [around, *previewed]
        return [raster.cell_region(cell) for cell in changed] + previewed

    # ---------------------------------------------------------------------------------- strokes in hand
    def begin(self, stroke: Stroke) -> list[Region]:
        """Shows a stroke that is still being drawn; takes the place of the one shown before."""
        gone = self._extents([self._stroke] if self._stroke else [])
        if gone:
            self._worked.clear()
        self._stroke = self._drawn(stroke)
        return gone + self._extents([self._stroke] if self._stroke else [])

    def extend(self, stroke: Stroke, part: Stroke, *, seen: Region | None = None) -> list[Region]:
        """The stroke in hand went on: `part` is what came to it, from the last place on.

        `seen` are the pixels in view: a brush of 5000 pixels reaches over four hundred tiles, of which few are.
        """
        drawn, before = self._drawn(part), self._stroke
        if drawn is None:
            if before is not None:
                self._stroke = _Drawn(stroke, before.extent)
            return []
        self._stroke = _Drawn(stroke, before.extent.union(drawn.extent) if before else drawn.extent)
        return self._extended(drawn, drawn.extent if seen is None else drawn.extent.intersect(seen))

    def _extended(self, drawn: _Drawn, in_view: Region | None) -> list[Region]:
        """Draws what came to the stroke in hand: of a large brush that moves a little, only a rim is new."""
        if not self._worked:
            return [] if in_view is None else [in_view]
        level = next(iter(self._worked))[0]
        imprint = Imprint(drawn.stroke, level)
        regions = {place: tile_region(*place, self.raster.bounds) for place in self._worked}
        around = bounding(region for region in regions.values() if region.overlaps(drawn.extent))
        changes = None if around is None else imprint.go_on(around)
        found: list[Region | None] = []
        for place, region in regions.items():
            if changes is None or not (region.overlaps(changes) and region.overlaps(drawn.extent)):
                continue
            before, after = self._draw(place, region, imprint, erase=drawn.stroke.erase)
            found.append(_region_of_change(before, after, region, level))
        if in_view is not None:
            step = TILE << level
            rows = range(in_view.top // step, -(-in_view.bottom // step))
            columns = range(in_view.left // step, -(-in_view.right // step))
            new = [place for place in itertools.product([level], rows, columns) if place not in self._worked]
            found += [tile_region(*place, self.raster.bounds).intersect(drawn.extent) for place in new]
        return [region for region in found if region is not None]

    def finish(self) -> None:
        """The stroke in hand is told; it stays in sight until the raster has it."""
        if self._stroke is not None:
            self._strokes.append(self._stroke)
            self._stroke = None

    def discard(self, under: Sequence[Region | None] = (None,)) -> list[Region]:
        """Lets finished strokes go: for each region the first that covers anything of it, for None all of them.

        They land in the order in which they were finished, and those that still wait stay in sight.
        """
        gone: list[_Drawn] = []
        for region in under:
            left = [drawn for drawn in self._strokes if not any(drawn is other for other in gone)]
            gone += left if region is None else [drawn for drawn in left if drawn.extent.overlaps(region)][:1]
        self._strokes = [drawn for drawn in self._strokes if not any(drawn is other for other in gone)]
        self._worked.clear()
        return self._extents(gone)

    def drop(self) -> list[Region]:
        """Lets the stroke in hand go."""
        gone = self._extents([self._stroke] if self._stroke else [])
        self._stroke = None
        self._worked.clear()
        return gone

    # -------------------------------------------------------------------------------------------- tiles
    def allow(self, seconds: float) -> None:
        """How long this paint may make tiles; what it has no time for is owed."""
        self._mips.allow(seconds)

    @property
    def owes(self) -> bool:
        """Whether tiles were shown as they had been, or not at all."""
        return bool(self._owed)

    def make_owed(self, seconds: float) -> list[Region]:
        """Makes some of the tiles that are owed; what can be drawn as it is now."""
        self._mips.allow(seconds)
        made = []
        try:
            for place in list(self._owed):
                self._mips.tile(place)
                self._owed.discard(place)
                made.append(tile_region(*place, self.raster.bounds))
        except LaterError:
            return made
        self._old.clear()
        return made

    def tile(self, place: Place) -> Values | int:
        try:
            return self._made(place)
        except LaterError:
            self._owed.add(place)
            return self._old.get(place, 0)

    def _made(self, place: Place) -> Values | int:
        if self._worked and next(iter(self._worked))[0] != place[0]:
            self._worked.clear()  # the zoom changed in the middle of a stroke
        worked = self._worked.get(place)
        if worked is not None:
            return worked
        region = tile_region(*place, self.raster.bounds)
        near = [drawn.stroke for drawn in self._shown_strokes() if drawn.extent.overlaps(region)]
        if not near:
            return self._mips.tile(place)
        self._worked[place] = self._mips.tile(place)
        for stroke in near:
            self._draw(place, region, Imprint(stroke, place[0]), erase=stroke.erase)
        return self._worked[place]

    def _draw(
        self, place: Place, region: Region, imprint: Imprint, *, erase: bool
    ) -> tuple[Values | int, Values | int]:
        """Draws a stroke into a worked tile; one that it fills becomes a number again. What it was, and what it is."""
        before, end = self._worked[place], 0 if erase else 255
        if isinstance(before, int):
            if before == end:
                return before, before
            size = 1 << place[0]
            values = np.full((-(-region.height // size), -(-region.width // size)), before, np.uint8)
        else:
            values = before.copy()
        self._worked[place] = end if imprint.cover(values, region) else values
        return before, values

    def _shown_strokes(self) -> list[_Drawn]:
        return self._strokes + ([self._stroke] if self._stroke else [])

    def _drawn(self, stroke: Stroke) -> _Drawn | None:
        extent = stroke.extent(self.raster.bounds)
        return None if extent is None else _Drawn(stroke, extent)

    @staticmethod
    def _extents(strokes: list[_Drawn]) -> list[Region]:
        return [drawn.extent for drawn in strokes]


def _region_of_change(before: Values | int, after: Values | int, region: Region, level: int) -> Region | None:
    """Where two states of a tile differ, in stored pixels."""
    if isinstance(after, int):
        return None  # it was full, and is
    left, top, width, height = cv2.boundingRect((after != before).view(np.uint8))
    if not width:
        return None
    left, top = region.left + (left << level), region.top + (top << level)
    return Region.clipped(left, top, left + (width << level), top + (height << level), inside=region)
