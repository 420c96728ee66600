import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core import mask as masks
from restorer_app.core.coverage import covers_everything
from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import CELL, Raster
from restorer_app.core.stroke import Point, Stroke
from tests.core.test_stroke import strokes

BOUNDS = Region.of_size(300, 270)


def values(mask):
    return mask.read(BOUNDS)[:, :, 0].astype(int)


def spotted(seed=0, count=5):
    """A mask with a few grey rectangles, some of them across cells."""
    random = np.random.default_rng(seed)
    plain = np.zeros(BOUNDS.shape, np.uint8)
    for _ in range(count):
        x, y = random.integers(0, 290), random.integers(0, 260)
        plain[y : y + random.integers(1, 40), x : x + random.integers(1, 40)] = random.integers(1, 256)
    return masks.with_cells(
        masks.blank(BOUNDS),
        {cell: plain[Raster.flat(BOUNDS).cell_region(cell).slices()].copy() for cell in BOUNDS.cells(CELL)},
    ), plain.astype(int)


def by_disc(plain, radius, pick, outside):
    padded = np.pad(plain, radius, constant_values=outside)
    out = np.full_like(plain, outside)
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            if dx * dx + dy * dy <= radius * radius:
                out = pick(out, padded[radius + dy :, radius + dx :][: plain.shape[0], : plain.shape[1]])
    return out


@given(st.lists(strokes, max_size=4))
def test_painting_agrees_with_a_plain_array(gestures):
    mask, plain = masks.blank(BOUNDS), np.zeros(BOUNDS.shape, int)
    for number, gesture in enumerate(gestures):
        stroke = dataclasses.replace(gesture, erase=number % 3 == 2)
        covered = stroke.coverage(BOUNDS).astype(int)
        plain = np.minimum(plain, 255 - covered) if stroke.erase else np.maximum(plain, covered)
        mask, _ = masks.paint(mask, stroke)
    assert np.abs(values(mask) - plain).max() <= 1  # as in test_stroke: the origin of a piece
    assert masks.is_empty(mask) == (not values(mask).any())


def test_painting_touches_only_the_cells_of_the_stroke():
    mask, region = masks.paint(masks.blank(Region.of_size(5000, 5000)), Stroke("brush", (Point(700, 700),), 60))
    assert region == Region(669, 669, 731, 731)
    assert set(mask.tiles) == {(2, 2)}


def test_erasing_everything_takes_no_memory():
    mask, _ = masks.paint(masks.blank(BOUNDS), Stroke("box", (Point(10, 10), Point(290, 200))))
    mask, _ = masks.paint(mask, Stroke("box", (Point(0, 0), Point(300, 270)), erase=True))
    assert not mask.tiles


def test_a_wide_stroke_shares_one_full_tile():
    mask, _ = masks.paint(masks.blank(Region.of_size(4000, 4000)), Stroke("brush", (Point(2000, 2000),), 3000))
    full = [tile for tile in mask.tiles.values() if tile.min() == 255]
    assert len(full) > 50
    assert len({id(tile) for tile in full}) == 1


@pytest.mark.parametrize("radius", [1, 3, 20])
def test_grow_and_shrink_take_the_extreme_over_a_disc(radius):
    mask, plain = spotted()
    assert np.array_equal(values(masks.grow(mask, radius)), by_disc(plain, radius, np.maximum, 0))
    assert np.array_equal(values(masks.shrink(mask, radius)), by_disc(plain, radius, np.minimum, 255))


def test_grow_works_on_a_mask_that_is_full_but_for_a_hole():
    mask, plain = spotted()
    assert np.array_equal(values(masks.shrink(masks.invert(mask), 4)), 255 - by_disc(plain, 4, np.maximum, 0))


def test_feather_softens_edges_within_its_radius_only():
    mask, _ = masks.paint(masks.blank(BOUNDS), Stroke("box", (Point(100, 100), Point(200, 200))))
    soft = values(masks.feather(mask, 8))
    assert soft[150, 150] == 255
    assert soft[150, 91] == 0
    assert 100 < soft[150, 100] < 160
    assert (np.diff(soft[150, 85:115]) >= 0).all()


@given(st.integers(0, 5), st.integers(6, 9))
def test_masks_combine_like_arrays(one_seed, other_seed):
    (one, a), (other, b) = spotted(one_seed), spotted(other_seed)
    assert np.array_equal(values(masks.invert(one)), 255 - a)
    assert np.array_equal(values(masks.invert(masks.invert(one))), a)
    for first in (one, masks.invert(one)):
        f = values(first)
        assert np.array_equal(values(masks.union(first, other)), np.maximum(f, b))
        assert np.array_equal(values(masks.union(other, first)), np.maximum(f, b))
        assert np.array_equal(values(masks.subtract(first, other)), np.minimum(f, 255 - b))


@given(st.integers(0, 9))
def test_questions_about_a_mask_agree_with_the_array(seed):
    mask, plain = spotted(seed, count=2)
    rows, columns = np.nonzero(plain)
    assert masks.covered_region(mask) == Region(
        int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
    )
    assert masks.count_covered(mask) == np.count_nonzero(plain)
    assert not covers_everything(mask)
    covered = np.zeros(BOUNDS.shape, bool)
    for region in masks.regions(mask):
        covered[region.slices()] = True
    assert covered[plain > 0].all()


@pytest.mark.parametrize("region", [None, Region(40, 30, 270, 200), Region(0, 0, 256, 256), BOUNDS])
def test_inside_a_region_a_mask_is_as_it_was_and_elsewhere_empty(region):
    mask, plain = spotted(seed=3)
    kept = np.zeros(BOUNDS.shape, bool)
    if region is not None:
        kept[region.slices()] = True
    assert np.array_equal(values(masks.inside(mask, region)), np.where(kept, plain, 0))
    if region == BOUNDS:
        assert masks.inside(mask, region) is mask


def test_empty_and_full():
    assert masks.is_empty(masks.blank(BOUNDS))
    assert masks.covered_region(masks.blank(BOUNDS)) is None
    assert covers_everything(masks.full(BOUNDS))
    assert masks.covered_region(masks.full(BOUNDS)) == BOUNDS
    assert masks.digest(masks.blank(BOUNDS)) != masks.digest(masks.full(BOUNDS))
    assert masks.union(masks.blank(BOUNDS), masks.full(BOUNDS)).own_bytes() == 0


@pytest.mark.parametrize("radius", [0, -1, 501, 2.5, True])
def test_a_margin_that_makes_no_sense_is_refused(radius):
    with pytest.raises(InvalidValueError, match="1 to 500"):
        masks.grow(spotted()[0], radius)


def test_other_rasters_are_no_masks():
    with pytest.raises(InvalidValueError, match="8 bits and one channel"):
        masks.invert(Raster.flat(BOUNDS, channels=3))
    with pytest.raises(InvalidValueError, match="cannot be put together"):
        masks.union(masks.blank(BOUNDS), masks.blank(Region.of_size(3, 3)))


def test_a_mask_from_a_file_is_kept_only_where_it_covers_something():
    mask, plain = spotted(3, count=1)
    from_file = Raster.from_array(plain.astype(np.uint8))
    kept = masks.sparse(from_file)
    assert np.array_equal(values(kept), plain)
    assert set(kept.tiles) == set(masks.covered_cells(mask))
    assert masks.background(kept) == 0
    assert masks.sparse(mask) is mask


@pytest.mark.parametrize("factor", [1, 2, 4])
@pytest.mark.parametrize("flipped", [False, True])
def test_an_enlarged_mask_covers_the_same_places(factor, flipped):
    mask, plain = spotted(4)
    if flipped:
        mask, plain = masks.invert(mask), 255 - plain
    large = masks.enlarged(mask, factor)
    assert large.bounds == BOUNDS.scaled(factor)
    found = large.read(large.bounds)[:, :, 0]
    assert np.array_equal(found, plain.repeat(factor, axis=0).repeat(factor, axis=1))
    assert not masks.enlarged(masks.blank(BOUNDS), factor).tiles


def test_a_mask_over_an_array_is_enlarged_too():
    plain = spotted(5)[1].astype(np.uint8)
    large = masks.enlarged(Raster.from_array(plain), 2)
    assert np.array_equal(large.read(large.bounds)[:, :, 0], plain.repeat(2, axis=0).repeat(2, axis=1))


@pytest.mark.parametrize("factor", [0, 3, -2])
def test_a_mask_is_enlarged_by_what_divides_a_cell(factor):
    with pytest.raises(InvalidValueError):
        masks.enlarged(masks.blank(BOUNDS), factor)
