"""Segments of a TIFF to pixels and back, in the page's own compression, predictor and byte order."""

from __future__ import annotations

import zlib
from typing import Any

import imagecodecs
import numpy as np
import zstandard

from restorer_app.core.raster import Pixels
from restorer_app.files.tiff_page import (
    DEFLATE,
    LZW,
    NONE,
    OLD_DEFLATE,
    PACKBITS,
    ZSTD,
    Page,
)

LOSSLESS = frozenset({NONE, LZW, DEFLATE, OLD_DEFLATE, PACKBITS, ZSTD})
DEFLATE_LEVEL = 6  # libdeflate: 90 MB/s of 16-bit photograph on one core; level 9 gains 1 % for four times as long
ZSTD_LEVEL = 3  # libzstd's default: 4 % larger than level 9 at four times the speed
_GRAINY = 4  # what level 1 makes no shorter than a quarter has nothing that level 3 could find


class DamagedSegmentError(ValueError):
    """The bytes of a segment do not decode to what the page says."""


def decode_segment(page: Page, data: bytes, index: int) -> Pixels:
    """A segment's samples in native order: rows × columns × samples, of the page's own type."""
    dtype = page.dtype
    assert dtype is not None  # packed samples go through decode_packed
    shape = page.segment_shape(index)
    raw = _unpacked(page, data, page.segment_bytes(index))
    stored = np.frombuffer(raw, dtype.newbyteorder(page.order)).reshape(shape)
    if page.predictor == 3:
        return _without_float_prediction(stored, dtype)
    own = stored.flags.writeable and stored.dtype == dtype
    pixels = stored if own else stored.astype(dtype)  # written to from here on
    if page.predictor == 2:
        whole = pixels.view(f"u{dtype.itemsize}")
        imagecodecs.delta_decode(whole, axis=1, out=whole)
    return pixels


def encode_segment(page: Page, pixels: Pixels) -> bytes:
    """The bytes of a segment as the page stores them. The pixels are used up: strips can be large, copies few."""
    dtype = page.dtype
    assert dtype is not None  # packed pages are refused before
    assert pixels.dtype == dtype
    if page.predictor == 3:
        return _packed(page.compression, _with_float_prediction(pixels))
    if page.predictor == 2:
        whole = np.ascontiguousarray(pixels).view(f"u{dtype.itemsize}")
        imagecodecs.delta_encode(whole, axis=1, out=whole)
        pixels = whole
    return _packed(page.compression, pixels.astype(pixels.dtype.newbyteorder(page.order), copy=False))


def decode_packed(page: Page, data: bytes, index: int) -> Pixels:
    """Samples of 1 to 15 bits, unscaled; rows begin at whole bytes."""
    rows, columns, samples = page.segment_shape(index)
    raw = _unpacked(page, data, page.segment_bytes(index))
    wide = "u1" if page.bits <= 8 else "u2"
    try:
        values = imagecodecs.packints_decode(raw, wide, page.bits, runlen=columns * samples)
    except (RuntimeError, ValueError) as problem:
        raise DamagedSegmentError(str(problem)) from problem
    if values.size < rows * columns * samples:
        raise DamagedSegmentError("too few samples")
    return np.array(values[: rows * columns * samples]).reshape(rows, columns, samples)


def is_old_lzw(data: bytes) -> bool:
    """Whether LZW codes lie with their low bits first, as writers did before 1988: read, never written."""
    return len(data) >= 2 and data[0] == 0 and bool(data[1] & 1)


def _unpacked(page: Page, data: bytes, expected: int) -> Any:
    """Exactly the expected bytes of a segment; extra ones, as some writers pad the last strip, are left out."""
    if page.fill_order == 2:  # of any depth, as libtiff does
        data = bytes(imagecodecs.bitorder_decode(data))
    try:
        raw = _decompressed(page.compression, data, expected)
    except (RuntimeError, ValueError, zlib.error, zstandard.ZstdError) as problem:
        raise DamagedSegmentError(str(problem)) from problem
    if len(raw) < expected:
        raise DamagedSegmentError(f"{len(raw)} bytes instead of {expected}")
    return raw if len(raw) == expected else raw[:expected]


def _decompressed(compression: int, data: bytes, expected: int) -> Any:
    if compression == NONE:
        return data
    if compression == LZW:
        return imagecodecs.lzw_decode(data, out=_room(expected))
    if compression == PACKBITS:
        return _packbits(data, expected)
    if compression == ZSTD:
        return _zstd(data, expected)
    return _deflate(data, expected)


def _room(expected: int) -> Any:  # the stubs know of bytearrays only, which have to be cleared first
    return np.empty(expected, np.uint8)


def _packbits(data: bytes, expected: int) -> Any:
    room = expected + 128  # the last run may reach past the end
    try:
        return imagecodecs.packbits_decode(data, out=room)
    except RuntimeError:  # more than expected: what follows the last strip, where a file does not say how long that is
        return imagecodecs.packbits_decode(data[: _packed_length(data, expected)], out=room)


def _packed_length(data: bytes, expected: int) -> int:
    """How many bytes of runs make the expected ones."""
    at = found = 0
    while at < len(data) and found < expected:
        head = data[at]
        found += head + 1 if head < 128 else 257 - head if head > 128 else 0
        at += head + 2 if head < 128 else 2 if head > 128 else 1
    return at


def _deflate(data: bytes, expected: int) -> Any:
    try:
        return imagecodecs.deflate_decode(data, out=_room(expected))
    except RuntimeError:  # more than expected, or a damaged end: zlib gives what comes before
        return zlib.decompressobj().decompress(data, expected)


def _zstd(data: bytes, expected: int) -> Any:
    try:
        return imagecodecs.zstd_decode(data, out=_room(expected))
    except RuntimeError:  # more than expected
        with zstandard.ZstdDecompressor().stream_reader(data) as reader:
            return reader.read(expected)


def _packed(compression: int, stored: Pixels) -> bytes:
    """Rows of samples as they are to be stored, compressed."""
    raw: Any = np.ascontiguousarray(stored).reshape(-1).view(np.uint8)  # the stubs know of bytes only
    if compression == NONE:
        return bytes(raw.tobytes())
    if compression == LZW:
        return bytes(imagecodecs.lzw_encode(raw))
    if compression == PACKBITS:  # a run may not cross a row
        rows = raw.reshape(stored.shape[0], -1)
        return b"".join(bytes(imagecodecs.packbits_encode(row)) for row in rows)
    if compression == ZSTD:
        return _zstd_packed(raw)
    return bytes(imagecodecs.deflate_encode(raw, level=DEFLATE_LEVEL))


def _zstd_packed(raw: Any) -> bytes:
    """A scan with grain takes a sixth of the time at level 1, and comes out between 3 % shorter and 1 % longer."""
    quick = bytes(imagecodecs.zstd_encode(raw, level=1))
    return quick if len(quick) * _GRAINY > raw.nbytes else bytes(imagecodecs.zstd_encode(raw, level=ZSTD_LEVEL))


def _without_float_prediction(stored: Pixels, dtype: np.dtype[Any]) -> Pixels:
    """Undoes predictor 3; the planes of bytes lie most significant first whatever the file's byte order."""
    bytes_first = np.ascontiguousarray(stored).view(dtype.newbyteorder(">"))
    return np.asarray(imagecodecs.floatpred_decode(bytes_first, axis=1)).astype(dtype)


def _with_float_prediction(pixels: Pixels) -> Pixels:
    most_first = pixels.astype(pixels.dtype.newbyteorder(">"))
    return np.asarray(imagecodecs.floatpred_encode(most_first, axis=1))
