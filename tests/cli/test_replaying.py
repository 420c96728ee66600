"""Replay and verify together: what was done comes out again, and the file still shows it."""

import json

import numpy as np
import pytest
import tifffile
from imagecodecs import zlib_decode, zlib_encode
from PIL import Image

from restorer_app.files.opening import open_here
from restorer_app.files.reader import Reader
from restorer_app.files.saying import said_by
from tests.cli.conftest import light


def _repaired(desk, scan, name, *words):
    assert desk.run("repair", scan, "--mask", desk.mask(), "--method", "telea", "-o", desk / name, *words) == 0
    return desk / name


def _painted_in(path, place):
    """The same file with other pixels in it, as somebody who edits bytes would leave it."""
    data = path.read_bytes()
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        assert page.compression == 1
        row = page.dataoffsets[0] + (place[0] * page.imagewidth + place[1]) * page.samplesperpixel * 2
    path.write_bytes(data[:row] + bytes(6) + data[row + 6 :])


def _plain(desk, name="plain.tif"):
    tifffile.imwrite(desk / name, light(70, 90), photometric="rgb", rowsperstrip=70)
    return desk / name


def test_pixels_that_were_painted_over_in_the_mask_are_found(desk):
    scan = _plain(desk)
    copy = _repaired(desk, scan, "copy.tif")
    assert desk.run("replay", scan, copy) == 0
    assert "copy.tif shows what came out: 18\u202f900 samples, to the bit" in desk.out
    _painted_in(copy, (24, 44))
    assert desk.run("verify", scan, copy) == 0, "the mask allows it"
    assert desk.run("replay", scan, copy, "--json") == 1
    told = desk.told()
    assert [step["same"] for step in told["steps"]] == [True, False]
    assert "it was changed after it was saved" in told["steps"][-1]["sentence"]


def test_where_a_step_came_out_differently_nobody_is_accused(desk):
    scan = _plain(desk)
    copy = _repaired(desk, scan, "copy.tif")
    data = copy.read_bytes()
    at = data.index(b"after_sha256") + len(b"after_sha256") + 20  # among its digits
    copy.write_bytes(data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :])
    _painted_in(copy, (24, 44))
    assert desk.run("replay", scan, copy) == 1
    assert "repair: another result" in desk.out
    assert "cannot be told, as not every step came out again" in desk.out


def test_an_enlarged_copy_is_held_against_what_comes_out(desk):
    scan = _plain(desk)
    assert desk.run("upscale", scan, "--method", "lanczos", "-o", desk / "large.tif") == 0
    assert desk.run("replay", scan, desk / "large.tif") == 0
    with tifffile.TiffFile(desk / "large.tif") as file:
        page = file.pages[0]
        at, size = page.dataoffsets[0], page.databytecounts[0]
        assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
    data = bytearray((desk / "large.tif").read_bytes())
    black = zlib_encode(bytes(len(zlib_decode(bytes(data[at : at + size])))))
    assert len(black) <= size
    data[at : at + len(black)] = black
    (desk / "large.tif").write_bytes(data)
    assert desk.run("replay", scan, desk / "large.tif") == 1


def test_a_jpeg_that_was_saved_again_elsewhere_is_found(desk):
    scan = desk.jpeg()
    mask = desk.mask(height=64, width=80)
    assert desk.run("repair", scan, "--mask", mask, "--method", "telea", "-o", desk / "copy.jpg") == 0
    assert desk.run("replay", scan, desk / "copy.jpg") == 0
    with Image.open(desk / "copy.jpg") as image:
        packet = image.info["xmp"]
        image.convert("RGB").rotate(180).save(desk / "copy.jpg", quality=95, xmp=packet)
    assert desk.run("replay", scan, desk / "copy.jpg") == 1


@pytest.fixture
def pages(desk):
    """Three pages, and a copy in which the first and then the second was repaired."""
    with tifffile.TiffWriter(desk / "album.tif") as file:
        for page in range(3):
            file.write(np.rot90(light(70, 90), 2 * page), photometric="rgb", rowsperstrip=16)
    _repaired(desk, desk / "album.tif", "one.tif")
    _repaired(desk, desk / "one.tif", "two.tif", "--page", "2")
    return desk


def test_the_page_that_was_saved_last_is_judged_and_replayed(pages):
    desk = pages
    assert desk.run("verify", desk / "one.tif", desk / "two.tif") == 0
    assert "Judged by the record" in desk.out
    assert desk.run("replay", desk / "one.tif", desk / "two.tif") == 0
    assert desk.run("replay", desk / "album.tif", desk / "one.tif") == 0


def test_a_page_can_be_named(pages):
    desk = pages
    assert desk.run("replay", desk / "album.tif", desk / "two.tif", "--page", "1") == 0
    assert desk.run("replay", desk / "one.tif", desk / "two.tif", "--page", "2") == 0
    assert desk.run("replay", desk / "one.tif", desk / "two.tif", "--page", "3") == 4
    assert "no record of this program on page 3" in desk.out


def test_a_single_page_that_is_not_the_first_is_replayed(desk):
    with tifffile.TiffWriter(desk / "album.tif") as file:
        for _ in range(2):
            file.write(light(70, 90), photometric="rgb", rowsperstrip=16)
    _repaired(desk, desk / "album.tif", "copy.tif", "--page", "2")
    assert desk.run("replay", desk / "album.tif", desk / "copy.tif") == 0
    assert desk.run("verify", desk / "album.tif", desk / "copy.tif") == 0


def _many_pages(desk, count, name="album.tif", **tags):
    with tifffile.TiffWriter(desk / name) as file:
        for page in range(count):
            file.write(np.rot90(light(70, 90), 2 * page), photometric="rgb", rowsperstrip=70, **tags)
    return desk / name


def test_a_record_is_found_behind_any_number_of_pages(desk):
    album = _many_pages(desk, 70)
    copy = _repaired(desk, album, "copy.tif", "--page", "70")
    assert desk.run("verify", album, copy) == 0, desk.out
    assert "Judged by the record" in desk.out
    assert desk.run("verify", copy, album) == 1, "it is the other one that has a record"
    assert desk.run("replay", album, copy) == 0, desk.out


def test_pages_are_not_opened_one_after_the_other_to_find_a_record(desk, monkeypatch):
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
    album = _many_pages(desk, 70, extratags=[(700, 1, len(packet), packet, False)])
    copy = _repaired(desk, album, "copy.tif", "--page", "70")
    opened, open_with = [], Reader.open

    def counted(self, path, *, page=0, **named):
        opened.append(page)
        return open_with(self, path, page=page, **named)

    monkeypatch.setattr(Reader, "open", counted)
    assert desk.run("verify", album, copy) == 0, desk.out
    assert set(opened) == {0, 69}


def test_a_record_on_a_page_that_is_no_picture_any_more_hides_no_other(desk):
    album = _many_pages(desk, 3)
    _repaired(desk, album, "once.tif", "--page", "2")
    copy = _repaired(desk, desk / "once.tif", "copy.tif", "--page", "3")
    data = bytearray(copy.read_bytes())
    with tifffile.TiffFile(copy) as file:
        width = file.pages[2].tags["ImageWidth"]
        data[width.offset + 8 : width.offset + 12] = bytes(4)
    copy.write_bytes(data)
    found, said = said_by(copy, of=desk / "once.tif", page=None, open_picture=open_here)
    assert (found.page, said.page) == (1, 1)


def test_a_mask_is_held_against_the_page_that_the_record_names(desk):
    with tifffile.TiffWriter(desk / "album.tif") as file:
        file.write(light(50, 60), photometric="rgb")
        file.write(light(70, 90), photometric="rgb")
    copy = _repaired(desk, desk / "album.tif", "copy.tif", "--page", "2")
    assert desk.run("verify", desk / "album.tif", copy, "--mask", desk.mask()) == 0, desk.out
    assert "Judged by the mask given" in desk.out
    assert desk.run("verify", desk / "album.tif", copy, "--mask", desk.mask(), "--page", "1") == 4


@pytest.mark.parametrize("command", ["verify", "replay"])
def test_a_page_of_the_master_can_be_named_for_a_new_file_of_that_page_alone(desk, command):
    album = _many_pages(desk, 3)
    copy = _repaired(desk, album, "copy.tif", "--page", "2", "--derive")
    assert desk.run(command, album, copy, "--page", "2") == desk.run(command, album, copy) == 0, desk.out
    for page in ("1", "3"):
        assert desk.run(command, album, copy, "--page", page) == 4
        assert f"copy.tif was made of page 2 alone, not of page {page}. Ask for --page 2" in desk.out
    assert desk.run("verify", album, album, "--page", "4") == 4
    assert "There is no page 4" in desk.out


def test_another_file_with_the_same_pixels_is_told(desk):
    scan = _plain(desk)
    copy = _repaired(desk, scan, "copy.tif")
    tifffile.imwrite(desk / "other.tif", light(70, 90), photometric="rgb", compression="zlib")
    assert desk.run("replay", desk / "other.tif", copy) == 0
    assert "(other.tif is not the file that copy.tif was made from, but there its pixels are the same)" in desk.out


def test_a_damaged_record_is_not_called_none(desk):
    scan = _plain(desk)
    copy = _repaired(desk, scan, "copy.tif")
    data = copy.read_bytes()
    assert data.count(b"&quot;after_sha256&quot;") + data.count(b'"after_sha256"') == 1
    copy.write_bytes(data.replace(b"after_sha256", b"after_sha2_6"))
    for command in ("replay", "verify"):
        assert desk.run(command, scan, copy, "--json") == 4
        assert "The record in copy.tif is damaged" in desk.told()["reason"]
    assert desk.run("verify", scan, copy, "--mask", desk.mask()) == 0


@pytest.mark.parametrize("command", ["verify", "replay", "compare"])
def test_what_could_not_be_judged_has_an_error_and_no_counts(desk, command):
    assert desk.run(command, _plain(desk), desk / "missing.tif", "--json") == 4
    told = json.loads(desk.out)
    assert told.keys() == {"judged", "reason", "error"}
    assert "missing.tif" in told["error"]


def test_a_changed_profile_is_told_once(desk):
    profile = bytes(range(128)) * 3
    tifffile.imwrite(desk / "scan.tif", light(70, 90), photometric="rgb", iccprofile=profile)
    copy = _repaired(desk, desk / "scan.tif", "copy.tif")
    data = bytearray(copy.read_bytes())
    data[data.index(profile) + 5] ^= 1
    copy.write_bytes(data)
    assert desk.run("verify", desk / "scan.tif", copy, "--json") == 1
    assert desk.told()["metadata_differences"] == ["ICC profile of page 1"]


def test_blocks_of_a_jpeg_are_told_by_their_coefficients(desk):
    mask = desk.mask(height=64, width=80)
    assert desk.run("repair", desk.jpeg(), "--mask", mask, "--method", "telea", "-o", desk / "copy.jpg") == 0
    assert desk.run("verify", desk / "scan.jpg", desk / "copy.jpg") == 0
    assert "blocks have the same coefficients" in desk.out
    assert "byte" not in desk.out
