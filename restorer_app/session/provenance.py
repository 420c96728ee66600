"""Provenance: which pixels of a picture are no longer the scan's own, and what kind of method made them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from restorer_app.core import mask as masks
from restorer_app.core.history import History, Step
from restorer_app.core.operation import OPERATIONS
from restorer_app.core.raster import CELL, Cell, Raster
from restorer_app.core.record import Record

Kind = Literal["learned", "classical", "by hand"]
KINDS: tuple[Kind, ...] = ("learned", "classical", "by hand")  # label 0 is the scan's own, then in this order

Labels = NDArray[np.uint8]  # height × width


def kind_of(record: Record) -> Kind:
    if record.is_learned:
        return "learned"
    return "classical" if record.name in {operation.name for operation in OPERATIONS} else "by hand"


def labels(steps: Sequence[Step], bounds: Raster, cell: Cell) -> Labels:
    """What made each pixel of a cell last; a place where the master was painted back is the scan's own again."""
    region = bounds.cell_region(cell)
    found = np.zeros(region.shape, np.uint8)
    for step in steps:
        if step.record is None or step.touched is None or step.touched.bounds != bounds.bounds:
            continue
        coverage = step.touched.read(region)[:, :, 0]
        if step.record.name == "restore":
            found[coverage == 255] = 0  # at a soft rim the master is mixed with what was there
        else:
            found[coverage > 0] = 1 + KINDS.index(kind_of(step.record))
    return found


def cells_to_count(history: History) -> int:
    """How many cells `shares` has to look at: each takes a fraction of a millisecond."""
    steps = _since_size_changed(history)
    return len({cell for step in steps if step.touched is not None for cell in step.touched.tiles})


def shares(history: History) -> Mapping[Kind, float]:
    """The share of the picture by kind of method; an upscaled picture is made by its upscaling as a whole.

    Cells in which no step has a tile of its own all look the same, so that a denoised 300-megapixel scan is
    counted without looking at it.
    """
    steps = _since_size_changed(history)
    bounds = masks.blank(history.current.image.bounds)
    own = {cell for step in steps if step.touched is not None for cell in step.touched.tiles}
    counts: Counter[int] = Counter()
    for cell in own:
        _count(counts, labels(steps, bounds, cell))
    rest = next((cell for cell in bounds.bounds.cells(CELL) if cell not in own), None)
    if rest is not None:
        area = bounds.bounds.area - sum(bounds.cell_region(cell).area for cell in own)
        # flat outside its own tiles, so one pixel speaks for all
        counts[int(labels(steps, bounds, rest)[0, 0])] += area
    return {kind: counts[1 + number] / bounds.bounds.area for number, kind in enumerate(KINDS) if counts[1 + number]}


def _since_size_changed(history: History) -> list[Step]:
    """The steps that count, the upscaling itself as one that touched everything."""
    steps = list(history.steps[: history.cursor + 1])
    bounds = history.current.image.bounds
    for position in range(len(steps) - 1, -1, -1):
        step = steps[position]
        if step.record is not None and step.record.name == "upscale":
            return [Step(step.title, step.after, step.record, masks.full(bounds)), *steps[position + 1 :]]
    return steps


def _count(counts: Counter[int], found: Labels) -> None:
    for label, number in enumerate(np.bincount(found.ravel(), minlength=len(KINDS) + 1).tolist()):
        counts[label] += number
