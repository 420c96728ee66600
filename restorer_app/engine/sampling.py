"""A bounded sample of a picture, from which its noise or compression can be judged."""

from __future__ import annotations

import numpy as np

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.engine.values import Floats, to_float

WHOLE = 2 << 20  # pixels; a picture up to this large is taken whole
_SIDE = 256
_NO_LIGHT = 1e6  # times white, and more: stands for no data in some files, and no statistics bear it
_COUNT = 32  # crops of a larger one: as many pixels


def sample(image: Raster) -> Floats:
    """The picture, or crops from all over it stacked into a column.

    Always of the whole picture, also for a preview of a part: the part must come out as in the whole.
    """
    places = [image.bounds] if image.bounds.area <= WHOLE else crops(image.bounds)
    found = np.concatenate([to_float(image.read(place)) for place in places])
    found[np.abs(found) > _NO_LIGHT] = 0
    return found


def crops(bounds: Region) -> list[Region]:
    """Squares spread evenly, on an 8-pixel grid so that JPEG blocks stay where they are, also one below the other."""
    width, height = min(_SIDE, bounds.width), min(_SIDE * _SIDE // min(_SIDE, bounds.width), bounds.height)
    height = height // 8 * 8 or height
    columns = max(1, min(_COUNT, round((_COUNT * bounds.width / bounds.height) ** 0.5)))
    rows = -(-_COUNT // columns)
    lefts = np.linspace(0, bounds.width - width, columns).astype(int) // 8 * 8
    tops = np.linspace(0, bounds.height - height, rows).astype(int) // 8 * 8
    return [Region(left, top, left + width, top + height) for top in tops for left in lefts]
