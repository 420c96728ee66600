"""A first look at a picture: small, in its own depth, and quick even where the time is short."""

import numpy as np
import pytest

from restorer_app.core.geometry import Region
from restorer_app.core.raster import ArraySource
from restorer_app.files.opening import open_here
from restorer_app.files.overview import _coarse_first, overview, reduced, sampled
from tests.files import make


class Counting(ArraySource):
    """A source that remembers what was read of it."""

    def __init__(self, pixels: np.ndarray) -> None:
        super().__init__(pixels)
        object.__setattr__(self, "regions", [])

    def read(self, region: Region) -> np.ndarray:
        self.regions.append(region)
        return super().read(region)


@pytest.mark.parametrize("band", [1, 7, 64, 1000])
@pytest.mark.parametrize("longest", [1, 16, 100, 500])
def test_with_time_enough_it_is_every_nth_pixel(band, longest):
    pixels = make.noise(230, 170, 3, dtype="uint16")
    source = Counting(pixels)
    small = sampled(source, longest, band=band, seconds=1000)
    assert np.array_equal(small, reduced(pixels, longest))
    assert max(small.shape[:2]) <= longest
    assert len(source.regions) <= -(-230 // band)  # a band is read once


def test_without_time_one_band_stands_for_all():
    ramp = np.repeat(np.arange(100, dtype=np.uint8)[:, None, None], 80, axis=1)
    source = Counting(ramp)
    small = sampled(source, 50, band=10, seconds=0)
    assert len(source.regions) == 1
    assert small.shape == (50, 40, 1)
    assert small.max() < 10


def test_bands_are_read_coarse_first():
    for count in (1, 2, 7, 64, 65):
        order = list(_coarse_first(count))
        assert sorted(order) == list(range(count))
        half = sorted(order[: max(1, count // 2)])
        assert max(np.diff([-1, *half, count])) <= 4 + count // 2


@pytest.mark.parametrize("compression", [None, "deflate", "lzw"])
@pytest.mark.parametrize("options", [{"rowsperstrip": 9}, {"tile": (32, 48)}])
def test_a_tiff_shows_its_own_pixels(tmp_path, compression, options):
    pixels = make.photograph(301, 203, dtype="uint16")
    picture = open_here(make.write(tmp_path, "a.tif", make.tiff(pixels, compression=compression, **options)))
    small = overview(picture, 64)
    assert small.dtype == np.uint16
    assert max(small.shape[:2]) <= 64
    step = -(-301 // len(small))
    assert np.array_equal(small, pixels[::step, ::step])


def test_a_jpeg_is_reduced_by_its_decoder(tmp_path):
    photo = make.photograph(400, 300)
    small = overview(open_here(make.write(tmp_path, "a.jpg", make.jpeg(photo, orientation=6, metadata=True))), 100)
    assert small.shape == (100, 75, 3)  # as stored: only the view turns
    means = photo.reshape(100, 4, 75, 4, 3).mean(axis=(1, 3))
    assert np.abs(small - means).mean() < 6
