"""EXIF's eight orientations: a stored picture made upright, and back."""

from __future__ import annotations

import numpy as np

from restorer_app.core.raster import Pixels


def upright(stored: Pixels, orientation: int) -> Pixels:
    """As a person is meant to see it; a view where numpy can."""
    return {
        1: lambda: stored,
        2: lambda: stored[:, ::-1],
        3: lambda: stored[::-1, ::-1],
        4: lambda: stored[::-1],
        5: lambda: stored.swapaxes(0, 1),
        6: lambda: np.rot90(stored, -1),
        7: lambda: stored[::-1, ::-1].swapaxes(0, 1),
        8: lambda: np.rot90(stored),
    }[orientation]()


def stored(shown: Pixels, orientation: int) -> Pixels:
    """As the file has it: only the quarter turns differ from their own undoing."""
    return upright(shown, {6: 8, 8: 6}.get(orientation, orientation))
