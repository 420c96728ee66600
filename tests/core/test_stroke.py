import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.core.stroke import Point, Stroke

PLACE = Region.of_size(90, 70)

points = st.lists(
    st.builds(Point, st.floats(-20, 110), st.floats(-20, 90), st.floats(0, 1)), min_size=1, max_size=6
).map(tuple)
strokes = st.builds(
    Stroke,
    st.sampled_from(["brush", "line", "lasso", "box"]),
    points,
    diameter=st.floats(1, 60),
    hardness=st.floats(0, 1),
    pressure_sizes=st.booleans(),
)


@given(strokes, st.integers(5, 40))
def test_coverage_is_the_same_however_a_place_is_divided(stroke, size):
    whole = stroke.coverage(PLACE).astype(int)
    for part in PLACE.divided(size):
        # one level of slack: float32 sums differ in the last place with the origin of the piece
        assert np.abs(stroke.coverage(part) - whole[part.slices()]).max() <= 1


@given(strokes)
def test_nothing_is_covered_outside_the_extent(stroke):
    extent = stroke.extent(PLACE)
    covered = stroke.coverage(PLACE)
    if extent is None:
        assert not covered.any()
    else:
        covered[extent.slices()] = 0
        assert not covered.any()


@given(st.floats(2, 40), st.floats(30, 50), st.floats(30, 40))
def test_a_hard_dab_covers_the_area_of_its_disc(diameter, x, y):
    covered = Stroke("brush", (Point(x, y),), diameter).coverage(PLACE).sum() / 255
    assert covered == pytest.approx(math.pi * diameter**2 / 4, rel=0.06, abs=1)


@given(points, st.floats(3, 30))
def test_a_brush_agrees_with_the_distance_to_its_path(path, diameter):
    covered = Stroke("brush", path, diameter).coverage(PLACE)
    ys, xs = np.mgrid[0:70, 0:90] + 0.5
    nearest = np.full(PLACE.shape, np.inf)
    for a, b in zip(path, path[1:] or path, strict=False):
        dx, dy = b.x - a.x, b.y - a.y
        length2 = max(dx * dx + dy * dy, 1e-12)
        along = np.clip(((xs - a.x) * dx + (ys - a.y) * dy) / length2, 0, 1)
        nearest = np.minimum(nearest, np.hypot(xs - a.x - along * dx, ys - a.y - along * dy))
    assert (covered[nearest < diameter / 2 - 0.6] == 255).all()
    assert (covered[nearest > diameter / 2 + 0.6] == 0).all()


@pytest.mark.parametrize("where", [(10.0, 10.0), (10.3, 10.99), (10.5, 10.5)])
def test_a_brush_of_one_pixel_marks_exactly_one(where):
    covered = Stroke("brush", (Point(*where),), 1).coverage(PLACE)
    assert covered[10, 10] == 255
    assert covered.sum() == 255


def test_a_soft_brush_falls_off_from_the_middle_and_a_hard_one_does_not():
    soft = Stroke("brush", (Point(45, 35),), 40, hardness=0).coverage(PLACE)[35, 45:66].astype(int)
    hard = Stroke("brush", (Point(45, 35),), 40, hardness=1).coverage(PLACE)[35, 45:66].astype(int)
    assert (np.diff(soft) <= 0).all()
    assert 100 < soft[10] < 155
    assert (hard[:19] == 255).all()


def test_pressure_makes_the_brush_smaller_only_where_it_is_asked_to():
    path = (Point(20, 35, 0.2), Point(70, 35, 1.0))
    with_pressure = Stroke("brush", path, 30, pressure_sizes=True).coverage(PLACE)
    without = Stroke("brush", path, 30).coverage(PLACE)
    assert np.count_nonzero(with_pressure[:, 20]) < 10 < np.count_nonzero(with_pressure[:, 70])
    assert np.count_nonzero(without[:, 20]) == np.count_nonzero(without[:, 70])


def test_a_lasso_drawn_over_itself_has_no_hole():
    loop = [Point(45 + 25 * math.cos(a), 35 + 25 * math.sin(a)) for a in np.linspace(0, 4 * math.pi, 60)]
    covered = Stroke("lasso", tuple(loop)).coverage(PLACE)
    assert covered[35, 45] == 255
    assert covered.sum() / 255 == pytest.approx(math.pi * 625, rel=0.02)


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 70)), min_size=3, max_size=3, unique=True))
def test_a_triangle_covers_its_area(corners):
    (ax, ay), (bx, by), (cx, cy) = corners
    area = abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2
    covered = Stroke("lasso", tuple(Point(*c) for c in corners)).coverage(PLACE).sum() / 255
    assert covered == pytest.approx(area, abs=6 + 0.02 * area)  # 16 points a pixel along up to 230 pixels of edge


def test_a_box_covers_whole_pixels_from_any_corner():
    for first, last in (((3.2, 4.9), (9.1, 7.0)), ((9.1, 7.0), (3.2, 4.9))):
        covered = Stroke("box", (Point(*first), Point(*last))).coverage(PLACE)
        assert (covered[4:7, 3:10] == 255).all()
        assert covered.sum() == 255 * 3 * 7


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"diameter": 0.5}, "1 to 5000"),
        ({"diameter": 5001}, "1 to 5000"),
        ({"hardness": 1.1}, "0 to 1"),
        ({"points": ()}, "at least one point"),
        ({"shape": "spray"}, "not a spray"),
    ],
)
def test_a_stroke_that_makes_no_sense_is_refused(fields, sentence):
    with pytest.raises(InvalidValueError, match=sentence):
        Stroke(**({"shape": "brush", "points": (Point(1, 1),), "diameter": 9} | fields))


def test_a_point_that_is_no_place_is_refused():
    with pytest.raises(InvalidValueError, match="cannot pass through"):
        Point(math.nan, 0)
    with pytest.raises(InvalidValueError, match="Pressure"):
        Point(0, 0, 2)
