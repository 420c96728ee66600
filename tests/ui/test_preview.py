import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.ui.preview import framed


@given(st.integers(1, 5), st.sampled_from(["uint8", "uint16", "float32"]))
def test_the_line_lies_inside_the_piece_and_nothing_else_changes(thickness, dtype):
    before = Raster.flat(Region.of_size(40, 30), dtype=dtype, channels=3)
    region = Region(5, 6, 30, 25)
    after = framed(before, region, thickness=thickness).read(before.bounds)[:, :, 0]
    expected = np.zeros((30, 40), dtype)
    thin = min(thickness, 2)  # an eighth of 19 rows
    expected[6:25, 5:30] = before.maximum
    expected[6 + thin : 25 - thin, 5 + thin : 30 - thin] = 0
    assert np.array_equal(after, expected)


def test_a_picture_of_a_few_pixels_is_not_covered_by_its_line():
    before = Raster.flat(Region.of_size(7, 7), dtype="uint8", channels=3)
    assert not framed(before, before.bounds, thickness=3).read(before.bounds).any()
