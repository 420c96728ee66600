"""Work by hand: what is covered whole is the source to the bit, what is not covered stays to the bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from restorer_app.core import mask as masks
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.core.stroke import Point, Stroke
from restorer_app.session.by_hand import clone, restore
from tests.session.test_session import a_session, dab

SHAPE = (12, 14, 3)
BOUNDS = Region.of_size(14, 12)
NOTHING = masks.blank(BOUNDS)
pictures = st.sampled_from(["uint8", "uint16", "float32"]).flatmap(
    lambda dtype: st.tuples(arrays(np.dtype(dtype), SHAPE), arrays(np.dtype(dtype), SHAPE))  # floats: also no numbers
)
strokes = st.builds(
    lambda x, y, diameter, hardness: Stroke("brush", (Point(x, y),), diameter, hardness),
    st.floats(0, 14), st.floats(0, 12), st.floats(1, 12), st.floats(0, 1),
)  # fmt: skip


def bits(pixels):
    return np.ascontiguousarray(pixels).view(np.uint8).reshape(*pixels.shape[:2], -1)


@given(pictures, strokes)
def test_restoring_gives_the_masters_own_bits_back_and_touches_nothing_beside(pair, stroke):
    now, master = pair
    cover = masks.paint(NOTHING, stroke)[0].read(BOUNDS)[:, :, 0]
    done = restore(Raster.from_array(now), Raster.from_array(master), NOTHING, stroke)
    after = now if done is None else done.image.read(BOUNDS)
    assert np.array_equal(bits(after)[cover == 255], bits(master)[cover == 255])
    assert np.array_equal(bits(after)[cover == 0], bits(now)[cover == 0])


def test_values_that_are_no_numbers_are_cloned_over():
    now = np.random.default_rng(1).random((60, 60, 3)).astype(np.float32)
    now[10, 10], now[11, 10], now[8, 10] = np.inf, np.nan, -np.inf
    blank = masks.blank(Region.of_size(60, 60))
    done = clone(Raster.from_array(now), blank, Stroke("brush", (Point(10.5, 10.5),), 8, 0.3), dx=30, dy=30)
    assert done is not None
    assert np.isfinite(done.image.read(Region.of_size(60, 60))).all()


def test_pixels_are_counted_as_changed_by_their_bits():
    now = np.full(SHAPE, np.nan, np.float32)
    done = restore(Raster.from_array(now), Raster.from_array(now.copy()), NOTHING, Stroke("brush", (Point(6, 6),), 6))
    assert done is not None
    assert done.record.changed_pixels == 0


def test_work_by_hand_that_changes_nothing_is_no_step():
    session = a_session()
    assert session.restore(dab(100, 100)) is None
    assert len(session.history) == 1
    assert not session.is_changed


@pytest.mark.parametrize(("dx", "dy"), [(90, 0), (0, -50), (-40, 60), (300, 0)])
def test_nothing_is_cloned_from_outside_of_the_picture(dx, dy):
    now = np.random.default_rng(2).integers(0, 65536, (120, 200, 3)).astype(np.uint16)
    image = Raster.from_array(now)
    done = clone(image, masks.blank(image.bounds), Stroke("brush", (Point(90.5, 60.5),), 60, 1), dx=dx, dy=dy)
    rows, columns = np.mgrid[0:120, 0:200]
    inside = (rows + dy >= 0) & (rows + dy < 120) & (columns + dx >= 0) & (columns + dx < 200)
    if done is None:
        assert not inside[30:91, 60:121].any()
        return
    after = done.image.read(image.bounds)
    assert np.array_equal(after[~inside], now[~inside])
    assert not done.touched.read(image.bounds)[:, :, 0][~inside].any()
    full = done.touched.read(image.bounds)[:, :, 0] == 255
    assert full.any()
    assert np.array_equal(after[full], now[(rows + dy)[full], (columns + dx)[full]])
