import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region, bounding, cell_region

GRID = Region(0, 0, 40, 30)


@st.composite
def regions(draw, inside=GRID):
    left = draw(st.integers(inside.left, inside.right - 1))
    top = draw(st.integers(inside.top, inside.bottom - 1))
    return Region(left, top, draw(st.integers(left + 1, inside.right)), draw(st.integers(top + 1, inside.bottom)))


def pixels_of(*parts):
    canvas = np.zeros(GRID.shape, int)
    for part in parts:
        canvas[part.slices()] += 1
    return canvas


@given(regions(), regions())
def test_arithmetic_agrees_with_pixels_on_a_grid(one, other):
    mine, theirs = pixels_of(one) > 0, pixels_of(other) > 0
    common = one.intersect(other)
    assert one.overlaps(other) == (common is not None) == bool((mine & theirs).any())
    if common is not None:
        assert np.array_equal(pixels_of(common) > 0, mine & theirs)
    assert one.contains(other) == bool((mine | ~theirs).all())
    union = one.union(other)
    assert union.contains(one)
    assert union.contains(other)
    assert union == bounding([one, other])
    left_over = pixels_of(*one.without(other))
    assert left_over.max() <= 1  # disjoint
    assert np.array_equal(left_over > 0, mine & ~theirs)


@given(regions(), st.integers(1, 9), st.integers(1, 9))
def test_pieces_cover_a_region_exactly_once(region, width, height):
    assert np.array_equal(pixels_of(*region.divided(width, height)), pixels_of(region))


@given(regions(), st.integers(1, 12))
def test_cells_are_those_that_a_region_touches(region, size):
    touched = set(region.cells(size))
    for row in range(-(-GRID.bottom // size)):
        for column in range(-(-GRID.right // size)):
            cell = cell_region(row, column, size=size, inside=GRID)
            assert ((row, column) in touched) == cell.overlaps(region)


@given(regions(), st.integers(1, 12))
def test_aligned_is_the_smallest_aligned_region_around(region, step):
    grown = region.aligned(step)
    assert grown.contains(region)
    assert all(side % step == 0 for side in (grown.left, grown.top, grown.right, grown.bottom))
    assert region.left - grown.left < step
    assert grown.bottom - region.bottom < step


@given(regions(), st.integers(0, 50))
def test_grown_and_cut_stays_inside(region, margin):
    assert GRID.contains(region.grown(margin, inside=GRID))
    assert region.grown(margin).grown(-margin) == region


@pytest.mark.parametrize("sides", [(0, 0, 0, 1), (0, 0, 1, 0), (5, 0, 4, 9), (0, 9, 9, 1)])
def test_an_empty_region_is_refused_with_a_sentence(sides):
    with pytest.raises(InvalidValueError, match="at least one pixel"):
        Region(*sides)


def test_fractions_are_refused_and_numpy_integers_become_true_ones():
    with pytest.raises(InvalidValueError, match="whole numbers"):
        Region(0.5, 0, 2, 2)
    assert type(Region(np.int32(0), 0, 2, 2).left) is int


def test_a_region_outside_the_limits_cannot_be_cut_to_them():
    with pytest.raises(InvalidValueError, match="outside"):
        Region(50, 50, 60, 60).grown(2, inside=GRID)


def test_scaling_and_shifting():
    assert Region(1, 2, 3, 4).scaled(4) == Region(4, 8, 12, 16)
    assert Region(1, 2, 3, 4).shifted(-1, 5) == Region(0, 7, 2, 9)
    assert bounding([]) is None
