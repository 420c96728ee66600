"""Masks as files."""

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from restorer_app.core.errors import InvalidValueError, UnwritableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.files import maskfile
from restorer_app.files.maskfile import read_mask, write_mask
from restorer_app.files.opening import open_here
from restorer_app.files.orientation import stored, upright


@pytest.fixture
def mask() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (600, 31), np.uint8)


@pytest.mark.parametrize("name", ["m.png", "m.tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_written_mask_is_read_back_as_it_was_and_says_its_orientation(tmp_path, mask, name, orientation):
    write_mask(tmp_path / name, Raster.from_array(mask), orientation=orientation)
    assert open_here(tmp_path / name).orientation == orientation
    found = read_mask(tmp_path / name, bounds=Region.of_size(31, 600), orientation=orientation)
    assert np.array_equal(found.read(found.bounds)[:, :, 0], mask)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_mask_that_fits_only_upright_is_turned(tmp_path, mask, orientation):
    Image.fromarray(upright(mask, orientation)).save(tmp_path / "m.png")
    found = read_mask(tmp_path / "m.png", bounds=Region.of_size(31, 600), orientation=orientation)
    assert np.array_equal(found.read(found.bounds)[:, :, 0], mask)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_mask_that_states_no_orientation_is_as_the_picture_is_seen(tmp_path, orientation):
    """Programs show a picture upright; a square, and a picture upside down, tell nothing by their size."""
    square = np.random.default_rng(3).integers(0, 256, (40, 40), np.uint8)
    Image.fromarray(upright(square, orientation)).save(tmp_path / "m.png")
    found = read_mask(tmp_path / "m.png", bounds=Region.of_size(40, 40), orientation=orientation)
    assert np.array_equal(found.read(found.bounds)[:, :, 0], square)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_mask_that_fits_only_the_stored_pixels_is_one_of_those(tmp_path, mask, orientation):
    Image.fromarray(mask).save(tmp_path / "m.png")
    found = read_mask(tmp_path / "m.png", bounds=Region.of_size(31, 600), orientation=orientation)
    assert np.array_equal(found.read(found.bounds)[:, :, 0], mask)


def test_a_mask_whose_writing_is_ended_leaves_no_part_behind(tmp_path, mask, monkeypatch):
    def ended(path, *_args):
        path.write_bytes(b"some of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(maskfile, "_write_png", ended)
    with pytest.raises(KeyboardInterrupt):
        write_mask(tmp_path / "m.png", Raster.from_array(mask))
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_program_left_of_a_mask_is_cleared_away_later(tmp_path, mask, monkeypatch):
    """Nobody tidies up after a power cut; what lies there for more than a day belongs to no mask being written."""
    monkeypatch.setattr(Path, "unlink", lambda *_args, **_how: None)
    monkeypatch.setattr(maskfile, "_write_png", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_mask(tmp_path / "m.png", Raster.from_array(mask))
    monkeypatch.undo()
    (left,) = tmp_path.iterdir()
    os.utime(left, (0, 0))
    write_mask(tmp_path / "n.png", Raster.from_array(mask))
    assert [path.name for path in tmp_path.iterdir()] == ["n.png"]


def test_a_mask_for_a_folder_that_is_not_there_is_refused_in_a_sentence(tmp_path, mask):
    with pytest.raises(UnwritableFileError, match="There is no folder"):
        write_mask(tmp_path / "none" / "m.png", Raster.from_array(mask))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_is_what_pillow_shows(tmp_path, mask, orientation):
    from PIL import ImageOps

    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(mask).save(tmp_path / "m.png", exif=exif)
    with Image.open(tmp_path / "m.png") as image:
        shown = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(upright(mask, orientation), shown)
    assert np.array_equal(stored(shown, orientation), mask)


def test_any_picture_can_be_a_mask(tmp_path, mask):
    bounds = Region.of_size(31, 600)
    red = np.zeros((600, 31, 3), np.uint8)
    red[..., 0] = mask
    Image.fromarray(red).save(tmp_path / "red.png")
    Image.fromarray(mask > 127).save(tmp_path / "one.png")
    Image.fromarray(mask.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    seen = {
        name: read_mask(tmp_path / f"{name}.png", bounds=bounds).read(bounds)[:, :, 0]
        for name in ("red", "one", "deep")
    }
    assert np.array_equal(seen["red"], mask)
    assert np.array_equal(seen["one"], (mask > 127) * np.uint8(255))
    assert np.array_equal(seen["deep"], mask)


def test_what_is_transparent_is_not_masked(tmp_path, mask):
    Image.fromarray(np.stack([np.full_like(mask, 255)] * 3 + [mask], -1)).save(tmp_path / "m.png")
    found = read_mask(tmp_path / "m.png", bounds=Region.of_size(31, 600))
    assert np.array_equal(found.read(found.bounds)[:, :, 0], mask)


@pytest.mark.parametrize(
    ("dtype", "value", "full"),
    [("uint8", 1, "255"), ("uint8", 3, "255"), ("uint16", 1, "65535"), ("float32", 0.004, "1")],
)
def test_a_mask_of_zeros_and_ones_is_refused_where_255_is_meant(tmp_path, mask, dtype, value, full):
    tifffile.imwrite(tmp_path / "m.tif", ((mask > 127) * value).astype(dtype), photometric="minisblack")
    with pytest.raises(InvalidValueError, match=f"highest value is {value}, and {full} is full") as problem:
        read_mask(tmp_path / "m.tif", bounds=Region.of_size(31, 600))
    assert "repair here" in problem.value.advice


def test_a_mask_that_is_nowhere_strong_and_one_that_is_empty_are_read(tmp_path):
    for value in (0, 4):
        for photometric, stored_as in (("minisblack", value), ("miniswhite", 255 - value)):
            tifffile.imwrite(tmp_path / "m.tif", np.full((5, 7), stored_as, np.uint8), photometric=photometric)
            found = read_mask(tmp_path / "m.tif", bounds=Region.of_size(7, 5))
            assert (found.read(found.bounds) == value).all()


def test_a_mask_of_another_size_is_refused_in_a_sentence(tmp_path, mask):
    Image.fromarray(mask).save(tmp_path / "m.png")
    with pytest.raises(InvalidValueError, match="31 × 600 pixels, but the picture has 32 × 600"):
        read_mask(tmp_path / "m.png", bounds=Region.of_size(32, 600))


def test_a_mask_that_cannot_be_written_leaves_what_was_there(tmp_path, mask, monkeypatch):
    old = tmp_path / "m.png"
    old.write_bytes(b"old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(UnwritableFileError, match="not enough room"):
        write_mask(old, Raster.from_array(mask))
    assert old.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["m.png"]


def test_a_mask_is_never_saved_where_it_would_lose_levels(tmp_path, mask):
    with pytest.raises(InvalidValueError, match=r"\.png"):
        write_mask(tmp_path / "m.jpg", Raster.from_array(mask))


@pytest.mark.parametrize("through_a_link", [False, True])
def test_no_mask_takes_the_place_of_an_open_picture(tmp_path, through_a_link):
    master = tmp_path / "plate.tif"
    write_mask(master, Raster.flat(Region.of_size(4, 3), value=7))
    before = master.read_bytes()
    asked = tmp_path / "link.tif"
    asked.hardlink_to(master) if through_a_link else (asked := master)
    with pytest.raises(UnwritableFileError, match="no mask takes its place"):
        write_mask(asked, Raster.flat(Region.of_size(4, 3), value=9), spared=[tmp_path / "gone.tif", master])
    assert master.read_bytes() == before
    write_mask(tmp_path / "mask.tif", Raster.flat(Region.of_size(4, 3)), spared=[master])
