"""CIE Lab in a TIFF: a and b have signs there, and none where they are worked on."""

import numpy as np
import pytest
import tifffile

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.files.saving import save
from restorer_app.files.tiff import open_tiff
from restorer_app.files.verify import verify
from tests.files.tiffs import page, write

HALF = {"uint8": 128, "uint16": 32768}
PLACE = Region(10, 12, 50, 44)


def nearly_grey(dtype: str, *, height: int = 96, width: int = 128) -> np.ndarray:
    """L as it comes, and a and b from -3 to 3 with their signs, as a scan of a grey photograph has them."""
    random = np.random.default_rng(5)
    light = random.integers(0, HALF[dtype], (height, width, 1))
    return np.concatenate([light, random.integers(-3, 4, (height, width, 2))], axis=2).astype(np.int64).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_neighbouring_colours_have_neighbouring_values(tmp_path, dtype):
    stored = nearly_grey(dtype)
    source = open_tiff(write(tmp_path / "a.tif", page(stored, photometric=8, coding=("lzw", 2)))).source
    shown = source.read(source.bounds).astype(np.int64)
    signed = stored.astype(stored.dtype.str.replace("u", "i")).astype(np.int64)
    np.testing.assert_array_equal(shown[..., 1:] - HALF[dtype], signed[..., 1:])
    np.testing.assert_array_equal(shown[..., 0], stored[..., 0])
    np.testing.assert_array_equal(source.overview(1), shown[::2, ::2])


def test_samples_that_say_they_have_signs_are_shown_like_those_that_do_not(tmp_path):
    stored = nearly_grey("uint16")
    plain = open_tiff(write(tmp_path / "a.tif", page(stored, photometric=8))).source
    signed = open_tiff(write(tmp_path / "b.tif", page(stored.view(np.int16), photometric=8))).source
    np.testing.assert_array_equal(signed.read(signed.bounds), plain.read(plain.bounds))


@pytest.mark.parametrize("photometric", [9, 10])
def test_lab_without_signs_is_read_as_it_stands(tmp_path, photometric):
    stored = nearly_grey("uint16")
    source = open_tiff(write(tmp_path / "a.tif", page(stored, photometric=photometric))).source
    np.testing.assert_array_equal(source.read(source.bounds), stored)


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("derive", [False, True])
def test_a_grey_repair_is_stored_grey(tmp_path, planar, derive):
    stored = nearly_grey("uint16")
    picture = open_tiff(write(tmp_path / "a.tif", page(stored, photometric=8, planar=planar, coding=("deflate", 2))))
    image = Raster(picture.source)
    mean = image.read(PLACE).mean(axis=(0, 1), keepdims=True)
    image = image.with_patch(PLACE, np.broadcast_to(np.rint(mean), (*PLACE.shape, 3)).astype(np.uint16))
    mask = Raster.flat(image.bounds).with_patch(PLACE, np.full((*PLACE.shape, 1), 255, np.uint8))
    done = save(picture, image, allowed=mask, records=[], derive=derive)
    assert done.verdict.same, done.verdict
    again = verify(picture.path, done.path, allowed=mask)
    assert again.same, again.sentence
    found = tifffile.imread(done.path)
    found = found if found.shape[-1] == 3 else np.moveaxis(found, 0, 2)
    assert np.abs(found.view(np.int16)[PLACE.slices()][..., 1:]).max() <= 1
    found[PLACE.slices()] = stored[PLACE.slices()]
    np.testing.assert_array_equal(found, stored)


def test_a_level_of_the_pyramid_gets_the_mean_colour(tmp_path):
    stored = nearly_grey("uint16")
    level = page(stored[::2, ::2].copy(), photometric=8, t254=(4, [1]))
    base = page(stored, photometric=8)
    base.children[330] = [level]
    picture = open_tiff(write(tmp_path / "a.tif", base))
    image = Raster(picture.source).with_patch(PLACE, np.full((*PLACE.shape, 3), 32767, np.uint16))  # a and b are -1
    mask = Raster.flat(image.bounds).with_patch(PLACE, np.full((*PLACE.shape, 1), 255, np.uint8))
    done = save(picture, image, allowed=mask, records=[], pyramid=True)
    with tifffile.TiffFile(done.path) as file:
        small = file.pages[0].pages[0].asarray()
    assert (small[7:21, 6:24, 1:].view(np.int16) == -1).all()
