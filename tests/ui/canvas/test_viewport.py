"""Zoom, pan and fit: what lies where."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.ui.canvas.orientation import Turn
from restorer_app.ui.canvas.viewport import STEPS, TILE, Viewport, tile_region

turns = st.builds(Turn, st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 8))
views = st.builds(
    lambda turn, width, height, zoom, x, y: Viewport.fitted(turn, width, height).zoomed(zoom, x, y),
    turns,
    st.integers(50, 900),
    st.integers(50, 900),
    st.floats(0.02, 64),
    st.floats(0, 900),
    st.floats(0, 900),
)


@given(views, st.floats(-50, 900), st.floats(-50, 900))
def test_a_place_of_the_view_is_a_place_of_the_picture_and_back(view, x, y):
    again = view.to_view(*view.to_stored(x, y))
    assert again == pytest.approx((x, y), abs=1e-5)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_turns_pixels_and_places_alike(orientation):
    turn = Turn(5, 3, orientation)
    stored = np.arange(15).reshape(3, 5, 1)
    shown = turn.turned(stored)
    assert shown.shape[1::-1] == turn.shown_size
    for row, column in itertools.product(range(3), range(5)):
        x, y = turn.to_shown(column + 0.5, row + 0.5)
        assert shown[int(y), int(x), 0] == stored[row, column, 0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations_are_those_of_exif(orientation):
    from PIL import Image, ImageOps

    picture = Image.fromarray(np.arange(6, dtype=np.uint8).reshape(2, 3))
    exif = picture.getexif()
    exif[274] = orientation
    picture.info["exif"] = exif.tobytes()
    upright = np.asarray(ImageOps.exif_transpose(picture))
    assert np.array_equal(Turn(3, 2, orientation).turned(np.asarray(picture)[:, :, None])[:, :, 0], upright)


def test_there_is_no_ninth_orientation():
    with pytest.raises(InvalidValueError, match="1 to 8"):
        Turn(5, 3, 9)


@given(views, st.data())
def test_neighbouring_tiles_share_an_edge_and_leave_no_gap(view, data):
    bounds = view.turn.bounds
    level = data.draw(st.integers(0, 3))
    size = TILE << level
    columns, rows = range(-(-bounds.width // size)), range(-(-bounds.height // size))
    across = view.spans(level, columns, along_rows=True)
    down = view.spans(level, rows, along_rows=False)
    for spans in (across, down):
        ordered = sorted(spans)
        assert all(before[1] == after[0] for before, after in itertools.pairwise(ordered))
    for row, column in itertools.product(rows, columns):
        box = view.box_of(tile_region(level, row, column, bounds))
        (left, right), (top, bottom) = (
            (down[row], across[column]) if view.turn.transposes else (across[column], down[row])
        )
        assert box == (left, top, right, bottom)


@given(turns, st.integers(50, 900), st.integers(50, 900))
def test_a_fitted_picture_is_in_view_as_a_whole(turn, width, height):
    view = Viewport.fitted(turn, width, height)
    left, top, right, bottom = view.box_of(turn.bounds)
    assert -1 <= left <= right <= width + 1
    assert -1 <= top <= bottom <= height + 1


def test_zooming_keeps_what_is_under_the_cursor():
    view = Viewport.fitted(Turn(4000, 3000), 800, 600)
    before = view.to_stored(300, 200)
    closer = view.zoomed(2.5, 300, 200)
    assert closer.to_stored(300, 200) == pytest.approx(before, abs=0.5)


def test_a_picture_cannot_be_lost_out_of_sight():
    view = Viewport.fitted(Turn(4000, 3000), 800, 600).zoomed(1, 400, 300)
    for dx, dy in ((10_000, 0), (-10_000, 0), (0, 10_000), (0, -10_000)):
        assert view.panned(dx, dy).visible is not None


def test_zoom_goes_by_round_steps_and_stops_at_the_ends():
    view = Viewport.fitted(Turn(4000, 3000), 800, 600)
    seen = []
    for _ in range(40):
        view = view.zoomed(view.stepped(closer=True), 400, 300)
        seen.append(view.zoom)
    assert view.zoom == 64
    assert 1.0 in seen
    for _ in range(60):
        view = view.zoomed(view.stepped(closer=False), 400, 300)
    assert view.zoom == pytest.approx(view.fit_zoom / 4)
    assert list(STEPS) == sorted(STEPS)


def test_the_level_has_at_least_the_screens_pixels():
    turn = Turn(12000, 8400)
    view = Viewport.fitted(turn, 1600, 1000)
    for zoom, level in ((1, 0), (0.5, 1), (0.49, 2 - 1), (0.25, 2), (0.2, 2), (0.125, 3), (8, 0)):
        assert view.zoomed(zoom, 0, 0).level == level


def test_a_region_comes_into_the_middle():
    view = Viewport.fitted(Turn(4000, 3000, 6), 800, 600).centred_on(Region(1000, 500, 1100, 600), None)
    assert view.zoom == 1
    assert view.to_view(1050, 550) == pytest.approx((400, 300), abs=1)
