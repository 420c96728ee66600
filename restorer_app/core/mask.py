"""The mask as a raster: coverage 0 to 255 a pixel, and the shapes it can take."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer_app.core.coverage import require_mask
from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region, bounding
from restorer_app.core.raster import CELL, Cell, FlatSource, Pixels, Raster, digest_cells
from restorer_app.core.stroke import Stroke

LARGEST_MARGIN = 500  # pixels by which a mask can grow, shrink or be feathered at once

_Values = NDArray[np.uint8]  # height × width
_FULL = np.full((CELL, CELL, 1), 255, np.uint8)  # shared: a wide stroke is mostly cells like this one
_FULL.flags.writeable = False


def blank(bounds: Region) -> Raster:
    return Raster.flat(bounds)


def full(bounds: Region) -> Raster:
    return Raster.flat(bounds, value=255)


def background(mask: Raster) -> int | None:
    """The value wherever the mask has no tiles of its own, or None where its source must be read."""
    return int(mask.source.value) if isinstance(mask.source, FlatSource) else None


def covered_cells(mask: Raster) -> frozenset[Cell]:
    """Cells in which at least one pixel is covered; an empty 300-megapixel mask costs nothing."""
    return frozenset(_covered(mask))


def _covered(mask: Raster) -> Iterator[Cell]:
    require_mask(mask)
    if background(mask) == 0:
        yield from (cell for cell, tile in mask.tiles.items() if tile.any())
    else:
        yield from (cell for cell in mask.bounds.cells(CELL) if mask.read(mask.cell_region(cell)).any())


def covered_region(mask: Raster) -> Region | None:
    """The smallest region that holds every covered pixel; all of a mask that is covered by default."""
    if background(mask):
        return mask.bounds
    return bounding(_tight(mask, cell) for cell in covered_cells(mask))


def is_empty(mask: Raster) -> bool:
    return next(_covered(mask), None) is None


def count_covered(mask: Raster) -> int:
    return sum(int(np.count_nonzero(mask.read(mask.cell_region(cell)))) for cell in covered_cells(mask))


def digest(mask: Raster) -> str:
    """SHA-256 of the covered cells."""
    return digest_cells(mask, covered_cells(mask))


def paint(mask: Raster, stroke: Stroke) -> tuple[Raster, Region | None]:
    """The mask after a stroke, and the region it may have changed."""
    require_mask(mask)
    extent = stroke.extent(mask.bounds)
    if extent is None:
        return mask, None
    coverage_of, changed = stroke.drawing(), dict[Cell, _Values]()
    for cell in extent.cells(CELL):
        whole = mask.cell_region(cell)
        part = whole.intersect(extent)
        assert part is not None  # cells() yields only squares that the extent touches
        coverage, old = coverage_of(part), _values(mask, part)
        new = np.minimum(old, 255 - coverage) if stroke.erase else np.maximum(old, coverage)
        if not np.array_equal(new, old):
            changed[cell] = new if part == whole else _patched(mask, whole, part, new)
    return with_cells(mask, changed), extent


def _patched(mask: Raster, whole: Region, part: Region, values: _Values) -> _Values:
    cell = _values(mask, whole).copy()
    cell[part.slices(whole)] = values
    return cell


def with_cells(mask: Raster, changed: dict[Cell, _Values]) -> Raster:
    """A mask with whole cells exchanged; cells that became flat take no memory."""
    tiles = dict(mask.tiles)
    behind = background(mask)
    for cell, values in changed.items():
        if behind is not None and bool((values == behind).all()):
            tiles.pop(cell, None)
        elif cell not in tiles or not np.array_equal(tiles[cell][:, :, 0], values):  # the same tile: nothing was done
            tiles[cell] = _frozen(values)
    return Raster(mask.source, tiles)


def _frozen(values: _Values) -> Pixels:
    if values.shape == (CELL, CELL) and bool(values.all()) and int(values.min()) == 255:
        return _FULL
    tile = np.ascontiguousarray(values)[:, :, None]
    tile.flags.writeable = False
    return tile


def sparse(mask: Raster) -> Raster:
    """The same mask, kept only where it covers something: a mask from a file is an array at first."""
    require_mask(mask)
    if background(mask) is not None:
        return mask
    return _combined(mask, mask.bounds.cells(CELL), lambda region: _values(mask, region))


def invert(mask: Raster) -> Raster:
    require_mask(mask)
    behind = background(mask)
    if behind is not None:
        flipped = Raster.flat(mask.bounds, value=255 - behind)
        return with_cells(flipped, {cell: 255 - tile[:, :, 0] for cell, tile in mask.tiles.items()})
    return _combined(mask, mask.bounds.cells(CELL), lambda region: 255 - _values(mask, region))


def union(one: Raster, other: Raster) -> Raster:
    """The larger coverage of two masks."""
    _same_size(one, other)
    if background(one) is None and background(other) == 0:
        one, other = other, one
    if background(other) == 255 and not other.tiles:
        return other
    if is_empty(other):
        return one
    changed = {
        cell: np.maximum(_values(one, one.cell_region(cell)), _values(other, one.cell_region(cell)))
        for cell in covered_cells(other)
    }
    return with_cells(one, changed)


def subtract(one: Raster, other: Raster) -> Raster:
    """What one mask covers and the other does not: a protect mask taken from a mask."""
    _same_size(one, other)
    cells = covered_cells(one) & covered_cells(other)
    changed = {
        cell: np.minimum(_values(one, one.cell_region(cell)), 255 - _values(other, one.cell_region(cell)))
        for cell in cells
    }
    return with_cells(one, changed)


def enlarged(mask: Raster, factor: int) -> Raster:
    """The same coverage of a picture that is `factor` times as large."""
    require_mask(mask)
    bounds = mask.bounds.scaled(factor)
    if factor < 1 or CELL % factor:
        raise InvalidValueError(f"A mask cannot be made {factor} times as large.")
    behind = background(mask)
    cells = frozenset(mask.tiles) if behind is not None else covered_cells(mask)
    start, changed = Raster.flat(bounds, value=behind or 0), dict[Cell, _Values]()
    for cell in cells:
        small = _values(mask, mask.cell_region(cell))
        for row, column in itertools.product(range(factor), repeat=2):
            step = CELL // factor
            part = small[row * step : (row + 1) * step, column * step : (column + 1) * step]
            if part.size:  # the last cell of a row may be narrow
                place = (cell[0] * factor + row, cell[1] * factor + column)
                changed[place] = part.repeat(factor, axis=0).repeat(factor, axis=1)
    return with_cells(start, changed)


def inside(mask: Raster, region: Region | None) -> Raster:
    """What a mask covers in a region, and nothing elsewhere."""
    if region is not None and region.contains(mask.bounds):
        return mask
    changed: dict[Cell, _Values] = {}
    for cell in covered_cells(mask):
        whole = mask.cell_region(cell)
        part = None if region is None else whole.intersect(region)
        if part == whole:
            continue
        changed[cell] = np.zeros(whole.shape, np.uint8)
        if part is not None:
            changed[cell][part.slices(whole)] = _values(mask, part)
    return with_cells(mask, changed)


def grow(mask: Raster, radius: int) -> Raster:
    """Every pixel takes the largest coverage within a radius."""
    return _reshaped(mask, radius, "grow", lambda values: _extreme(values, radius, grows=True))


def shrink(mask: Raster, radius: int) -> Raster:
    """Every pixel takes the smallest coverage within a radius; the picture's border does not eat into it."""
    return _reshaped(mask, radius, "shrink", lambda values: _extreme(values, radius, grows=False))


def feather(mask: Raster, radius: int) -> Raster:
    """Edges become soft over a radius on either side."""
    size = 2 * radius + 1

    def blur(values: _Values) -> _Values:
        # sigma of half the radius leaves 5 % of the weight outside the window
        soft = cv2.GaussianBlur(values.astype(np.float32), (size, size), radius / 2, borderType=cv2.BORDER_REPLICATE)
        return np.rint(soft).astype(np.uint8)

    return _reshaped(mask, radius, "feather", blur)


def _reshaped(mask: Raster, radius: int, verb: str, work: Callable[[_Values], _Values]) -> Raster:
    """Runs a neighbourhood operation over every cell that it can change."""
    require_mask(mask)
    if isinstance(radius, bool) or not isinstance(radius, int) or not 1 <= radius <= LARGEST_MARGIN:
        raise InvalidValueError(f"A mask can {verb} by 1 to {LARGEST_MARGIN} pixels, not by {radius!r}.")
    behind = background(mask)
    cells = _near(mask, mask.tiles, radius) if behind is not None else frozenset(mask.bounds.cells(CELL))

    def cell_values(region: Region) -> _Values:
        around = region.grown(radius, inside=mask.bounds)
        values = _values(mask, around)
        if values.min() == values.max():  # the inside of a large mask: no edge in reach, nothing to do
            return values[region.slices(around)]
        return np.ascontiguousarray(work(values)[region.slices(around)])

    return _combined(mask, cells, cell_values)


def _combined(mask: Raster, cells: Iterable[Cell], values_of: Callable[[Region], _Values]) -> Raster:
    behind = background(mask)
    start = mask if behind is not None else blank(mask.bounds)
    return with_cells(start, {cell: values_of(mask.cell_region(cell)) for cell in cells})


def _near(mask: Raster, cells: Iterable[Cell], radius: int) -> frozenset[Cell]:
    return frozenset(
        other for cell in cells for other in mask.cell_region(cell).grown(radius, inside=mask.bounds).cells(CELL)
    )


def _extreme(values: _Values, radius: int, *, grows: bool) -> _Values:
    """The extreme over a disc as one run of columns a row: exact, and 40 times faster than a 201² kernel.

    From the top of the disc inwards runs only become longer, so each is made of the one before it: at a radius of
    200 that is 40 times faster than making each from the pixels.
    """
    out = np.full_like(values, 0 if grows else 255)
    pick = np.maximum if grows else np.minimum
    height, spread, reach = values.shape[0], values, 0
    for dy in range(radius, -1, -1):
        half = math.isqrt(radius * radius - dy * dy)
        if half > reach:
            run = np.ones((1, 2 * (half - reach) + 1), np.uint8)
            spread, reach = np.asarray(cv2.dilate(spread, run) if grows else cv2.erode(spread, run), np.uint8), half
        if dy < height:
            below, above = slice(dy, height), slice(0, height - dy)
            pick(out[above], spread[below], out=out[above])
            pick(out[below], spread[above], out=out[below])
    return out


def _tight(mask: Raster, cell: Cell) -> Region:
    region = mask.cell_region(cell)
    values = _values(mask, region)
    rows, columns = np.flatnonzero(values.any(axis=1)), np.flatnonzero(values.any(axis=0))
    return Region(
        region.left + int(columns[0]),
        region.top + int(rows[0]),
        region.left + int(columns[-1]) + 1,
        region.top + int(rows[-1]) + 1,
    )


def _values(mask: Raster, region: Region) -> _Values:
    return np.asarray(mask.read(region)[:, :, 0], np.uint8)


def _same_size(one: Raster, other: Raster) -> None:
    require_mask(one)
    require_mask(other)
    if one.bounds != other.bounds:
        raise InvalidValueError(
            f"Masks of {one.bounds.width} × {one.bounds.height} and {other.bounds.width} × {other.bounds.height} "
            "pixels cannot be put together."
        )


def regions(mask: Raster) -> Iterator[Region]:
    """The covered part of each covered cell, row by row."""
    for cell in sorted(covered_cells(mask)):
        yield _tight(mask, cell)
