import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.ui.enlarged import Enlarged

SMALL = np.arange(7 * 5 * 3, dtype=np.uint16).reshape(7, 5, 3)


@given(st.sampled_from([2, 4]), st.data())
def test_any_region_is_that_of_the_repeated_array(factor, data):
    whole = SMALL.repeat(factor, axis=0).repeat(factor, axis=1)
    bounds = Region.of_size(5 * factor, 7 * factor)
    left = data.draw(st.integers(0, bounds.right - 1))
    top = data.draw(st.integers(0, bounds.bottom - 1))
    right = data.draw(st.integers(left + 1, bounds.right))
    bottom = data.draw(st.integers(top + 1, bounds.bottom))
    region = Region(left, top, right, bottom)
    read = Enlarged(Raster.from_array(SMALL), bounds).read(region)
    assert np.array_equal(read, whole[region.slices()])
