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
_HEAD, _BETWEEN = struct.Struct(">I4s"), struct.Struct(">II4s")
_HEADS = 4096  # read at once in search of heads: chunks of pixels usually have 8 KB
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its name, and where its content lies. Pixels may be cut into many that follow one another."""

    name: bytes
    start: int  # of the content, or of the first one's; length and name stand before it
    length: int  # of all of them together
    pieces: int = 1
    longest: int = 0  # of the pieces of pixels

    @property
    def end(self) -> int:
        """Behind the last check sum."""
        return self.start + self.length + 12 * (self.pieces - 1) + 4


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
    """Every chunk from IHDR to IEND, those of the pixels as one; a file that ends before is refused."""
    size = file.seek(0, 2)
    file.seek(0)
    if file.read(8) != SIGNATURE:
        raise UnreadableFileError("This is not a PNG.", advice=_ANOTHER)
    chunks: list[Chunk] = []
    at, count = 8, 0
    while count < _MOST_CHUNKS:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            raise _too_short()
        length, name = _HEAD.unpack(head)
        chunk = Chunk(name, at + 8, length)
        if name == b"IDAT":
            chunk = _with_those_behind(file, chunk)
        if chunk.end > size:
            raise _too_short()
        chunks.append(chunk)
        if name == b"IEND":
            return chunks
        at, count = chunk.end, count + chunk.pieces
    raise UnreadableFileError("The PNG has too many chunks; it is damaged.", advice=_ANOTHER)


def _with_those_behind(file: BinaryIO, chunk: Chunk) -> Chunk:
    """The pixels of a PNG as one, however many chunks they are cut into: half a million cost half a second."""
    at, length, pieces, longest = chunk.end, chunk.length, 1, chunk.length
    while pieces <= _MOST_CHUNKS:
        file.seek(at)
        block, used = file.read(_HEADS), 0
        while used + 8 <= len(block):
            more, name = _HEAD.unpack_from(block, used)
            if name != b"IDAT":
                return Chunk(b"IDAT", chunk.start, length, pieces, longest)
            used += more + 12
            length, pieces, longest = length + more, pieces + 1, max(longest, more)
        if not used:
            break  # the file ends here
        at += used
    return Chunk(b"IDAT", chunk.start, length, pieces, longest)


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


def xmp_chunk(file: BinaryIO, chunks: list[Chunk]) -> Chunk | None:
    """The first iTXt that carries XMP, of what can be held."""
    return next((chunk for chunk in chunks if is_xmp(file, chunk) and chunk.length <= _MOST_TEXT), None)


def xmp_packet(file: BinaryIO, chunks: list[Chunk]) -> bytes | None:
    """The XMP packet of a PNG; a second one, which none may have, stays where it is."""
    chunk = xmp_chunk(file, chunks)
    if chunk is None:
        return None
    rest = content_of(file, chunk)[len(XMP_KEYWORD) + 1 :]
    text = rest[2:].split(b"\0", 2)[-1]  # flags; language and translated keyword before the text
    return inflate_bounded(text) if rest[:1] == b"\x01" else text


def pack_xmp(packet: bytes) -> bytes:
    """An iTXt chunk that carries a packet uncompressed, as the XMP specification asks."""
    return pack(b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + packet)


def idat_content(file: BinaryIO, chunks: list[Chunk], *, piece: int = 1 << 20) -> Iterator[bytes]:
    """The compressed pixels in pieces; a wrong check sum is damage, whatever the bits still decode to."""
    for chunk in chunks:
        if chunk.name == b"IDAT":
            yield from _content_of_many(file, chunk, piece)


def _content_of_many(file: BinaryIO, chunk: Chunk, piece: int) -> Iterator[bytes]:
    """Without lengths, names and check sums in between; the file is read in pieces, however finely it is cut."""
    at = chunk.start
    state = _Unchecked(_length_before(file, at))
    while at < chunk.end:
        file.seek(at)  # others may have read in between
        block = memoryview(file.read(min(piece, chunk.end - at)))
        found, used = state.take(block, is_last=at + len(block) >= chunk.end)
        if not used:
            raise _too_short()
        at += used
        if content := b"".join(found):  # nothing but empty chunks is not the end
            yield content


def _length_before(file: BinaryIO, start: int) -> int:
    file.seek(start - 8)
    return int(_HEAD.unpack(file.read(8))[0])


class _Unchecked:
    """The chunk that is being read: how much of it is to come, and the check sum so far."""

    def __init__(self, length: int) -> None:
        self._left = length
        self._sum = zlib.crc32(b"IDAT")

    def take(self, block: memoryview, *, is_last: bool) -> tuple[list[memoryview], int]:
        """What a block holds of the pixels, and how much of it was used: a head may be cut off at its end."""
        found: list[memoryview] = []
        at, left, crc = 0, self._left, self._sum
        while True:
            content = block[at : at + left]
            found.append(content)
            crc = zlib.crc32(content, crc)
            at += len(content)
            left -= len(content)
            rest = len(block) - at
            if left or (rest < 12 and not (is_last and rest == 4)):
                self._left, self._sum = left, crc
                return found, at
            if rest == 4:
                _must_fit(crc, int.from_bytes(block[at:], "big"))
                return found, at + 4
            said, left, name = _BETWEEN.unpack_from(block, at)
            _must_fit(crc, said)
            crc = zlib.crc32(name)
            at += 12


def _must_fit(found: int, said: int) -> None:
    if found != said:
        raise UnreadableFileError("A check sum in the PNG does not fit its pixels; they are damaged.", advice=_ANOTHER)


def _too_short() -> UnreadableFileError:
    return UnreadableFileError("The PNG ends too early; part of it is missing.", advice="Look for a complete copy.")
