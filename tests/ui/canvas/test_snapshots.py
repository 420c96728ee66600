"""Pictures of the canvas in its main states, compared with stored ones: 99.5 % of the pixels within 1 of 255.

RESTORER_SNAPSHOTS=write stores new ones; look at them before they are committed.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from restorer_app.core import mask as masks
from restorer_app.core.geometry import Region
from restorer_app.core.raster import ArraySource
from restorer_app.core.stroke import Point, Stroke
from restorer_app.files.opening import open_here
from restorer_app.ui.canvas.settings import Brush, Overlay
from tests.ui.canvas.scenes import Studio, as_array, look, settle

FOLDER = Path(__file__).parents[1] / "snapshots"
SAMPLES = Path(__file__).parents[3] / "resources" / "samples"
SIZE = (640, 480)


@pytest.fixture(scope="module")
def photograph():
    source = open_here(SAMPLES / "backyard.tif").source
    return np.array(source.read(source.bounds))


@pytest.fixture
def studio(new_canvas, qtbot, photograph):
    """The scratched sample with its scratch painted over, and one place repaired."""
    made = Studio.of(new_canvas(*SIZE), photograph)
    made.patch(Region(100, 480, 260, 600), 30_000)
    for points in (((500, 30), (510, 300), (506, 520)), ((640, 120), (720, 90))):
        made.take(Stroke("brush", tuple(Point(*p) for p in points), diameter=26, hardness=0.8))
    made.canvas.easel.leave()
    settle(made.canvas, qtbot)
    return made


def compare(canvas, qtbot, name):
    seen = look(canvas, qtbot)
    file = FOLDER / f"canvas-{name}.png"
    if os.environ.get("RESTORER_SNAPSHOTS") == "write":
        canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32).save(str(file))
    stored = as_array(QImage(str(file)))
    assert stored.shape == seen.shape, f"{name} has another size"
    share = float((np.abs(seen.astype(int) - stored).max(axis=2) <= 1).mean())
    if share < 0.995:
        canvas.grab().save(str(file.with_suffix(".seen.png")))
    assert share >= 0.995, f"{name}: {share:.2%} of the pixels look as stored; see {name}.seen.png"


def test_a_fitted_picture_with_its_mask(studio, qtbot):
    compare(studio.canvas, qtbot, "fit")


def test_a_mask_in_outline_and_in_orange(studio, qtbot):
    studio.canvas.set_overlay(Overlay("outline", "orange"))
    compare(studio.canvas, qtbot, "outline")


def test_a_mask_alone(studio, qtbot):
    studio.canvas.set_overlay(Overlay("mask only"))
    compare(studio.canvas, qtbot, "mask-only")


def test_a_place_that_is_protected(studio, qtbot):
    protect, _ = masks.paint(studio.protect, Stroke("box", (Point(560, 260), Point(800, 420))))
    studio.canvas.update_protect(protect)
    compare(studio.canvas, qtbot, "protect")


def test_pixels_at_800_percent(studio, qtbot):
    studio.canvas.sight.centre_on(Region(500, 510, 520, 530), zoom=8.0)
    compare(studio.canvas, qtbot, "800")


@pytest.mark.parametrize("mode", ["split", "side by side", "difference"])
def test_before_and_after(studio, qtbot, mode):
    studio.canvas.sight.set_compare_mode(mode)
    studio.canvas.sight.set_split(0.3)
    compare(studio.canvas, qtbot, mode.replace(" ", "-"))


def test_the_brush_while_its_size_is_chosen(studio, qtbot):
    canvas = studio.canvas
    canvas.easel.set_brush(Brush(120, 0.6))
    QTest.mousePress(canvas, Qt.RightButton, Qt.AltModifier, QPoint(320, 200))
    QTest.mouseMove(canvas, QPoint(330, 200))
    compare(canvas, qtbot, "sizing")


def test_a_lasso_in_the_making_and_a_source_to_clone_from(studio, qtbot):
    canvas = studio.canvas
    canvas.easel.set_tool("clone")
    QTest.mouseClick(canvas, Qt.LeftButton, Qt.ControlModifier, QPoint(200, 120))
    QTest.mouseMove(canvas, QPoint(260, 160))
    compare(canvas, qtbot, "clone")
    canvas.easel.set_tool("lasso")
    QTest.mousePress(canvas, Qt.LeftButton, pos=QPoint(100, 100))
    for place in ((180, 90), (220, 160), (160, 220), (90, 180)):
        QTest.mouseMove(canvas, QPoint(*place))
    compare(canvas, qtbot, "lasso")


def test_what_is_transparent(new_canvas, qtbot, photograph):
    height, width = photograph.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    alpha = (np.clip(np.hypot(x - width / 2, y - height / 2) / 300, 0, 1) * 65535).astype(np.uint16)
    studio = Studio.of(new_canvas(*SIZE), photograph, alpha=ArraySource(alpha[:, :, None]), orientation=6)
    studio.canvas.easel.leave()
    compare(studio.canvas, qtbot, "transparent")
