"""Names under which nothing can be saved are refused before anything is computed."""

import errno
import os
import shutil

import pytest

from restorer_app.cli import work
from restorer_app.files.atomic import Landing


@pytest.fixture
def uncomputed(desk, monkeypatch):
    """A desk where computing is a failure of the test."""

    def computed(*_words):
        raise AssertionError("it was computed first")

    monkeypatch.setattr(work, "carry_out", computed)
    return desk


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("scan.tif", "The opened file is never overwritten"),
        ("taken.tif", "taken.tif is already there"),
        ("nowhere/scan.tif", "There is no folder"),
        ("nowhere", "nowhere. Make it first, or name a file: nowhere.tif."),
        ("scan.png", "cannot be named scan.png"),
    ],
)
def test_a_repair_that_could_not_be_saved_is_not_begun(uncomputed, name, sentence):
    desk = uncomputed
    desk.tiff()
    (desk / "taken.tif").write_bytes(b"another's")
    words = ("repair", desk / "scan.tif", "--mask", desk.mask(), "--method", "telea", "-o", desk / name)
    assert desk.run(*words) == 1
    assert sentence in desk.err
    assert (desk / "taken.tif").read_bytes() == b"another's"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("new.jpg", "Saved as a JPEG again, the picture would get back most of what is taken away"),
        ("new.png", "kept in a TIFF, not in a .png file. It can be saved as a new TIFF: new.tif"),
        ("new", "name a file: new.tif"),
    ],
)
def test_a_whole_jpeg_is_saved_as_a_tiff_or_refused_before_it_is_computed(uncomputed, name, sentence):
    desk = uncomputed
    assert desk.run("denoise", desk.jpeg(), "--method", "nlm", "-o", desk / name) == 1
    assert sentence in desk.err


def test_an_enlarged_png_needs_the_name_of_a_tiff(uncomputed):
    desk = uncomputed
    mask = desk.mask()
    assert desk.run("upscale", mask, "--method", "lanczos", "-o", desk / "new.png") == 1
    assert "another size" in desk.err
    assert "new.tif (--derive)" in desk.err


@pytest.mark.parametrize("words", [["-o", ""], ["--output="], ["--mask", ""]])
def test_a_name_that_is_empty_is_not_the_folder_one_is_in(desk, monkeypatch, words):
    monkeypatch.chdir(desk.folder)
    asked = ["repair", desk.tiff(), "--mask", desk.mask(), "--method", "telea", *words]
    assert desk.run(*asked) == 2
    assert "the name is empty" in desk.err
    assert desk.run("mask", "mask.png", "invert", "-o", "") == 2
    assert desk.names() == {"scan.tif", "mask.png"}


@pytest.mark.parametrize("words", [["--derive", "-o", "new.tif"], ["-o", "new.tif"], ["-o", "."], []])
def test_a_name_that_is_free_is_no_obstacle(desk, monkeypatch, words):
    monkeypatch.chdir(desk.folder)
    assert desk.run("repair", desk.tiff(), "--mask", desk.mask(), "--method", "telea", *words) == 0, desk.err


TARGETS = [[], ["-o", "."], ["-o", "new.tif"], ["--derive"]]


@pytest.mark.parametrize("words", TARGETS)
def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_computed(uncomputed, monkeypatch, words):
    desk = uncomputed
    monkeypatch.chdir(desk.folder)

    def read_only(_self, target):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(target))

    monkeypatch.setattr(Landing, "__init__", read_only)
    assert desk.run("repair", desk.tiff(), "--mask", desk.mask(), "--method", "telea", *words) == 1
    assert "cannot be written to; nothing was changed" in desk.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_without_the_right_to_write_is_told_before_anything_is_computed(uncomputed):
    desk = uncomputed
    words = ("repair", desk.tiff(), "--mask", desk.mask(), "--method", "telea")
    desk.folder.chmod(0o555)
    try:
        assert desk.run(*words) == 1
    finally:
        desk.folder.chmod(0o755)
    assert "cannot be written to" in desk.err


def _free(monkeypatch, free):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free))


@pytest.mark.parametrize("words", TARGETS)
def test_a_full_disc_is_told_before_anything_is_computed(uncomputed, monkeypatch, words):
    desk = uncomputed
    monkeypatch.chdir(desk.folder)
    _free(monkeypatch, 1000)
    assert desk.run("repair", desk.tiff(), "--mask", desk.mask(), "--method", "telea", *words) == 1
    assert "There is not enough room in" in desk.err
    assert desk.names() == {"scan.tif", "mask.png"}, "the file that it was tried with is gone"


def test_an_enlarged_picture_needs_the_room_of_its_own_size(uncomputed, monkeypatch):
    desk = uncomputed
    scan = desk.tiff()
    enlarged = 16 * 70 * 90 * 6
    _free(monkeypatch, enlarged)
    assert desk.run("upscale", scan, "--scale", "4", "--method", "lanczos", "-o", desk / "new.tif") == 1
    assert "There is not enough room in" in desk.err
    monkeypatch.undo()
    _free(monkeypatch, 2 * enlarged + 2**20)
    assert desk.run("upscale", scan, "--scale", "4", "--method", "lanczos", "-o", desk / "new.tif") == 0
