"""The small picture that stands in while a large one is read."""

import numpy as np
import pytest

from restorer_app.core.geometry import Region
from restorer_app.ui.canvas.colour import Converter, Look
from restorer_app.ui.canvas.impression import Impression
from restorer_app.ui.canvas.orientation import Turn
from restorer_app.ui.canvas.tiles import as_image
from tests.ui.canvas.scenes import colours

BOUNDS = Region(0, 0, 960, 640)


class Counting(Converter):
    """A converter that remembers how many rows it was given."""

    rows = 0

    def __call__(self, pixels):
        self.rows += len(pixels)
        return super().__call__(pixels)


def impression(pixels, *, orientation=1):
    converter = Counting(Look(), pixels.dtype, pixels.shape[2])
    turn = Turn(BOUNDS.width, BOUNDS.height, orientation)
    return Impression(pixels, BOUNDS, turn, converter), turn, converter


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("dtype", "channels"), [("uint8", 3), ("uint16", 1), ("float32", 3)])
def test_grown_band_by_band_it_is_what_it_would_have_been_at_once(orientation, dtype, channels):
    guess = np.zeros((160, 240, channels), dtype)
    true = colours(240, 160, dtype=dtype, channels=channels)
    growing, turn, converter = impression(guess, orientation=orientation)
    for top in (512, 0, 256):
        band = Region(0, top, BOUNDS.width, min(top + 256, BOUNDS.height))
        growing.put(band, true[band.top // 4 : band.bottom // 4])
        growing.show(converter)
    assert np.array_equal(growing.pixels, true)
    assert growing.image == as_image(converter(true), turn)


def test_only_rows_that_grew_are_converted_and_only_they_are_drawn_again():
    growing, _, converter = impression(np.zeros((160, 240, 3), np.uint8))
    assert growing.show(converter) == []
    converter.rows = 0
    growing.put(Region(0, 256, 960, 512), np.full((64, 240, 3), 200, np.uint8))
    assert growing.show(converter) == [Region(0, 252, 960, 516)], "and a row more on either side"
    assert converter.rows == 64
    assert growing.show(converter) == []
    assert growing.show(converter, everything=True) == [BOUNDS]
