"""Tiles: what they cover, what they see, and how few there are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core.geometry import Region
from restorer_app.engine.plan import SMALLEST, Needs, batches, halved, merge, plan_covered, plan_holes, plan_whole

sizes = st.integers(1, 900)
needs = st.builds(
    Needs,
    halo=st.integers(0, 70),
    multiple_of=st.sampled_from([1, 2, 4, 8]),
    side=st.sampled_from([64, 128, 256, 512]),
)


@st.composite
def bounds_and_boxes(draw):
    bounds = Region.of_size(draw(sizes), draw(sizes))
    boxes = []
    for _ in range(draw(st.integers(1, 12))):
        left, top = draw(st.integers(0, bounds.width - 1)), draw(st.integers(0, bounds.height - 1))
        width, height = draw(st.integers(1, 300)), draw(st.integers(1, 300))
        boxes.append(Region(left, top, min(left + width, bounds.right), min(top + height, bounds.bottom)))
    return bounds, boxes


def count(bounds, regions):
    seen = np.zeros(bounds.shape, int)
    for region in regions:
        seen[region.slices()] += 1
    return seen


def must_see_enough(tile, bounds, needs):
    assert tile.window.contains(tile.out.grown(needs.halo, inside=bounds))
    assert tile.context.contains(tile.window)
    assert bounds.contains(tile.context)
    assert tile.window.left % needs.multiple_of == tile.window.top % needs.multiple_of == 0
    assert tile.window.right % needs.multiple_of == 0 or tile.window.right == bounds.right
    assert tile.window.bottom % needs.multiple_of == 0 or tile.window.bottom == bounds.bottom


@given(bounds_and_boxes(), needs)
def test_whole_pictures_are_covered_exactly_once(drawn, needs):
    bounds, (region, *_) = drawn
    tiles = plan_whole(bounds, region, needs)
    seen = count(bounds, (tile.out for tile in tiles))
    assert seen.sum() == region.area
    assert (seen[region.slices()] == 1).all()
    for tile in tiles:
        must_see_enough(tile, bounds, needs)


@given(bounds_and_boxes(), needs)
def test_a_mask_is_covered_and_no_pixel_is_made_twice(drawn, needs):
    bounds, boxes = drawn
    asked = count(bounds, boxes) > 0
    fills = Needs(needs.halo, needs.multiple_of, needs.side, context=40)
    for tiles, wanted in ((plan_covered(bounds, boxes, needs), needs), (plan_holes(bounds, boxes, fills), fills)):
        seen = count(bounds, (tile.out for tile in tiles))
        assert seen.max() == 1
        assert (seen[asked] == 1).all()
        for tile in tiles:
            must_see_enough(tile, bounds, wanted)


@given(bounds_and_boxes())
def test_what_is_prepared_for_a_hole_does_not_depend_on_the_size_of_tiles(drawn):
    bounds, boxes = drawn
    small, large = (
        plan_holes(bounds, boxes, Needs(20, multiple_of=2, side=side, context=40)) for side in (SMALLEST, 512)
    )
    assert {tile.context for tile in small} == {tile.context for tile in large}


@given(bounds_and_boxes(), needs)
def test_a_tile_is_halved_into_the_same_place(drawn, needs):
    bounds, boxes = drawn
    for tile in plan_whole(bounds, boxes[0], needs):
        pieces = halved(tile, bounds, needs)
        assert sum(piece.out.area for piece in pieces) == tile.out.area
        assert all(tile.out.contains(piece.out) for piece in pieces)
        assert max(tile.out.shape) <= SMALLEST or all(max(p.out.shape) < max(tile.out.shape) for p in pieces)
        for piece in pieces:
            must_see_enough(piece, bounds, needs)


def test_a_part_of_a_picture_is_cut_like_the_whole():
    bounds = Region.of_size(2000, 1500)
    needs = Needs(16, multiple_of=2)
    whole = {tile.out for tile in plan_whole(bounds, bounds, needs)}
    part = plan_whole(bounds, Region(512, 512, 1536, 1024), needs)
    assert {tile.out for tile in part} <= whole


def specks(amount, bounds, *, side, seed=0):
    rng = np.random.default_rng(seed)
    lefts = rng.integers(0, bounds.width - side, amount).tolist()
    tops = rng.integers(0, bounds.height - side, amount).tolist()
    return [Region(left, top, left + side, top + side) for left, top in zip(lefts, tops, strict=True)]


def test_five_hundred_specks_on_a_hundred_megapixels_run_in_few_calls():
    bounds = Region.of_size(12_000, 8_400)
    tiles = plan_holes(bounds, specks(500, bounds, side=12), Needs(40, multiple_of=2, context=64))
    calls = list(batches(tiles, 1 << 17))
    assert len(tiles) < 500
    assert len(calls) < 100
    assert sum(tile.window.area for tile in tiles) < bounds.area / 10
    assert len(calls[0]) == 1, "the first is seen early"
    assert sorted(tile.out for call in calls for tile in call) == sorted(tile.out for tile in tiles)


def test_nearby_specks_share_a_crop_and_far_ones_do_not():
    near = [Region(100, 100, 110, 110), Region(130, 100, 140, 110)]
    assert merge(near, margin=64) == [Region(100, 100, 140, 110)]
    far = [Region(100, 100, 110, 110), Region(900, 100, 910, 110)]
    assert merge(far, margin=64) == far


def test_a_hairline_across_a_large_scan_is_cut_along_it():
    bounds = Region.of_size(6000, 4000)
    steps = [Region(x, x * 2 // 3, x + 12, x * 2 // 3 + 9) for x in range(0, 5980, 10)]
    tiles = plan_holes(bounds, steps, Needs(40, multiple_of=2, context=64))
    assert sum(tile.context.area for tile in tiles) < bounds.area / 2
    assert (count(bounds, (tile.out for tile in tiles))[count(bounds, steps) > 0] == 1).all()
