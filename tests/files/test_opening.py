"""Every kind opens in its own depth; damage is one RestorerError, whatever it hits."""

import ast
import base64
import contextlib
import io
import re
import struct
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from restorer_app.core.errors import RestorerError, UnreadableFileError
from restorer_app.files import boxes
from restorer_app.files.budget import Budget
from restorer_app.files.opening import open_here
from restorer_app.files.overview import overview
from restorer_app.files.reader import Reader
from tests.files import make

SAMPLES = make.samples()
LOSSLESS = {
    "grey8.png": make.noise(40, 33, 1),
    "rgb16.png": make.noise(40, 33, 3, dtype="uint16"),
    "rgba8.png": make.noise(40, 33, 4),
    "rgb16.jp2": make.noise(40, 33, 3, dtype="uint16"),
    "rgba.webp": make.noise(40, 33, 4),
    "rgb.avif": make.noise(40, 34, 3),
    "rgb8.psd": make.noise(40, 33, 3),
    "rgb16.psd": make.noise(40, 33, 3, dtype="uint16"),
    "rgb16.tif": make.noise(40, 33, 3, dtype="uint16"),
    "grey8.tif": make.noise(40, 33, 1),
}


def opened(tmp_path, content: bytes, name: str = "a"):
    return open_here(make.write(tmp_path, name, content))


@pytest.mark.parametrize("name", LOSSLESS)
def test_samples_are_read_as_they_were_written(tmp_path, name):
    picture = opened(tmp_path, SAMPLES[name])
    found = picture.source.read(picture.source.bounds)
    if picture.alpha is not None:
        found = np.concatenate([found, picture.alpha.read(picture.alpha.bounds)], axis=2)
    assert found.dtype == LOSSLESS[name].dtype
    assert np.array_equal(found, LOSSLESS[name])


def test_odd_depths_are_spread_so_that_white_is_white(tmp_path):
    ramp = np.linspace(0, 1023, 34 * 40).astype(np.uint16).reshape(40, 34, 1)
    picture = opened(tmp_path, imagecodecs.avif_encode(ramp.repeat(3, 2), level=100, bitspersample=10))
    found = picture.source.read(picture.source.bounds)
    assert picture.bits == 10
    assert (found.min(), found.max()) == (0, 65535)
    assert len(np.unique(found)) == len(np.unique(ramp))


def test_a_jpeg_of_12_bits_is_spread_too(tmp_path):
    photo = make.photograph(48, 64, 1, dtype="uint16") >> 4
    picture = opened(tmp_path, imagecodecs.jpeg8_encode(photo, level=98, bitspersample=12))
    found = picture.source.read(picture.source.bounds).astype(int)
    assert (picture.bits, picture.patchable) == (12, False)
    assert np.abs(found - photo * (65535 / 4095)).mean() < 16 * 20  # what the JPEG itself loses


THINNED = (  # luma 32 × 16, rising by 4 from 64; chroma 16 × 8, everywhere 148 and 118: written by OpenJPEG's own tool
    "AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAEAAAACAAAwcHAAAAAAAPY29scgEAAAAAABIA"
    "AADfanAyY/9P/1EALwAAAAAAIAAAABAAAAAAAAAAAAAAACAAAAAQAAAAAAAAAAAAAwcBAQcCAgcCAv9SAAwAAAABAAEEBAAB/1wAB0BA"
    "SEhQ/2QAJQABQ3JlYXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS4w/5AACgAAAAAAZAAB/5PPtMARawwM4cIJLsx75zLN2iP6dIj7"
    "ATpyQ6FCBHFeIK26/jael01SjQFmT/8VhoEjrz/D5xQUAFyus/QBhIR/wfIJEVBUrrP0AYR/wHwiAF+nfneAgP/Z"
)


def jp2_with(
    *,
    space: int | None = None,
    parts: list[tuple[int, int, int]] | None = None,
    profile: bytes | None = None,
    channels: int = 3,
) -> bytes:
    """A JPEG 2000 that says something else of its colours, or of its channels' depths and thinning."""
    data = bytearray(imagecodecs.jpeg2k_encode(make.noise(40, 32, channels), level=0, codecformat="jp2"))
    if profile is not None:  # the start of one, that names the colours it is for
        content = b"colr\2\0\0" + bytes(16) + profile + bytes(108)
        at = data.index(b"colr") - 4
        data[at : at + 15] = struct.pack(">I", 4 + len(content)) + content
        header = data.index(b"jp2h") - 4
        grown = struct.unpack_from(">I", data, header)[0] + 4 + len(content) - 15
        struct.pack_into(">I", data, header, grown)
    if space is not None:
        struct.pack_into(">I", data, data.index(b"colr") + 7, space)
    for number, part in enumerate(parts or []):
        struct.pack_into(">BBB", data, data.index(b"\xff\x4f\xff\x51") + 42 + 3 * number, *part)
    return bytes(data)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"space": 14}, "CIE Lab"),
        ({"space": 24}, "e-sYCC"),
        ({"profile": b"Lab "}, "CIE Lab"),
        ({"parts": [(0x87, 1, 1)] * 3}, "numbers with signs"),
        ({"parts": [(19, 1, 1)] * 3}, "20 bits"),
        ({"parts": [(7, 1, 1), (7, 1, 1), (0, 1, 1)]}, "differ in depth"),
        ({"parts": [(7, 2, 2)] * 3}, "thinned"),
    ],
)
def test_a_jpeg_2000_of_a_kind_that_is_not_read_is_not_shown_in_wrong_colours(tmp_path, said, words):
    with pytest.raises(UnreadableFileError, match=words) as refusal:
        opened(tmp_path, jp2_with(**said))
    assert refusal.value.advice.startswith("Convert it")


@pytest.mark.parametrize(("profile", "layout"), [(b"CMYK", "cmyk"), (b"RGB ", "rgb")])
def test_four_channels_are_what_the_profile_says(tmp_path, profile, layout):
    picture = opened(tmp_path, jp2_with(profile=profile, channels=4))
    assert (picture.layout, picture.alpha is None) == (layout, layout == "cmyk")
    expected = make.noise(40, 32, 4)[..., : picture.source.channels]
    np.testing.assert_array_equal(picture.source.read(picture.source.bounds), expected)


def test_thinned_channels_that_are_no_luma_and_chroma_are_refused_when_they_are_decoded(tmp_path):
    picture = opened(tmp_path, jp2_with(space=16, parts=[(7, 1, 1), (7, 2, 2), (7, 2, 2)]))
    with pytest.raises(UnreadableFileError):
        picture.source.read(picture.source.bounds)


def test_a_jpeg_2000_of_luma_and_chroma_is_shown_as_rgb(tmp_path):
    picture = opened(tmp_path, base64.b64decode(THINNED))
    shown = picture.source.read(picture.source.bounds)
    assert (picture.layout, picture.width, picture.height, picture.patchable) == ("rgb", 32, 16, False)
    luma = np.arange(64, 64 + 32 * 4, 4)
    expected = np.stack([luma + 1.402 * -10, luma - 0.344 * 20 - 0.714 * -10, luma + 1.772 * 20], axis=1)
    assert np.abs(shown - expected).max() <= 1


@pytest.mark.parametrize("bits", [2, 5, 8, 10, 14, 16])
def test_a_lossless_jpeg_of_any_depth_is_read_as_it_was_written(tmp_path, bits):
    levels = (make.noise(48, 64, 3, dtype="uint16") >> (16 - bits)).astype(np.uint8 if bits <= 8 else np.uint16)
    picture = opened(tmp_path, imagecodecs.jpeg8_encode(levels, lossless=True, bitspersample=bits))
    white = 255 if bits <= 8 else 65535
    expected = np.round(levels / ((1 << bits) - 1) * white)
    assert (picture.bits, picture.patchable) == (bits, False)
    np.testing.assert_array_equal(picture.source.read(picture.source.bounds), expected)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_height_that_a_jpeg_tells_behind_its_pixels_is_found(tmp_path, progressive):
    plain = make.jpeg(make.photograph(75, 101), progressive=progressive)
    frame = plain.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    begin = plain.index(b"\xff\xda")  # a marker may stand between two scans
    behind = plain.find(b"\xff\xc4", begin) if progressive else len(plain) - 2
    told = plain[:behind] + b"\xff\xdc\0\4" + struct.pack(">H", 75) + plain[behind:]
    told = told[: frame + 5] + b"\0\0" + told[frame + 7 :]
    picture = open_here(make.write(tmp_path, "a.jpg", told))
    expected = np.asarray(Image.open(io.BytesIO(plain)))
    np.testing.assert_array_equal(picture.source.read(picture.source.bounds), expected)
    assert overview(picture, 30).shape[:2] == (19, 26)
    assert (picture.editable, picture.patchable) == (True, False)
    assert "how high" in picture.reason


def test_a_jpeg_that_tells_its_height_nowhere_is_refused(tmp_path):
    plain = make.jpeg(make.photograph(75, 101))
    frame = plain.index(b"\xff\xc0")
    with pytest.raises(UnreadableFileError, match="how high"):
        opened(tmp_path, plain[: frame + 5] + b"\0\0" + plain[frame + 7 :])


def test_a_raw_picture_is_developed_and_not_its_thumbnail(tmp_path):
    pytest.importorskip("rawpy")
    picture = opened(tmp_path, make.dng(64, 96))
    assert (picture.kind, picture.width, picture.height) == ("raw", 96, 64)
    assert picture.source.read(picture.source.bounds).dtype == np.uint16


@pytest.mark.parametrize("deep", [False, True])
def test_a_heic_is_read_and_white_is_white(tmp_path, deep):
    heif = pytest.importorskip("pillow_heif")
    photo = make.photograph(48, 64, dtype="uint16" if deep else "uint8")
    photo[:8] = np.iinfo(photo.dtype).max
    out = io.BytesIO()
    image = heif.from_bytes("RGB;16" if deep else "RGB", (64, 48), photo.tobytes())
    image.save(out, quality=-1, chroma=444, matrix_coefficients=0)
    picture = opened(tmp_path, out.getvalue())
    found = picture.source.read(picture.source.bounds)
    assert (picture.kind, found.dtype, found.max()) == ("heic", photo.dtype, photo.max())
    assert np.abs(found.astype(int) - photo).max() <= (65 if deep else 0)


def test_facts_are_told(tmp_path):
    picture = opened(tmp_path, SAMPLES["rgb16.png"])
    assert picture.dpi == (300, 300)
    assert picture.orientation == 6
    assert picture.xmp == make.XMP
    with Image.open(tmp_path / "a") as image:
        assert image.info["icc_profile"] == picture.icc
    assert picture.metadata == ("EXIF", "XMP", "ICC", "Text")
    assert ("Title", "A gate") in picture.facts
    photo = opened(tmp_path, SAMPLES["plain.jpg"])
    assert (photo.dpi, photo.orientation, photo.xmp) == ((300, 300), 6, make.XMP)
    assert (photo.width, photo.height) == (64, 48)  # as stored, not as shown


def test_a_psd_whose_rows_are_too_short_for_its_width_is_damaged(tmp_path):
    content = bytearray(SAMPLES["rgb8.psd"])
    struct.pack_into(">I", content, 18, 8_000_000)
    picture = opened(tmp_path, bytes(content))
    with pytest.raises(UnreadableFileError, match="do not fit its size"):
        picture.source.read(picture.source.bounds)


def test_a_psd_of_inks_of_any_colour_is_refused_by_name(tmp_path):
    with pytest.raises(UnreadableFileError, match="multichannel"):
        opened(tmp_path, make.psd(make.noise(40, 33, 3), mode=7))


@pytest.mark.parametrize("packed", [True, False])
def test_a_psd_in_indexed_colours_or_black_and_white_is_for_viewing(tmp_path, packed):
    table = make.noise(3, 256, 1)[..., 0]
    indices = make.noise(40, 33, 1)
    content = make.psd(indices, packed=packed, mode=2)
    content = content[:26] + struct.pack(">I", 768) + table.tobytes() + content[30:]
    picture = opened(tmp_path, content)
    assert (picture.layout, picture.editable, picture.patchable) == ("palette", False, False)
    assert "for viewing" in picture.reason
    assert np.array_equal(picture.source.read(picture.source.bounds), table.T[indices[..., 0]])

    black = make.noise(40, 33, 1)[..., 0] > 99
    content = bytearray(make.psd(np.packbits(black, axis=1)[..., None], packed=packed, mode=0))
    struct.pack_into(">IHH", content, 18, 33, 1, 0)  # width, bits, mode
    picture = opened(tmp_path, bytes(content))
    assert (picture.layout, picture.editable, picture.bits) == ("bilevel", False, 1)
    assert np.array_equal(picture.source.read(picture.source.bounds)[..., 0] == 0, black)


def test_a_wrong_check_sum_is_damage_even_where_the_pixels_decode(tmp_path):
    content = bytearray(make.png([bytes(9)] * 4, width=3))
    content[content.index(b"IEND") - 5] ^= 1  # the last byte of the stored sum itself
    picture = opened(tmp_path, bytes(content))
    with pytest.raises(UnreadableFileError, match="check sum"):
        picture.source.read(picture.source.bounds)


def test_a_png_whose_header_fails_its_check_sum_is_refused(tmp_path):
    content = bytearray(make.png([bytes(9)] * 4, width=3))
    content[32] ^= 1
    with pytest.raises(UnreadableFileError, match="check sum of the PNG's header"):
        opened(tmp_path, bytes(content))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_an_animated_avif_shows_its_first_picture(tmp_path, mode):
    still = [Image.fromarray(np.full((12, 16), level, np.uint8)).convert(mode) for level in (40, 90, 200)]
    out = io.BytesIO()
    still[0].save(out, "AVIF", save_all=True, append_images=still[1:], quality=100)
    # Through the reader process: imagecodecs ends it where one picture of a sequence is asked for.
    with Reader() as reader:
        picture = reader.open(make.write(tmp_path, "a.avif", out.getvalue()))
        found = picture.source.read(picture.source.bounds)
    assert found.shape[:2] == (12, 16)
    assert np.abs(found.astype(int) - 40).max() < 4
    assert ("Animated", "yes") in picture.facts
    assert "first picture" in picture.reason


def test_a_list_of_items_that_claims_millions_is_not_followed(monkeypatch):
    def box(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I4s", len(content) + 8, name) + content

    monkeypatch.setattr(boxes, "_MOST_BOXES", 100)
    places = bytes(4) + struct.pack(">HH", 0, 90) + struct.pack(">HHH", 1, 0, 65535) * 90  # offsets of no bytes
    meta = box(b"meta", bytes(4) + box(b"iinf", bytes(6)) + box(b"iloc", places))
    extents = boxes._extents(meta, boxes.find(meta, b"meta", b"iloc"))
    assert sum(map(len, extents.values())) <= 100


def test_bytes_behind_a_webp_are_no_part_of_it(tmp_path):
    picture = opened(tmp_path, SAMPLES["rgba.webp"] + b"appended by a server")
    np.testing.assert_array_equal(picture.source.read(picture.source.bounds), make.noise(40, 33, 4)[..., :3])
    with pytest.raises(UnreadableFileError, match="too early"):
        opened(tmp_path, SAMPLES["rgba.webp"][:-9])


def test_stray_bytes_between_segments_do_not_hide_a_jpeg(tmp_path):
    content = SAMPLES["plain.jpg"]
    clean = opened(tmp_path, content)
    picture = opened(tmp_path, content[:20] + b"\0stray" + content[20:], "b")  # behind JFIF
    whole = picture.source.bounds
    assert np.array_equal(picture.source.read(whole), clean.source.read(whole))
    assert picture.xmp == clean.xmp


@pytest.mark.parametrize("name", ["plain.jpg", "progressive.jpg"])
def test_a_jpeg_that_breaks_off_shows_what_is_there_and_is_saved_as_a_new_tiff(tmp_path, name):
    content = SAMPLES[name]
    clean, all_there = opened(tmp_path, content), opened(tmp_path, content[:-2], "b")
    whole = clean.source.bounds
    assert np.array_equal(all_there.source.read(whole), clean.source.read(whole)), "only the last mark is missing"
    half = opened(tmp_path, content[: (content.index(b"\xff\xda") + len(content)) // 2], "c")
    assert half.source.read(whole).shape == clean.source.read(whole).shape
    for picture in (all_there, half):
        assert not picture.patchable
        assert "breaks off" in picture.reason
        assert "TIFF" in picture.reason


def test_a_jpeg_without_any_pixels_is_refused(tmp_path):
    content = SAMPLES["plain.jpg"]
    scan = content.index(b"\xff\xda")
    behind = scan + 2 + struct.unpack(">H", content[scan + 2 : scan + 4])[0]
    with pytest.raises(UnreadableFileError, match="too early"):
        opened(tmp_path, content[:behind])


def test_a_stale_thumbnail_is_named(tmp_path):
    block = b"Exif\0\0" + make.exif(thumbnail=True)
    content = SAMPLES["progressive.jpg"]
    segment = b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
    assert opened(tmp_path, content).stale == ()
    assert opened(tmp_path, content[:2] + segment + content[2:]).stale == (
        "The EXIF thumbnail will not show the edit.",
    )


def test_ink_of_an_adobe_jpeg_is_read_the_right_way_round(tmp_path):
    paper = np.zeros((16, 16, 4), np.uint8)  # no ink
    picture = opened(tmp_path, make.jpeg(paper))
    assert picture.layout == "cmyk"
    assert picture.source.read(picture.source.bounds).max() < 3


@pytest.mark.parametrize("kind", ["palette", "one bit"])
def test_palette_and_bilevel_are_for_viewing(tmp_path, kind):
    content = {
        "palette": make.png(
            [bytes([0, 1, 2])] * 3, width=3, kind="palette", before=(make.chunk(b"PLTE", bytes(range(9))),)
        ),
        "one bit": make.png([b"\xa0"] * 3, width=3, kind="grey", bits=1),
    }[kind]
    picture = opened(tmp_path, content)
    assert not picture.editable
    first = picture.source.read(picture.source.bounds)[0]
    assert first.tolist() == ([[0, 1, 2], [3, 4, 5], [6, 7, 8]] if kind == "palette" else [[255], [0], [255]])


def test_a_png_larger_than_the_budget_is_refused_by_its_header_alone(tmp_path):
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + make.chunk(b"IHDR", header) + make.chunk(b"IDAT", b"x") + make.chunk(b"IEND", b"")
    with pytest.raises(UnreadableFileError, match=r"100000 × 100000 pixels, more than the limit"):
        opened(tmp_path, content)


def test_a_file_that_grows_too_much_is_a_bomb(tmp_path):
    budget = Budget(pixels=10**10, bytes=10**11)
    with pytest.raises(UnreadableFileError, match="stores only 100 bytes"):
        budget.allow_pixels(30_000, 30_000, 3, stored=100)
    budget.allow_pixels(10_000, 10_000, 1, stored=100)  # a blank mask is no bomb


def test_pages_are_counted_from_one_for_people(tmp_path):
    with pytest.raises(UnreadableFileError, match="There is no page 3: the file has only one page"):
        open_here(make.write(tmp_path, "a", SAMPLES["grey8.png"]), page=2)


@pytest.mark.parametrize(("name", "library"), [("a.dng", "rawpy"), ("a.heic", "pillow-heif")])
def test_a_missing_library_is_named_with_how_it_is_installed(tmp_path, monkeypatch, name, library):
    monkeypatch.setitem(sys.modules, library.replace("-", "_"), None)
    content = make.dng() if library == "rawpy" else b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".ljust(99, b"\0")
    with pytest.raises(UnreadableFileError, match=rf"{re.escape(sys.executable)} -m pip install {library}"):
        opened(tmp_path, content, name)


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=40)
@given(data=st.data())
def test_a_damaged_file_raises_nothing_but_a_sentence(tmp_path, name, data):
    content = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, min(len(content), 400) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    with contextlib.suppress(RestorerError):
        picture = opened(tmp_path, bytes(content[:end]))
        picture.source.read(picture.source.bounds)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_cut_is_refused_or_read(tmp_path, name):
    content = SAMPLES[name]
    for end in range(0, len(content), max(1, len(content) // 40)):
        with contextlib.suppress(RestorerError):
            picture = opened(tmp_path, content[:end])
            picture.source.read(picture.source.bounds)


def test_every_refusal_of_a_file_says_what_to_do():
    """Proofs are not asked: their reasons end in a verdict."""
    silent = []
    for path in sorted(Path(boxes.__file__).parent.glob("*.py")):
        calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        silent += [
            f"{path.name}:{call.lineno}"
            for call in calls
            if isinstance(call.func, ast.Name)
            and call.func.id == "UnreadableFileError"
            and not any(keyword.arg == "advice" for keyword in call.keywords)
            and not path.stem.endswith("_proof")
        ]
    assert silent == []


def test_a_jpeg_ls_is_named_and_a_jpeg_of_thousands_of_passes_is_refused(tmp_path):
    with pytest.raises(UnreadableFileError, match="JPEG-LS"):
        opened(tmp_path, imagecodecs.jpegls_encode(make.noise(20, 30)))
    content = SAMPLES["progressive.jpg"]
    last = content[content.rindex(b"\xff\xda") : -2]
    with pytest.raises(UnreadableFileError, match="passes over its pixels"):
        opened(tmp_path, content[:-2] + last * 600 + b"\xff\xd9")
    assert opened(tmp_path, content[:-2] + last * 20 + b"\xff\xd9").width == 64
