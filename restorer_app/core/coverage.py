"""What a raster has to be to count as a mask, and whether it covers all: without OpenCV, which saving need not load."""

from __future__ import annotations

import numpy as np

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.raster import CELL, Raster


def require_mask(mask: Raster) -> None:
    if mask.dtype != np.uint8 or mask.channels != 1:
        raise InvalidValueError(f"A mask has 8 bits and one channel, not {mask.channels} of {mask.dtype.name}.")


def covers_everything(mask: Raster) -> bool:
    require_mask(mask)
    return all(bool(mask.read(mask.cell_region(cell)).all()) for cell in mask.bounds.cells(CELL))
