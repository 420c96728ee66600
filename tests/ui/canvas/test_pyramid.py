"""Levels of a picture that is never read as a whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restorer_app.core.geometry import Region
from restorer_app.core.raster import ArraySource, Raster
from restorer_app.ui.canvas.pyramid import Pyramid, level_size, reduced
from tests.ui.canvas.scenes import colours


class Watched:
    """A source that remembers what was read of it."""

    def __init__(self, pixels):
        self._source = ArraySource(pixels)
        self.reads = []

    bounds = property(lambda self: self._source.bounds)
    dtype = property(lambda self: self._source.dtype)
    channels = property(lambda self: self._source.channels)

    def read(self, region):
        self.reads.append(region)
        return self._source.read(region)


def full(pyramid):
    while (band := pyramid.next_band()) is not None:
        pyramid.build(band)
    return pyramid


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_level_is_the_picture_halved_again_and_again(dtype, channels):
    pixels = colours(1101, 777, dtype=dtype, channels=channels)
    raster = Raster.from_array(pixels)
    pyramid = full(Pyramid(raster.source))
    for level in range(pyramid.top + 1):
        shown = pyramid.read(level, raster.bounds, raster)
        assert shown.shape == (*level_size(raster.bounds, level), channels)
        assert np.array_equal(shown, reduced(pixels, level))
        assert abs(float(shown.mean()) - float(pixels.mean())) < 0.02 * float(pixels.max())


@settings(max_examples=12)
@given(st.data())
def test_an_edited_raster_is_reduced_as_if_the_whole_had_been(data):
    pixels = colours(900, 700)
    raster = Raster.from_array(pixels)
    pyramid = full(Pyramid(raster.source))
    for _ in range(data.draw(st.integers(1, 3))):
        left, top = data.draw(st.integers(0, 890)), data.draw(st.integers(0, 690))
        region = Region.clipped(left, top, left + 120, top + 90, inside=raster.bounds)
        raster = raster.with_patch(region, np.full((*region.shape, 3), data.draw(st.integers(0, 255)), np.uint8))
    level = data.draw(st.integers(0, pyramid.top))
    expected = reduced(raster.read(raster.bounds), level)
    assert np.array_equal(pyramid.read(level, raster.bounds, raster), expected)
    size = 1 << level
    part = Region(size, size, min(40 * size, 896 // size * size), min(30 * size, 640 // size * size))
    assert np.array_equal(pyramid.read(level, part, raster), expected[1 : part.bottom // size, 1 : part.right // size])


def test_only_the_bands_that_a_region_needs_are_read():
    source = Watched(colours(600, 2000))
    pyramid = Pyramid(source)
    wanted = Region(0, 1000, 600, 1100)
    assert pyramid.missing_bands(1, wanted) == []
    for band in pyramid.missing_bands(2, wanted):
        pyramid.build(band)
    assert pyramid.missing_bands(2, wanted) == []
    assert not pyramid.is_complete
    assert source.reads == [Region(0, 768, 600, 1024), Region(0, 1024, 600, 1280)]


def test_a_first_impression_of_a_slow_source_reads_nothing():
    source = Watched(colours(600, 400))
    assert Pyramid(source).rough(100) is None
    assert source.reads == []


def test_a_first_impression_of_pixels_at_hand_is_every_nth():
    pixels = colours(600, 400)
    assert np.array_equal(Pyramid(ArraySource(pixels)).rough(100), pixels[::6, ::6])
