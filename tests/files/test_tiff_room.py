"""Room for rewritten segments: nothing is handed out that was not given, and nothing twice."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.files.saving import save
from restorer_app.files.tiff import open_tiff
from restorer_app.files.tiff_room import Room
from tests.files.make import photograph
from tests.files.tiffs import page, write


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=12),
    wanted=st.lists(st.tuples(st.integers(0, 11), st.integers(1, 20)), max_size=20),
)
def test_room_is_what_was_given_and_is_given_out_once(sizes, wanted):
    ends = np.cumsum(sizes)
    spans = [(int(end - size), int(end)) for end, size in zip(ends, sizes, strict=True)]
    free = np.zeros(ends[-1] + 40, bool)
    room = Room()
    for number, size in wanted:
        begin, end = spans[number % len(spans)]
        if not free[begin:end].any() and spans[number % len(spans)] != (0, 0):
            room.give(begin, end)
            free[begin:end] = True
            spans[number % len(spans)] = (0, 0)
        at = room.take(size, at=begin)
        if at is not None:
            assert free[at : at + size].all()
            assert at == begin or at % 2 == 0
            free[at : at + size] = False


def test_what_touches_is_joined_and_what_was_there_before_is_preferred():
    room = Room()
    room.give(10, 20)
    room.give(30, 40)
    assert room.take(15, at=30) is None
    room.give(20, 30)
    assert room.take(8, at=30) == 30
    assert room.take(20, at=39) == 10


def test_of_very_many_gaps_the_largest_are_remembered():
    room = Room()
    for number in range(1000):
        room.give(100 * number, 100 * number + 10 + number % 50)
    assert all(room.take(59, at=0) is not None for _ in range(20))
    assert room.take(60, at=0) is None


def test_a_repair_over_many_strips_makes_the_file_hardly_longer(tmp_path):
    """Each strip gets longer, by grain that was not there; together they lie where they lay, but for the first."""
    one = page(photograph(400, 300), coding=("zstd", 2), rows=8)
    master = write(tmp_path / "a.tif", one)
    picture = open_tiff(master)
    place = Region(40, 80, 260, 360)
    old = picture.source.read(place)
    new = old ^ np.random.default_rng(3).integers(0, 2, old.shape).astype(np.uint8)
    image = Raster(picture.source).with_patch(place, new)
    mask = Raster.flat(image.bounds).with_patch(place, np.full((*place.shape, 1), 255, np.uint8))
    done = save(picture, image, allowed=mask, records=[])
    assert done.verdict.same, done.verdict
    np.testing.assert_array_equal(open_tiff(done.path).source.read(image.bounds), image.read(image.bounds))
    rewritten = done.segments_patched * len(one.segments[20])
    assert done.size_bytes - master.stat().st_size < rewritten / 3
