"""Masks drawn more coarsely in passing: which values they show, and that boxes fit together."""

import itertools

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter

from restorer_app.core import mask as masks
from restorer_app.core.geometry import Region
from restorer_app.ui.canvas.mask_layer import MaskLayer
from restorer_app.ui.canvas.orientation import Turn
from restorer_app.ui.canvas.overlay import Fineness, draw_values, on_screen, share, tint
from restorer_app.ui.canvas.settings import Overlay
from restorer_app.ui.canvas.viewport import Viewport
from tests.ui.canvas.scenes import as_array

VIEW = (0, 0, 301, 199)


def spots(width: int, height: int) -> MaskLayer:
    values = np.random.default_rng(3).integers(0, 256, (height, width, 1), np.uint8)
    bounds = Region.of_size(width, height)
    return MaskLayer(masks.blank(bounds).with_patch(bounds, np.where(values > 90, values, 0).astype(np.uint8)))


@pytest.mark.parametrize("orientation", [1, 6, 7])
@pytest.mark.parametrize("zoom", [0.37, 0.8, 1.0, 3.3])
def test_one_value_in_two_is_every_second_of_all_of_them(orientation: int, zoom: float) -> None:
    layer = spots(700, 600)
    view = Viewport(Turn(700, 600, orientation), 301, 199, zoom, left=-13, top=7)

    exact = on_screen(layer, view, VIEW, Fineness(1, 1))

    assert exact.any()
    assert np.array_equal(on_screen(layer, view, VIEW, Fineness(1, 2)), exact[::2, ::2])


def test_a_value_is_drawn_as_a_square_of_two_by_two() -> None:
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for ink in (share(), tint(Overlay())):
        assert np.array_equal(ink.drawn_twice(values), ink.drawn(values).repeat(2, axis=0).repeat(2, axis=1))


@pytest.mark.parametrize("zoom", [0.37, 1.0])
def test_boxes_that_begin_anywhere_give_together_what_one_box_gives(zoom: float) -> None:
    layer = spots(700, 600)
    view = Viewport(Turn(700, 600), 301, 199, zoom, left=-13, top=7)

    def drawn(columns: list[int], rows: list[int]) -> np.ndarray:
        image = QImage(301, 199, QImage.Format.Format_RGB32)
        image.fill(0xFF808080)
        with QPainter(image) as painter:
            for left, right in itertools.pairwise(columns):
                for top, bottom in itertools.pairwise(rows):
                    box = (left, top, right, bottom)
                    draw_values(painter, layer, view, box, tint(Overlay()), fineness=Fineness(1, 2))
        return as_array(image)

    whole = drawn([0, 301], [0, 199])

    assert len(np.unique(whole)) > 10
    assert np.array_equal(drawn([0, 1, 66, 67, 150, 301], [0, 33, 34, 101, 198, 199]), whole)
