"""The whole program, its window: what is shown, keys and the rest."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QPushButton, QScrollArea, QWidget

from restorer_app.core import mask as masks
from restorer_app.core.geometry import Region
from restorer_app.session.commands import COMMANDS
from restorer_app.ui.acts.view import ViewActs
from restorer_app.ui.notice import Told
from restorer_app.ui.window import Window
from tests.ui.conftest import until
from tests.ui.hands import at, canvas, drag_border, hover, idle, open_file, paint, press

QWIDGETSIZE_MAX = (1 << 24) - 1


def test_holding_the_key_shows_the_original(empty, scan):
    open_file(empty, scan)
    for key in (Qt.Key.Key_Backslash, Qt.Key.Key_F2):
        QTest.keyPress(canvas(empty), key)
        assert canvas(empty).sight.shows_original
        QTest.keyRelease(canvas(empty), key)
        assert not canvas(empty).sight.shows_original


def test_y_goes_round_the_comparisons(empty, scan):
    open_file(empty, scan)
    seen = []
    for _ in range(4):
        press(empty, "Y")
        seen.append(canvas(empty).sight.compare_mode)
    assert seen == ["split", "side by side", "difference", "off"]


def test_keys_change_the_brush_and_the_bar_shows_it(empty, scan):
    open_file(empty, scan)
    size = canvas(empty).easel.brush.diameter
    press(empty, "]")
    assert canvas(empty).easel.brush.diameter > size
    press(empty, "E")
    assert canvas(empty).easel.brush.erase
    QTest.qWait(30)
    assert empty.window.actions_table["mask.erase"].isChecked()
    press(empty, "E")
    assert empty.choices.now.brush_diameter == canvas(empty).easel.brush.diameter, "the brush is remembered"


def test_f6_leads_out_of_the_picture_over_every_part_and_back(empty, scan):
    open_file(empty, scan)
    canvas(empty).setFocus()
    names = []
    for _ in range(6):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6)
        names.append(QApplication.focusWidget().accessibleName())
        if QApplication.focusWidget() is canvas(empty):
            break
    assert names == ["Open pictures", "Size", "Denoise: Run", "History", canvas(empty).accessibleName()]


def test_f6_scrolls_a_panel_back_to_its_beginning(empty, scan):
    open_file(empty, scan)
    area = empty.window.docks["one-click"].findChild(QScrollArea)
    bar = area.verticalScrollBar()
    area.setMaximumHeight(100)
    try:
        until(lambda: bar.maximum() > 0)
        bar.setValue(bar.maximum())
        canvas(empty).setFocus()
        for _ in range(3):
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6)
        first = QApplication.focusWidget()
        assert first.accessibleName() == "Denoise: Run"
        assert first.visibleRegion().boundingRect() == first.rect()
    finally:
        area.setMaximumHeight(QWIDGETSIZE_MAX)
        bar.setValue(0)


def test_panels_come_back_as_high_as_they_were(empty, scan):
    open_file(empty, scan)
    docks = empty.window.docks
    QTest.qWait(100)
    drag_border(empty.window, -60)
    QTest.qWait(100)
    before = {name: dock.height() for name, dock in docks.items() if dock.isVisible()}
    press(empty, "Tab")
    assert not any(dock.isVisible() for dock in docks.values())
    press(empty, "Tab")
    until(lambda: {name: dock.height() for name, dock in docks.items() if dock.isVisible()} == before)
    empty.window.arrangement.reset()


def test_every_command_has_somebody_who_does_it(empty):
    orphans = [command.id for command in COMMANDS if empty.window.actions_table.method_of(command) is None]
    assert orphans == []


def test_the_theme_changes_at_once(empty, scan):
    open_file(empty, scan)
    dark = empty.window.grab().toImage().pixelColor(5, 5)
    empty.workshop.window_acts.toggle_theme()
    light = empty.window.grab().toImage().pixelColor(5, 5)
    assert light.lightness() > dark.lightness() + 100
    empty.workshop.window_acts.toggle_theme()


def test_the_status_bar_tells_the_value_under_the_cursor_in_the_files_own_depth(empty, scan):
    open_file(empty, scan)
    hover(empty, 160, 120, lambda: "65\u202f000" in empty.window.status.texts["place"])  # a thread reads the file


def test_a_bug_is_told_and_the_window_lives(empty, scan, qtbot, capsys):
    open_file(empty, scan)
    with qtbot.capture_exceptions():
        try:
            raise ZeroDivisionError("of all things")
        except ZeroDivisionError as error:
            empty._tell_bug(type(error), error, error.__traceback__)
    assert "of all things" in empty.window.notice.text
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize(("module", "strangers"), [("app", ["torch", "numpy", "cv2"]), ("workshop", ["torch"])])
def test_what_the_window_imports_is_light_and_what_it_brings_later_has_no_torch(module, strangers):
    script = f"import sys, restorer_app.ui.{module}; print(*[name for name in {strangers!r} if name in sys.modules])"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == ""


def test_points_of_the_tests_are_where_they_are_thought_to_be(empty, scan):
    """The helper `at` is checked against the canvas itself."""
    open_file(empty, scan)
    seen = []
    canvas(empty).easel.cursor_moved.connect(lambda x, y: seen.append((x, y)))
    hover(empty, 200, 77, lambda: bool(seen) and abs(QPointF(*seen[-1]).manhattanLength() - 277) < 3)


def test_the_view_is_inverted_and_lightened_and_the_picture_stays(empty, scan):
    session = open_file(empty, scan).session
    for key in ("Ctrl+I", "Shift+.", "Alt+Shift+."):
        press(empty, key)
    adjustment = canvas(empty).adjustment
    assert (adjustment.invert, adjustment.exposure > 0, adjustment.gamma > 1) == (True, True, True)
    assert session.image is session.original
    until(lambda: "Shadows" in empty.window.status.texts["view"])
    view = empty.window.status.texts["view"]
    assert ("Shown inverted" in view, "0.5 EV lighter" in view, "Shadows shown lighter" in view) == (True, True, True)
    press(empty, "Ctrl+Alt+0")
    assert not canvas(empty).adjustment.invert
    until(lambda: empty.window.status.texts["view"] == "")


def test_a_mask_that_is_hidden_is_said_to_be_and_painting_shows_it_again(empty, scan):
    session = open_file(empty, scan).session
    for _ in range(3):
        press(empty, "O")
    until(lambda: "Mask hidden" in empty.window.status.texts["view"])
    paint(empty, (40, 40), (90, 40))
    until(lambda: empty.window.status.texts["view"] == "")
    assert canvas(empty).overlay.mode == "tint"
    assert session.mask.tiles


@pytest.mark.parametrize("mode", ["off", "mask only"])
def test_a_program_never_starts_with_the_picture_or_the_mask_hidden(empty, mode):
    empty.choices.change(overlay=mode)
    ViewActs(canvas(empty), empty.choices, empty).deleteLater()
    assert empty.choices.now.overlay == "tint"


def test_tab_goes_through_the_window_in_the_order_in_which_it_is_read(empty, scan):
    open_file(empty, scan)
    QTest.qWait(30)
    start = empty.window.menu_row.findChild(QPushButton, "searchField")
    start.setFocus()
    seen = []
    while len(seen) < 40 and QApplication.focusWidget() is not canvas(empty):
        seen.append(QApplication.focusWidget().accessibleName())
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    wanted = ["Find a command", "Size", "Hardness", "Denoise: Run", "Strength", "History"]
    assert [name for name in seen if name in wanted] == wanted


def _wheel(view):
    middle = QPointF(view.rect().center())
    up, alt = QPoint(0, 120), Qt.KeyboardModifier.AltModifier
    return QWheelEvent(
        middle,
        view.mapToGlobal(middle),
        QPoint(),
        up,
        Qt.MouseButton.NoButton,
        alt,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )


def test_letting_alt_go_after_the_wheel_leaves_the_keys_with_the_picture(empty, scan):
    open_file(empty, scan)
    view = canvas(empty)
    bar = empty.window.menu_row.bar
    QTest.keyPress(view, Qt.Key.Key_Alt, Qt.KeyboardModifier.AltModifier)
    QApplication.sendEvent(view, _wheel(view))
    QTest.keyRelease(view, Qt.Key.Key_Alt)
    assert bar.activeAction() is None
    assert QApplication.focusWidget() is view


def test_the_clone_tool_asks_for_its_source_as_soon_as_it_is_taken(empty, scan):
    open_file(empty, scan)
    press(empty, "S")
    assert "Alt+click" in empty.window.options._hint.text()
    press(empty, "B")
    assert empty.window.options._hint.text() == ""


def test_a_first_window_leaves_room_for_the_frame_that_the_system_puts_around_it(dark):
    made = Window()
    made.arrangement.restore("", "")
    room = made.screen().availableGeometry()
    assert made.width() < room.width() or made.width() == 1600
    assert made.height() <= room.height() - 40
    made.deleteLater()


def test_every_menu_opens_by_alt_and_a_letter_of_its_own(empty):
    titles = [menu.title() for menu in empty.window.menu_row.menus.values()]
    letters = {title.partition("&")[2][:1].casefold() for title in titles}
    assert "" not in letters
    assert len(letters) == len(titles)


def test_a_picture_comes_back_with_the_place_and_zoom_at_which_it_was_left(empty, scan, tmp_path):
    other = Path(shutil.copy(scan, tmp_path / "other.tif"))
    open_file(empty, scan)
    view = canvas(empty)
    view.sight.centre_on(Region(20, 30, 60, 60), zoom=8.0)
    left = view.sight.visible_region
    open_file(empty, other, count=2)
    assert view.sight.fits, "a picture that is new is seen whole"
    press(empty, "Ctrl+PgUp")
    assert (view.sight.zoom, view.sight.visible_region) == (8.0, left)
    press(empty, "Ctrl+PgDown")
    assert view.sight.fits


def test_an_upscaled_picture_is_looked_at_where_it_was_before(empty, scan):
    open_file(empty, scan)
    view = canvas(empty)
    view.sight.centre_on(Region(100, 100, 140, 130), zoom=8.0)
    left = view.sight.visible_region
    empty.workshop.acts.run_operation("upscale-2")
    idle(empty)
    assert view.sight.zoom == 4.0
    assert view.sight.visible_region == Region(2 * left.left, 2 * left.top, 2 * left.right, 2 * left.bottom)
    press(empty, "Ctrl+Z")
    assert (view.sight.zoom, view.sight.visible_region) == (8.0, left)


def test_a_stroke_that_begins_on_good_news_is_painted_and_a_click_only_dismisses_it(empty, scan):
    session = open_file(empty, scan).session
    notices, view = empty.window.notice, canvas(empty)

    def over(x, y):
        return notice.mapFromGlobal(view.mapToGlobal(at(empty, x, y)))

    for way, steps in (((), 1), (((160, 60), (160, 120)), 2)):
        notices.say(Told("Saved.", warns=False))
        notice = notices.standing[-1]
        until(lambda told=notice: told.rect().contains(over(160, 4)))
        QTest.mousePress(notice, Qt.MouseButton.LeftButton, pos=over(160, 4))
        for point in way:
            QTest.mouseMove(notice, over(*point))
        QTest.mouseRelease(notice, Qt.MouseButton.LeftButton, pos=over(*(way or ((160, 4),))[-1]))
        assert not notices.are_seen
        assert len(session.history) == steps
    assert masks.covered_region(session.mask).top < 4
    assert masks.covered_region(session.mask).bottom > 120


def test_a_click_with_ctrl_on_good_news_is_meant_for_the_picture_beneath(empty, scan):
    open_file(empty, scan)
    press(empty, "S")
    notices, view = empty.window.notice, canvas(empty)
    notices.say(Told("First choose where to copy from: Ctrl+click there.", warns=False, passes=True))
    (notice,) = notices.standing
    QTest.qWait(50)
    place = notice.mapFromGlobal(view.mapToGlobal(at(empty, 160, 4)))
    assert notice.rect().contains(place)
    QTest.mouseClick(notice, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, place)
    assert view.easel.source is not None
    assert not notices.are_seen


def test_nothing_that_takes_the_focus_is_without_a_name(empty, scan):
    """What a screen reader says when Tab arrives there."""

    def named(part):
        return QAccessible.queryAccessibleInterface(part).text(QAccessible.Text.Name)

    def unnamed():
        parts = [part for part in empty.window.findChildren(QWidget) if part.isVisible()]
        return [part for part in parts if part.focusPolicy() != Qt.FocusPolicy.NoFocus and not named(part)]

    def is_inside_a_field(part):  # the field around it has the name and the focus
        return isinstance(part.parentWidget(), QAbstractSpinBox | QComboBox)

    found = unnamed()
    open_file(empty, scan)
    for tool in "BLMJSHZ":
        press(empty, tool)
        for dock in empty.window.docks.values():
            dock.raise_()
            QTest.qWait(5)
            found += unnamed()
    empty.window.docks["history"].raise_()
    assert [part for part in found if not is_inside_a_field(part)] == []
