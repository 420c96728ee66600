"""Small pictures show what the raster holds, whatever its own tiles are."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core import mask as masks
from restorer_app.core.geometry import Region
from restorer_app.core.history import Snapshot
from restorer_app.core.raster import Raster
from restorer_app.core.stroke import Point, Stroke
from restorer_app.files.picture import Picture
from restorer_app.ui.thumbs import image_of, picture_thumb, step_thumb


def picture_of(pixels, **facts):
    raster = Raster.from_array(pixels)
    told = {"layout": "grey" if raster.channels == 1 else "rgb"} | facts
    return Picture(Path("a.tif"), "tiff", 0, 1, told.pop("layout"), raster.source, **told), raster


def pixel(image, x, y):
    colour = image.pixelColor(x, y)
    return colour.red(), colour.green(), colour.blue()


@pytest.mark.parametrize(("value", "dtype"), [(200, np.uint8), (200 << 8, np.uint16), (200 / 255, np.float32)])
def test_every_depth_is_shown_as_bright_as_it_is(value, dtype):
    picture, _ = picture_of(np.full((20, 30, 3), value, dtype))
    assert pixel(image_of(np.full((20, 30, 3), value, dtype), picture), 5, 5) == (200, 200, 200)


def test_white_is_zero_is_turned_round_and_orientation_turns():
    picture, _ = picture_of(np.zeros((20, 30, 1), np.uint8), white_is_zero=True, orientation=6)
    shown = image_of(np.zeros((20, 30, 1), np.uint8), picture)
    assert (shown.width(), shown.height()) == (20, 30)
    assert pixel(shown, 3, 3) == (255, 255, 255)


@given(st.integers(0, 899), st.integers(0, 699), st.integers(1, 400), st.integers(1, 400))
def test_a_patch_is_seen_where_it_lies(left, top, width, height):
    picture, raster = picture_of(np.zeros((700, 900), np.uint8))
    region = Region.clipped(left, top, left + width, top + height, inside=raster.bounds)
    after = raster.with_patch(region, np.full((*region.shape, 1), 255, np.uint8))
    shown = picture_thumb(np.zeros((70, 90, 1), np.uint8), picture, after)
    step = -(-900 // 224)
    whole = after.read(after.bounds)[::step, ::step, 0]
    assert (shown.height(), shown.width()) == whole.shape
    seen = np.array([[shown.pixelColor(x, y).red() for x in range(shown.width())] for y in range(0, shown.height(), 7)])
    assert np.array_equal(seen, whole[::7])


def test_a_step_shows_the_place_it_changed_and_its_mask_in_cyan():
    picture, raster = picture_of(np.full((2000, 2000), 100, np.uint8))
    blank = masks.blank(raster.bounds)
    before = Snapshot(raster, blank, blank)
    mask, _ = masks.paint(blank, Stroke("brush", (Point(500, 500),), diameter=300))
    shown = step_thumb(np.full((100, 100, 1), 100, np.uint8), picture, before, Snapshot(raster, mask, blank))
    red, green, blue = pixel(shown, shown.width() // 2, shown.height() // 2)
    assert blue > red + 50
    assert green > red + 30
    assert pixel(shown, 1, 1) == (100, 100, 100)
