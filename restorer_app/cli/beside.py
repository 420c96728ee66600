"""Before and after beside each other, as one small picture for people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels, Raster
from restorer_app.files.orientation import upright
from restorer_app.files.picture import Picture

_LONGEST = 1400  # pixels of each half: a page of a report
_GAP = 12
_ROWS = 256


def write_beside(path: Path, picture: Picture, before: Raster, after: Raster) -> bool:
    """Writes a PNG with both halves of one size; False where the colours are not for a screen."""
    if picture.layout not in ("grey", "rgb"):
        return False
    height, width = before.bounds.shape
    scale = min(1.0, _LONGEST / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    halves = [upright(_shown(raster, picture, size), picture.orientation) for raster in (before, after)]
    grey = np.full((halves[0].shape[0], _GAP, 3), 128, np.uint8)
    Image.fromarray(np.ascontiguousarray(np.concatenate([halves[0], grey, halves[1]], axis=1))).save(path)
    return True


def _shown(raster: Raster, picture: Picture, size: tuple[int, int]) -> Pixels:
    """8-bit RGB of the asked size; rows are skipped while reading, so that a large scan takes no memory."""
    step = max(1, min(raster.bounds.shape) // (2 * max(size)))
    bands = [_eight_bits(raster.read(band)[::step, ::step], raster) for band in _bands(raster, step)]
    pixels = np.concatenate(bands)
    if picture.white_is_zero:
        pixels = 255 - pixels
    colour = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels[:, :, :3]
    return np.asarray(Image.fromarray(np.ascontiguousarray(colour)).resize(size, Image.Resampling.LANCZOS))


def _bands(raster: Raster, step: int) -> list[Region]:
    return list(raster.bounds.divided(raster.bounds.width, _ROWS * step))


def _eight_bits(pixels: Pixels, raster: Raster) -> Pixels:
    scaled: Pixels = np.clip(np.rint(pixels * (255 / raster.maximum)), 0, 255).astype(np.uint8)
    return scaled
