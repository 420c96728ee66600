"""A canvas that repaints only what it is told always shows the picture, whatever came before."""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from restorer_app.core import mask as masks
from restorer_app.core.geometry import Region
from restorer_app.ui.canvas.settings import COMPARE_MODES, OVERLAY_MODES, Adjustment, Brush, Overlay
from restorer_app.ui.canvas.view import Canvas
from tests.ui.canvas.scenes import Studio, colours, look

WIDTH, HEIGHT = 1100, 700
VIEW = (300, 220)
PIXELS = colours(WIDTH, HEIGHT, seed=1)

places = st.tuples(st.integers(0, VIEW[0] - 1), st.integers(0, VIEW[1] - 1))


def same(one: np.ndarray, other: np.ndarray) -> str:
    """Empty where two screens are the same but for the last step of rounding; else what differs."""
    far = np.abs(one.astype(int) - other).max(axis=2)
    # Qt counts positions in steps of 1/65536 from where it begins to draw: a pixel on an edge may go either way
    strays = far > 2
    if strays.mean() <= 0.001:
        return ""
    rows, columns = np.nonzero(strays)
    return f"{strays.sum()} pixels in {columns.min()}, {rows.min()} to {columns.max()}, {rows.max()}, by {far.max()}"


class Gestures(RuleBasedStateMachine):
    """Everything that may happen to a picture in hand, in any order."""

    qtbot = None
    orientation = 1

    def __init__(self):
        super().__init__()
        self.canvas = Canvas()
        self.canvas.resize(*VIEW)
        self.canvas.show()
        self.studio = Studio.of(self.canvas, PIXELS, orientation=self.orientation)
        self.done = []
        self.is_down = False

    def teardown(self):
        self.canvas.end()
        self.canvas.close()
        self.canvas.deleteLater()

    def keep(self):
        self.done.append((self.studio.image, self.studio.mask, self.studio.protect))

    @rule(at=places, to=places, diameter=st.sampled_from([1, 7, 60, 400]), erase=st.booleans())
    def stroke(self, at, to, diameter, erase):
        self.keep()
        self.canvas.easel.set_brush(Brush(diameter, 0.6, erase=erase))
        QTest.mousePress(self.canvas, Qt.LeftButton, pos=QPoint(*at))
        for step in range(1, 4):
            here = QPoint(at[0] + (to[0] - at[0]) * step // 3, at[1] + (to[1] - at[1]) * step // 3)
            QTest.mouseMove(self.canvas, here)
            self.canvas.repaint()
        QTest.mouseRelease(self.canvas, Qt.LeftButton, pos=QPoint(*to))

    @rule(at=places, to=places)
    def stroke_given_up(self, at, to):
        QTest.mousePress(self.canvas, Qt.LeftButton, pos=QPoint(*at))
        QTest.mouseMove(self.canvas, QPoint(*to))
        self.canvas.repaint()
        assert self.canvas.easel.hands.let_go()
        QTest.mouseRelease(self.canvas, Qt.LeftButton, pos=QPoint(*to))

    @rule(
        left=st.integers(0, WIDTH - 2),
        top=st.integers(0, HEIGHT - 2),
        side=st.integers(1, 300),
        value=st.integers(0, 255),
    )
    def tile_comes_in(self, left, top, side, value):
        self.keep()
        region = Region.clipped(left, top, left + side, top + side, inside=self.studio.image.bounds)
        self.studio.patch(region, value)
        self.canvas.repaint()

    @rule()
    def undo(self):
        if self.done:
            self.studio.image, self.studio.mask, self.studio.protect = self.done.pop()
            self.canvas.update_image(self.studio.image)
            self.canvas.update_mask(self.studio.mask)
            self.canvas.update_protect(self.studio.protect)

    @rule(count=st.integers(2, 6))
    def undone_faster_than_tiles_come(self, count):
        for _ in range(count):
            self.undo()
            self.canvas.repaint()

    @rule()
    def mask_inverted(self):
        self.keep()
        self.studio.mask = masks.invert(self.studio.mask)
        self.canvas.update_mask(self.studio.mask)

    @rule(left=st.integers(0, WIDTH - 200), top=st.integers(0, HEIGHT - 200))
    def protected(self, left, top):
        self.keep()
        region = Region(left, top, left + 150, top + 150)
        self.studio.protect = self.studio.protect.with_patch(region, np.full((150, 150, 1), 255, np.uint8))
        self.canvas.update_protect(self.studio.protect, region)

    @rule(zoom=st.sampled_from([0.17, 0.3, 0.5, 1.0, 1.6, 3.0, 8.0]), at=places)
    def zoomed(self, zoom, at):
        self.canvas.sight.zoom_at(zoom, *at)

    @rule(dx=st.integers(-150, 150), dy=st.integers(-150, 150))
    def panned(self, dx, dy):
        if self.canvas.sight.fits:
            self.canvas.sight.zoom_to(1.3)
            look(self.canvas, self.qtbot)
        self.canvas.sight.pan(dx, dy)
        self.canvas.repaint()

    @rule()
    def fitted(self):
        self.canvas.sight.zoom_to_fit()

    @rule(mode=st.sampled_from(COMPARE_MODES))
    def compared(self, mode):
        self.canvas.sight.set_compare_mode(mode)

    @rule(split=st.floats(0, 1))
    def line_dragged(self, split):
        self.canvas.sight.set_split(split)

    @rule(shown=st.booleans())
    def original_shown(self, shown):
        self.canvas.sight.show_original(shown)

    @rule(mode=st.sampled_from(OVERLAY_MODES), colour=st.sampled_from(["cyan", "orange"]))
    def overlaid(self, mode, colour):
        self.canvas.set_overlay(Overlay(mode, colour))

    @rule(invert=st.booleans(), exposure=st.sampled_from([0.0, 1.0]))
    def adjusted(self, invert, exposure):
        self.canvas.set_adjustment(Adjustment(invert, exposure))

    @invariant()
    def it_shows_what_a_new_canvas_shows(self):
        self.canvas.easel.leave()
        shown = look(self.canvas, self.qtbot)
        other = Canvas()
        other.resize(*VIEW)
        other.show()
        other.set_overlay(self.canvas.overlay)
        other.set_adjustment(self.canvas.adjustment)
        self.studio.show(other)
        other.easel.leave()
        other.sight.set_compare_mode(self.canvas.sight.compare_mode)
        other.sight.set_split(self.canvas.sight.split)
        other.sight.show_original(self.canvas.sight.shows_original)
        other.sight.look(self.canvas.sight.view)
        expected = look(other, self.qtbot)
        other.end()
        other.close()
        other.deleteLater()
        assert not same(shown, expected), same(shown, expected)


def play(qtbot, orientation, *, examples, steps):
    machine = type("Machine", (Gestures,), {"qtbot": qtbot, "orientation": orientation})
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=steps))


@pytest.mark.parametrize("orientation", [1, 6])
def test_whatever_happened_the_canvas_shows_what_a_new_one_shows(qtbot, orientation):
    play(qtbot, orientation, examples=5, steps=8)


@pytest.mark.slow
@pytest.mark.parametrize("orientation", range(1, 9))
def test_whatever_happened_for_long_in_any_orientation(qtbot, orientation):
    play(qtbot, orientation, examples=40, steps=14)
