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
    expected[6:25, 5:30] = before.maximum
    expected[6 + thickness : 25 - thickness, 5 + thickness : 30 - thickness] = 0
    assert np.array_equal(after, expected)
