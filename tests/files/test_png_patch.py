"""PNG is changed where the edit is, and nowhere else; the proof sees every other change."""

import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import Raster
from restorer_app.files.opening import open_here
from restorer_app.files.patching import SavingStoppedError, silent
from restorer_app.files.png_filters import unfilter
from restorer_app.files.png_patch import patch_png
from restorer_app.files.png_proof import compare_png
from tests.files import make

EDIT = Region(9, 280, 21, 301)


def patched(path: Path, *, edit: Region = EDIT, xmp: bytes | None = None, seed: int = 1) -> tuple[Path, Raster]:
    """A file with an edit in it, and the mask of that edit."""
    picture = open_here(path)
    image = Raster(picture.source)
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, np.iinfo(image.dtype).max, (*edit.shape, image.channels), image.dtype)
    image = image.with_patch(edit, pixels)
    target = path.with_name("patched.png")
    patch_png(picture, image, target=target, xmp=xmp, progress=silent, cancel=None)
    shown = open_here(target).source.read(image.bounds)
    assert np.array_equal(shown, image.read(image.bounds))
    mask = Raster.flat(image.bounds).with_patch(edit, np.full((*edit.shape, 1), 255, np.uint8))
    return target, mask


def proof(master: Path, derivative: Path, mask: Raster | None):
    return compare_png(master, derivative, page=0, allowed=mask, progress=silent, cancel=None)


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        found.append((name, data[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("filters", [None, 0, 2, 4])
def test_only_the_edit_changes(tmp_path, dtype, channels, filters):
    source = make.noise(330, 23, channels, dtype=dtype)
    path = make.write(tmp_path, "a.png", make.png_of(source, filters=filters, before=make.png_metadata()))
    derivative, mask = patched(path)
    verdict = proof(path, derivative, mask)
    assert verdict.same, verdict.sentence
    assert verdict.outside_changed == 0
    assert 0.9 < verdict.inside_changed / (EDIT.area * min(channels, 3 if channels > 2 else 1)) <= 1
    assert verdict.samples_total == source.size
    before = imagecodecs.png_decode(path.read_bytes()).reshape(source.shape)
    after = imagecodecs.png_decode(derivative.read_bytes()).reshape(source.shape)
    outside = np.ones(source.shape[:2], bool)
    outside[EDIT.slices()] = False
    assert np.array_equal(before[outside], after[outside])


def test_every_other_chunk_stays_byte_for_byte_and_in_its_place(tmp_path):
    behind = (make.chunk(b"tEXt", b"Late\0text"), make.chunk(b"prVu", b"private"))
    content = make.png_of(make.noise(330, 23), before=make.png_metadata(), behind=behind) + b"appended"
    path = make.write(tmp_path, "a.png", content)
    derivative, mask = patched(path)
    old, new = path.read_bytes(), derivative.read_bytes()
    kept = [[chunk for chunk in chunks(data[:-8]) if chunk[0] != b"IDAT"] for data in (old, new)]
    assert kept[0] == kept[1]
    assert new.endswith(b"appended")
    assert proof(path, derivative, mask).metadata_differences == ()


@pytest.mark.parametrize("idat", [1000, 1 << 30])
def test_pixels_are_cut_into_chunks_as_the_source_has_them(tmp_path, idat):
    path = make.write(tmp_path, "a.png", make.png_of(make.noise(330, 23), idat=idat))
    derivative, _ = patched(path)
    sizes = [len(content) for name, content in chunks(derivative.read_bytes()) if name == b"IDAT"]
    assert (len(sizes) == 1) if idat > 1000 else (set(sizes[:-1]) == {1000})


def test_a_packet_is_put_in_before_the_pixels_or_in_the_place_of_the_old_one(tmp_path):
    for number, before in enumerate([(), make.png_metadata()]):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = make.write(folder, "a.png", make.png_of(make.noise(330, 23), before=before))
        derivative, mask = patched(path, xmp=b"<x:xmpmeta/>")
        assert open_here(derivative).xmp == b"<x:xmpmeta/>"
        verdict = proof(path, derivative, mask)
        assert verdict.same, verdict.sentence
        assert verdict.metadata_changed == ("XMP",)
        names = [name for name, _ in chunks(derivative.read_bytes())]
        assert names.count(b"iTXt") == 1
        assert names.index(b"iTXt") < names.index(b"IDAT")


def test_interlaced_pictures_are_patched_pass_by_pass(tmp_path):
    source = make.noise(331, 23, dtype="uint16")
    content = interlaced(source)
    assert np.array_equal(imagecodecs.png_decode(content), source)  # the test's own writer is right
    path = make.write(tmp_path, "a.png", content)
    derivative, mask = patched(path)
    verdict = proof(path, derivative, mask)
    assert verdict.same, verdict.sentence
    assert verdict.inside_changed > 0
    assert imagecodecs.png_decode(derivative.read_bytes()).shape == source.shape


def interlaced(pixels: np.ndarray) -> bytes:
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    packed = bytearray()
    for left, top, across, down in passes:
        above = b""
        for number, row in enumerate(pixels[top::down, left::across].astype(">u2")):
            content = row.tobytes()
            above = above or bytes(len(content))
            packed += bytes([number % 5]) + make.filtered(number % 5, content, above, 6)
            above = content
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 16, 2, 0, 0, 1)
    pixels_chunk = make.chunk(b"IDAT", zlib.compress(bytes(packed)))
    return b"\x89PNG\r\n\x1a\n" + make.chunk(b"IHDR", header) + pixels_chunk + make.chunk(b"IEND", b"")


def test_the_proof_counts_every_sample_outside_the_mask(tmp_path):
    source = make.noise(330, 23, dtype="uint16")
    path = make.write(tmp_path, "a.png", make.png_of(source, filters=None))
    changed = source.copy()
    changed[5, 5, 0] ^= 1  # the last bit of one sample, far above the mask
    changed[329, 22, 2] ^= 256
    changed[290, 10] = 0
    other = make.write(tmp_path, "b.png", make.png_of(changed, filters=4))
    mask = Raster.flat(Region.of_size(23, 330)).with_patch(EDIT, np.full((*EDIT.shape, 1), 1, np.uint8))
    verdict = proof(path, other, mask)
    assert (verdict.outside_changed, verdict.inside_changed) == (2, 3)
    assert not verdict.same
    assert proof(path, other, None).outside_changed == 5
    assert proof(path, path, None).same


def test_the_proof_sees_a_lost_chunk_and_another_size(tmp_path):
    source = make.noise(30, 23)
    path = make.write(tmp_path, "a.png", make.png_of(source, before=make.png_metadata()))
    bare = make.write(tmp_path, "b.png", make.png_of(source, before=make.png_metadata()[1:]))
    assert proof(path, bare, None).metadata_differences == ("the chunk gAMA",)
    small = make.write(tmp_path, "c.png", make.png_of(source[:-1], before=make.png_metadata()))
    assert proof(path, small, None).outside_changed == source.size
    broken = make.write(tmp_path, "d.png", path.read_bytes()[:-40])
    assert not proof(path, broken, None).judged


@given(st.data())
def test_unfiltering_undoes_every_mixture_of_filters(data):
    step = data.draw(st.sampled_from([1, 2, 3, 4, 6, 8]))
    height, width = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 20))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    plain = rng.integers(0, 256, (height + 1, width * step), np.uint8)
    kinds = data.draw(st.lists(st.integers(0, 4), min_size=height, max_size=height))
    lines = [
        bytes([kind]) + make.filtered(kind, plain[n + 1].tobytes(), plain[n].tobytes(), step)
        for n, kind in enumerate(kinds)
    ]
    packed = np.frombuffer(b"".join(lines), np.uint8).reshape(height, -1)
    assert np.array_equal(unfilter(packed, plain[0], step), plain[1:])


def test_a_stopped_save_says_so(tmp_path):
    path = make.write(tmp_path, "a.png", make.png_of(make.noise(30, 23)))
    cancel = CancelToken()
    cancel.cancel()
    picture = open_here(path)
    with pytest.raises(SavingStoppedError):
        patch_png(picture, Raster(picture.source), target=tmp_path / "b.png", xmp=None, progress=silent, cancel=cancel)


@pytest.mark.parametrize("special", ["animated", "palette", "one bit", "parts among its pixels"])
def test_what_would_change_its_kind_is_not_patched(tmp_path, special):
    content = {
        "animated": make.png_of(make.noise(9, 9), before=(make.chunk(b"acTL", struct.pack(">II", 1, 0)),)),
        "palette": make.png([bytes(9)] * 9, width=9, kind="palette", before=(make.chunk(b"PLTE", bytes(9)),)),
        "parts among its pixels": make.png_of(
            make.noise(9, 9), before=(make.chunk(b"IDAT", b""), make.chunk(b"tEXt", b"a\0b"))
        ),
        "one bit": make.png([bytes(2)] * 9, width=9, kind="grey", bits=1),
    }[special]
    picture = open_here(make.write(tmp_path, "a.png", content))
    assert not picture.patchable
    assert picture.reason


@pytest.mark.parametrize(("name", "is_patched"), [(b"PrVt", False), (b"iDOT", False), (b"prVt", True), (b"tIME", True)])
def test_a_part_that_may_depend_on_the_pixels_is_not_copied_beside_other_pixels(tmp_path, name, is_patched):
    content = make.png_of(make.noise(9, 9), before=(make.chunk(name, bytes(7)),))
    picture = open_here(make.write(tmp_path, "a.png", content))
    assert picture.patchable is is_patched
    assert (name.decode() in picture.reason) is not is_patched
    assert picture.editable
