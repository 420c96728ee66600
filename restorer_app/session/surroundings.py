"""Surroundings: what a picture has around a job's tiles, read where waiting is allowed."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from restorer_app.core.errors import RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.job import Job
from restorer_app.core.raster import CELL, Cell, Pixels


class Surroundings:
    """Of one job. A cell of a large compressed scan takes a tenth of a second to read, and the window must not."""

    def __init__(self, job: Job) -> None:
        self._image = job.image
        self._is_needed = job.operation.scale == 1  # a larger picture has nothing around its tiles
        self._given: set[Cell] = set()

    def of(self, region: Region) -> Mapping[Cell, Pixels]:
        """The cells that a tile touches only in part, but for those that a tile before it has touched."""
        found: dict[Cell, Pixels] = {}
        if not self._is_needed:
            return found
        for cell in region.cells(CELL):
            whole = self._image.cell_region(cell)
            if cell not in self._given and cell not in self._image.tiles and not region.contains(whole):
                with contextlib.suppress(RestorerError, OSError):  # whoever lays the tile asks again, and hears why
                    found[cell] = self._image.source.read(whole)
        self._given.update(region.cells(CELL))
        return found
