import threading

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.geometry import Region, cell_region
from restorer_app.files.budget import Budget
from restorer_app.files.handle import FileHandle, Stamp
from restorer_app.files.tiff import open_tiff
from restorer_app.files.tiff_segments import CACHE_BYTES
from tests.files.make import XMP, noise, photograph
from tests.files.tiffs import CODINGS, Dir, page, with_families, write

HEIGHT, WIDTH = 90, 80


@st.composite
def regions(draw) -> Region:
    left, top = draw(st.integers(0, WIDTH - 1)), draw(st.integers(0, HEIGHT - 1))
    return Region(left, top, draw(st.integers(left + 1, WIDTH)), draw(st.integers(top + 1, HEIGHT)))


@settings(max_examples=60)
@given(
    region=regions(),
    coding=st.sampled_from(CODINGS),
    tile=st.sampled_from([None, (32, 48), (16, 16)]),
    rows=st.sampled_from([1, 7, 16, 90]),
    planar=st.booleans(),
    order=st.sampled_from("<>"),
    dtype=st.sampled_from(["uint8", "uint16", "float32"]),
    step=st.integers(0, 5),
)
def test_any_region_and_overview_is_what_a_plain_array_shows(
    tmp_path, *, region, coding, tile, rows, planar, order, dtype, step
):
    pixels = noise(HEIGHT, WIDTH, dtype=dtype)
    one = page(pixels, order=order, coding=coding, tile=tile, rows=rows, planar=planar)
    source = open_tiff(write(tmp_path / "a.tif", one, order=order)).source
    np.testing.assert_array_equal(source.read(region), pixels[region.slices()])
    np.testing.assert_array_equal(source.overview(step), pixels[:: 1 << step, :: 1 << step])


def test_the_facts_of_a_scan_are_found(tmp_path):
    one = with_families(page(noise(90, 80, 4, dtype="uint16"), coding=("lzw", 2), extras=(2,), t274=(3, [6])))
    picture = open_tiff(write(tmp_path / "a.tif", one, one))
    assert (picture.width, picture.height, picture.source.channels, picture.bits) == (80, 90, 3, 16)
    assert picture.kind == "tiff"
    assert picture.page_count == 2
    assert picture.orientation == 6
    assert picture.dpi == (600, 600)
    assert picture.xmp == XMP
    assert picture.icc == bytes(range(200)) * 3
    assert picture.metadata == ("EXIF", "GPS", "XMP", "IPTC", "ICC", "Photoshop")
    assert picture.patchable
    assert picture.alpha is not None
    assert picture.source.handle == FileHandle(picture.path, "tiff", 0, Stamp.of(picture.path))
    assert "smaller copy" in picture.stale[0]
    np.testing.assert_array_equal(
        picture.alpha.read(Region(3, 4, 70, 80)), noise(90, 80, 4, dtype="uint16")[4:80, 3:70, 3:]
    )


def test_white_is_zero_keeps_its_values_and_says_so(tmp_path):
    pixels = noise(20, 30, 1)
    picture = open_tiff(write(tmp_path / "a.tif", page(pixels, photometric=0)))
    assert picture.white_is_zero
    np.testing.assert_array_equal(picture.source.read(picture.source.bounds), pixels)


def test_palette_and_bilevel_are_shown_and_not_edited(tmp_path):
    indices = noise(20, 30, 1)
    colours = np.random.default_rng(1).integers(0, 65536, (3, 256)).astype("uint16")
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, indices[..., 0], photometric="palette", colormap=colours)
    picture = open_tiff(path)
    assert (picture.layout, picture.editable, picture.patchable) == ("palette", False, False)
    np.testing.assert_array_equal(picture.source.read(Region(0, 0, 30, 20)), (colours.T >> 8)[indices[..., 0]])
    bits = indices[..., 0] > 99
    tifffile.imwrite(path, bits, photometric="minisblack")
    picture = open_tiff(path)
    assert (picture.layout, picture.editable) == ("bilevel", False)
    np.testing.assert_array_equal(picture.source.read(Region(0, 0, 30, 20))[..., 0], bits * 255)


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint32", "float64"])
def test_depths_that_cannot_be_edited_are_shown(tmp_path, dtype):
    values = np.arange(600).reshape(20, 30, 1).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack")
    picture = open_tiff(tmp_path / "a.tif")
    assert not picture.editable
    assert not picture.patchable
    assert "viewing" in picture.reason
    shown = picture.source.read(picture.source.bounds)
    assert shown.dtype.name in {"uint8", "uint16", "float32"}
    if dtype.startswith("float"):
        np.testing.assert_array_equal(shown, values.astype(np.float32))


def test_jpeg_inside_a_tiff_is_read_and_derived(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", noise(64, 64), photometric="rgb", compression="jpeg", tile=(32, 32))
    picture = open_tiff(tmp_path / "a.tif")
    assert picture.editable
    assert not picture.patchable
    assert "JPEG" in picture.reason
    np.testing.assert_array_equal(picture.source.read(picture.source.bounds), tifffile.imread(tmp_path / "a.tif"))


def test_a_sparse_tile_is_zero(tmp_path):
    one = page(noise(32, 64), tile=(32, 32))
    one.segments[1] = b""
    data = bytearray(write(tmp_path / "a.tif", one).read_bytes())
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        at = file.pages[0].tags[324].valueoffset
    data[at + 4 : at + 8] = bytes(4)
    (tmp_path / "a.tif").write_bytes(data)
    picture = open_tiff(tmp_path / "a.tif")
    assert not picture.patchable
    assert not picture.source.read(Region(32, 0, 64, 32)).any()


def test_missing_byte_counts_are_found_by_the_segments_themselves(tmp_path):
    pixels = noise(32, 40)
    for coding in (("none", 1), ("lzw", 1), ("packbits", 1), ("deflate", 2), ("zstd", 2)):
        data = write(tmp_path / "a.tif", page(pixels, coding=coding)).read_bytes()
        (tmp_path / "a.tif").write_bytes(data.replace(b"\x17\x01\x04\0", b"\x19\x01\x04\0"))  # 279 → 281
        picture = open_tiff(tmp_path / "a.tif")
        assert not picture.patchable
        np.testing.assert_array_equal(picture.source.read(picture.source.bounds), pixels)


@pytest.mark.parametrize("coding", ["none", "lzw"])
def test_byte_counts_that_are_all_zero_count_as_missing(tmp_path, coding):
    pixels = noise(32, 40)
    path = write(tmp_path / "a.tif", page(pixels, coding=(coding, 1), rows=8))
    with tifffile.TiffFile(path) as file:
        at = file.pages[0].tags[279].valueoffset
    data = bytearray(path.read_bytes())
    data[at : at + 16] = bytes(16)
    path.write_bytes(data)
    picture = open_tiff(path)
    assert not picture.patchable
    assert "does not say how long" in picture.reason
    np.testing.assert_array_equal(picture.source.read(picture.source.bounds), pixels)


@pytest.mark.parametrize("coding", ["none", "packbits"])
def test_a_predictor_that_a_compression_does_not_have_is_ignored_as_libtiff_does(tmp_path, coding):
    pixels = noise(48, 40)
    picture = open_tiff(write(tmp_path / "a.tif", page(pixels, coding=(coding, 1), t317=(3, [2]))))
    np.testing.assert_array_equal(picture.source.read(picture.source.bounds), pixels)
    with Image.open(tmp_path / "a.tif") as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)
    assert not picture.patchable
    assert "programs disagree" in picture.reason


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"t339": (3, [1, 2, 1])}, "different kinds"),
        ({"t284": (3, [3])}, "arranged in an unknown way"),
        ({"t32997": (4, [8])}, "volume"),
    ],
)
def test_samples_that_could_be_misread_are_refused(tmp_path, tags, said):
    with pytest.raises(UnreadableFileError, match=said):
        open_tiff(write(tmp_path / "a.tif", page(noise(20, 30), **tags)))


@pytest.mark.parametrize("damage", ["cut", "bad code"])
def test_damaged_segments_are_one_sentence_that_names_them(tmp_path, damage):
    one = page(noise(48, 40), coding=("deflate", 2), rows=16)
    one.segments[1] = one.segments[1][:50] if damage == "cut" else b"\x78\x9c" + bytes(50)
    source = open_tiff(write(tmp_path / "a.tif", one)).source
    source.read(Region(0, 0, 40, 16))
    with pytest.raises(UnreadableFileError, match="strip 2 of 3"):
        source.read(source.bounds)


def test_a_file_that_ends_too_early_is_refused_at_opening(tmp_path):
    data = write(tmp_path / "a.tif", page(noise(48, 40), rows=16)).read_bytes()
    ifd = int.from_bytes(data[4:8], "little")
    (tmp_path / "b.tif").write_bytes(data[:8] + data[ifd:])  # the directory first, the pixels gone
    moved = bytearray((tmp_path / "b.tif").read_bytes())
    moved[4:8] = (8).to_bytes(4, "little")
    (tmp_path / "b.tif").write_bytes(moved)
    with pytest.raises(UnreadableFileError):
        open_tiff(tmp_path / "b.tif")


def test_a_wild_claim_is_refused_before_anything_is_allocated(tmp_path):
    one = page(noise(16, 16), coding=("deflate", 1))
    one.tags |= {256: (4, [100_000]), 257: (4, [100_000]), 278: (4, [100_000])}
    with pytest.raises(UnreadableFileError):
        open_tiff(write(tmp_path / "a.tif", one))
    small = write(tmp_path / "b.tif", page(noise(16, 16)))
    with pytest.raises(UnreadableFileError, match="limit"):
        open_tiff(small, budget=Budget(pixels=100))
    with pytest.raises(UnreadableFileError, match="the limit of 1\u202f000 million"):
        Budget().allow_pixels(100_000, 10_001, 3, stored=10**9)


def test_the_cache_stays_within_its_bytes(tmp_path):
    pixels = np.zeros((2048, 4096, 3), np.uint16)
    source = open_tiff(write(tmp_path / "a.tif", page(pixels, coding=("deflate", 1), tile=(512, 512)))).source
    segments = source.segments
    for cell in source.bounds.cells(256):
        source.read(cell_region(*cell, size=256, inside=source.bounds))
    assert 0 < segments._cached_bytes <= CACHE_BYTES
    assert segments._cached_bytes == sum(kept.nbytes for kept in segments._cache.values())
    before = dict(segments._cache)
    source.read(source.bounds)
    assert segments._cache.keys() == before.keys(), "reading everything drives nothing out"


def test_a_row_of_cells_of_a_wide_scan_decodes_each_strip_once(tmp_path, monkeypatch):
    pixels = np.zeros((600, 20_000, 3), np.uint16)
    source = open_tiff(write(tmp_path / "a.tif", page(pixels, coding=("deflate", 1), rows=16))).source
    decoded, decode = [], source.segments._decode
    monkeypatch.setattr(source.segments, "_decode", lambda index: decoded.append(index) or decode(index))
    for left in range(0, 20_000, 4096):
        source.read(Region(left, 250, left + 256, 506))
    assert sorted(decoded) == list(range(15, 32))


def test_many_threads_may_read_at_once(tmp_path):
    pixels = noise(256, 256)
    source = open_tiff(write(tmp_path / "a.tif", page(pixels, coding=("lzw", 2), tile=(32, 32)))).source
    wrong = []

    def read(number: int) -> None:
        rng = np.random.default_rng(number)
        for _ in range(20):
            left, top = rng.integers(0, 200, 2)
            region = Region(left, top, left + 50, top + 50)
            if not np.array_equal(source.read(region), pixels[region.slices()]):
                wrong.append(region)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_ycbcr_without_jpeg_is_shown_by_libtiff_and_not_edited(tmp_path):
    photo = Image.fromarray(photograph(40, 60)).convert("YCbCr")
    photo.save(tmp_path / "a.tif")
    picture = open_tiff(tmp_path / "a.tif")
    assert (picture.layout, picture.editable, picture.patchable) == ("rgb", False, False)
    assert "viewing" in picture.reason
    shown = picture.source.read(Region(5, 6, 50, 40)).astype(int)
    expected = np.asarray(photo.convert("RGB"))[6:40, 5:50].astype(int)
    assert np.abs(shown - expected).max() <= 2  # two libraries round the conversion differently


def sgi_log(light: np.ndarray) -> Dir:
    """Neutral light, 1 is white, as SGI's logarithms: four planes of bytes a row, none of them shortened."""
    height, width = light.shape
    levels = np.round(256 * (np.log2(light) + 64)).astype(np.uint32) << 16
    levels |= (round(410 * 0.210526) << 8) | round(410 * 0.473684)
    planes = levels.astype(">u4").view(np.uint8).reshape(height, width, 4)
    strip = b"".join(bytes([width]) + row[:, n].tobytes() for row in planes for n in range(4))
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, [16] * 3), 259: (3, [34676]), 262: (3, [32845])}
    return Dir(tags | {277: (3, [3]), 278: (3, [height]), 339: (3, [2] * 3)}, [strip])


def test_light_in_logarithms_is_shown_and_not_edited(tmp_path):
    light = np.geomspace(0.02, 0.9, 20 * 30).reshape(20, 30)
    picture = open_tiff(write(tmp_path / "a.tif", sgi_log(light)))
    assert (picture.layout, picture.editable, picture.patchable) == ("rgb", False, False)
    assert "LogLuv" in picture.reason
    assert "viewing" in picture.reason
    shown = picture.source.read(picture.source.bounds).astype(int)
    assert np.abs(shown - 256 * np.sqrt(light)[..., None]).max() <= 3  # libtiff shows light by its square root


def test_logarithms_that_are_packed_as_if_they_were_none_are_refused(tmp_path):
    with pytest.raises(UnreadableFileError, match="LogLuv"):
        open_tiff(write(tmp_path / "a.tif", page(noise(9, 9, 3, dtype="uint16"), photometric=32845)))


@pytest.mark.parametrize("coding", ["png", "jpegxr", "jpegxl", "jpegxl_dng", "jpeg2000", "lerc", "lzma"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("tile", [None, (32, 48)])
def test_codings_that_are_seldom_met_are_read_and_derived(tmp_path, coding, dtype, tile):
    pixels = noise(70, 90, dtype=dtype)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", compression=coding, tile=tile, metadata=None)
    picture = open_tiff(tmp_path / "a.tif")
    assert (picture.editable, picture.patchable) == (True, False)
    assert "are read but not written" in picture.reason
    expected = tifffile.imread(tmp_path / "a.tif")
    np.testing.assert_array_equal(picture.source.read(picture.source.bounds), expected)
    if coding != "jpegxl":
        np.testing.assert_array_equal(expected, pixels)


@pytest.mark.parametrize(("coding", "name"), [(34661, "JBIG"), (32909, "Pixar log"), (34713, "kind 34713")])
def test_a_coding_that_is_not_read_is_named(tmp_path, coding, name):
    with pytest.raises(UnreadableFileError, match=f"compressed as {name}, which") as refusal:
        open_tiff(write(tmp_path / "a.tif", page(noise(9, 9, 1), t259=(3, [coding]))))
    assert refusal.value.advice.startswith("Save it as an uncompressed TIFF")


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"t332": (3, [2])}, "inks other than CMYK"),
        ({"t262": (3, [32803])}, "colour filter array"),
        ({"t258": (3, [8, 8, 8, 16])}, "different depths"),
        ({"t339": (3, [1, 1, 1, 2])}, "different kinds"),
        ({"t32997": (4, [5])}, "volume"),
    ],
)
def test_a_sound_file_of_a_kind_that_is_not_read_is_not_called_damaged(tmp_path, tags, said):
    with pytest.raises(UnreadableFileError, match=said) as refusal:
        open_tiff(write(tmp_path / "a.tif", page(noise(9, 9, 4), **tags)))
    assert "damaged" not in str(refusal.value)
    assert refusal.value.advice.startswith("Convert it")


@pytest.mark.parametrize(
    ("tags", "said"), [({"t258": (3, [0])}, "samples of no bits"), ({"t262": (3, [77])}, "kind 77")]
)
def test_a_claim_that_no_file_makes_is_called_damage(tmp_path, tags, said):
    with pytest.raises(UnreadableFileError, match=said) as refusal:
        open_tiff(write(tmp_path / "a.tif", page(noise(9, 9, 1), **tags)))
    assert "may be damaged" in refusal.value.advice


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_fax_pages_are_shown(tmp_path, compression):
    bits = noise(40, 60, 1)[..., 0] > 99
    Image.fromarray(bits).save(tmp_path / "a.tif", compression=compression)
    picture = open_tiff(tmp_path / "a.tif")
    assert not picture.patchable
    shown = picture.source.read(picture.source.bounds)[..., 0] > 0
    np.testing.assert_array_equal(shown ^ picture.white_is_zero, bits)
