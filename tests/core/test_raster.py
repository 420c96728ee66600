import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region, bounding
from restorer_app.core.raster import CELL, ArraySource, FlatSource, Raster, digest_cells
from tests.core.test_geometry import regions

BOUNDS = Region.of_size(600, 300)  # three by two cells, the last ones cut


def noise(dtype="uint16", channels=3, seed=1):
    values = np.random.default_rng(seed).random((*BOUNDS.shape, channels))
    return values.astype(np.float32) if dtype == "float32" else (values * np.iinfo(dtype).max).astype(dtype)


class CountingSource(ArraySource):
    """Remembers what was asked of it."""

    def read(self, region):
        asked.append(region)
        return super().read(region)


asked: list[Region] = []


@given(st.lists(regions(BOUNDS), max_size=6), regions(BOUNDS), st.sampled_from(["uint8", "uint16", "float32"]))
def test_a_raster_with_patches_reads_like_a_plain_array(patches, window, dtype):
    plain = noise(dtype)
    raster = Raster.from_array(plain.copy())
    for number, region in enumerate(patches):
        pixels = noise(dtype, seed=number + 2)[region.slices()]
        plain[region.slices()] = pixels
        raster = raster.with_patch(region, pixels)
    assert np.array_equal(raster.read(window), plain[window.slices()])
    assert raster.read(window).dtype == dtype


@given(regions(BOUNDS))
def test_a_patch_leaves_the_old_raster_and_every_untouched_tile_alone(region):
    first = Raster.from_array(noise()).with_patch(BOUNDS, noise(seed=5))
    before = first.read(BOUNDS).copy()
    second = first.with_patch(region, noise(seed=6)[region.slices()])
    assert np.array_equal(first.read(BOUNDS), before)
    touched = set(region.cells(CELL))
    assert second.changed_cells(first) == touched
    for cell in set(BOUNDS.cells(CELL)) - touched:
        assert second.tiles[cell] is first.tiles[cell]


def test_nobody_can_write_into_a_raster():
    raster = Raster.from_array(noise()).with_patch(Region(0, 0, 300, 300), noise()[:300, :300])
    for region in (Region(0, 0, 10, 10), Region(550, 0, 560, 10)):
        with pytest.raises(ValueError, match="read-only"):
            raster.read(region)[0, 0] = 0


def test_a_patch_is_copied_from_what_the_caller_goes_on_using():
    mine = noise()[:CELL, :CELL].copy()
    raster = Raster.from_array(noise()).with_patch(Region(0, 0, CELL, CELL), mine)
    mine[:] = 0
    assert raster.read(Region(0, 0, CELL, CELL)).any()


def test_reading_asks_the_source_only_for_what_it_needs():
    asked.clear()
    source = CountingSource(noise())
    raster = Raster(source)
    raster.read(Region(3, 4, 9, 10))
    assert asked == [Region(3, 4, 9, 10)]
    covered = raster.with_patch(BOUNDS, noise(seed=2))
    asked.clear()
    covered.read(BOUNDS)
    covered.changed_cells()
    assert asked == []


def test_what_lies_around_a_patch_is_not_read_again():
    source = CountingSource(noise())
    place = Region(CELL - 5, 3, CELL + 5, 20)
    around = {cell: source.read(Raster(source).cell_region(cell)) for cell in place.cells(CELL)}
    pixels = noise(seed=2)[place.slices()]
    asked.clear()
    patched = Raster(source).with_patch(place, pixels, around)
    again = patched.with_patch(place, noise(seed=3)[place.slices()], around)  # its own tiles come first
    assert asked == []
    expected = noise()
    expected[place.slices()] = pixels
    assert np.array_equal(patched.read(BOUNDS), expected)
    expected[place.slices()] = noise(seed=3)[place.slices()]
    assert np.array_equal(again.read(BOUNDS), expected)


def test_opening_300_megapixels_holds_nothing_in_memory():
    huge = Raster(FlatSource(Region.of_size(20_000, 15_000), np.dtype("uint16"), 3, value=9))
    assert huge.own_bytes() == 0
    dab = huge.with_patch(Region(10_000, 7_000, 10_060, 7_060), np.zeros((60, 60, 3), np.uint16))
    assert dab.own_bytes() <= 4 * CELL * CELL * 3 * 2
    assert int(dab.read(Region(9_999, 7_000, 10_000, 7_001)).max()) == 9


def test_the_digest_is_the_documented_one():
    raster = Raster.from_array(noise())
    cells = [(1, 0), (0, 2)]
    expected = hashlib.sha256()
    for cell in sorted(cells):
        pixels = np.ascontiguousarray(raster.read(raster.cell_region(cell))).astype("<u2")
        expected.update(hashlib.sha256(f"{cell} {pixels.shape} <u2".encode() + pixels.tobytes()).digest())
    assert digest_cells(raster, cells) == expected.hexdigest()
    swapped = Raster.from_array(noise().astype(">u2").astype("=u2"))
    assert digest_cells(swapped, cells) == digest_cells(raster, reversed(cells))
    changed = raster.with_patch(Region(0, 299, 1, 300), np.zeros((1, 1, 3), np.uint16))
    assert digest_cells(changed, cells) != digest_cells(raster, cells)


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        (lambda r: r.read(Region(0, 0, 601, 1)), "lies outside the picture of 600 × 300"),
        (lambda r: r.with_patch(Region(0, 0, 2, 2), np.zeros((2, 3, 3), np.uint16)), "does not fit"),
        (lambda r: r.with_patch(Region(0, 0, 2, 2), np.zeros((2, 2, 3), np.uint8)), "does not fit"),
        (lambda _: Raster.from_array(np.zeros((2, 2, 3))), "float64 cannot be edited"),
        (lambda _: Raster(ArraySource(np.zeros((2, 2, 0), np.uint8))), "at least one channel"),
        (lambda _: Raster.flat(Region(1, 0, 4, 4)), "starts at 0, 0"),
        (lambda _: ArraySource(np.zeros((2, 2), np.uint8)), "height × width × channels"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(work, sentence):
    with pytest.raises(InvalidValueError, match=sentence):
        work(Raster.from_array(noise()))


def test_white_is_the_maximum_of_the_type():
    assert Raster.from_array(noise("uint16")).maximum == 65535
    assert Raster.from_array(noise("float32")).maximum == 1


@given(st.sets(st.tuples(st.integers(0, 3), st.integers(0, 4))))
def test_the_region_around_cells_is_that_around_their_regions(cells):
    raster = Raster.from_array(np.zeros((900, 1100, 1), np.uint8))
    assert raster.region_around(cells) == bounding(raster.cell_region(cell) for cell in cells)
