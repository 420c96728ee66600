"""What of a picture a job may change: the mask without what is protected, inside the job's region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer_app.core import mask as masks
from restorer_app.core.coverage import require_mask
from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.core.job import Job
from restorer_app.core.raster import CELL, Cell, Raster, digest_cells
from restorer_app.engine.values import Hole

_MOST_SPECKS = 64  # in one cell; more are noise, and one crop anyway


@dataclass(frozen=True)
class Cover:
    """Coverage 0 to 255; None stands for everything."""

    raster: Raster | None
    region: Region
    digest: str | None  # of the cells that are covered (of those that are protected, where there is no mask)
    boxes: Mapping[Cell, tuple[Region, ...]]  # what is covered, by cell; empty where everything is

    def read(self, region: Region) -> NDArray[np.uint8] | None:
        return None if self.raster is None else self.raster.read(region)[:, :, 0]

    def hole(self, region: Region) -> Hole:
        """Damage that is no witness for its surroundings, also where the job's region leaves it as it is."""
        assert self.raster is not None  # only a repair asks, and it has a mask
        return self.raster.read(region)[:, :, 0] > 0

    def solid(self) -> list[Region]:
        """Cells that are all hole, also those that the border cuts."""
        assert self.raster is not None  # as above
        full = [boxes[0] for cell, boxes in self.boxes.items() if boxes[0] == self.raster.cell_region(cell)]
        return [box for box in full if self.hole(box).all()]


def cover_of(job: Job) -> Cover:
    """The cover of a job, or one sentence where it covers nothing that can be worked on."""
    for one in (job.mask, job.protect):
        if one is not None:
            require_mask(one)
    if job.operation.scale > 1:
        return Cover(None, job.region, None, {})  # every pixel of a larger picture is new: there is nothing to protect
    protect = None if job.protect is None or masks.is_empty(job.protect) else job.protect
    if job.mask is None:
        if protect is None:
            return Cover(None, job.region, None, {})
        cover = masks.subtract(masks.full(job.image.bounds), protect)
        return Cover(cover, job.region, masks.digest(protect), _some(_boxes_of(cover, job.region), job))
    cover = job.mask if protect is None else masks.subtract(job.mask, protect)
    boxes = _some(_boxes_of(cover, job.region), job)
    return Cover(cover, job.region, digest_cells(cover, boxes), boxes)


def _some(boxes: dict[Cell, tuple[Region, ...]], job: Job) -> dict[Cell, tuple[Region, ...]]:
    """The boxes; none at all would stand for everything."""
    if not boxes:
        raise InvalidValueError(_why_empty(job), advice="Change the mask or the protection.")
    return boxes


def _why_empty(job: Job) -> str:
    if job.mask is None:
        return f"Everything is protected, so there is nothing to {job.operation.name}."
    if masks.is_empty(job.mask):
        return f"The mask is empty, so there is nothing to {job.operation.name}."
    return f"Everything that the mask covers here is protected, so there is nothing to {job.operation.name}."


def _boxes_of(cover: Raster, region: Region) -> dict[Cell, tuple[Region, ...]]:
    """Covered boxes by cell. Only cells that hold something are looked at, never the whole of a large picture."""
    cells = cover.tiles if masks.background(cover) == 0 else region.cells(CELL)
    found = {}
    for cell in sorted(cells):
        part = cover.cell_region(cell).intersect(region)
        boxes = _boxes_in(cover, part) if part is not None else ()
        if boxes:
            found[cell] = boxes
    return found


def _boxes_in(cover: Raster, part: Region) -> tuple[Region, ...]:
    covered = np.ascontiguousarray(cover.read(part)[:, :, 0] > 0, np.uint8)
    if covered.all():
        return (part,)
    count, _, stats, _ = cv2.connectedComponentsWithStats(covered, connectivity=8)
    if count == 1:  # the background is the first
        return ()
    boxes = [
        Region(left, top, left + width, top + height).shifted(part.left, part.top)
        for left, top, width, height, _ in stats[1:].tolist()
    ]
    if len(boxes) > _MOST_SPECKS:
        whole = boxes[0]
        for box in boxes[1:]:
            whole = whole.union(box)
        return (whole,)
    return tuple(boxes)
