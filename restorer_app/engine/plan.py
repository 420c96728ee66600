"""Tiles planned as plain data first: which pieces are computed, and what each needs to see."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from restorer_app.core.geometry import Region, bounding, cell_region
from restorer_app.core.raster import CELL

SMALLEST = 64  # pixels; a smaller tile is nearly all halo
LARGEST_HOLE = 2048 * 2048  # pixels around a hole that are closed at once; anything larger is cut along a grid
SMALL_COPY = 1024 * 1024  # pixels of a wide hole that are filled in full size: of more, the middle from a small copy
_SQUARE = 1024  # pixels, of the grid by which boxes find their neighbours
_STEP = 32  # windows are made a multiple of this large, so that many holes share one shape and run together


class DeviceFullError(Exception):
    """There is no memory for a tile; a smaller one may fit."""


@dataclass(frozen=True, slots=True)
class Wide:
    """A hole from whose middle nothing can be seen: what of the picture is reduced to see it, and how many times."""

    core: Region
    region: Region  # with the contexts of all tiles that touch the core
    step: int

    @property
    def copied(self) -> Region:
        """All of its small copy."""
        return Region.of_size(-(-self.region.width // self.step), -(-self.region.height // self.step))


@dataclass(frozen=True, slots=True)
class Tile:
    """A planned piece of a job, in pixels of the input."""

    out: Region  # what it produces; no two tiles of a plan overlap
    window: Region  # what the method must see for that
    context: Region  # what is prepared together (a hole is closed once for all its tiles); contains the window
    wide: Wide | None = None  # the wide hole that it is a part of
    joins: bool = False  # one of the pieces of a large hole: it goes on from those before it


@dataclass(frozen=True, slots=True)
class Needs:
    """What planning has to know of a method."""

    halo: int
    multiple_of: int = 1
    side: int = 512  # of a tile without its halo
    context: int = 0  # pixels around a hole that its closing and its grain look at; 0: it fills no holes


def plan_whole(bounds: Region, region: Region, needs: Needs) -> list[Tile]:
    """Tiles on a grid from the picture's corner: a part of a picture is cut like the whole."""
    return [_plain_tile(piece, bounds, needs) for piece in _squares(region, needs.side, bounds)]


def plan_covered(bounds: Region, boxes: Iterable[Region], needs: Needs) -> list[Tile]:
    """The same for the covered boxes of a mask alone, each tile cut to what is covered in its square."""
    return [_plain_tile(piece, bounds, needs) for piece in _cut(boxes, needs.side, bounds)]


def plan_holes(bounds: Region, boxes: Iterable[Region], needs: Needs, *, solid: Iterable[Region] = ()) -> list[Tile]:
    """Holes in few padded crops; nearby ones together, larger ones in tiles over one prepared context.

    `solid` are the cells of the mask that are all hole.
    """
    atoms, cells = list(boxes), list(solid)
    tiles: list[Tile] = []
    large: list[Region] = []
    for hole in merge(atoms, margin=max(needs.halo, needs.context)):
        if hole.area > LARGEST_HOLE or _solid_area(hole, cells) > SMALL_COPY:
            large.append(hole)
        else:
            tiles += _hole_tiles(hole, atoms, bounds, needs)
    if large:
        inside = [atom for atom in atoms if any(hole.contains(atom) for hole in large)]
        wides = _wides((cell for cell in cells if any(hole.contains(cell) for hole in large)), bounds, needs)
        for piece in _cut(inside, _side_of_pieces(needs), bounds):
            wide = next((one for one in wides if one.core.overlaps(piece)), None)
            tiles += [replace(tile, wide=wide, joins=True) for tile in _hole_tiles(piece, inside, bounds, needs)]
    return sorted(tiles, key=lambda tile: (tile.context.top, tile.context.left, tile.out.top, tile.out.left))


def halved(tile: Tile, bounds: Region, needs: Needs) -> list[Tile]:
    """The same work in tiles of half the side; the tile itself when it cannot be cut further."""
    side = max(tile.out.width, tile.out.height)
    if side <= SMALLEST:
        return [tile]
    pieces = list(tile.out.divided(max(SMALLEST, -(-side // 2))))
    if not needs.context:
        return [_plain_tile(piece, bounds, needs) for piece in pieces]
    return [replace(tile, out=piece, window=_window(piece, bounds, tile.context, needs)) for piece in pieces]


def batches(tiles: Sequence[Tile], most_pixels: int) -> Iterator[list[Tile]]:
    """Tiles with windows of one shape, together up to a number of pixels; the first alone, to be seen early.

    Pieces that go on from each other come alone, too, and in their order.
    """
    waiting: dict[tuple[int, int], list[Tile]] = {}
    for number, tile in enumerate(tiles):
        shape = tile.window.shape
        if number == 0 or tile.joins or 2 * tile.window.area > most_pixels:
            yield [tile]
            continue
        same = waiting.setdefault(shape, [])
        same.append(tile)
        if (len(same) + 1) * tile.window.area > most_pixels:
            yield waiting.pop(shape)
    yield from waiting.values()


def merge(boxes: Sequence[Region], *, margin: int) -> list[Region]:
    """Joins boxes that overlap, and those that cost no more together than apart, until there are none.

    A box costs its area with a margin on every side: two specks whose surroundings are mostly the same are
    one crop.
    """
    found = _Field(margin)
    pending = sorted(boxes, reverse=True)
    while pending:
        box = pending.pop()
        partner = found.partner(box)
        if partner is None:
            found.add(box)
        elif not partner.contains(box):  # otherwise it is as it was, and belongs to no other
            found.remove(partner)
            pending.append(box.union(partner))
    return sorted(found.boxes)


class _Field:
    """Boxes by the squares of a coarse grid they touch, so that only neighbours are compared.

    The few large ones, which grow speck by speck, lie in no square: they would be moved from all of theirs each time.
    """

    def __init__(self, margin: int) -> None:
        self.margin = margin
        self.boxes: set[Region] = set()
        self._large: set[Region] = set()
        self._grid: dict[tuple[int, int], set[Region]] = {}

    def add(self, box: Region) -> None:
        self.boxes.add(box)
        if box.area > LARGEST_HOLE:
            self._large.add(box)
            return
        for square in self._squares(box):
            self._grid.setdefault(square, set()).add(box)

    def remove(self, box: Region) -> None:
        self.boxes.discard(box)
        if box.area > LARGEST_HOLE:
            self._large.discard(box)
            return
        for square in self._squares(box):
            self._grid[square].discard(box)
            if not self._grid[square]:
                del self._grid[square]

    def partner(self, box: Region) -> Region | None:
        """The box to join this one with, always the same whatever the order of a set."""
        return min((other for other in self._near(box) if self._belong_together(box, other)), default=None)

    def _near(self, box: Region) -> set[Region]:
        around = box.grown(2 * self.margin + 1)
        if (around.width // _SQUARE + 2) * (around.height // _SQUARE + 2) < len(self._grid):
            near = [self._grid[square] for square in self._squares(around) if square in self._grid]
        else:
            near = list(self._grid.values())
        return self._large.union(*near)

    def _belong_together(self, one: Region, other: Region) -> bool:
        if one.grown(1).overlaps(other):
            return True
        both = one.union(other)
        if both.area > LARGEST_HOLE:
            return False
        apart = one.grown(self.margin).area + other.grown(self.margin).area
        return both.grown(self.margin).area <= apart

    def _squares(self, box: Region) -> Iterator[tuple[int, int]]:
        return box.cells(_SQUARE)


def _hole_tiles(hole: Region, atoms: Iterable[Region], bounds: Region, needs: Needs) -> list[Tile]:
    """The context depends on the hole alone, so that a fill does not depend on how it was cut."""
    margin = max(needs.halo, needs.context)
    context = _shaped(hole.grown(margin, inside=bounds), bounds, multiple=needs.multiple_of, step=_STEP)
    if max(hole.width, hole.height) <= needs.side:
        pieces = [hole]
    else:
        pieces = _cut([part for atom in atoms if (part := atom.intersect(hole))], needs.side, bounds)
    return [Tile(piece, _window(piece, bounds, context, needs), context) for piece in pieces]


def _solid_area(hole: Region, solid: Sequence[Region]) -> int:
    return sum(cell.area for cell in solid if hole.contains(cell))


def _side_of_pieces(needs: Needs) -> int:
    """Of what is closed at once where a hole is too large to be closed whole."""
    return max(needs.side, 512)


def _wides(solid: Iterable[Region], bounds: Region, needs: Needs) -> list[Wide]:
    """Cells that are all hole, those near each other together, with what around them is hole or tells of it."""
    wides = []
    margin = max(needs.halo, needs.context)
    for core in merge([cell.grown(CELL, inside=bounds) for cell in solid], margin=0):
        step = max(2, math.ceil(math.sqrt(core.area / SMALL_COPY)))
        contexts = _side_of_pieces(needs) + margin + _STEP + needs.multiple_of
        wides.append(Wide(core, core.grown(max(contexts, step * margin), inside=bounds), step))
    return wides


def _plain_tile(out: Region, bounds: Region, needs: Needs) -> Tile:
    window = _shaped(out.grown(needs.halo, inside=bounds), bounds, multiple=needs.multiple_of, step=1)
    return Tile(out, window, window)


def _window(out: Region, bounds: Region, context: Region, needs: Needs) -> Region:
    """What a piece of a hole needs to see; inside the context, whose edges lie on the net's grid."""
    return _shaped(out.grown(needs.halo, inside=bounds), context, multiple=needs.multiple_of, step=_STEP)


def _shaped(region: Region, inside: Region, *, multiple: int, step: int) -> Region:
    """Grown until its corner lies on the net's grid and its sides are multiples of a step, shifted to lie inside.

    At the picture's own right and bottom edge a side may be odd: there the net sees what it would see of the whole.
    """
    left, right = _side(region.left, region.right, inside.left, inside.right, multiple=multiple, step=step)
    top, bottom = _side(region.top, region.bottom, inside.top, inside.bottom, multiple=multiple, step=step)
    return Region(left, top, right, bottom)


def _side(low: int, high: int, least: int, most: int, *, multiple: int, step: int) -> tuple[int, int]:
    start = low // multiple * multiple
    size = -(-(high - start) // step) * step
    size = -(-size // multiple) * multiple
    if start + size <= most:
        return start, start + size
    return max(least, min(start, (most - size) // multiple * multiple)), most


def _squares(region: Region, side: int, bounds: Region) -> Iterator[Region]:
    for row, column in region.cells(side):
        piece = cell_region(row, column, size=side, inside=bounds).intersect(region)
        assert piece is not None  # cells() yields only squares that the region touches
        yield piece


def _cut(boxes: Iterable[Region], side: int, bounds: Region) -> list[Region]:
    """What boxes cover in each square of a grid, as one region a square."""
    parts: dict[tuple[int, int], list[Region]] = {}
    for box in boxes:
        for square in box.cells(side):
            part = cell_region(*square, size=side, inside=bounds).intersect(box)
            assert part is not None  # as above
            parts.setdefault(square, []).append(part)
    whole = (bounding(parts[square]) for square in sorted(parts))
    return [region for region in whole if region is not None]
