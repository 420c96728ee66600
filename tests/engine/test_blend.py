"""Outside the mask not one bit changes; soft edges lie inside it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from restorer_app.core.metrics import count_changed
from restorer_app.engine.blend import blend
from restorer_app.engine.values import to_depth, to_float

SHAPE = (7, 9, 3)
covers = arrays(np.uint8, SHAPE[:2], elements=st.sampled_from([0, 1, 64, 128, 254, 255]))
news = arrays(np.float32, SHAPE, elements=st.floats(-2, 3, width=32))
befores = st.one_of(
    arrays(np.uint8, SHAPE),
    arrays(np.uint16, SHAPE),
    arrays(np.float32, SHAPE, elements=st.floats(width=32)),  # also values that are no numbers
)


def bits(pixels):
    return np.ascontiguousarray(pixels).view(np.uint8).reshape(*pixels.shape[:2], -1)


@given(befores, news, covers)
def test_where_the_mask_is_empty_the_bits_stay(before, new, cover):
    after = blend(before, new, cover)
    assert after.dtype == before.dtype
    assert np.array_equal(bits(after)[cover == 0], bits(before)[cover == 0])
    assert np.array_equal(after[cover == 255], to_depth(new, before.dtype)[cover == 255])


def test_an_infinite_value_under_a_soft_edge_gives_way_to_the_new_one():
    before = np.array([[[np.inf], [-np.inf], [np.nan], [0.5]]], np.float32)
    after = blend(before, np.full_like(before, 0.25), np.full((1, 4), 128, np.uint8))
    assert np.allclose(after[0, :3, 0], 0.25)
    assert 0.25 < after[0, 3, 0] < 0.5


def test_an_infinite_value_that_is_meant_to_stay_stays_under_a_soft_edge():
    before = np.array([[[np.inf], [-np.inf]]], np.float32)
    assert np.array_equal(blend(before, before.copy(), np.full((1, 2), 128, np.uint8)), before)


@given(arrays(np.uint16, SHAPE), news, covers)
def test_a_soft_edge_lies_between_old_and_new(before, new, cover):
    fresh = to_depth(new, before.dtype).astype(int)
    after, old = blend(before, new, cover).astype(int), before.astype(int)
    clipped = blend(before, np.clip(new, 0, 1), cover).astype(int)
    assert (clipped >= np.minimum(old, fresh) - 1).all()
    assert (clipped <= np.maximum(old, fresh) + 1).all()
    assert after.min() >= 0


@given(befores.filter(lambda pixels: pixels.dtype.kind == "u"), covers)
def test_blending_a_picture_with_itself_changes_nothing(before, cover):
    after = blend(before, to_float(before), cover)
    assert np.array_equal(after, before)
    assert count_changed(before, after) == 0


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_every_value_of_the_type_survives_the_way_to_float_and_back(dtype):
    ramp = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(-1, 16, 1)
    assert np.array_equal(to_depth(to_float(ramp), ramp.dtype), ramp)


def test_values_are_not_clipped_on_entry_and_floats_not_on_the_way_out():
    wild = np.array([[[-3.5], [7.25]]], np.float32)
    assert np.array_equal(to_depth(to_float(wild), wild.dtype), wild)
