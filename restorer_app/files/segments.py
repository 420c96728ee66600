"""The second, independent reader of strips and tiles: zlib, zstandard, own LZW and PackBits, numpy predictors."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import imagecodecs
import numpy as np
import zstandard
from numpy.typing import NDArray

from restorer_app.core.raster import Pixels
from restorer_app.files.lzw import LzwError, lzw_decode
from restorer_app.files.tiff_page import DEFLATE, LZW, NONE, OLD_DEFLATE, PACKBITS, ZSTD, Page

# None of imagecodecs' or tifffile's own coding may be used here: what they misread both ways alike would look right.
# The one loan is libtiff, which imagecodecs carries but uses for nothing that this program reads or writes with.
_OWN_LZW = 512 << 10
_PIECE = 256 << 10  # stored bytes inflated at once
_BAND = 1 << 20  # bytes


class SegmentError(ValueError):
    """A segment that this reader cannot make sense of."""


def read_segment(page: Page, data: bytes, index: int) -> Pixels:
    """A segment's samples in native order, rows × columns × samples; floating ones as bits, so that NaN compares."""
    shape = page.segment_shape(index)
    dtype = page.dtype
    if dtype is None or page.fill_order != 1:
        raise SegmentError("packed samples are not compared by value")
    raw = unpack(page.compression, data, page.segment_bytes(index))
    bits = np.dtype(f"u{dtype.itemsize}")
    if page.predictor == 3:
        return _float_predicted(raw, shape, bits)
    stored = raw.view(bits.newbyteorder(page.order))
    samples = (stored.astype(bits) if stored.dtype != bits or not raw.flags.writeable else stored).reshape(shape)
    if page.predictor == 2:
        for band in np.array_split(samples, max(1, samples.nbytes // _BAND)):  # numpy copies what it writes over
            np.add.accumulate(band, axis=1, out=band)
    return samples


def unpack(compression: int, data: bytes, expected: int) -> NDArray[np.uint8]:
    """The bytes that a segment holds; too few are an error, more are cut."""
    try:
        raw = _unpack(compression, data, expected)
    except (zlib.error, zstandard.ZstdError, LzwError) as problem:
        raise SegmentError(str(problem)) from problem
    if len(raw) < expected:
        raise SegmentError(f"{len(raw)} bytes instead of {expected}")
    return raw[:expected] if isinstance(raw, np.ndarray) else np.frombuffer(raw, np.uint8, expected)


def _unpack(compression: int, data: bytes, expected: int) -> Any:
    if compression == NONE:
        return data
    if compression in {DEFLATE, OLD_DEFLATE}:
        return _inflated(data, expected)
    if compression == ZSTD:
        room = np.empty(expected, np.uint8)
        with zstandard.ZstdDecompressor().stream_reader(data) as reader:
            return room[: reader.readinto(room)]
    if compression == LZW:
        return lzw_decode(data, expected) if expected <= _OWN_LZW else _libtiff_lzw(data, expected)
    if compression == PACKBITS:
        return _packbits(data, expected)
    raise SegmentError(f"compression {compression} is not read here")


def _inflated(data: bytes, expected: int) -> NDArray[np.uint8]:
    """Piece by piece into its place: a strip can be large, and the bytes that zlib gives cannot be written to."""
    room, filled = np.empty(expected, np.uint8), 0
    stream, stored = zlib.decompressobj(), memoryview(data)
    for at in range(0, len(stored) if expected else 0, _PIECE):
        piece = stream.decompress(stored[at : at + _PIECE], expected - filled)
        room[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
        filled += len(piece)
        if stream.eof or filled == expected:
            break
    return room[:filled]


def _libtiff_lzw(data: bytes, expected: int) -> Any:
    """Long strips by libtiff, the format's own library: our numpy decodes 12 MB/s, libtiff 140.

    The strip becomes a picture of one row of bytes, so that libtiff undoes the LZW and nothing else.
    """
    tags = ((256, expected), (257, 1), (258, 8), (259, 5), (262, 1), (273, 8), (277, 1), (278, 1), (279, len(data)))
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    padding = bytes(len(data) % 2)
    head = struct.pack("<2sHI", b"II", 42, 8 + len(data) + len(padding))
    try:
        found = imagecodecs.tiff_decode(b"".join((head, data, padding, struct.pack("<H", len(tags)), table, bytes(4))))
    except (imagecodecs.TiffError, ValueError):
        return lzw_decode(data, expected)  # ours has the last word on what libtiff refuses
    return np.asarray(found).reshape(-1)


def _packbits(data: bytes, expected: int) -> bytes:
    out = bytearray()
    at, end = 0, len(data)
    while at < end and len(out) < expected:
        head = data[at]
        if head < 128:
            out += data[at + 1 : at + 2 + head]
            at += head + 2
        elif head > 128:
            out += data[at + 1 : at + 2] * (257 - head)
            at += 2
        else:
            at += 1  # 128 means nothing
    return bytes(out)


def _float_predicted(raw: NDArray[np.uint8], shape: tuple[int, int, int], bits: np.dtype[Any]) -> Pixels:
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
