"""What a file is, by its content."""

import os

import pytest

from restorer_app.core.errors import UnreadableFileError
from restorer_app.files.sniff import sniff
from tests.files import make
from tests.files.tiffs import Dir, build, page

KINDS = {"tif": "tiff", "jpg": "jpeg"}


@pytest.mark.parametrize("name", make.samples())
def test_the_kind_is_seen_in_the_content_and_never_in_the_name(tmp_path, name):
    path = make.write(tmp_path, "picture.txt", make.samples()[name])
    suffix = name.rsplit(".", 1)[1]
    assert sniff(path) == KINDS.get(suffix, suffix)


def test_a_bigtiff_is_one(tmp_path):
    assert sniff(make.write(tmp_path, "a.tif", make.tiff(make.noise(9, 9), bigtiff=True))) == "bigtiff"


def test_a_dng_is_never_taken_for_its_thumbnail(tmp_path):
    assert sniff(make.write(tmp_path, "a.tif", make.dng())) == "raw"


def scanner(*, coding: int = 5, photometric: int = 2) -> Dir:
    """A small copy first, the whole picture below it, and the maker's name, as programs of film scanners write it."""
    first = page(make.photograph(12, 16), t254=(4, [1]), t271=(2, b"Scanner works\0"))
    first.children[330] = [page(make.photograph(96, 128), t254=(4, [0]), t259=(3, [coding]), t262=(3, [photometric]))]
    return first


def test_a_scanners_tiff_that_begins_with_a_small_copy_is_no_raw_picture(tmp_path):
    assert sniff(make.write(tmp_path, "a.tif", build(scanner()))) == "tiff"


@pytest.mark.parametrize("values", [{"coding": 34713}, {"photometric": 32803}, {"photometric": 34892}, {"coding": 7}])
def test_a_cameras_picture_below_a_small_copy_is_raw(tmp_path, values):
    assert sniff(make.write(tmp_path, "a.tif", build(scanner(**values)))) == "raw"


@pytest.mark.parametrize("length", [40, 200, 400])
def test_a_dng_cut_short_is_still_no_tiff_once_its_tags_are_there(tmp_path, length):
    whole = make.dng()
    path = make.write(tmp_path, "a.dng", whole[:length])
    assert sniff(path) == ("raw" if length > 300 else "tiff")  # before, nothing says that it is one


@pytest.mark.parametrize(
    "head",
    [
        b"II*\0\x10\0\0\0CR\x02\0",
        b"FUJIFILMCCD-RAW 0201",
        b"IIU\0\x08\0\0\0",
        b"IIRO\x08\0\0\0",
        b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
    ],
)
def test_cameras_own_containers_are_raw(tmp_path, head):
    assert sniff(make.write(tmp_path, "a", head.ljust(100, b"\0"))) == "raw"


@pytest.mark.parametrize(
    ("brands", "kind"), [(b"avif\0\0\0\0mif1", "avif"), (b"mif1\0\0\0\0heic", "heic"), (b"mif1\0\0\0\0avif", "avif")]
)
def test_heic_and_avif_are_told_apart_by_every_brand(tmp_path, brands, kind):
    head = (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands
    assert sniff(make.write(tmp_path, "a", head.ljust(64, b"\0"))) == kind


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7", "a PDF document"),
        (b"GIF89a", "a GIF picture"),
        (b"what is this", "not a picture"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isom", "a film"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, content, said):
    with pytest.raises(UnreadableFileError, match=said):
        sniff(make.write(tmp_path, "a.tif", content))


def test_folders_pipes_and_missing_files_are_refused_at_once(tmp_path):
    with pytest.raises(UnreadableFileError, match="a folder"):
        sniff(tmp_path)
    with pytest.raises(UnreadableFileError, match="There is no file"):
        sniff(tmp_path / "none.tif")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(UnreadableFileError, match="a device or a pipe"):
            sniff(tmp_path / "pipe")
    with pytest.raises(UnreadableFileError):
        sniff(tmp_path / "null\0byte")
