"""The second, independent reader of strips and tiles: zlib, zstandard, own LZW and PackBits, numpy predictors."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
import zstandard
from numpy.typing import NDArray

from restorer_app.core.raster import Pixels
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.lzw import LzwError, lzw_decode
from restorer_app.files.tiff_page import DEFLATE, LZW, NONE, OLD_DEFLATE, PACKBITS, ZSTD, Page

# None of imagecodecs' or tifffile's own coding may be used here: what they misread both ways alike would look right.
# The one loan is libtiff, which imagecodecs carries but uses for nothing that this program reads or writes with.
_OWN_LZW = 64 << 10
_PIECE = 256 << 10  # stored bytes inflated at once
_BAND = 1 << 20  # bytes of samples handed on at once: a strip can be the whole picture
_HEAD, _TAIL = 8, 128  # bytes of a TIFF's header, and more than the directory needs that follows the strip

Bytes = NDArray[np.uint8]


class SegmentError(ValueError):
    """A segment that this reader cannot make sense of."""


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A segment as it stands in the file, with room around it for the little TIFF that libtiff wants to see.

    To be decoded once: large ones are used up by it.
    """

    room: bytearray
    size: int

    @classmethod
    def of(cls, data: bytes) -> Stored:
        return cls(bytearray(_HEAD) + data + bytes(_TAIL), len(data))

    @property
    def data(self) -> memoryview:
        return memoryview(self.room)[_HEAD : _HEAD + self.size]


def read_stored(file: FileBytes, page: Page, index: int) -> Stored:
    """The bytes of a segment, read once and copied never."""
    size = page.stored_bytes(index, file_bytes=file.size)
    begin = int(page.offsets[index])
    file.must_hold(begin, size)  # before room is made for a wild claim
    stored = Stored(bytearray(_HEAD + size + _TAIL), size)
    file.read_into(begin, stored.data)
    return stored


def read_segment(page: Page, stored: Stored, index: int) -> Pixels:
    """A segment's samples in native order, rows × columns × samples; floating ones as bits, so that NaN compares."""
    bands = read_bands(page, stored, index)
    first = next(bands)
    whole = np.empty(page.segment_shape(index), first.dtype)
    whole[: len(first)] = first
    at = len(first)
    for band in bands:
        whole[at : at + len(band)] = band
        at += len(band)
    return whole


def band_rows(page: Page) -> int:
    """How many rows come together: pages of the same layout are read in the same bands."""
    return max(1, _BAND // max(1, page.segment_bytes(0) // page.segment_shape(0)[0]))


def read_bands(page: Page, stored: Stored, index: int) -> Iterator[Pixels]:
    """The same from top to bottom in bands, so that two large strips can be compared without having both whole.

    A band is good until the next one is asked for: fresh memory for each would cost as much as decoding it.
    """
    for raw, shape in _raw_bands(page, stored, index):
        yield _samples(page, raw, shape)


def differing_bands(page: Page, one: Stored, other: Stored, index: int) -> Iterator[NDArray[np.bool_]]:
    """Which samples of two segments of one layout differ, from top to bottom in bands.

    Predictor 2 is undone on the difference of both, and only from the first column that differs to the last: it adds
    up modulo the type's range, so the difference of two sums is the sum of the differences.
    """
    for (raw, shape), (its, _) in zip(_raw_bands(page, one, index), _raw_bands(page, other, index), strict=True):
        if page.predictor == 2:
            yield _sums(_stored_bits(page, raw, shape) - _stored_bits(page, its, shape)) != 0
        else:
            yield _samples(page, raw, shape) != _samples(page, its, shape)


def columns_in_use(values: NDArray[Any]) -> slice:
    """From the first column with anything but zeros to the last; none of them where there is nothing else."""
    rows, columns, samples = values.shape
    used = np.flatnonzero(values.reshape(rows, columns * samples).any(axis=0)) // samples  # by two axes: 30 times that
    return slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 0)


def _sums(gaps: Pixels) -> Pixels:
    """Sums along each row, of what is mostly zero at both ends."""
    used = columns_in_use(gaps)
    if used.stop:
        np.add.accumulate(gaps[:, used], axis=1, out=gaps[:, used])
        gaps[:, used.stop :] = gaps[:, used.stop - 1 : used.stop]
    return gaps


def _raw_bands(page: Page, stored: Stored, index: int) -> Iterator[tuple[Bytes, tuple[int, int, int]]]:
    """A segment's bytes without its compression, with the shape that its samples have."""
    rows, columns, samples = page.segment_shape(index)
    dtype = page.dtype
    if dtype is None or page.fill_order != 1:
        raise SegmentError("packed samples are not compared by value")
    tall = band_rows(page)
    heights = [min(tall, rows - top) for top in range(0, rows, tall)]
    row_bytes = columns * samples * dtype.itemsize
    pieces = unpacked(page.compression, stored, [height * row_bytes for height in heights])
    for height, raw in zip(heights, pieces, strict=True):
        yield raw, (height, columns, samples)


def _bits(page: Page) -> np.dtype[Any]:
    assert page.dtype is not None  # as `_raw_bands` found
    return np.dtype(f"u{page.dtype.itemsize}")


def _stored_bits(page: Page, raw: Bytes, shape: tuple[int, int, int]) -> Pixels:
    return raw.view(_bits(page).newbyteorder(page.order)).reshape(shape)


def _samples(page: Page, raw: Bytes, shape: tuple[int, int, int]) -> Pixels:
    if page.predictor == 3:
        return _float_predicted(raw, shape, _bits(page))
    samples = _stored_bits(page, raw, shape).astype(_bits(page), copy=not raw.flags.writeable)
    return np.add.accumulate(samples, axis=1, out=samples) if page.predictor == 2 else samples


def unpacked(compression: int, stored: Stored, sizes: Sequence[int]) -> Iterator[Bytes]:
    """The bytes that a segment holds, in pieces of these sizes; too few are an error, more are left."""
    try:
        for size, piece in zip(sizes, _unpacked(compression, stored, sizes), strict=True):
            if len(piece) < size:
                raise SegmentError(f"{len(piece)} bytes instead of {size} before the end of a segment")
            yield piece
    except (zlib.error, zstandard.ZstdError, LzwError) as problem:
        raise SegmentError(str(problem)) from problem


def _unpacked(compression: int, stored: Stored, sizes: Sequence[int]) -> Iterator[Bytes]:
    if compression == NONE:
        return _cut(np.frombuffer(stored.data, np.uint8), sizes)
    if compression in {DEFLATE, OLD_DEFLATE}:
        return _inflated(stored.data, sizes)
    if compression == ZSTD:
        return _zstd(stored.data, sizes)
    if compression == LZW:
        whole = sum(sizes)
        own = whole <= _OWN_LZW
        return _cut(lzw_decode(stored.data, whole) if own else _libtiff_lzw(stored, whole), sizes)
    if compression == PACKBITS:
        return _cut(np.frombuffer(_packbits(stored.data, sum(sizes)), np.uint8), sizes)
    raise SegmentError(f"compression {compression} is not read here")


def _cut(whole: Bytes, sizes: Sequence[int]) -> Iterator[Bytes]:
    at = 0
    for size in sizes:
        yield whole[at : at + size]
        at += size


def _inflated(data: memoryview, sizes: Sequence[int]) -> Iterator[Bytes]:
    """Band by band, and the stored bytes piece by piece: zlib copies whatever it is given and does not need yet."""
    stream = zlib.decompressobj()
    room = np.empty(max(sizes, default=0), np.uint8)
    at = 0
    for size in sizes:
        filled = 0
        while filled < size and not stream.eof:
            given: bytes | memoryview = stream.unconsumed_tail
            if not given:
                given = data[at : at + _PIECE]
                at += len(given)
            piece = stream.decompress(given, size - filled)
            room[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
            filled += len(piece)
            if not given and not piece:
                break  # the stored bytes end too early
        yield room[:filled]


def _zstd(data: memoryview, sizes: Sequence[int]) -> Iterator[Bytes]:
    with zstandard.ZstdDecompressor().stream_reader(data) as reader:
        room = np.empty(max(sizes, default=0), np.uint8)
        for size in sizes:
            yield room[: reader.readinto(room[:size])]


def _libtiff_lzw(stored: Stored, expected: int) -> Bytes:
    """Long strips by libtiff, the format's own library: our numpy decodes 8 MB/s, libtiff 140.

    The strip becomes a picture of one row of bytes, so that libtiff undoes the LZW and nothing else.
    """
    size, end = stored.size, _HEAD + stored.size + stored.size % 2
    tags = ((256, expected), (257, 1), (258, 8), (259, 5), (262, 1), (273, _HEAD), (277, 1), (278, 1), (279, size))
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    directory = struct.pack("<H", len(tags)) + table + bytes(4)
    stored.room[:_HEAD] = struct.pack("<2sHI", b"II", 42, end)
    stored.room[end : end + len(directory)] = directory
    try:
        found = imagecodecs.tiff_decode(stored.room)
    except (imagecodecs.TiffError, ValueError):
        return lzw_decode(stored.data, expected)  # ours has the last word on what libtiff refuses
    stored.room.clear()  # whoever reads bands of it holds on to it, and has no use for it any more
    return np.asarray(found).reshape(-1)


def _packbits(data: memoryview, expected: int) -> bytes:
    out = bytearray()
    at, end = 0, len(data)
    while at < end and len(out) < expected:
        head = data[at]
        if head < 128:
            out += data[at + 1 : at + 2 + head]
            at += head + 2
        elif head > 128:
            out += bytes(data[at + 1 : at + 2]) * (257 - head)
            at += 2
        else:
            at += 1  # 128 means nothing
    return bytes(out)


def _float_predicted(raw: Bytes, shape: tuple[int, int, int], bits: np.dtype[Any]) -> Pixels:
    """Predictor 3: a row is its bytes by significance, most first, each differing from the one a pixel before."""
    rows, columns, samples = shape
    width = bits.itemsize
    lines = raw.reshape(rows, columns * width, samples).copy()
    np.add.accumulate(lines, axis=1, out=lines)
    by_significance = lines.reshape(rows, width, columns * samples)
    values = np.zeros((rows, columns * samples), bits)
    for place in range(width):
        values = (values << bits.type(8)) | by_significance[:, place].astype(bits)
    return values.reshape(shape)
