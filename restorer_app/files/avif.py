"""Opening AVIF: facts from its boxes, pixels by libavif."""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs
import numpy as np

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.raster import Pixels
from restorer_app.files.boxes import Item, boxes, content_of, items, orientation_of, primary_properties
from restorer_app.files.budget import Budget
from restorer_app.files.cicp import colours_fact
from restorer_app.files.depth import bits_fact, dtype_for, spread
from restorer_app.files.exif import Exif, read_exif
from restorer_app.files.picture import Picture
from restorer_app.files.whole import THREADS, WholePicture

_ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"
_MOST_FILE = 1 << 30
_REASON = "An AVIF is not patched; saving writes a TIFF beside it"


def open_avif(path: Path, *, page: int, budget: Budget) -> Picture:
    status = path.stat()
    if status.st_size > _MOST_FILE:
        raise UnreadableFileError(
            "The AVIF is larger than any that is read here.",
            advice="Convert it to TIFF or PNG with the program that wrote it.",
        )
    data = path.read_bytes()
    properties = primary_properties(data)
    by_name = dict(properties)
    if len(by_name.get(b"ispe", b"")) < 12 or len(by_name.get(b"av1C", b"\0\0\0\0")) < 4:
        raise UnreadableFileError(
            "The AVIF does not say how large its picture is; it is damaged.",
            advice="Look for another copy of the file.",
        )
    width, height = struct.unpack(">II", by_name[b"ispe"][4:12])
    coding = by_name.get(b"av1C", b"\0\0\0\0")[2]
    bits = (12 if coding & 0x20 else 10) if coding & 0x40 else 8
    channels = 1 if coding & 0x10 else 3
    budget.allow_page(page, 1)
    budget.allow_pixels(width, height, (channels + 1) * (2 if bits > 8 else 1), stored=status.st_size)
    alpha, moving = _ALPHA in data, _is_moving(data)
    whole = WholePicture(
        path,
        (width, height),
        dtype_for(bits),
        channels=channels,
        alpha=alpha,
        decode=lambda _out: _decode(path, bits, samples=channels + alpha, moving=moving),
    )
    return _picture(path, data, properties, whole, bits)


def _is_moving(data: bytes) -> bool:
    """Whether the file holds a sequence of pictures beside its first."""
    return any(box.name == b"moov" for box in boxes(data))


def _picture(path: Path, data: bytes, properties: list[tuple[bytes, bytes]], whole: WholePicture, bits: int) -> Picture:
    status = path.stat()
    there = items(data)
    exif = _exif(data, there)
    xmp = next((content_of(data, item) for item in there if item.content_type == b"application/rdf+xml"), None)
    colours = [content for name, content in properties if name == b"colr" and content[:4] in {b"prof", b"rICC"}]
    families = {
        "EXIF": exif is not None,
        "GPS": exif is not None and exif.has_position,
        "XMP": bool(xmp),
        "ICC": bool(colours),
    }
    return Picture(
        path=path,
        kind="avif",
        page=0,
        page_count=1,
        layout="grey" if whole.channels == 1 else "rgb",
        source=whole.source,
        alpha=whole.alpha,
        bits=bits,
        orientation=orientation_of(properties),
        icc=colours[0][4:] if colours else None,
        reason=_REASON + (" from its first picture." if _is_moving(data) else "."),
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        xmp=xmp or None,
        facts=(
            ("Compression", "AV1"),
            bits_fact(bits),
            *(() if colours else _colours(properties)),
            *_moving_fact(data),
            *(exif.texts if exif else ()),
        ),
        metadata=tuple(name for name, is_there in families.items() if is_there),
    )


def _colours(properties: list[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    for name, content in properties:
        if name == b"colr" and content[:4] == b"nclx" and len(content) >= 8:
            return colours_fact(*struct.unpack_from(">HH", content, 4))
    return ()


def _moving_fact(data: bytes) -> tuple[tuple[str, str], ...]:
    return (("Animated", "yes"),) if _is_moving(data) else ()


def _exif(data: bytes, there: list[Item]) -> Exif | None:
    for item in there:
        if item.kind == b"Exif":
            content = content_of(data, item)
            return read_exif(content[4:])  # four bytes say where the header begins; it is here in every known file
    return None


def _decode(path: Path, bits: int, *, samples: int, moving: bool) -> Pixels:
    # Asked for one picture of a sequence, imagecodecs 2026.3 writes behind its buffer: so all are decoded.
    index = None if moving else 0
    try:
        found = np.asarray(imagecodecs.avif_decode(path.read_bytes(), index=index, numthreads=THREADS))
    except (imagecodecs.AvifError, ValueError) as problem:
        raise UnreadableFileError(
            "The AVIF's pixels are damaged and cannot be decoded.", advice="Look for another copy of the file."
        ) from problem
    is_many = found.ndim > (3 if samples > 1 else 2)
    return spread(found[0] if is_many else found, bits)
