"""What hands do on the canvas, with the events of real mice, pens, wheels and keys."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QPointingDevice, QPointingDeviceUniqueId, QTabletEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from restorer_app.core import mask as masks
from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.ui.canvas.settings import Brush
from tests.ui.canvas.scenes import Studio, colours, look, settle

NONE = Qt.KeyboardModifier.NoModifier
LEFT, MIDDLE, RIGHT = Qt.LeftButton, Qt.MiddleButton, Qt.RightButton


@pytest.fixture
def studio(canvas, qtbot):
    """A picture at 100 %, its pixel 0, 0 at 0, 0 of the view but for the margin."""
    made = Studio.of(canvas, colours(640, 480))
    canvas.sight.zoom_to(1.0)
    settle(canvas, qtbot)
    return made


def drag(canvas, *places, button=LEFT, held=NONE):
    QTest.mousePress(canvas, button, held, QPoint(*places[0]))
    for place in places[1:]:
        QTest.mouseMove(canvas, QPoint(*place))
    QTest.mouseRelease(canvas, button, held, QPoint(*places[-1]))


def stored(canvas, place):
    return canvas.sight.place(*place)


def pen(canvas, kind, place, pressure, *, eraser=False):
    pointer = QPointingDevice.PointerType.Eraser if eraser else QPointingDevice.PointerType.Pen
    capabilities = QInputDevice.Capability.Pressure | QInputDevice.Capability.Position
    device = QPointingDevice(
        "pen", 7, QInputDevice.DeviceType.Stylus, pointer, capabilities, 1, 1, "", QPointingDeviceUniqueId()
    )
    at = QPointF(*place)
    buttons = Qt.NoButton if kind == QEvent.Type.TabletRelease else LEFT
    button = Qt.NoButton if kind == QEvent.Type.TabletMove else LEFT
    QApplication.sendEvent(canvas, QTabletEvent(kind, device, at, at, pressure, 0, 0, 0, 0, 0, NONE, button, buttons))


def wheel(canvas, place, notches, held=NONE, *, sideways=False):
    turned = QPoint(120 * notches, 0) if sideways else QPoint(0, 120 * notches)
    at = QPointF(*place)
    event = QWheelEvent(at, at, QPoint(), turned, Qt.NoButton, held, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(canvas, event)


# ---------------------------------------------------------------------------------------------- strokes
def test_a_drag_is_a_stroke_in_the_pictures_own_pixels(studio):
    drag(studio.canvas, (100, 100), (150, 120), (200, 100))
    (stroke,) = studio.strokes
    assert stroke.shape == "brush"
    assert not stroke.erase
    assert (stroke.points[0].x, stroke.points[0].y) == stored(studio.canvas, (100, 100))
    assert (stroke.points[-1].x, stroke.points[-1].y) == stored(studio.canvas, (200, 100))
    assert (stroke.diameter, stroke.hardness) == (
        studio.canvas.easel.brush.diameter,
        studio.canvas.easel.brush.hardness,
    )


def test_a_stroke_is_of_one_size_whatever_is_pressed_meanwhile(studio, qtbot):
    canvas = studio.canvas
    before = canvas.easel.brush
    QTest.mousePress(canvas, LEFT, NONE, QPoint(100, 100))
    QTest.mouseMove(canvas, QPoint(130, 100))
    canvas.repaint()
    canvas.easel.set_brush(before.sized(before.diameter * 3))
    QTest.mouseMove(canvas, QPoint(170, 100))
    canvas.easel.leave()
    in_hand = look(canvas, qtbot)
    QTest.mouseRelease(canvas, LEFT, NONE, QPoint(170, 100))
    canvas.easel.leave()
    assert studio.strokes[0].diameter == before.diameter
    assert np.abs(look(canvas, qtbot).astype(int) - in_hand).max() <= 8


def test_a_stroke_ends_where_the_protection_is_taken_in_hand_and_leaves_nothing_behind(studio):
    canvas = studio.canvas
    QTest.mousePress(canvas, LEFT, NONE, QPoint(100, 100))
    QTest.mouseMove(canvas, QPoint(130, 100))
    canvas.easel.set_paints_protect(True)
    QTest.mouseMove(canvas, QPoint(170, 100))
    QTest.mouseRelease(canvas, LEFT, NONE, QPoint(170, 100))
    assert studio.strokes == []
    assert not canvas._stage.coverings.mask.has_strokes
    assert not canvas._stage.coverings.protect.has_strokes


def test_a_pen_that_comes_while_the_mouse_paints_makes_one_stroke(studio):
    canvas = studio.canvas
    QTest.mousePress(canvas, LEFT, NONE, QPoint(100, 100))
    QTest.mouseMove(canvas, QPoint(130, 100))
    pen(canvas, QEvent.Type.TabletPress, (140, 100), 0.5)
    pen(canvas, QEvent.Type.TabletMove, (160, 100), 0.5)
    pen(canvas, QEvent.Type.TabletRelease, (160, 100), 0.0)
    QTest.mouseMove(canvas, QPoint(190, 100))
    QTest.mouseRelease(canvas, LEFT, NONE, QPoint(190, 100))
    assert len(studio.strokes) == 1
    assert not canvas.easel.hands.is_busy


def test_a_click_is_a_stroke_of_one_point(studio):
    drag(studio.canvas, (100, 100))
    assert len(studio.strokes[0].points) == 1
    assert not masks.is_empty(studio.mask)


def test_shift_click_joins_the_last_point_with_a_straight_line(studio):
    drag(studio.canvas, (50, 50))
    drag(studio.canvas, (250, 180), held=Qt.ShiftModifier)
    assert [stroke.shape for stroke in studio.strokes] == ["brush", "line"]
    first, last = studio.strokes[1].points
    assert (first.x, first.y) == stored(studio.canvas, (50, 50))
    assert (last.x, last.y) == stored(studio.canvas, (250, 180))


def test_shift_before_any_stroke_paints_freely(studio):
    drag(studio.canvas, (50, 50), (90, 60), held=Qt.ShiftModifier)
    assert studio.strokes[0].shape == "brush"


@pytest.mark.parametrize("how", ["alt", "brush"])
def test_alt_held_or_the_eraser_takes_away(studio, how):
    if how == "brush":
        studio.canvas.easel.set_brush(Brush(erase=True))
    drag(studio.canvas, (50, 50), (90, 60), held=Qt.AltModifier if how == "alt" else NONE)
    assert studio.strokes[0].erase


def test_a_stroke_is_on_the_screen_before_it_is_finished(studio, qtbot):
    before = look(studio.canvas, qtbot)
    studio.canvas.easel.set_brush(Brush(40, 1.0))
    QTest.mousePress(studio.canvas, LEFT, pos=QPoint(100, 100))
    QTest.mouseMove(studio.canvas, QPoint(160, 100))
    during = look(studio.canvas, qtbot)
    assert np.abs(during[100, 130].astype(int) - before[100, 130]).max() > 20
    assert studio.strokes == []
    QTest.mouseRelease(studio.canvas, LEFT, pos=QPoint(160, 100))
    studio.canvas.easel.leave()
    after = look(studio.canvas, qtbot)
    assert np.abs(after[100, 130].astype(int) - during[100, 130]).max() <= 2


def test_a_gesture_given_up_leaves_nothing(studio, qtbot):
    studio.canvas.easel.leave()
    before = look(studio.canvas, qtbot)
    QTest.mousePress(studio.canvas, LEFT, pos=QPoint(100, 100))
    QTest.mouseMove(studio.canvas, QPoint(160, 100))
    assert studio.canvas.easel.hands.let_go()
    assert not studio.canvas.easel.hands.let_go()
    QTest.mouseRelease(studio.canvas, LEFT, pos=QPoint(160, 100))
    studio.canvas.easel.leave()
    assert studio.strokes == []
    assert np.array_equal(look(studio.canvas, qtbot), before)


def test_a_stroke_that_nobody_takes_can_be_discarded(studio, qtbot):
    canvas = studio.canvas
    canvas.easel.stroke_finished.disconnect(studio.take)
    before = look(canvas, qtbot)
    drag(canvas, (100, 100), (160, 100))
    canvas.easel.leave()
    assert not np.array_equal(look(canvas, qtbot), before)
    canvas.discard_preview()
    assert np.array_equal(look(canvas, qtbot), before)


def test_a_lasso_closes_and_fills_itself(studio):
    studio.canvas.easel.set_tool("lasso")
    drag(studio.canvas, (60, 60), (160, 60), (160, 140), (60, 140))
    assert studio.strokes[0].shape == "lasso"
    x, y = map(int, stored(studio.canvas, (110, 100)))
    assert studio.mask.read(Region(x, y, x + 1, y + 1))[0, 0, 0] == 255


def test_a_lasso_without_an_inside_is_nothing(studio):
    studio.canvas.easel.set_tool("lasso")
    drag(studio.canvas, (60, 60))
    assert studio.strokes == []


def test_a_box_is_the_rectangle_between_press_and_release(studio):
    studio.canvas.easel.set_tool("box")
    drag(studio.canvas, (60, 60), (160, 140))
    assert studio.strokes[0].shape == "box"
    assert masks.count_covered(studio.mask) == pytest.approx(100 * 80, rel=0.03)


def test_the_restore_brush_shows_the_original_and_tells_its_stroke(studio, qtbot):
    canvas = studio.canvas
    studio.patch(Region(0, 0, 640, 480), 20)
    canvas.easel.set_tool("restore")
    canvas.easel.set_brush(Brush(60, 1.0))
    told = []
    canvas.easel.restore_finished.connect(told.append)
    QTest.mousePress(canvas, LEFT, pos=QPoint(100, 100))
    QTest.mouseMove(canvas, QPoint(160, 100))
    during = look(canvas, qtbot)
    x, y = map(int, stored(canvas, (110.5, 100.5)))
    assert np.abs(during[100, 110].astype(int) - studio.original.read(Region(x, y, x + 1, y + 1))[0, 0]).max() <= 2
    assert during[180, 130].max() <= 22
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(160, 100))
    assert len(told) == 1
    assert studio.strokes == []


def test_clone_takes_its_source_by_alt_click_and_keeps_its_distance(studio, qtbot):
    canvas = studio.canvas
    canvas.easel.set_tool("clone")
    canvas.easel.set_brush(Brush(30, 1.0))
    told, missing = [], []
    canvas.easel.clone_finished.connect(lambda *facts: told.append(facts))
    canvas.easel.source_missing.connect(lambda: missing.append(True))
    drag(canvas, (100, 100))
    assert missing == [True]
    drag(canvas, (200, 150), held=Qt.AltModifier)
    assert canvas.easel.source == tuple(map(int, stored(canvas, (200, 150))))
    QTest.mousePress(canvas, LEFT, pos=QPoint(100, 100))
    QTest.mouseMove(canvas, QPoint(120, 100))
    canvas.easel.leave()
    during = look(canvas, qtbot)
    assert np.abs(during[100, 110].astype(int) - during[150, 210]).max() <= 2
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(120, 100))
    drag(canvas, (60, 60), (70, 60))
    assert [facts[1:] for facts in told] == [(100, 50), (100, 50)]


def test_strokes_of_the_protect_mask_are_shown_as_protection(studio, qtbot):
    canvas = studio.canvas
    canvas.easel.set_paints_protect(True)
    QTest.mousePress(canvas, LEFT, pos=QPoint(100, 100))
    QTest.mouseMove(canvas, QPoint(160, 100))
    assert canvas._stage.coverings.protect.has_strokes
    assert not canvas._stage.coverings.mask.has_strokes


def test_a_picture_for_viewing_only_is_moved_and_never_painted(studio, qtbot):
    canvas = studio.canvas
    canvas.easel.set_editable(False)
    before = canvas.sight.visible_region
    drag(canvas, (150, 100), (100, 80))
    assert studio.strokes == []
    assert canvas.sight.visible_region.left == before.left + 50


# ---------------------------------------------------------------------------------------------- the pen
def test_a_pens_pressure_goes_into_the_stroke(studio):
    pen(studio.canvas, QEvent.Type.TabletPress, (100, 100), 0.25)
    pen(studio.canvas, QEvent.Type.TabletMove, (130, 100), 0.5)
    pen(studio.canvas, QEvent.Type.TabletMove, (160, 100), 1.0)
    pen(studio.canvas, QEvent.Type.TabletRelease, (165, 100), 0.0)
    (stroke,) = studio.strokes
    assert [round(point.pressure, 2) for point in stroke.points] == [0.25, 0.5, 1.0, 1.0]
    assert stroke.pressure_sizes


def test_a_pens_other_end_erases(studio):
    pen(studio.canvas, QEvent.Type.TabletPress, (100, 100), 0.5, eraser=True)
    pen(studio.canvas, QEvent.Type.TabletRelease, (100, 100), 0.0, eraser=True)
    assert studio.strokes[0].erase


# ------------------------------------------------------------------------------------------ size, zoom, pan
def test_alt_and_wheel_change_the_size(studio):
    for sideways in (False, True):  # Qt turns the wheel sideways with Alt on some systems
        studio.canvas.easel.set_brush(Brush(100))
        wheel(studio.canvas, (100, 100), 1, Qt.AltModifier, sideways=sideways)
        assert studio.canvas.easel.brush.diameter == pytest.approx(110)
        wheel(studio.canvas, (100, 100), -2, Qt.AltModifier, sideways=sideways)
        assert studio.canvas.easel.brush.diameter < 100


def test_a_brush_reaches_one_pixel_and_five_thousand(studio):
    for _ in range(100):
        wheel(studio.canvas, (100, 100), -1, Qt.AltModifier)
    assert studio.canvas.easel.brush.diameter == 1
    for _ in range(200):
        wheel(studio.canvas, (100, 100), 1, Qt.AltModifier)
    assert studio.canvas.easel.brush.diameter == 5000
    with pytest.raises(InvalidValueError, match="5000"):
        Brush(5001)


def test_alt_and_right_drag_change_size_and_hardness(studio):
    studio.canvas.easel.set_brush(Brush(50, 0.5))
    QTest.mousePress(studio.canvas, RIGHT, Qt.AltModifier, QPoint(100, 100))
    QTest.mouseMove(studio.canvas, QPoint(220, 50))
    assert studio.canvas.easel.brush.diameter == pytest.approx(100)
    assert studio.canvas.easel.brush.hardness == pytest.approx(0.7)
    QTest.mouseRelease(studio.canvas, RIGHT, Qt.AltModifier, QPoint(220, 50))
    QTest.mouseMove(studio.canvas, QPoint(20, 50))
    assert studio.canvas.easel.brush.diameter == pytest.approx(100)


def test_the_wheel_zooms_at_the_cursor(studio):
    before = stored(studio.canvas, (200, 50))
    wheel(studio.canvas, (200, 50), 2)
    assert studio.canvas.sight.zoom == pytest.approx(1.44)
    assert stored(studio.canvas, (200, 50)) == pytest.approx(before, abs=1)


@pytest.mark.parametrize("how", ["middle", "space", "hand"])
def test_middle_button_space_and_hand_move_the_picture(studio, how):
    canvas = studio.canvas
    before = canvas.sight.visible_region
    if how == "space":
        QTest.keyPress(canvas, Qt.Key_Space)
    if how == "hand":
        canvas.easel.set_tool("hand")
    drag(canvas, (150, 100), (120, 90), (100, 80), button=MIDDLE if how == "middle" else LEFT)
    if how == "space":
        QTest.keyRelease(canvas, Qt.Key_Space)
    assert (canvas.sight.visible_region.left, canvas.sight.visible_region.top) == (before.left + 50, before.top + 20)
    assert studio.strokes == []


def test_space_in_the_middle_of_a_stroke_moves_the_picture_under_it(studio):
    canvas = studio.canvas
    QTest.mousePress(canvas, LEFT, pos=QPoint(150, 100))
    QTest.mouseMove(canvas, QPoint(180, 100))
    QTest.keyPress(canvas, Qt.Key_Space)
    QTest.mouseMove(canvas, QPoint(130, 100))
    QTest.keyRelease(canvas, Qt.Key_Space)
    place = stored(canvas, (160, 120))
    QTest.mouseMove(canvas, QPoint(160, 120))
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(160, 120))
    (stroke,) = studio.strokes
    assert len(stroke.points) == 3
    assert (stroke.points[-1].x, stroke.points[-1].y) == place


def test_the_zoom_tool_comes_closer_and_goes_farther(studio):
    canvas = studio.canvas
    canvas.easel.set_tool("zoom")
    drag(canvas, (100, 100))
    assert canvas.sight.zoom == 1.5
    drag(canvas, (100, 100), held=Qt.AltModifier)
    assert canvas.sight.zoom == 1.0
    drag(canvas, (100, 100), (180, 160))
    assert canvas.sight.zoom == pytest.approx(4, rel=0.06)


def test_the_split_line_can_be_dragged_and_does_not_paint(studio):
    canvas = studio.canvas
    canvas.sight.set_compare_mode("split")
    told = []
    canvas.sight.line_moved.connect(lambda _old, new: told.append(new))
    drag(canvas, (160, 120), (200, 120), (240, 120))
    assert canvas.sight.split == pytest.approx(240 / 320)
    assert told[-1] == 240
    assert studio.strokes == []


def test_either_side_of_two_can_be_painted_and_a_stroke_stays_on_its_side(studio):
    canvas = studio.canvas
    canvas.sight.set_compare_mode("side by side")
    drag(canvas, (40, 100), (90, 100))
    drag(canvas, (40 + 161, 100), (90 + 161, 100))
    left, right = studio.strokes
    assert [(p.x, p.y) for p in left.points] == [(p.x, p.y) for p in right.points]
    drag(canvas, (100, 100), (300, 100))
    assert studio.strokes[-1].points[-1].x - studio.strokes[-1].points[0].x == pytest.approx(200 / canvas.sight.zoom)


# ----------------------------------------------------------------------------------------------- held keys
@pytest.mark.parametrize("key", [Qt.Key_Backslash, Qt.Key_F2])
def test_the_original_is_shown_while_its_key_is_held(studio, key):
    canvas = studio.canvas
    QTest.keyPress(canvas, key)
    assert canvas.sight.shows_original
    QTest.keyRelease(canvas, key)
    assert not canvas.sight.shows_original


def test_a_held_key_is_let_go_with_the_focus(studio, qtbot):
    canvas = studio.canvas
    canvas.setFocus()
    QTest.keyPress(canvas, Qt.Key_Backslash)
    QTest.keyPress(canvas, Qt.Key_Space)
    canvas.clearFocus()
    qtbot.waitUntil(lambda: not canvas.sight.shows_original)
    drag(canvas, (100, 100))
    assert len(studio.strokes) == 1


def test_other_keys_go_on_to_the_window(studio):
    event_keys = []
    parent_press = type(studio.canvas).__mro__[2].keyPressEvent
    assert parent_press
    studio.canvas.keyPressEvent = lambda event: event_keys.append(event.key())
    QTest.keyPress(studio.canvas, Qt.Key_G)
    assert event_keys == [Qt.Key_G]


def test_the_ring_goes_with_its_tool_at_once(studio, qtbot):
    canvas = studio.canvas
    canvas.easel.leave()
    bare = look(canvas, qtbot)
    QTest.mouseMove(canvas, QPoint(160, 120))
    assert not np.array_equal(look(canvas, qtbot), bare)
    assert canvas.cursor().shape() == Qt.BlankCursor
    canvas.easel.set_tool("lasso")
    assert np.array_equal(look(canvas, qtbot), bare)
    assert canvas.cursor().shape() == Qt.CrossCursor


def test_an_unknown_tool_is_refused(studio):
    with pytest.raises(InvalidValueError, match="no tool"):
        studio.canvas.easel.set_tool("airbrush")


def test_the_zoom_tool_has_a_magnifier_that_points_with_its_middle(studio):
    canvas = studio.canvas
    canvas.easel.set_tool("zoom")
    cursor = canvas.cursor()
    assert cursor.shape() == Qt.BitmapCursor
    glass = cursor.pixmap().toImage()
    spot = cursor.hotSpot() * glass.devicePixelRatio()
    assert glass.pixelColor(spot).alpha() == 255, "the middle of the plus"
    assert glass.pixelColor(0, 0).alpha() == 0
