"""JPEG's segments: where each lies and what it says, without decoding a pixel."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from restorer_app.core.errors import UnreadableFileError

SOI, EOI, SOS, DQT, DHT, DNL, DRI, COM, DAC = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDC, 0xDD, 0xFE, 0xCC
APP0, APP1, APP2, APP13, APP14 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE
EXIF, XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
ICC, PHOTOSHOP, ADOBE, JFIF, MPF = b"ICC_PROFILE\0", b"Photoshop 3.0\0", b"Adobe", b"JFIF\0", b"MPF\0"
FRAMES = frozenset({*range(0xC0, 0xD0)} - {DHT, 0xC8, DAC})
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_MOST_SEGMENTS = 20_000
_MOST_STRAY = 4096  # bytes between segments
_PIECE = 1 << 22
_ANOTHER = "Look for another copy of the file."
_JPEG_LS = 0xF7
_MOST_SCANS = 500  # cameras write ten; each of them goes over all pixels again


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker segment before the first scan: from its 0xFF to its last byte."""

    marker: int
    start: int
    content: bytes

    @property
    def end(self) -> int:
        return self.start + 4 + len(self.content)


@dataclass(frozen=True, slots=True)
class Component:
    code: int
    horizontal: int
    vertical: int
    table: int


@dataclass(frozen=True, slots=True)
class Header:
    """Everything before the entropy-coded pixels, and where they end."""

    segments: tuple[Segment, ...]
    frame: int  # the SOF marker
    bits: int
    width: int
    height: int
    components: tuple[Component, ...]
    scan_start: int  # of the first SOS marker
    scan_components: int  # in the first scan
    end: int  # behind EOI; 0 where there is none
    size: int
    height_follows: bool = False  # it stands in a DNL behind the first scan, and the frame has 0

    def contents(self, marker: int, prefix: bytes = b"") -> list[bytes]:
        """What segments of a kind carry, behind their prefix."""
        return [
            segment.content[len(prefix) :]
            for segment in self.segments
            if segment.marker == marker and segment.content.startswith(prefix)
        ]

    @property
    def breaks_off(self) -> bool:
        """Whether the file ends before the picture does: perhaps only its last mark is missing."""
        return not self.end

    @property
    def height_at(self) -> int:
        """Where the frame says how high the picture is."""
        return next(segment.start for segment in self.segments if segment.marker in FRAMES) + 5

    @property
    def is_progressive(self) -> bool:
        return self.frame in {0xC2, 0xC6, 0xCA, 0xCE}

    @property
    def is_arithmetic(self) -> bool:
        return self.frame >= 0xC9

    @property
    def is_lossless(self) -> bool:
        return self.frame in {0xC3, 0xC7, 0xCB, 0xCF}

    @property
    def is_baseline(self) -> bool:
        return self.frame in {0xC0, 0xC1}

    @property
    def adobe_transform(self) -> int | None:
        found = self.contents(APP14, ADOBE)
        return found[0][6] if found and len(found[0]) >= 7 else None

    @property
    def restart_interval(self) -> int:
        found = self.contents(DRI)
        return struct.unpack(">H", found[-1][:2])[0] if found and len(found[-1]) >= 2 else 0


def read_header(file: BinaryIO) -> Header:
    """Walks the segments up to the first scan and finds the end of the picture."""
    size = file.seek(0, 2)
    segments: list[Segment] = []
    at = 2
    while len(segments) < _MOST_SEGMENTS:
        segment = _segment_at(file, at, size)
        if segment.marker == SOS:
            return _header(file, segments, segment, size)
        if segment.marker == EOI:
            raise UnreadableFileError("The JPEG ends before its pixels; it is damaged.", advice=_ANOTHER)
        segments.append(segment)
        at = segment.end
    raise UnreadableFileError("The JPEG has too many segments; it is damaged.", advice=_ANOTHER)


def _segment_at(file: BinaryIO, at: int, size: int) -> Segment:
    at = _next_marker(file, at)
    file.seek(at)
    head = file.read(2)
    marker = head[1]
    if marker == EOI:
        return Segment(marker, at, b"")
    if marker == SOI or marker in _ALONE:
        raise UnreadableFileError("The JPEG has a marker where none may be; it is damaged.", advice=_ANOTHER)
    length = file.read(2)
    count = struct.unpack(">H", length)[0] if len(length) == 2 else 0
    if count < 2 or at + 2 + count > size:
        raise too_short()
    return Segment(marker, at, file.read(count - 2))


def _next_marker(file: BinaryIO, at: int) -> int:
    """Where the next marker begins: fill bytes may stand before it, and some programs leave stray ones."""
    file.seek(at)
    piece = file.read(_MOST_STRAY)
    for place in range(len(piece) - 1):
        if piece[place] == 0xFF and piece[place + 1] not in {0x00, 0xFF}:
            return at + place
    if len(piece) < _MOST_STRAY:
        raise too_short()
    raise UnreadableFileError("The JPEG's segments are damaged; its pixels cannot be found.", advice=_ANOTHER)


def _header(file: BinaryIO, segments: list[Segment], scan: Segment, size: int) -> Header:
    frames = [segment for segment in segments if segment.marker in FRAMES]
    if any(segment.marker == _JPEG_LS for segment in segments):
        raise UnreadableFileError(
            "This is a JPEG-LS picture, which this program does not open.", advice="Convert it to TIFF or PNG first."
        )
    if len(frames) != 1 or len(frames[0].content) < 6 or not scan.content:
        raise UnreadableFileError("The JPEG does not say what its picture is; it is damaged.", advice=_ANOTHER)
    content = frames[0].content
    bits, height, width, count = struct.unpack(">BHHB", content[:6])
    if len(content) < 6 + 3 * count or not 1 <= count <= 4:
        raise UnreadableFileError("The JPEG's description of its picture is damaged.", advice=_ANOTHER)
    components = tuple(
        Component(content[at], content[at + 1] >> 4, content[at + 1] & 15, content[at + 2])
        for at in range(6, 6 + 3 * count, 3)
    )
    if scan.end >= size:
        raise too_short()
    if any(not 1 <= factor <= 4 for part in components for factor in (part.horizontal, part.vertical)):
        raise UnreadableFileError("The JPEG's colour sampling is damaged.", advice=_ANOTHER)
    end = _end_of_picture(file, scan.end)
    return Header(
        segments=tuple(segments),
        frame=frames[0].marker,
        bits=bits,
        width=width,
        height=height or _height_behind(file, scan.end, end or size),
        components=components,
        scan_start=scan.start,
        scan_components=scan.content[0],
        end=end,
        size=size,
        height_follows=not height,
    )


def _height_behind(file: BinaryIO, at: int, end: int) -> int:
    """The height that a scanner learnt only from its last line; 0 where it is not told."""
    file.seek(at)
    before = b""
    while at < end and (piece := file.read(min(_PIECE, end - at))):
        found = (before + piece).find(bytes([0xFF, DNL, 0, 4]))
        if found >= 0:
            file.seek(at - len(before) + found + 4)
            return int.from_bytes(file.read(2), "big")
        at += len(piece)
        before = piece[-3:]
    return 0


def _end_of_picture(file: BinaryIO, at: int) -> int:
    """Behind the first EOI after the scan: entropy-coded bytes never hold one. 0 where the file ends before."""
    file.seek(at)
    offset, before, scans = at, b"", 1
    while piece := file.read(_PIECE):
        joined = before + piece
        found = joined.find(b"\xff\xd9")
        scans += joined.count(b"\xff\xda", 0, found if found >= 0 else len(joined))
        if scans > _MOST_SCANS:
            raise UnreadableFileError(
                f"The JPEG claims more than {_MOST_SCANS} passes over its pixels, as if to exhaust the machine.",
                advice=_ANOTHER,
            )
        if found >= 0:
            return offset - len(before) + found + 2
        offset += len(piece)
        before = joined[-1:]
    return 0


def too_short() -> UnreadableFileError:
    return UnreadableFileError("The JPEG ends too early; part of it is missing.", advice="Look for a complete copy.")
