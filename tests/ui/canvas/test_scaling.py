"""Screens with more device pixels than logical ones: a picture's pixel at 100 % is one device pixel."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from restorer_app.ui.canvas.view import Canvas
from tests.ui.canvas.scenes import Studio, as_array, colours

app = QApplication([])
canvas = Canvas()
canvas.resize(200, 160)
canvas.show()
pixels = colours(900, 700)
studio = Studio.of(canvas, pixels)
canvas.sight.zoom_to(1.0)
for _ in range(2):
    canvas.grab()
    while not canvas.is_settled:
        app.processEvents()
canvas.easel.leave()
shown = as_array(canvas.grab().toImage())
region = canvas.sight.visible_region
print(shown.shape[1], shown.shape[0], region.width, region.height)
print(np.abs(shown.astype(int) - pixels[region.slices()]).max())
QTest.mousePress(canvas, Qt.LeftButton, pos=QPoint(100, 80))
QTest.mouseRelease(canvas, Qt.LeftButton, pos=QPoint(100, 80))
point = studio.strokes[0].points[0]
ratio = canvas.devicePixelRatioF()
print(point.x - region.left - 100 * ratio, point.y - region.top - 80 * ratio)
canvas.end()
"""


@pytest.mark.parametrize("factor", ["1.25", "1.5", "2"])
def test_pixels_are_device_pixels_at_any_scaling_factor(factor):
    child = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ
        | {"QT_SCALE_FACTOR": factor, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    sizes, distance, offset = child.stdout.splitlines()
    width, height = round(200 * float(factor)), round(160 * float(factor))
    assert sizes == f"{width} {height} {width} {height}"
    assert distance == "0"
    assert offset == "0.0 0.0"
