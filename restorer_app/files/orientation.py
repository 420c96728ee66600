"""EXIF's eight orientations: a stored picture made upright, and back."""

from __future__ import annotations

from restorer_app.core.raster import Pixels


def upright(stored: Pixels, orientation: int) -> Pixels:
    """As a person is meant to see it; a view, not a copy."""
    if orientation > 4:
        stored = stored.swapaxes(0, 1)
    up_down, left_right = _MIRRORED[orientation]
    return stored[:: -1 if up_down else 1, :: -1 if left_right else 1]


def stored(shown: Pixels, orientation: int) -> Pixels:
    """As the file has it: only the quarter turns differ from their own undoing."""
    return upright(shown, {6: 8, 8: 6}.get(orientation, orientation))


# What follows the swap of rows and columns (5 to 8 only): mirrored up and down, mirrored left and right.
_MIRRORED = {
    1: (False, False),
    2: (False, True),
    3: (True, True),
    4: (True, False),
    5: (False, False),
    6: (False, True),
    7: (True, True),
    8: (True, False),
}
