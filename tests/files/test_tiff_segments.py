"""The second reader against the first, and against what no reader can make sense of."""

import contextlib
import zlib

import imagecodecs
import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from restorer_app.files.ahead import in_order
from restorer_app.files.lzw import LzwError, lzw_decode
from restorer_app.files.segments import (
    SegmentError,
    Stored,
    differing_bands,
    read_bands,
    read_segment,
    read_stored,
    unpacked,
)
from restorer_app.files.tiff import open_tiff
from restorer_app.files.tiff_codec import encode_segment
from restorer_app.files.tiff_page import DEFLATE, LZW, NONE, PACKBITS, ZSTD
from tests.files.make import noise
from tests.files.tiffs import CODINGS, page, write


@given(data=st.one_of(st.binary(max_size=3000), st.integers(0, 9000).map(bytes)), levels=st.integers(1, 256))
def test_our_lzw_undoes_any_lzw(data, levels):
    plain = bytes(byte % levels for byte in data)
    np.testing.assert_array_equal(lzw_decode(imagecodecs.lzw_encode(plain), len(plain)), np.frombuffer(plain, np.uint8))


@pytest.mark.parametrize("levels", [1, 2, 40, 256])
def test_our_lzw_follows_the_widths_of_a_full_table(levels):
    plain = np.random.default_rng(levels).integers(0, levels, 200_000).astype(np.uint8)
    coded = imagecodecs.lzw_encode(plain.tobytes())
    np.testing.assert_array_equal(lzw_decode(coded, len(plain)), plain)
    np.testing.assert_array_equal(lzw_decode(coded, 1000), plain[:1000])


CODERS = {
    NONE: bytes, LZW: imagecodecs.lzw_encode, PACKBITS: imagecodecs.packbits_encode, DEFLATE: zlib.compress,
    ZSTD: zstandard.compress,
}  # fmt: skip


def unpack(compression: int, data: bytes, *sizes: int) -> list[bytes]:
    return [bytes(piece) for piece in unpacked(compression, Stored.of(data), sizes)]


def test_long_strips_go_through_libtiff_with_the_same_result():
    plain = np.random.default_rng(1).integers(0, 90, 700_001).astype(np.uint8)
    coded = imagecodecs.lzw_encode(plain.tobytes())
    assert unpack(LZW, coded, len(plain)) == [plain.tobytes()]
    assert unpack(LZW, coded + b"pad", len(plain)) == [plain.tobytes()]
    with pytest.raises(SegmentError):
        unpack(LZW, coded[: len(coded) // 2], len(plain))


@given(data=st.binary(max_size=400))
def test_any_bytes_are_decoded_or_refused(data):
    for compression in (LZW, PACKBITS, DEFLATE, ZSTD):
        try:
            found = unpack(compression, data, 300)
        except SegmentError:
            continue
        assert [len(piece) for piece in found] == [300]
    with contextlib.suppress(LzwError):
        lzw_decode(data, 300)


@given(data=st.binary(max_size=600))
def test_our_packbits_undoes_any_packbits(data):
    coded = imagecodecs.packbits_encode(data) if data else b""
    assert unpack(PACKBITS, coded, len(data)) == [data]


@pytest.mark.parametrize("compression", [NONE, LZW, PACKBITS, DEFLATE, ZSTD])
@given(cuts=st.lists(st.integers(1, 400_000), max_size=6))
def test_a_segment_comes_in_pieces_as_it_would_come_whole(compression, cuts):
    plain = np.random.default_rng(3).integers(0, 60, sum(cuts)).astype(np.uint8).tobytes()
    coded = CODERS[compression](plain) if plain else b""
    whole = b"".join(unpack(compression, coded, *cuts))
    assert whole == plain


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("order", ["<", ">"])
def test_both_readers_see_the_same_samples(tmp_path, dtype, coding, order):
    pixels = noise(40, 30, dtype=dtype)
    segments = open_tiff(
        write(tmp_path / "a.tif", page(pixels, order=order, coding=coding), order=order)
    ).source.segments
    for index in range(segments.page.segment_count):
        second = read_segment(segments.page, Stored.of(segments.raw(index)), index)
        first = segments.decoded(index)
        np.testing.assert_array_equal(second, first.view(second.dtype))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("coding", [("none", 1), ("deflate", 1), ("deflate", 2), ("lzw", 2)])
@settings(max_examples=15)
@given(changes=st.lists(st.tuples(st.integers(0, 29), st.integers(0, 39), st.integers(0, 2)), max_size=5))
def test_differences_are_where_a_plain_array_has_them(tmp_path_factory, dtype, order, coding, changes):
    folder = tmp_path_factory.mktemp("pair")
    pixels = noise(30, 40, dtype=dtype)
    other = pixels.copy()
    for row, column, sample in changes:
        at = (row, column, slice(sample, sample + 1))
        other[at] = 1 - other[at]
    sides = []
    for name, each in (("a.tif", pixels), ("b.tif", other)):
        written = page(each, order=order, coding=coding, rows=30)
        sides.append(open_tiff(write(folder / name, written, order=order)).source.segments)
    one, two = (read_stored(side.file, side.page, 0) for side in sides)
    found = np.concatenate(list(differing_bands(sides[0].page, one, two, 0)))
    np.testing.assert_array_equal(found, pixels != other)


@pytest.mark.parametrize(("light", "level"), [("grain", 1), ("smooth", 3)])
def test_zstd_takes_its_time_where_something_can_be_gained(tmp_path, light, level):
    smooth = np.broadcast_to(np.arange(200, dtype=np.uint16)[:, None, None] // 7 * 300, (200, 300, 3)).copy()
    pixels = noise(200, 300, dtype="uint16") if light == "grain" else smooth
    found = open_tiff(write(tmp_path / "a.tif", page(pixels, coding=("zstd", 1), rows=200))).source.segments.page
    assert encode_segment(found, pixels) == imagecodecs.zstd_encode(pixels, level=level)


def test_large_strips_are_compared_in_bands_of_a_megabyte(tmp_path):
    pixels = noise(900, 1400, dtype="uint16")
    segments = open_tiff(
        write(tmp_path / "a.tif", page(pixels, order=">", coding=("lzw", 2), rows=900), order=">")
    ).source.segments
    stored = read_stored(segments.file, segments.page, 0)
    bands = [band.copy() for band in read_bands(segments.page, stored, 0)]
    assert max(band.nbytes for band in bands) <= 1 << 20
    np.testing.assert_array_equal(np.concatenate(bands), segments.decoded(0))


def test_work_ahead_comes_in_order_and_an_error_ends_it():
    assert list(in_order(lambda n: n * n, range(50), ahead=7)) == [n * n for n in range(50)]

    def fail(number: int) -> int:
        if number == 5:
            raise ValueError("five")
        return number

    results = in_order(fail, range(1000), ahead=4)
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="five"):
        next(results)
