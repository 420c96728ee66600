import hashlib
import itertools
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tifffile

from restorer_app.core.errors import NotPatchableError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.files.patching import silent, spaced
from restorer_app.files.saving import save
from restorer_app.files.tiff import open_tiff
from restorer_app.files.tiff_patch import patch_tiff
from restorer_app.files.tiff_proof import compare_tiff
from tests.files.make import noise
from tests.files.tiffs import CODINGS, Dir, page, with_families, write

PLACE = Region(20, 25, 60, 66)  # crosses strips and tiles
KINDS = {  # samples, photometric, what the extra ones are
    "grey": (1, 1, ()), "white is zero": (1, 0, ()), "rgb": (3, 2, ()), "rgb and alpha": (4, 2, (2,)),
    "rgb and premultiplied alpha": (4, 2, (1,)), "grey and an extra": (2, 1, (0,)), "cmyk": (4, 5, ()),
    "cmyk and alpha": (5, 5, (2,)), "lab": (3, 8, ()), "icc lab": (3, 9, ()),
}  # fmt: skip


def edited(image: Raster, *, seed: int = 3) -> Raster:
    dtype = image.dtype.name
    return image.with_patch(PLACE, noise(PLACE.height, PLACE.width, image.channels, dtype=dtype, seed=seed))


def mask_of(region: Region, bounds: Region) -> Raster:
    return Raster.flat(bounds).with_patch(region, np.full((*region.shape, 1), 255, np.uint8))


def patched(tmp_path: Path, master: Path, *, number: int = 0, xmp: bytes | None = b"<x/>" * 40) -> tuple[Path, Raster]:
    picture = open_tiff(master, page=number)
    assert picture.patchable, picture.reason
    image = edited(Raster(picture.source))
    copy = tmp_path / "copy.tif"
    shutil.copyfile(master, copy)
    patch_tiff(picture, image, target=copy, xmp=xmp, progress=silent, cancel=None)
    return copy, image


def proof(master: Path, copy: Path, *, number: int = 0, region: Region = PLACE):
    bounds = open_tiff(master, page=number).source.bounds
    allowed = mask_of(region, bounds)
    return compare_tiff(master, copy, page=number, allowed=allowed, progress=silent, cancel=None)


def must_be_whole(tmp_path: Path, master: Path, pixels: np.ndarray, *, planar: bool) -> None:
    copy, image = patched(tmp_path, master)
    verdict = proof(master, copy)
    assert verdict.same, verdict
    assert verdict.inside_changed > 0
    assert verdict.metadata_changed == ("XMP",)
    expected = pixels.copy()
    expected[PLACE.slices()][..., : image.channels] = image.read(PLACE)
    if open_tiff(master).source.segments.page.photometric == 8:  # a and b are edited with grey in the middle
        expected[PLACE.slices()][..., 1:3] ^= expected.dtype.type(1 << (8 * expected.itemsize - 1))
    found = tifffile.imread(copy)
    found = np.moveaxis(found, 0, 2) if planar and found.ndim == 3 else found.reshape(expected.shape)
    np.testing.assert_array_equal(found, expected)  # a third reader sees the same


@pytest.mark.parametrize(
    ("order", "dtype", "big"),
    [
        ("<", "uint8", False), (">", "uint8", True), ("<", "uint16", True), (">", "uint16", False),
        ("<", "float32", False), (">", "float32", True),
    ],
)  # fmt: skip
def test_every_coding_in_every_layout_is_patched_and_nothing_else_changes(tmp_path, order, dtype, big):
    pixels = noise(90, 80, dtype=dtype)
    pixels[:, :40] = pixels[:1, :1]  # something to compress
    for coding, planar, tile in itertools.product(CODINGS, [False, True], [None, (32, 48)]):
        one = page(pixels, order=order, coding=coding, planar=planar, tile=tile)
        master = write(tmp_path / "a.tif", with_families(one), order=order, big=big)
        must_be_whole(tmp_path, master, pixels, planar=planar)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("planar", [False, True], ids=["together", "planar"])
def test_every_layout_of_colours_keeps_what_is_no_colour(tmp_path, kind, planar):
    samples, photometric, extras = KINDS[kind]
    for dtype, coding in (("uint8", ("lzw", 2)), ("uint16", ("zstd", 2)), ("uint16", ("none", 1))):
        pixels = noise(90, 80, samples, dtype=dtype)
        one = page(pixels, coding=coding, planar=planar, photometric=photometric, extras=extras)
        must_be_whole(tmp_path, write(tmp_path / "a.tif", one), pixels, planar=planar)


def test_one_page_of_several_is_patched_and_the_others_stay_byte_for_byte(tmp_path):
    pages = [with_families(page(noise(90, 80, seed=n), coding=("lzw", 2), tile=(32, 32))) for n in range(3)]
    master = write(tmp_path / "a.tif", *pages)
    copy, _ = patched(tmp_path, master, number=1)
    verdict = proof(master, copy, number=1)
    assert verdict.same, verdict
    with tifffile.TiffFile(copy) as file:
        assert [p.shape for p in file.pages] == [(90, 80, 3)] * 3
    np.testing.assert_array_equal(tifffile.imread(copy, key=2), tifffile.imread(master, key=2))


def test_a_whole_picture_under_a_subifd_counts_as_a_page(tmp_path):
    outer = page(noise(90, 80, seed=1))
    outer.children[330] = [page(noise(100, 70, seed=2), coding=("deflate", 2))]
    master = write(tmp_path / "a.tif", outer)
    assert open_tiff(master).page_count == 2
    copy, _ = patched(tmp_path, master, number=1)
    assert proof(master, copy, number=1).same


def test_a_scan_that_begins_with_a_small_copy_opens_whole_and_in_its_colours(tmp_path):
    outer = page(noise(9, 8), t254=(4, [1]), t274=(3, [6]), t34675=(7, bytes(range(200))))
    outer.children[330] = [page(noise(100, 70, seed=2), coding=("deflate", 2), t254=(4, [0]))]
    master = write(tmp_path / "a.tif", outer)
    picture = open_tiff(master)
    assert (picture.width, picture.height, picture.page_count) == (70, 100, 2)
    assert (picture.orientation, picture.icc) == (6, bytes(range(200)))
    assert open_tiff(master, page=1).width == 8
    assert any("begins with" in sentence for sentence in picture.stale)
    copy, _ = patched(tmp_path, master)
    assert proof(master, copy).same
    with tifffile.TiffFile(copy) as file:
        np.testing.assert_array_equal(file.pages[0].asarray(), noise(9, 8))
        assert not np.array_equal(file.pages[0].pages[0].asarray(), noise(100, 70, seed=2))


def test_a_small_copy_before_the_pages_is_the_last_of_them(tmp_path):
    small = page(noise(9, 8), t254=(4, [1]))
    master = write(tmp_path / "a.tif", small, page(noise(90, 80, seed=1)), page(noise(100, 80, seed=2)))
    assert [open_tiff(master, page=number).height for number in range(3)] == [90, 100, 9]
    copy, _ = patched(tmp_path, master, number=1)
    assert proof(master, copy, number=1).same


def test_without_xmp_only_bytes_of_touched_segments_and_their_lists_differ(tmp_path):
    pixels = noise(90, 80, dtype="uint16")
    master = write(tmp_path / "a.tif", with_families(page(pixels, tile=(32, 32))))
    copy, _ = patched(tmp_path, master, xmp=None)
    before, after = master.read_bytes(), copy.read_bytes()
    assert len(before) == len(after)
    differing = np.flatnonzero(np.frombuffer(before, np.uint8) != np.frombuffer(after, np.uint8))
    with tifffile.TiffFile(master) as file:
        spans = list(zip(file.pages[0].dataoffsets, file.pages[0].databytecounts, strict=True))
    inside = [any(begin <= at < begin + size for begin, size in spans) for at in differing]
    assert inside
    assert all(inside)


def test_an_edit_that_changes_nothing_writes_no_segment(tmp_path):
    master = write(tmp_path / "a.tif", page(noise(90, 80), coding=("lzw", 2)))
    picture = open_tiff(master)
    image = Raster(picture.source).with_patch(PLACE, picture.source.read(PLACE))
    copy = tmp_path / "copy.tif"
    shutil.copyfile(master, copy)
    report = patch_tiff(picture, image, target=copy, xmp=None, progress=silent, cancel=None)
    assert report.segments_patched == 0
    assert copy.read_bytes() == master.read_bytes()


def test_short_lists_of_counts_grow_when_a_segment_outgrows_them(tmp_path):
    flat = np.zeros((400, 300, 3), np.uint16)
    one = page(flat, coding=("deflate", 1), rows=200)
    master = write(tmp_path / "a.tif", one)
    data = bytearray(master.read_bytes())
    entry = data.index(b"\x17\x01\x04\x00\x02\x00\x00\x00")  # StripByteCounts, LONG, 2: as two SHORTs in the entry
    sizes = [len(segment) for segment in one.segments]
    data[entry : entry + 12] = b"\x17\x01\x03\x00\x02\x00\x00\x00" + np.array(sizes, "<u2").tobytes()
    master.write_bytes(data)
    picture = open_tiff(master)
    whole = picture.source.bounds
    image = Raster(picture.source).with_patch(whole, noise(400, 300, dtype="uint16"))
    copy = tmp_path / "copy.tif"
    shutil.copyfile(master, copy)
    patch_tiff(picture, image, target=copy, xmp=None, progress=silent, cancel=None)
    np.testing.assert_array_equal(tifffile.imread(copy), image.read(whole))
    assert proof(master, copy, region=whole).same


def test_not_a_number_and_minus_zero_are_kept_by_their_bits(tmp_path):
    pixels = noise(90, 80, 1, dtype="float32")
    pixels.view(np.uint32)[0, :20, 0] = 0x7FC0_1234  # a NaN with a message
    pixels[1, :20] = -0.0
    for coding in (("none", 1), ("deflate", 3)):
        master = write(tmp_path / "a.tif", page(pixels, coding=coding, rows=90))
        copy, _ = patched(tmp_path, master)
        assert proof(master, copy).same
        row = open_tiff(copy).source.read(Region(0, 0, 20, 2))
        np.testing.assert_array_equal(row.view(np.uint32), pixels[:2, :20].view(np.uint32))


def broken(tmp_path: Path, one: Dir, **tags: object) -> Path:
    one.tags |= {int(tag[1:]): value for tag, value in tags.items()}
    return write(tmp_path / "a.tif", one)


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"t266": (3, [2])}, "bits of each byte backwards"),
        ({"t317": (3, [2])}, "Predictor 2"),  # with floats
        ({"t339": (3, [2] * 3)}, "signed"),
    ],
)
def test_what_has_no_proven_way_back_is_read_but_not_patched(tmp_path, tags, said):
    dtype = "float32" if "t317" in tags else "uint16"
    coding = ("deflate" if "t317" in tags else "none", 1)
    master = broken(tmp_path, page(noise(30, 40, dtype=dtype), coding=coding), **tags)
    picture = open_tiff(master)
    assert not picture.patchable
    assert said in picture.reason
    assert picture.source.read(Region(0, 0, 5, 5)).shape == (5, 5, 3)


def test_segments_that_share_their_bytes_are_never_patched(tmp_path):
    one = page(noise(48, 40), rows=16)
    data = bytearray(write(tmp_path / "a.tif", one).read_bytes())
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        at = file.pages[0].tags[273].valueoffset
    data[at + 4 : at + 8] = data[at : at + 4]
    (tmp_path / "b.tif").write_bytes(data)
    picture = open_tiff(tmp_path / "b.tif")
    assert not picture.patchable
    assert "share" in picture.reason
    with pytest.raises(NotPatchableError, match="share"):
        patch_tiff(picture, edited_small(picture), target=tmp_path / "b.tif", xmp=None, progress=silent, cancel=None)


def test_a_tag_that_reads_the_pointer_to_its_page_is_never_patched_under(tmp_path):
    data = bytearray(write(tmp_path / "a.tif", page(noise(48, 40), t296=(3, [2, 0, 0, 0, 0]))).read_bytes())
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        at = file.pages[0].tags[296].offset
    data[at + 8 : at + 12] = (2).to_bytes(4, "little")  # its value lies over the header
    (tmp_path / "a.tif").write_bytes(data)
    assert "share" in open_tiff(tmp_path / "a.tif").reason


def edited_small(picture) -> Raster:
    return Raster(picture.source).with_patch(Region(0, 0, 4, 4), np.zeros((4, 4, 3), np.uint8))


def test_a_proof_sees_a_single_changed_sample_wherever_it_is(tmp_path):
    pixels = noise(90, 80, dtype="uint16")
    for coding in (("none", 1), ("lzw", 2)):
        master = write(tmp_path / "a.tif", with_families(page(pixels, coding=coding, tile=(32, 32))))
        other = pixels.copy()
        other[5, 6, 1] ^= 1
        wrong = write(tmp_path / "b.tif", with_families(page(other, coding=coding, tile=(32, 32))))
        verdict = proof(master, wrong)
        assert verdict.outside_changed == 1
        assert not verdict.same


@pytest.mark.parametrize("where", ["EXIF", "a private tag", "the thumbnail", "another page", "the profile"])
def test_a_proof_sees_any_changed_metadata(tmp_path, where):
    def pages() -> list[Dir]:
        return [with_families(page(noise(90, 80, seed=n))) for n in range(2)]

    master = write(tmp_path / "a.tif", *pages())
    one, other = pages()
    match where:
        case "EXIF":
            one.children[34665][0].tags[37500] = (7, b"Maker" * 11)
        case "a private tag":
            one.tags[51000] = (4, [1, 2, 4])
        case "the thumbnail":
            one.children[330][0].segments = [bytes(48)]
        case "another page":
            other.segments[0] = other.segments[0][:-1] + b"\0"
        case "the profile":
            one.tags[34675] = (7, bytes(600))
    verdict = proof(master, write(tmp_path / "b.tif", one, other))
    assert verdict.judged
    assert verdict.outside_changed == 0
    assert verdict.metadata_differences, where


def test_a_proof_sees_bytes_that_belong_to_nothing(tmp_path):
    master = write(tmp_path / "a.tif", with_families(page(noise(90, 80))))
    data = master.read_bytes()
    padded = tmp_path / "p.tif"
    padded.write_bytes(data + b"something that only a maker note points to")
    copy, _ = patched(tmp_path, padded)
    assert proof(padded, copy).same
    spoilt = bytearray(copy.read_bytes())
    spoilt[len(data) + 3] ^= 1
    copy.write_bytes(spoilt)
    assert "no picture and no tag" in proof(padded, copy).metadata_differences[0]


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_finds_every_tag_as_it_was(tmp_path):
    """An outside witness: its whole listing before and after differs in the XMP alone."""
    masters = []
    for number, (order, coding, tile) in enumerate(
        itertools.product("<>", [("lzw", 2), ("none", 1)], [None, (32, 48)])
    ):
        one = with_families(page(noise(90, 80, dtype="uint16"), order=order, coding=coding, tile=tile))
        masters.append(write(tmp_path / f"{number}.tif", one, order=order))
    for master in masters:
        picture = open_tiff(master)
        save(picture, edited(Raster(picture.source)), allowed=mask_of(PLACE, picture.source.bounds), records=[])
    listing = subprocess.run(
        ["exiftool", "-j", "-G1", "-a", "-u", "-b", *sorted(tmp_path.glob("*.tif"))],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    by_name = {Path(one["SourceFile"]).name: one for one in json.loads(listing.stdout)}
    expected = {"SourceFile", "IFD0:ApplicationNotes"}
    for master in masters:
        before, after = by_name[master.name], by_name[f"{master.stem}_restored_v01.tif"]
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        places = {"IFD0:StripOffsets", "IFD0:TileOffsets", "IFD0:StripByteCounts", "IFD0:TileByteCounts"}
        unexpected = {key for key in changed - expected - places if not key.startswith(("System:", "XMP"))}
        assert not unexpected, unexpected
        assert after["XMP-dc:Source"] == "Box 7, no. 12"


def test_files_of_several_megabytes_are_compared_to_their_end(tmp_path):
    pixels = noise(700, 700, dtype="uint16")
    master = write(tmp_path / "a.tif", page(pixels, coding=("none", 1), rows=50))
    copy, _ = patched(tmp_path, master)
    verdict = proof(master, copy)
    assert verdict.same
    assert verdict.derivative_sha256 == hashlib.sha256(copy.read_bytes()).hexdigest()
    data = bytearray(copy.read_bytes())
    data[master.stat().st_size - 5000] ^= 1
    copy.write_bytes(data)
    assert not proof(master, copy).same


@pytest.mark.parametrize("more", [b"\x00", b"garbage", bytes(3 << 20)])
def test_bytes_behind_a_derivative_are_told(tmp_path, more):
    master = write(tmp_path / "a.tif", page(noise(70, 90, dtype="uint16"), coding=("none", 1), rows=50))
    copy, _ = patched(tmp_path, master)
    with copy.open("ab") as file:
        file.write(more)
    verdict = proof(master, copy)
    assert not verdict.same
    assert spaced(len(more)) in verdict.metadata_differences[0]


@pytest.mark.parametrize("less", [1, 2, 3, 4])
def test_a_derivative_that_lost_its_last_bytes_is_told(tmp_path, less):
    master = write(tmp_path / "a.tif", page(noise(70, 90, dtype="uint16"), coding=("none", 1), rows=50))
    copy, _ = patched(tmp_path, master)
    copy.write_bytes(copy.read_bytes()[:-less])
    verdict = proof(master, copy)
    assert not verdict.same
    assert "page 1 is cut off" in verdict.metadata_differences
