"""Small pictures of steps and files: sampled, never computed from the whole picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QTransform

from restorer_app.core.geometry import Region, bounding
from restorer_app.core.history import Snapshot
from restorer_app.core.raster import CELL, Pixels, Raster
from restorer_app.files.picture import Picture

SIDE = 112  # twice what a row shows, for screens with two pixels a point
OVERVIEW = 512
_TINT = np.array([0, 184, 217], np.float32)  # the mask's cyan
_LEAST_SHARE = 0.18  # of the picture's longer side: closer, a crop says nothing about where it is
_TURNS = {2: (0, True), 3: (180, False), 4: (180, True), 5: (90, True), 6: (90, False), 7: (270, True), 8: (270, False)}

_Rgb = NDArray[np.uint8]


def image_of(pixels: Pixels, picture: Picture) -> QImage:
    """Pixels in a file's own depth and layout as something to look at, turned as the file wants."""
    return _turned(_to_image(_rgb(pixels, picture)), picture.orientation)


def picture_thumb(overview: Pixels, picture: Picture, image: Raster) -> QImage:
    """A whole picture as it is now."""
    step = max(1, -(-max(image.bounds.shape) // (2 * SIDE)))
    return image_of(_sampled(image, overview, image.bounds, step), picture)


def step_thumb(overview: Pixels, picture: Picture, before: Snapshot | None, after: Snapshot) -> QImage:
    """What a step looks like: the place that it changed, with what surrounds it; the mask tinted where it is new."""
    region = _changed(before, after)
    bounds = after.image.bounds
    crop = bounds if region is None else _framed(region, bounds)
    step = max(1, -(-max(crop.shape) // SIDE))
    rgb = _rgb(_sampled(after.image, overview, crop, step), picture)
    if before is not None and before.mask is not after.mask:
        rgb = _tinted(rgb, _sampled_tiles(after.mask, crop, step))
    return _turned(_to_image(rgb), picture.orientation)


def _changed(before: Snapshot | None, after: Snapshot) -> Region | None:
    if before is None or before.image.bounds != after.image.bounds:
        return None
    pairs = zip(after.rasters(), before.rasters(), strict=True)
    regions = [new.region_around(new.changed_cells(old)) for new, old in pairs if new.source is old.source]
    return bounding(region for region in regions if region is not None)


def _framed(region: Region, bounds: Region) -> Region:
    least = round(max(bounds.shape) * _LEAST_SHARE)
    side = max(region.width, region.height, least, 64)
    x, y = region.centre
    left, top = (
        int(min(max(at - side / 2, 0), max(end - side, 0))) for at, end in ((x, bounds.right), (y, bounds.bottom))
    )
    return Region.clipped(left, top, left + side, top + side, inside=bounds) or bounds


def _sampled(image: Raster, overview: Pixels, crop: Region, step: int) -> Pixels:
    """Every n-th pixel: from the overview where the raster has no tiles of its own, so that no file is read."""
    rows = np.arange(crop.top, crop.bottom, step) * overview.shape[0] // image.bounds.height
    columns = np.arange(crop.left, crop.right, step) * overview.shape[1] // image.bounds.width
    if overview.shape[2] == image.channels and overview.dtype == image.dtype:
        out: Pixels = overview[rows][:, columns].copy()
    else:
        out = np.zeros((len(rows), len(columns), image.channels), image.dtype)
    _lay_tiles(out, image, crop, step)
    return out


def _sampled_tiles(mask: Raster, crop: Region, step: int) -> Pixels:
    shape = (len(range(crop.top, crop.bottom, step)), len(range(crop.left, crop.right, step)), 1)
    out = np.zeros(shape, mask.dtype)
    _lay_tiles(out, mask, crop, step)
    return out


def _lay_tiles(out: Pixels, raster: Raster, crop: Region, step: int) -> None:
    # a row of cells has its places once for all of them: a mask over 100 megapixels has 1551 cells
    down = {row: _hits(crop.top, crop.bottom, row * CELL, step) for row in _lines(crop.top, crop.bottom)}
    across = {column: _hits(crop.left, crop.right, column * CELL, step) for column in _lines(crop.left, crop.right)}
    for (row, column), tile in raster.tiles.items():
        if row in down and column in across:
            (rows, in_rows), (columns, in_columns) = down[row], across[column]
            out[rows, columns] = tile[in_rows, in_columns]


def _lines(start: int, stop: int) -> range:
    return range(start // CELL, -(-stop // CELL))


def _hits(start: int, stop: int, low: int, step: int) -> tuple[slice, slice]:
    """Which of start, start + step, … below stop lie in the cell that begins at low; and where in it."""
    first = max(0, -(-(low - start) // step))
    last = (min(stop, low + CELL) - 1 - start) // step
    begin = start + first * step - low
    count = max(last - first + 1, 0)
    return slice(first, first + count), slice(begin, begin + count * step, step) if count else slice(0, 0)


def _rgb(pixels: Pixels, picture: Picture) -> _Rgb:
    if pixels.dtype == np.uint16:
        eight = (pixels >> 8).astype(np.uint8)
    elif pixels.dtype == np.uint8:
        eight = pixels
    else:
        eight = np.rint(np.clip(np.nan_to_num(pixels), 0, 1) * 255).astype(np.uint8)
    if picture.white_is_zero:
        eight = 255 - eight
    if picture.layout == "cmyk" and eight.shape[2] >= 4:
        ink = eight.astype(np.uint16)
        return np.asarray((255 - ink[:, :, :3]) * (255 - ink[:, :, 3:4]) // 255, np.uint8)
    if eight.shape[2] < 3 or picture.layout == "lab":
        return np.repeat(eight[:, :, :1], 3, axis=2)
    return np.ascontiguousarray(eight[:, :, :3])


def _tinted(rgb: _Rgb, coverage: Pixels) -> _Rgb:
    share = coverage.astype(np.float32) / 255 * 0.6
    return np.asarray(rgb * (1 - share) + _TINT * share).astype(np.uint8)


def _to_image(rgb: _Rgb) -> QImage:
    rgb = np.ascontiguousarray(rgb)
    height, width = rgb.shape[:2]
    return QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _turned(image: QImage, orientation: int) -> QImage:
    degrees, mirrored = _TURNS.get(orientation, (0, False))
    if mirrored:
        image = image.flipped()
    return image.transformed(QTransform().rotate(degrees)) if degrees else image
