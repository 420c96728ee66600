"""The lines of a PNG's compressed stream: which pixels each holds, in order, interlaced or not."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from restorer_app.core.errors import UnreadableFileError
from restorer_app.files.png_chunks import Chunk, Header, idat_content

_PIECE = 64 << 10
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@dataclass(frozen=True, slots=True)
class Pass:
    """One sub-picture: columns and rows of the whole, and the bytes of its lines without the filter's."""

    left: int
    top: int
    across: int
    down: int
    width: int
    height: int
    line_bytes: int

    @property
    def columns(self) -> slice:
        return slice(self.left, None, self.across)

    def rows(self, first: int, end: int) -> range:
        """The picture's rows that some lines hold."""
        return range(self.top + first * self.down, self.top + end * self.down, self.down)


def passes(header: Header) -> list[Pass]:
    """One for a plain picture, up to seven for an interlaced one; empty ones are not stored."""
    found = []
    for left, top, across, down in _ADAM7 if header.interlaced else ((0, 0, 1, 1),):
        width, height = -(-(header.width - left) // across), -(-(header.height - top) // down)
        if width > 0 and height > 0:
            line_bytes = -(-width * header.channels * header.bits // 8)
            found.append(Pass(left, top, across, down, width, height, line_bytes))
    return found


class Inflated:
    """The inflated stream of a PNG, taken in pieces of a given size and never more at once."""

    def __init__(self, file: BinaryIO, chunks: list[Chunk]) -> None:
        # Short pieces: zlib copies what it was given and does not need yet, for each band of a narrow picture again.
        self._pieces = idat_content(file, chunks, piece=_PIECE)
        self._stream = zlib.decompressobj()
        self._waiting = b""

    def take(self, count: int) -> bytes:
        """Exactly so many bytes, or a sentence."""
        out = bytearray()
        while len(out) < count:
            if not self._waiting:
                self._waiting = next(self._pieces, b"")
            try:
                found = self._stream.decompress(self._waiting, count - len(out))
            except zlib.error as problem:
                raise _damaged() from problem
            if not found and (not self._waiting or self._stream.eof):
                raise _damaged()
            self._waiting = self._stream.unconsumed_tail
            out += found
        return bytes(out)


def bands(part: Pass, lines: int) -> Iterator[tuple[int, int]]:
    """First and end of each group of lines."""
    for first in range(0, part.height, lines):
        yield first, min(first + lines, part.height)


def _damaged() -> UnreadableFileError:
    return UnreadableFileError(
        "The PNG's pixels are damaged and cannot be decoded.", advice="Look for another copy of the file."
    )
