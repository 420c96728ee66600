"""A first look at a picture: small, in its own depth, and quick even where the time is short."""

import numpy as np
import pytest

from restorer_app.core.geometry import Region
from restorer_app.core.raster import ArraySource
from restorer_app.files.opening import open_here
from restorer_app.files.overview import _coarse_first_squares, overview, reduced, sampled
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


@pytest.mark.parametrize(("down", "across"), [(1, 1), (2, 1), (7, 3), (64, 64), (65, 1), (1, 9)])
def test_segments_are_read_coarse_first_and_each_once(down, across):
    order = list(_coarse_first_squares(down, across))
    assert sorted(order) == [(y, x) for y in range(down) for x in range(across)]
    half = sorted({y for y, _ in order[: max(1, down * across // 2)]})
    assert max(np.diff([-1, *half, down])) <= 4 + down // 2


@pytest.mark.parametrize("column", [20, 33])
def test_tiles_are_read_one_by_one(column):
    pixels = make.noise(230, 170, 3, dtype="uint16")
    source = Counting(pixels)
    assert np.array_equal(sampled(source, 64, band=32, column=column, seconds=1000), reduced(pixels, 64))
    assert max(region.width for region in source.regions) <= column


def test_what_was_not_read_is_made_up_softly_from_what_was():
    y, x = np.mgrid[0:400, 0:600]
    ramp = (y + x).astype(np.uint16)[:, :, None] * 60
    clock = iter(np.arange(0, 100, 0.1))
    source = Counting(ramp)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("restorer_app.files.overview.time.monotonic", lambda: next(clock))
        small = sampled(source, 60, band=40, column=40, seconds=1.5)
    assert 10 <= len(source.regions) < 40  # of 150 tiles
    true = reduced(ramp, 60).astype(int)
    assert np.abs(small.astype(int) - true).mean() < 0.1 * true.max()
    steps = np.abs(np.diff(small[:, :, 0].astype(int), axis=1))
    assert steps.max() < 0.35 * true.max()  # no stripes, no holes


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
