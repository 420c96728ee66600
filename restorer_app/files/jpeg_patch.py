"""Patching JPEG: the blocks under an edit are quantised again, every other coefficient and segment is kept."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from restorer_app.core.errors import InvalidValueError, NotPatchableError
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import CELL, Raster
from restorer_app.files.jpeg import why_not_patched
from restorer_app.files.jpeg_blocks import requantise
from restorer_app.files.jpeg_decode import Coefficients, decode_scan
from restorer_app.files.jpeg_encode import MissingCodeError, encode_scan, roomier
from restorer_app.files.jpeg_markers import APP0, APP1, DHT, EXIF, XMP, Header, Segment, read_header
from restorer_app.files.jpeg_scan import Scan, read_scan
from restorer_app.files.master import open_master
from restorer_app.files.patching import PatchReport, Progress, stop_if_cancelled
from restorer_app.files.picture import Picture

_MOST_SEGMENT = 65_533
_NEW_TABLES = "The edit needs codes that the JPEG's tables lack, so its Huffman tables were made anew."


def patch_jpeg(
    picture: Picture,
    image: Raster,
    *,
    target: Path,
    xmp: bytes | None,
    progress: Progress,
    cancel: CancelToken | None,
) -> PatchReport:
    """Writes the picture's file into `target` with the blocks that `image` changes."""
    with open_master(picture.path) as file, target.open("wb") as out:
        header = read_header(file)
        _must_fit(header, image)
        progress("Reading the blocks", 0.0)
        scan, data = read_scan(file, header)
        coefficients = decode_scan(scan, data)
        stop_if_cancelled(cancel)
        progress("Changing the blocks", 0.4)
        touched = _edit(scan, coefficients, picture, image, cancel)
        progress("Writing the blocks", 0.6)
        content, tables = _encoded(scan, coefficients)
        stop_if_cancelled(cancel)
        packet = None if xmp is None else _xmp_segment(xmp)
        _write(file, out, header, _New(content, tables, packet, _place_of_xmp(header)))
        progress("Writing the blocks", 1.0)
    notes = (*picture.stale, *([_NEW_TABLES] if tables else []))
    return PatchReport(touched, scan.blocks, "blocks", notes)


def _must_fit(header: Header, image: Raster) -> None:
    reason = why_not_patched(header)
    if reason:
        raise NotPatchableError(reason, advice="Save it as a new TIFF instead.")
    expected = (header.height, header.width, len(header.components), "uint8")
    if (*image.bounds.shape, image.channels, image.dtype.name) != expected:
        raise InvalidValueError("The edited picture has another size, depth or number of channels than its file.")


def _edit(scan: Scan, coefficients: Coefficients, picture: Picture, image: Raster, cancel: CancelToken | None) -> int:
    """Cell by cell: MCUs are 8 or 16 pixels wide and high, so none lies in two cells."""
    own = image.source is picture.source
    cells = image.changed_cells() if own else image.bounds.cells(CELL)
    touched = 0
    for cell in sorted(cells):
        stop_if_cancelled(cancel)
        region = image.cell_region(cell)
        old, new = picture.source.read(region), image.read(region)
        if (old != new).any():
            touched += requantise(scan, coefficients, region, old, new)
    return touched


def _encoded(scan: Scan, coefficients: Coefficients) -> tuple[bytes, bytes]:
    """The scan's bytes, and a segment of new tables where the file's own do not suffice."""
    try:
        return encode_scan(scan, coefficients), b""
    except MissingCodeError:
        scan, tables = roomier(scan, coefficients)
        return encode_scan(scan, coefficients), b"\xff" + bytes([DHT]) + struct.pack(">H", len(tables) + 2) + tables


def _write(file: BinaryIO, out: BinaryIO, header: Header, new: _New) -> None:
    """Segment by segment as in the source, fill bytes before markers included."""
    at = 0
    for segment in header.segments:
        file.seek(at)
        before = file.read(segment.start - at)  # SOI, or fill bytes
        out.write(before + new.in_place_of(segment, file.read(segment.end - segment.start)))
        at = segment.end
    out.write(new.tables)
    file.seek(at)
    head = file.read(header.scan_start - at + 4)
    out.write(head + file.read(struct.unpack(">H", head[-2:])[0] - 2))
    out.write(new.content)
    file.seek(header.end - 2)
    while piece := file.read(1 << 20):  # EOI and whatever stands behind it
        out.write(piece)


@dataclass(frozen=True)
class _New:
    """What of a file is not as in the source."""

    content: bytes  # of the scan
    tables: bytes  # a segment, where the source's tables do not suffice
    packet: bytes | None  # a segment
    place: Segment | None  # where the packet goes

    def in_place_of(self, segment: Segment, whole: bytes) -> bytes:
        if segment.marker == DHT and self.tables:
            return b""
        if self.packet is not None and segment is self.place:
            return self.packet if is_xmp(segment) else whole + self.packet
        return whole


def is_xmp(segment: Segment) -> bool:
    return segment.marker == APP1 and segment.content.startswith(XMP)


def _place_of_xmp(header: Header) -> Segment | None:
    """The segment that a packet replaces, or that it is put behind: EXIF, JFIF, or whatever comes first."""
    segments = header.segments
    exif = [part for part in segments if part.marker == APP1 and part.content.startswith(EXIF)]
    jfif = [part for part in segments if part.marker == APP0]
    packets = [part for part in segments if is_xmp(part)]
    return next(iter([*packets, *exif, *jfif, *segments]), None)


def _xmp_segment(packet: bytes) -> bytes:
    content = XMP + packet
    if len(content) > _MOST_SEGMENT:
        raise NotPatchableError(
            "The picture's XMP is too long for one segment of a JPEG.", advice="Save it as a new TIFF instead."
        )
    return b"\xff" + bytes([APP1]) + struct.pack(">H", len(content) + 2) + content
