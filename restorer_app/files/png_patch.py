"""Patching PNG: the compressed pixels are written anew, every other chunk is copied as it stands."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.errors import InvalidValueError, NotPatchableError
from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import CELL, Pixels, Raster, Source
from restorer_app.files.master import open_master
from restorer_app.files.patching import PatchReport, Progress, stop_if_cancelled
from restorer_app.files.picture import Picture
from restorer_app.files.png import why_not_patched
from restorer_app.files.png_chunks import (
    SIGNATURE,
    Chunk,
    Header,
    idat_content,
    pack,
    pack_xmp,
    read_chunks,
    read_header,
    xmp_chunk,
)
from restorer_app.files.png_filters import filter_line
from restorer_app.files.png_lines import Inflated, Pass, bands, passes

_LINES = 64  # taken from the stream at once: 4 MB of a line of 60 kB
_COPY = 1 << 20
_LEVELS = (1, 3, 6, 9)  # what the two bits in a zlib header stand for
_LEAST_CHUNK, _MOST_CHUNK = 1 << 8, (1 << 31) - 1  # cut more finely, a file holds more heads than pixels


def patch_png(
    picture: Picture,
    image: Raster,
    *,
    target: Path,
    xmp: bytes | None,
    progress: Progress,
    cancel: CancelToken | None,
) -> PatchReport:
    """Writes the picture's file into `target` with the pixels that `image` shows."""
    with open_master(picture.path) as file, target.open("wb") as out:
        chunks = read_chunks(file)
        header = read_header(file, chunks)
        _must_fit(header, chunks, image)
        lines = _Lines(header, image, picture)
        pixels = [chunk for chunk in chunks if chunk.name == b"IDAT"]
        packet = xmp_chunk(file, chunks)
        out.write(SIGNATURE)
        for chunk in _before_pixels(chunks):
            _copy_chunk(file, out, chunk, xmp=xmp if chunk is packet else None)
        if xmp is not None and packet is None:
            out.write(pack_xmp(xmp))
        is_one = len(pixels) == 1 and pixels[0].pieces == 1
        cut = None if is_one else max(_LEAST_CHUNK, *(chunk.longest for chunk in pixels))
        writer = _PixelWriter(out, _level(file, pixels), cut)
        touched = 0
        for line in lines.rewritten(Inflated(file, chunks), progress=progress, cancel=cancel):
            touched += line.touched
            writer.write(line.content)
        writer.finish()
        for chunk in chunks[chunks.index(pixels[-1]) + 1 :]:
            _copy_chunk(file, out, chunk, xmp=xmp if chunk is packet else None)
        _copy_rest(file, out, chunks[-1].end)
    return PatchReport(touched, header.height, "rows", picture.stale)


def _level(file: BinaryIO, pixels: list[Chunk]) -> int:
    """As hard as the zlib header says that the source was compressed."""
    head = next(idat_content(file, pixels, piece=64), b"")
    return _LEVELS[head[1] >> 6] if len(head) > 1 else 6


def _must_fit(header: Header, chunks: list[Chunk], image: Raster) -> None:
    reason = why_not_patched(header, chunks)
    if reason:
        raise NotPatchableError(reason, advice="Save it as a new TIFF instead.")
    dtype = np.dtype(np.uint16 if header.bits == 16 else np.uint8)
    colours = 3 if header.colour_type in {2, 6} else 1
    if (*image.bounds.shape, image.channels, image.dtype) != (header.height, header.width, colours, dtype):
        raise InvalidValueError("The edited picture has another size, depth or number of channels than its file.")


def _before_pixels(chunks: list[Chunk]) -> Iterator[Chunk]:
    for chunk in chunks:
        if chunk.name == b"IDAT":
            return
        yield chunk


def _copy_chunk(file: BinaryIO, out: BinaryIO, chunk: Chunk, *, xmp: bytes | None) -> None:
    """As it stands, check sum and all; only the packet of XMP, where a new one is given, gives way to that."""
    if xmp is not None:
        out.write(pack_xmp(xmp))
        return
    file.seek(chunk.start - 8)
    left = chunk.end - chunk.start + 8
    while left:
        piece = file.read(min(left, _COPY))
        assert piece  # read_chunks saw that the chunk is whole
        out.write(piece)
        left -= len(piece)


def _copy_rest(file: BinaryIO, out: BinaryIO, start: int) -> None:
    """What some programs append behind the end."""
    file.seek(start)
    while piece := file.read(_COPY):
        out.write(piece)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines ready for the compressor, and how many rows of the picture in them hold an edit."""

    content: bytes
    touched: int


class _Lines:
    """The stream's lines with an edit in them: untouched ones pass through with their filters."""

    def __init__(self, header: Header, image: Raster, picture: Picture) -> None:
        self._header = header
        self._image = image
        self._alpha = picture.alpha
        self._changed = _changed_rows(picture.source, image)

    def rewritten(self, stream: Inflated, *, progress: Progress, cancel: CancelToken | None) -> Iterator[_Piece]:
        parts = passes(self._header)
        total, done = sum(part.height for part in parts), 0
        for part in parts:
            for first, end in bands(part, _LINES):
                stop_if_cancelled(cancel)
                content = stream.take((end - first) * (part.line_bytes + 1))
                yield self._with_edit(part, first, end, content)
                done += end - first
                progress("Writing the pixels", done / total)

    def _with_edit(self, part: Pass, first: int, end: int, content: bytes) -> _Piece:
        rows = part.rows(first, end)
        edited = self._changed[rows.start : rows.stop : rows.step]
        before = first > 0 and bool(self._changed[part.rows(first - 1, first).start])
        if not edited.any() and not before:
            return _Piece(content, 0)
        lines = np.frombuffer(bytearray(content), np.uint8).reshape(end - first, part.line_bytes + 1)
        plain_above = self._plain(part, first - 1) if first else np.zeros(part.line_bytes, np.uint8)
        above_edited = before
        for number in range(end - first):
            plain = plain_above
            if edited[number] or above_edited or (number + 1 < end - first and edited[number + 1]):
                plain = self._plain(part, first + number)
            if edited[number] or above_edited:  # a line below an edit keeps its pixels but not its differences
                used = int(lines[number, 0])
                lines[number, 1:] = filter_line(used, plain, plain_above, self._header.bytes_a_pixel)
            plain_above, above_edited = plain, bool(edited[number])
        return _Piece(lines.tobytes(), int(edited.sum()))

    def _plain(self, part: Pass, line: int) -> NDArray[np.uint8]:
        """A line's bytes as the edited picture has them."""
        row = part.rows(line, line + 1).start
        whole = Region(0, row, self._header.width, row + 1)
        pixels = self._image.read(whole)[:, part.columns]
        if self._alpha is not None:
            pixels = np.concatenate([pixels, self._alpha.read(whole)[:, part.columns]], axis=2)
        stored: Pixels = pixels.astype(">u2") if self._header.bits == 16 else pixels
        return np.frombuffer(stored.tobytes(), np.uint8)


def _changed_rows(source: Source, image: Raster) -> NDArray[np.bool_]:
    """Rows in which the raster really differs from the file; a raster over other pixels is compared everywhere."""
    cells = image.changed_cells() if image.source is source else image.bounds.cells(CELL)
    changed = np.zeros(image.bounds.height, bool)
    for cell in cells:
        region = image.cell_region(cell)
        differs = (image.read(region) != source.read(region)).any(axis=(1, 2))
        changed[region.top : region.bottom] |= differs
    return changed


class _PixelWriter:
    """IDAT as the source has it: one chunk whose length is put in at the end, or many of the source's size."""

    def __init__(self, out: BinaryIO, level: int, chunk_bytes: int | None) -> None:
        self._out = out
        self._packing = zlib.compressobj(level)
        self._chunk_bytes = chunk_bytes
        self._waiting = bytearray()
        self._start = self._length = self._sum = 0
        self._begin()

    def write(self, content: bytes) -> None:
        self._emit(self._packing.compress(content))

    def finish(self) -> None:
        self._emit(self._packing.flush())
        if self._chunk_bytes is None:
            self._end()
        elif self._waiting:
            self._out.write(pack(b"IDAT", bytes(self._waiting)))

    def _emit(self, packed: bytes) -> None:
        if self._chunk_bytes is None:
            if self._length + len(packed) > _MOST_CHUNK:
                self._end()
                self._begin()
            self._out.write(packed)
            self._sum = zlib.crc32(packed, self._sum)
            self._length += len(packed)
            return
        self._waiting += packed
        size = self._chunk_bytes
        whole = len(self._waiting) // size * size
        for at in range(0, whole, size):
            self._out.write(pack(b"IDAT", bytes(self._waiting[at : at + size])))
        del self._waiting[:whole]

    def _begin(self) -> None:
        self._start, self._length, self._sum = self._out.tell(), 0, zlib.crc32(b"IDAT")
        if self._chunk_bytes is None:
            self._out.write(struct.pack(">I4s", 0, b"IDAT"))

    def _end(self) -> None:
        self._out.write(struct.pack(">I", self._sum))
        behind = self._out.tell()
        self._out.seek(self._start)
        self._out.write(struct.pack(">I", self._length))
        self._out.seek(behind)
