"""Opening WebP: facts from its chunks, pixels by libwebp."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import imagecodecs
import numpy as np

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.raster import Pixels
from restorer_app.files.budget import Budget
from restorer_app.files.exif import Exif, read_exif
from restorer_app.files.picture import Picture
from restorer_app.files.whole import WholePicture

_KEPT = {b"ICCP", b"EXIF", b"XMP ", b"VP8X"}
_MOST_CHUNKS = 100_000
_MOST_CONTENT = 16 * 1024 * 1024
_HEAD = 32  # enough of a coded picture to know its size


def open_webp(path: Path, *, page: int, budget: Budget) -> Picture:
    with path.open("rb") as file:
        chunks, complete = _chunks(file)
    width, height, alpha = _size(chunks)
    budget.allow_page(page, 1)
    status = path.stat()
    budget.allow_pixels(width, height, 3 + alpha, stored=status.st_size)
    if not complete:
        raise UnreadableFileError("The WebP ends too early; part of it is missing.", advice="Look for a complete copy.")
    whole = WholePicture(
        path, (width, height), "uint8", channels=3, alpha=alpha, decode=lambda out: _decode(path, out, alpha=alpha)
    )
    exif = read_exif(chunks[b"EXIF"]) if b"EXIF" in chunks else Exif()
    families = {"EXIF": b"EXIF" in chunks, "GPS": exif.has_position, "XMP": b"XMP " in chunks, "ICC": b"ICCP" in chunks}
    coding = "lossless" if b"VP8L" in chunks else "lossy"
    animated = b"ANIM" in chunks
    return Picture(
        path=path,
        kind="webp",
        page=0,
        page_count=1,
        layout="rgb",
        source=whole.source,
        alpha=whole.alpha,
        orientation=exif.orientation,
        icc=chunks.get(b"ICCP"),
        dpi=exif.dpi,
        reason="A WebP is not patched; saving writes a TIFF beside it"
        + (" from its first picture." if animated else "."),
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        xmp=chunks.get(b"XMP "),
        facts=(("Compression", f"WebP, {coding}"), *([("Animated", "yes")] if animated else []), *exif.texts),
        metadata=tuple(name for name, is_there in families.items() if is_there),
    )


def _chunks(file: BinaryIO) -> tuple[dict[bytes, bytes], bool]:
    """The first chunk of each name (of coded pixels the beginning alone), and whether all are there."""
    size = file.seek(0, 2)
    file.seek(4)
    end = min(size, 8 + int.from_bytes(file.read(4), "little"))  # what stands behind is no part of the picture
    found: dict[bytes, bytes] = {}
    at = 12
    for _ in range(_MOST_CHUNKS):
        if at + 8 > end:
            break
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        if at + 8 + length > size:
            found.setdefault(name, file.read(_HEAD))
            return found, False
        wanted = length if name in _KEPT and length <= _MOST_CONTENT else min(length, _HEAD)
        found.setdefault(name, file.read(wanted))
        at += 8 + length + length % 2
    return found, True


def _size(chunks: dict[bytes, bytes]) -> tuple[int, int, bool]:
    """Width, height, and whether there is an alpha."""
    extended, lossless, lossy = chunks.get(b"VP8X", b""), chunks.get(b"VP8L", b""), chunks.get(b"VP8 ", b"")
    if len(extended) >= 10:
        width, height = (int.from_bytes(extended[at : at + 3], "little") + 1 for at in (4, 7))
        return width, height, bool(extended[0] & 0x10)
    if len(lossless) >= 5:
        bits = int.from_bytes(lossless[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    if len(lossy) >= 10:
        width, height = struct.unpack_from("<HH", lossy, 6)
        return width & 0x3FFF, height & 0x3FFF, False
    raise UnreadableFileError(
        "The WebP does not say how large its picture is; it is damaged.", advice="Look for another copy of the file."
    )


def _decode(path: Path, out: Pixels | None, *, alpha: bool) -> Pixels:
    try:
        return np.asarray(imagecodecs.webp_decode(path.read_bytes(), index=0, hasalpha=alpha, out=out))
    except (imagecodecs.WebpError, ValueError) as problem:
        raise UnreadableFileError(
            "The WebP's pixels are damaged and cannot be decoded.", advice="Look for another copy of the file."
        ) from problem
