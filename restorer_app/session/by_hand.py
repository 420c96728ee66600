"""Work by hand: the master painted back, a place copied onto another."""

from __future__ import annotations

import datetime as dt
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import restorer_app
from restorer_app.core import mask as masks
from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region, bounding
from restorer_app.core.metrics import count_changed
from restorer_app.core.raster import Cell, Pixels, Raster, combined_digest, digest_cell
from restorer_app.core.record import Record
from restorer_app.core.stroke import Stroke

NAMES = ("restore", "clone")
_FARTHEST = 2**31  # no picture is wider, and numpy counts no farther


@dataclass(frozen=True)
class Handwork:
    """A picture after a stroke of work by hand."""

    image: Raster
    touched: Raster
    region: Region
    record: Record


@dataclass(frozen=True)
class Handiwork:
    """Work by hand that was asked for on a picture; values alone, so any thread may do it."""

    title: str
    image: Raster
    work: Callable[[Raster], Handwork | None]


def restoring(image: Raster, original: Raster, protect: Raster, stroke: Stroke) -> Handiwork:
    """As `restore`, to be done later."""
    return Handiwork("Restored original", image, lambda now: restore(now, original, protect, stroke))


def cloning(image: Raster, protect: Raster, stroke: Stroke, *, dx: int, dy: int) -> Handiwork:
    """As `clone`, to be done later."""
    return Handiwork("Cloned", image, lambda now: clone(now, protect, stroke, dx=dx, dy=dy))


def restore(image: Raster, original: Raster, protect: Raster, stroke: Stroke) -> Handwork | None:
    """Paints the picture as it was opened back in, as far as the stroke covers."""
    if original.bounds != image.bounds:
        raise InvalidValueError("The original has another size than the upscaled picture: undo the upscaling first.")
    return _laid(image, _covered(stroke, protect, image.bounds), original.read, {"name": "restore"})


def clone(image: Raster, protect: Raster, stroke: Stroke, *, dx: int, dy: int) -> Handwork | None:
    """Paints what lies at an offset; nothing where that is outside of the picture."""
    if dx == 0 and dy == 0:
        raise InvalidValueError("Cloning needs a source: Alt-click where to copy from.")

    def source(region: Region) -> Pixels:
        return _read_beyond(image, region.shifted(dx, dy))

    there = image.bounds.shifted(-dx, -dy).intersect(image.bounds)  # where what is painted has a source
    return _laid(image, _covered(stroke, protect, there), source, {"name": "clone", "dx": dx, "dy": dy})


def again(image: Raster, original: Raster, covered: Raster, operation: Mapping[str, Any]) -> Handwork:
    """What a record says was done by hand, under the coverage that the strokes had."""
    if operation["name"] == "restore":
        if original.bounds != image.bounds:
            raise InvalidValueError("The original has another size than the picture that it was painted into.")
        done = _laid(image, covered, original.read, operation)
    else:
        dx, dy = (_offset(operation, name) for name in ("dx", "dy"))
        done = _laid(image, covered, lambda region: _read_beyond(image, region.shifted(dx, dy)), operation)
    if done is None:
        raise InvalidValueError("This record of work by hand covers nothing.")
    return done


def rehashed(record: Record, *, before: Raster, after: Raster, covered: Raster) -> Record:
    """The record of work by hand under which a job has changed the same cells, in other pixels, since."""
    digests: dict[Cell, bytes] = {}
    digests_after: dict[Cell, bytes] = {}
    for own, around in _rows(covered, before):
        below, above = before.read(around), after.read(around)
        for cell in own:
            place = before.cell_region(cell).slices(around)
            digests[cell] = digest_cell(cell, below[place])
            digests_after[cell] = digest_cell(cell, above[place])
    return replace(record, before_sha256=combined_digest(digests), after_sha256=combined_digest(digests_after))


def _rows(covered: Raster, image: Raster) -> Iterator[tuple[list[Cell], Region]]:
    """The covered cells row by row, as cells of a row share the strips of a file, and the region around each."""
    for _, row in itertools.groupby(sorted(masks.covered_cells(covered)), key=lambda cell: cell[0]):
        own = list(row)
        around = image.region_around(own)
        assert around is not None  # a group is never empty
        yield own, around


def _offset(operation: Mapping[str, Any], name: str) -> int:
    value = operation.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _FARTHEST:
        raise InvalidValueError(f"This record of work by hand makes no sense: its {name} is {value!r}.")
    return value


def _covered(stroke: Stroke, protect: Raster, allowed: Region | None) -> Raster:
    painted = masks.paint(masks.blank(protect.bounds), stroke)[0]
    return masks.subtract(masks.inside(painted, allowed), protect)


def _laid(
    image: Raster, covered: Raster, source: Callable[[Region], Pixels], operation: Mapping[str, Any]
) -> Handwork | None:
    """What a source has, laid over a picture as far as the coverage goes."""
    began = time.monotonic()
    cells = masks.covered_cells(covered)
    if not cells:
        return None
    laid: dict[Cell, Pixels] = {}
    before: dict[Cell, bytes] = {}
    changed = 0
    for own, around in _rows(covered, image):
        below, above = image.read(around), source(around)
        for cell in own:
            region = image.cell_region(cell)
            place = region.slices(around)
            laid[cell] = _blend(below[place], above[place], covered.read(region))
            laid[cell].flags.writeable = False
            before[cell] = digest_cell(cell, below[place])
            changed += count_changed(below[place], laid[cell])
    after = Raster(image.source, {**image.tiles, **laid})
    whole = bounding(image.cell_region(cell) for cell in cells)
    assert whole is not None  # there are cells
    record = Record(
        at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        operation=operation,
        region=whole,
        seed=0,
        model_id=None,
        model_sha256=None,
        mask_sha256=masks.digest(covered),
        before_sha256=combined_digest(before),
        after_sha256=combined_digest({cell: digest_cell(cell, pixels) for cell, pixels in laid.items()}),
        versions={"restorer": restorer_app.__version__, "numpy": np.__version__},
        device="cpu",
        dtype="float32",
        seconds=round(time.monotonic() - began, 3),
        changed_pixels=changed,
    )
    return Handwork(after, covered, whole, record)


def _blend(below: Pixels, above: Pixels, coverage: Pixels) -> Pixels:
    """What is covered whole is taken over to the bit; a soft edge is mixed, in float64 for 16 bits times 255."""
    pixels = np.where(coverage == 255, above, below)
    soft = ((coverage > 0) & (coverage < 255))[:, :, 0]
    if soft.any():
        old, fresh = below[soft].astype(np.float64), above[soft].astype(np.float64)
        with np.errstate(invalid="ignore"):  # a float file may hold infinities, and nothing mixes with them
            mixed = old + (fresh - old) * (coverage[soft] / 255)
        mixed = np.where(np.isfinite(mixed), mixed, fresh)
        pixels[soft] = (np.rint(mixed) if below.dtype.kind == "u" else mixed).astype(below.dtype)
    return pixels


def _read_beyond(image: Raster, region: Region) -> Pixels:
    """A region that may reach over the border: no covered pixel does, but its cell may."""
    rows = np.clip(np.arange(region.top, region.bottom), 0, image.bounds.bottom - 1)
    columns = np.clip(np.arange(region.left, region.right), 0, image.bounds.right - 1)
    inside = Region(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    pixels: Pixels = image.read(inside)[rows - inside.top][:, columns - inside.left]
    return pixels
