"""A PNG's chunks, however finely its pixels are cut: a list that stays short, and damage that is seen."""

import io
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.files.opening import open_here
from restorer_app.files.patching import silent
from restorer_app.files.png_chunks import SIGNATURE, idat_content, read_chunks
from restorer_app.files.png_patch import patch_png
from restorer_app.files.png_proof import compare_png
from tests.files import make


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cuts), len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(places)]


def file_of(parts: list[bytes], *, between: bytes = b"") -> bytes:
    pixels = b"".join(make.chunk(b"IDAT", part) + between for part in parts)
    return SIGNATURE + make.chunk(b"IHDR", bytes(13)) + pixels + make.chunk(b"IEND", b"")


def content(data: bytes, *, piece: int = 1 << 20) -> bytes:
    file = io.BytesIO(data)
    return b"".join(idat_content(file, read_chunks(file), piece=piece))


@given(
    data=st.binary(max_size=300),
    cuts=st.lists(st.integers(0, 300), max_size=40),
    piece=st.integers(12, 90),
    between=st.sampled_from([b"", make.chunk(b"tEXt", b"a\0b")]),
)
def test_pixels_are_the_same_however_they_are_cut_and_read(data, cuts, piece, between):
    stored = file_of(cut(data, cuts), between=between)
    assert content(stored, piece=piece) == data
    chunks = read_chunks(io.BytesIO(stored))
    assert chunks[-1].end == len(stored)
    assert sum(chunk.length for chunk in chunks if chunk.name == b"IDAT") == len(data)


@given(
    cuts=st.lists(st.integers(1, 59), min_size=1, max_size=8, unique=True),
    place=st.integers(0, 10_000),
    piece=st.integers(12, 90),
)
def test_no_bit_of_the_pixels_or_their_heads_turns_unnoticed(cuts, place, piece):
    stored = bytearray(file_of(cut(bytes(range(60)), cuts)))
    begin, end = 8 + 25, len(stored) - 12  # from the first head of pixels to the last check sum
    stored[begin + place % (end - begin)] ^= 4
    found = None
    try:
        found = content(bytes(stored), piece=piece)
    except UnreadableFileError:
        return
    assert found != bytes(range(60))  # a name was damaged: another chunk, and these pixels are missing


@pytest.mark.parametrize("missing", [1, 12, 13, 20])
def test_a_file_cut_off_among_its_pixels_is_refused(missing):
    stored = file_of([b"ab"] * 3000)
    with pytest.raises(UnreadableFileError, match="ends too early"):
        read_chunks(io.BytesIO(stored[:-missing]))


def test_a_hundred_thousand_chunks_of_pixels_are_one_entry():
    assert [chunk.name for chunk in read_chunks(io.BytesIO(file_of([b"a"] * 100_000)))] == [b"IHDR", b"IDAT", b"IEND"]
    assert content(file_of([b""] * 9_000 + [b"a"])) == b"a"


def test_more_chunks_than_any_picture_has_are_refused(monkeypatch):
    monkeypatch.setattr("restorer_app.files.png_chunks._MOST_CHUNKS", 50)
    with pytest.raises(UnreadableFileError, match="too many"):
        read_chunks(io.BytesIO(file_of([b"a"] * 60)))


def test_a_picture_cut_into_crumbs_is_opened_patched_and_proven(tmp_path):
    pixels = make.noise(40, 30)
    path = make.write(tmp_path, "a.png", make.png_of(pixels, idat=3))
    picture = open_here(path)
    edit = Region(4, 5, 14, 12)
    image = Raster(picture.source).with_patch(edit, np.full((*edit.shape, 3), 9, np.uint8))
    mask = Raster.flat(image.bounds).with_patch(edit, np.full((*edit.shape, 1), 255, np.uint8))
    target = tmp_path / "b.png"
    patch_png(picture, image, target=target, xmp=None, progress=silent, cancel=None)
    verdict = compare_png(path, target, page=0, allowed=mask, progress=silent, cancel=None)
    assert verdict.same, verdict.sentence
    np.testing.assert_array_equal(open_here(target).source.read(image.bounds), image.read(image.bounds))


def test_a_file_that_begins_with_an_empty_chunk_of_pixels_does_not_grow_by_heads(tmp_path):
    whole = make.png_of(make.noise(60, 50), idat=1 << 20)
    at = whole.index(b"IDAT") - 4
    path = make.write(tmp_path, "a.png", whole[:at] + make.chunk(b"IDAT", b"") + whole[at:])
    picture = open_here(path)
    target = tmp_path / "b.png"
    patch_png(picture, Raster(picture.source), target=target, xmp=None, progress=silent, cancel=None)
    assert target.stat().st_size <= path.stat().st_size + 12
