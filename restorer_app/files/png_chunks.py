"""PNG's chunks: where each lies and what it says, without decoding a pixel."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from restorer_app.core.errors import UnreadableFileError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP_KEYWORD = b"XML:com.adobe.xmp"
_MOST_CHUNKS = 1_000_000  # a 2 GB file in IDATs of 2 kB
_MOST_TEXT = 16 * 1024 * 1024  # of an inflated profile or text; larger ones are bombs
_ANOTHER = "Look for another copy of the file."
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# What the rule below would forbid and PNG itself defines as no matter of the pixels' values or places.
_INDEPENDENT = frozenset({
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"bKGD", b"cHRM", b"cICP", b"cLLI", b"gAMA", b"hIST", b"iCCP", b"mDCV",
    b"pCAL", b"sBIT", b"sCAL", b"sPLT", b"sRGB", b"sTER", b"tIME", b"tRNS",
})  # fmt: skip
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its name, and where its content lies."""

    name: bytes
    start: int  # of the content; length and name stand before it
    length: int

    @property
    def end(self) -> int:
        """Behind the check sum."""
        return self.start + self.length + 4


@dataclass(frozen=True, slots=True)
class Header:
    """IHDR."""

    width: int
    height: int
    bits: int
    colour_type: int
    interlaced: bool

    @property
    def channels(self) -> int:
        """Samples a pixel as stored: a palette's index is one."""
        return _CHANNELS[self.colour_type]

    @property
    def bytes_a_pixel(self) -> int:
        """What the filters count by: at least one."""
        return max(1, self.channels * self.bits // 8)


def read_chunks(file: BinaryIO) -> list[Chunk]:
    """Every chunk from IHDR to IEND; a file that ends before is refused."""
    size = file.seek(0, 2)
    file.seek(0)
    if file.read(8) != SIGNATURE:
        raise UnreadableFileError("This is not a PNG.", advice=_ANOTHER)
    chunks: list[Chunk] = []
    at = 8
    while len(chunks) < _MOST_CHUNKS:
        head = file.read(8)
        if len(head) < 8:
            raise _too_short()
        length, name = struct.unpack(">I4s", head)
        chunk = Chunk(name, at + 8, length)
        if chunk.end > size:
            raise _too_short()
        chunks.append(chunk)
        if name == b"IEND":
            return chunks
        at = file.seek(chunk.end)
    raise UnreadableFileError("The PNG has too many chunks; it is damaged.", advice=_ANOTHER)


def read_header(file: BinaryIO, chunks: list[Chunk]) -> Header:
    """IHDR, refused where it makes no sense."""
    if chunks[0].name != b"IHDR" or chunks[0].length != 13:
        raise UnreadableFileError("The PNG does not begin with its header; it is damaged.", advice=_ANOTHER)
    content = content_of(file, chunks[0])
    if file.read(4) != struct.pack(">I", zlib.crc32(content, zlib.crc32(b"IHDR"))):
        raise UnreadableFileError(
            "The check sum of the PNG's header does not fit; its size cannot be trusted.", advice=_ANOTHER
        )
    width, height, bits, colour_type, compression, filtering, interlace = struct.unpack(">IIBBBBB", content)
    if bits not in _DEPTHS.get(colour_type, ()) or compression or filtering or interlace > 1:
        raise UnreadableFileError("The PNG's header contradicts itself; it is damaged.", advice=_ANOTHER)
    if not any(chunk.name == b"IDAT" for chunk in chunks):
        raise UnreadableFileError("The PNG holds no pixels.", advice=_ANOTHER)
    return Header(width, height, bits, colour_type, bool(interlace))


def bound_to_pixels(chunks: list[Chunk]) -> Chunk | None:
    """The first chunk that may be wrong once the pixels change: by the rule of PNG for names that are not known."""
    for chunk in chunks:
        is_critical, is_unsafe = (not chunk.name[at] & 32 for at in (0, 3))  # a capital letter
        if (is_critical or is_unsafe) and chunk.name not in _INDEPENDENT:
            return chunk
    return None


def content_of(file: BinaryIO, chunk: Chunk) -> bytes:
    file.seek(chunk.start)
    return file.read(chunk.length)


def first(chunks: list[Chunk], name: bytes) -> Chunk | None:
    return next((chunk for chunk in chunks if chunk.name == name), None)


def pack(name: bytes, content: bytes) -> bytes:
    """A whole chunk with its check sum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))


def inflate_bounded(packed: bytes) -> bytes | None:
    """An inflated text or profile, or None where it is broken or a bomb."""
    try:
        stream = zlib.decompressobj()
        found = stream.decompress(packed, _MOST_TEXT)
    except zlib.error:
        return None
    return None if stream.unconsumed_tail else found


def profile(file: BinaryIO, chunks: list[Chunk]) -> bytes | None:
    """The ICC profile of iCCP."""
    chunk = first(chunks, b"iCCP")
    if chunk is None or chunk.length > _MOST_TEXT:
        return None
    _, _, rest = content_of(file, chunk).partition(b"\0")
    return inflate_bounded(rest[1:]) if rest[:1] == b"\0" else None


def is_xmp(file: BinaryIO, chunk: Chunk) -> bool:
    if chunk.name != b"iTXt" or chunk.length < len(XMP_KEYWORD):
        return False
    file.seek(chunk.start)
    return file.read(len(XMP_KEYWORD) + 1) == XMP_KEYWORD + b"\0"


def xmp_packet(file: BinaryIO, chunks: list[Chunk]) -> bytes | None:
    """The XMP packet of the first iTXt that carries one."""
    for chunk in chunks:
        if is_xmp(file, chunk) and chunk.length <= _MOST_TEXT:
            rest = content_of(file, chunk)[len(XMP_KEYWORD) + 1 :]
            text = rest[2:].split(b"\0", 2)[-1]  # flags; language and translated keyword before the text
            return inflate_bounded(text) if rest[:1] == b"\x01" else text
    return None


def pack_xmp(packet: bytes) -> bytes:
    """An iTXt chunk that carries a packet uncompressed, as the XMP specification asks."""
    return pack(b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + packet)


def idat_content(file: BinaryIO, chunks: list[Chunk], *, piece: int = 1 << 20) -> Iterator[bytes]:
    """The compressed pixels, piece by piece; a wrong check sum is damage, whatever the bits still decode to."""
    for chunk in chunks:
        if chunk.name != b"IDAT":
            continue
        checked = zlib.crc32(chunk.name)
        at, end = chunk.start, chunk.start + chunk.length
        while at < end:
            file.seek(at)  # others may have read in between
            found = file.read(min(end - at, piece))
            if not found:
                raise _too_short()
            at += len(found)
            checked = zlib.crc32(found, checked)
            yield found
        file.seek(end)
        if file.read(4) != struct.pack(">I", checked):
            raise UnreadableFileError(
                "A check sum in the PNG does not fit its pixels; they are damaged.",
                advice=_ANOTHER,
            )


def _too_short() -> UnreadableFileError:
    return UnreadableFileError("The PNG ends too early; part of it is missing.", advice="Look for a complete copy.")
