"""Masks as files: 8-bit grey PNG or TIFF that say their orientation; any picture read as a mask."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import tifffile

from restorer_app.core.errors import InvalidValueError, UnwritableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels, Raster
from restorer_app.files.atomic import landing
from restorer_app.files.opening import open_here
from restorer_app.files.orientation import stored, upright
from restorer_app.files.picture import Picture
from restorer_app.files.png_chunks import SIGNATURE, pack

SUFFIXES = (".png", ".tif", ".tiff")
_BAND = 256  # rows packed at once; also a raster's cell
_ORIENTATION = 274
_LEAST = 4  # of 255: a mask that nowhere covers as much would move black by three levels towards white, if at all


def read_mask(
    path: Path, *, bounds: Region, orientation: int = 1, open_picture: Callable[[Path], Picture] = open_here
) -> Raster:
    """A picture as the mask of another whose stored size and orientation are given.

    One that states no orientation is as the picture is seen: programs show pictures upright, and what is painted over
    them is saved so. Where only its size tells that it was made from the stored pixels, it is taken as that.
    """
    picture = open_picture(path)
    coverage = coverage_of(picture)
    is_as_stored = coverage.shape[:2] == bounds.shape
    if is_as_stored and picture.orientation == orientation:
        return Raster.from_array(coverage)
    turned = stored(upright(coverage, picture.orientation), orientation)
    if turned.shape[:2] != bounds.shape:
        if is_as_stored and picture.orientation == 1:
            return Raster.from_array(coverage)
        raise InvalidValueError(
            f"The mask {path.name} has {picture.width} × {picture.height} pixels, but the picture has "
            f"{bounds.width} × {bounds.height}.",
            advice="A mask must be as large as its picture, as stored or upright.",
        )
    return Raster.from_array(np.ascontiguousarray(turned))


def coverage_of(picture: Picture) -> Pixels:
    """0 to 255 a pixel: the strongest channel counts, what is transparent does not."""
    pixels = picture.source.read(picture.source.bounds)
    if picture.layout == "cmyk" or picture.white_is_zero:
        pixels = _inverted(pixels)
    strongest = pixels.max(axis=2, keepdims=True)
    covered = _to_bytes(strongest)
    if covered.max() < _LEAST and (strongest > 0).any():
        raise _too_weak(picture, strongest)
    if picture.alpha is not None:
        covered = np.minimum(covered, _to_bytes(picture.alpha.read(picture.alpha.bounds)))
    return covered


def _too_weak(picture: Picture, strongest: Pixels) -> InvalidValueError:
    """Zeros and ones, as programs that compute write them, would be taken for a mask that hardly covers anything."""
    highest, full = np.nanmax(strongest), _white(strongest)
    return InvalidValueError(
        f"The mask {picture.path.name} would change nothing: its highest value is {highest:.4g}, and {full} is full.",
        advice=f"Write {full}, white, where it means “repair here”.",
    )


def write_mask(path: Path, mask: Raster, *, orientation: int = 1, spared: Iterable[Path] = ()) -> None:
    """A mask in its picture's stored orientation, whole or not at all; never over the files that are spared."""
    if any(_are_one(path, picture) for picture in spared):
        raise UnwritableFileError(
            f"{path.name} is an open picture or a restored copy, and no mask takes its place.",
            advice=f"Choose another name: {path.stem}_mask.png, for example.",
        )
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidValueError(f"A mask is saved as {', '.join(SUFFIXES)}, not as {path.suffix or 'a bare name'}.")
    if not path.parent.is_dir():
        raise UnwritableFileError(f"There is no folder {path.parent}.", advice="Make it, or choose another one.")
    with landing(path) as spot:
        if path.suffix.lower() == ".png":
            _write_png(spot.path, mask, orientation)
        else:
            _write_tiff(spot.path, mask, orientation)
        spot.sync()
        spot.publish(replace=True)


def _are_one(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False  # one of them is not there


def _write_png(path: Path, mask: Raster, orientation: int) -> None:
    """Band by band; a flat mask of 100 million pixels costs a file of 100 kB and no memory."""
    packing = zlib.compressobj(6)
    header = struct.pack(">IIBBBBB", mask.bounds.width, mask.bounds.height, 8, 0, 0, 0, 0)
    exif = struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)
    with path.open("wb") as file:
        file.write(SIGNATURE + pack(b"IHDR", header) + pack(b"eXIf", exif))
        for rows in _bands(mask):
            packed = packing.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes())  # filter 0 before every row
            if packed:
                file.write(pack(b"IDAT", packed))
        file.write(pack(b"IDAT", packing.flush()) + pack(b"IEND", b""))


def _write_tiff(path: Path, mask: Raster, orientation: int) -> None:
    tifffile.imwrite(
        path,
        (zlib.compress(rows.tobytes()) for rows in _bands(mask)),  # strips that are packed already pass through
        shape=mask.bounds.shape,
        dtype=np.uint8,
        rowsperstrip=_BAND,
        compression="adobe_deflate",
        photometric="minisblack",
        metadata=None,
        extratags=[(_ORIENTATION, "H", 1, orientation, True)],
    )


def _bands(mask: Raster) -> Iterator[Pixels]:
    for band in mask.bounds.divided(mask.bounds.width, _BAND):
        yield np.ascontiguousarray(mask.read(band)[:, :, 0])


def _to_bytes(pixels: Pixels) -> Pixels:
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.uint16:
        deep: Pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
        return deep
    floats: Pixels = np.round(np.clip(np.nan_to_num(pixels), 0, 1) * 255).astype(np.uint8)
    return floats


def _inverted(pixels: Pixels) -> Pixels:
    paper: Pixels = _white(pixels) - pixels
    return paper


def _white(pixels: Pixels) -> int:
    return 1 if pixels.dtype.kind == "f" else int(np.iinfo(pixels.dtype).max)
