"""Several looks at a picture: nothing moves, every pixel keeps its place and its colour, whatever the size."""

import numpy as np
import pytest

from restorer_app.engine.looks import LOOKS, Eye, farther, looking
from restorer_app.engine.values import Floats

RNG = np.random.default_rng(5)


def unchanged(pictures: list[Floats], _: object) -> list[Floats]:
    return list(pictures)


@pytest.mark.parametrize("often", [1, 2, 4, 8])
@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 2), (7, 12), (8, 9)])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("pairs", [1, 2])
def test_what_changes_nothing_still_changes_nothing(often, shape, channels, pairs):
    picture = RNG.random((*shape, 2 * channels), np.float32)  # two pictures, one behind the other
    (found,) = looking(unchanged, often, Eye(channels, pairs))([picture], None)
    np.testing.assert_allclose(found, picture, atol=1e-6)


@pytest.mark.parametrize("often", [2, 4, 8])
def test_what_grows_the_picture_grows_it_in_its_place(often):
    def doubled(pictures: list[Floats], _: object) -> list[Floats]:
        return [one.repeat(2, 0).repeat(2, 1) for one in pictures]

    pictures = [RNG.random((5, 8, 3), np.float32) for _ in range(2)]
    found = looking(doubled, often, Eye(3, 2, scale=2))(pictures, None)
    for one, picture in zip(found, pictures, strict=True):
        np.testing.assert_allclose(one, picture.repeat(2, 0).repeat(2, 1), atol=1e-6)


def test_holes_are_shown_as_their_pictures_are():
    hole = np.zeros((9, 6), np.bool_)
    hole[2:5, 3] = True
    picture = np.where(hole[:, :, None], 0.25, RNG.random((9, 6, 3)) / 2 + 0.5).astype(np.float32)

    def filled(pictures: list[Floats], holes: list[np.ndarray]) -> list[Floats]:
        assert all(((one[:, :, 0] == 0.25) == gap).all() for one, gap in zip(pictures, holes, strict=True))
        return [np.where(gap[:, :, None], 1, one) for one, gap in zip(pictures, holes, strict=True)]

    (found,) = looking(filled, 8, Eye(3, 2))([picture], [hole])
    assert (found[hole] == 1).all()


def test_every_look_differs_and_its_pairs_are_those_of_the_whole_picture():
    seen = []

    def remembered(pictures: list[Floats], _: object) -> list[Floats]:
        seen.append(pictures[0])
        return list(pictures)

    picture = RNG.random((6, 11, 3), np.float32)
    looking(remembered, len(LOOKS), Eye(3, 2))([picture], None)
    assert len({one.tobytes() for one in seen}) == len(LOOKS) == 8
    assert all(side % 2 == 0 for one in seen for side in one.shape[:2])
    for four in (LOOKS[:4], LOOKS[4:]):
        assert {look.moved for look in four} == {(0, 0), (0, 1), (1, 0), (1, 1)}
        assert sorted(look.quarters for look in four) == [0, 1, 2, 3]
        assert len({look.mirrored for look in four}) == 1


def test_a_second_look_takes_away_what_hangs_on_the_pairs():
    """An error that sits on every second pixel, as nets that take pixels in fours make it, goes."""

    def paired(pictures: list[Floats], _: object) -> list[Floats]:
        rows = np.arange(pictures[0].shape[0])[:, None, None]
        return [one + 0.1 * np.float32(-1) ** rows for one in pictures]

    flat = np.full((8, 8, 1), 0.5, np.float32)
    errors = [np.abs(looking(paired, often, Eye(1, 2))([flat], None)[0] - flat).max() for often in (1, 2, 4)]
    assert errors[0] == pytest.approx(0.1)
    assert errors[2] < 0.06


@pytest.mark.parametrize("often", [1, 2, 4, 8])
@pytest.mark.parametrize("grid", [(0, 0), (3, 0), (7, 5)])
@pytest.mark.parametrize("shape", [(1, 1), (8, 16), (21, 30)])
def test_squares_lie_in_the_corner_of_whatever_is_shown(often, grid, shape):
    """A picture whose value is the number of its square, told where these begin: each look shows whole squares."""
    rows, columns = ((np.arange(side) - first + 8) // 8 for side, first in zip(shape, grid, strict=True))
    picture = (rows[:, None] * 100 + columns[None])[:, :, None].astype(np.float32)

    def in_squares(pictures: list[Floats], _: object) -> list[Floats]:
        for one in pictures:
            assert all(side % 8 == 0 for side in one.shape[:2])
            firsts = one[::8, ::8].repeat(8, 0).repeat(8, 1)
            np.testing.assert_array_equal(one, firsts)
        return list(pictures)

    (found,) = looking(in_squares, often, Eye(1, 8, grid=grid))([picture], None)
    np.testing.assert_array_equal(found, picture)
    assert farther(often, Eye(1, 8, grid=grid)) == (8 if any(grid) else 0)


def test_given_up_it_looks_no_more():
    count = []

    def counted(pictures: list[Floats], _: object) -> list[Floats]:
        count.append(1)
        return list(pictures)

    looking(counted, 4, Eye(1), cancelled=lambda: True)([np.zeros((4, 4, 1), np.float32)], None)
    assert len(count) == 1


def test_only_what_is_moved_has_to_be_seen_farther():
    assert [farther(often, Eye(3, 2)) for often in (1, 2, 4)] == [0, 2, 2]
    assert farther(4, Eye(3, 1, scale=2)) == 0


@pytest.mark.parametrize(("task", "stay"), [("decompress", True), ("denoise", False)])
def test_the_colours_of_a_jpeg_stay_where_they_are(model, task, stay):
    seen = []

    def remembered(pictures: list[Floats], _: object) -> list[Floats]:
        seen.append(pictures[0].mean((0, 1)))
        return list(pictures)

    flat = np.broadcast_to(np.array([0.2, 0.5, 0.8], np.float32), (16, 16, 3))
    (found,) = looking(remembered, 4, Eye.of(model(task), 3))([flat], None)
    np.testing.assert_allclose(found, flat, atol=1e-6)
    assert all(np.allclose(one, flat[0, 0]) for one in seen) == stay
