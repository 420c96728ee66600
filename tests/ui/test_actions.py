from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton

from restorer_app.session.command import FACTS, Situation
from restorer_app.session.commands import COMMANDS
from restorer_app.ui.actions import HeldKeys, TypingGuard, tooltip_of

EVERYTHING = replace(Situation(), **dict.fromkeys(FACTS, True))


class Recorder:
    """An actor that can do everything and remembers what it did."""

    def __init__(self):
        self.done = []

    def __getattr__(self, name):
        if name not in {command.method for command in COMMANDS}:
            raise AttributeError(name)
        return lambda *words: self.done.append((name, *words))


def in_front(window, qtbot):
    """Keys go to the active window; offscreen a closed popup leaves none active."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


@pytest.fixture
def recorder(window):
    actor = Recorder()
    window.actions_table.add_actor(actor)
    window.show_situation(EVERYTHING)
    yield actor
    window.actions_table._actors.remove(actor)
    window.actions_table._methods.clear()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_a_command_is_in_a_menu_and_does_its_work(window, recorder, command):
    action = window.actions_table[command.id]
    assert action in window.menu_row.menus[command.group].actions()
    action.trigger()
    assert recorder.done == [(command.method, command.argument) if command.argument else (command.method,)]


@pytest.mark.parametrize("command", [known for known in COMMANDS if known.when], ids=lambda command: command.id)
def test_a_command_is_grey_while_one_of_its_facts_is_missing(window, recorder, command):
    for fact in command.when:
        window.show_situation(replace(EVERYTHING, **{fact: False}))
        assert not window.actions_table[command.id].isEnabled()
    window.show_situation(EVERYTHING)
    assert window.actions_table[command.id].isEnabled()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_keys_of_the_table_are_keys_of_the_action(window, command):
    keys = [] if command.held else [QKeySequence(key) for key in command.keys]
    assert window.actions_table[command.id].shortcuts() == keys
    for key in command.keys:
        assert not QKeySequence(key).isEmpty()
        assert QKeySequence(key)[0].key() != Qt.Key.Key_unknown


def test_a_command_that_nobody_can_do_is_grey(window):
    window.show_situation(EVERYTHING)
    assert not any(window.actions_table[command.id].isEnabled() for command in COMMANDS)


def test_the_tool_in_hand_is_the_one_that_is_ticked(window, recorder):
    window.show_situation(replace(EVERYTHING, tool="lasso"))
    ticked = [command.id for command in COMMANDS if command.group == "tool" and command.method == "choose_tool"]
    assert [known for known in ticked if window.actions_table[known].isChecked()] == ["tool.lasso"]


def test_a_tick_shows_the_fact_and_not_the_click(window, recorder):
    window.show_situation(replace(EVERYTHING, erasing=False))
    window.actions_table["mask.erase"].trigger()  # the recorder changes nothing
    assert not window.actions_table["mask.erase"].isChecked()


@pytest.mark.parametrize(
    ("key", "method"),
    [("B", "choose_tool"), ("]", "brush_bigger"), ("Ctrl+Z", "undo"), ("Ctrl+Y", "redo"), ("Y", "cycle_compare")],
)
def test_a_key_reaches_its_command(window, recorder, qtbot, key, method):
    in_front(window, qtbot)
    window.first_run.setFocus()
    combination = QKeySequence(key)[0]
    QTest.keyClick(window, combination.key(), combination.keyboardModifiers())
    assert [done[0] for done in recorder.done] == [method]


def test_return_ends_a_number_and_repairs_nothing(window, recorder, qtbot):
    guard = TypingGuard()
    QApplication.instance().installEventFilter(guard)
    in_front(window, qtbot)
    size = window.options.findChild(QLineEdit)
    size.setFocus()
    with qtbot.waitSignal(window.options.left):
        size.selectAll()
        QTest.keyClicks(size, "72")
        QTest.keyClick(size, Qt.Key.Key_Return)
    assert recorder.done == []
    QApplication.instance().removeEventFilter(guard)


def test_return_presses_a_button_that_was_reached_by_tab_and_not_one_that_was_clicked(window, recorder, qtbot):
    guard = TypingGuard()
    QApplication.instance().installEventFilter(guard)
    in_front(window, qtbot)
    run = QPushButton("Run", window)
    pressed = []
    run.clicked.connect(lambda: pressed.append(True))
    run.show()
    for reason, presses, repairs in ((Qt.FocusReason.MouseFocusReason, 0, 1), (Qt.FocusReason.TabFocusReason, 1, 1)):
        run.clearFocus()
        run.setFocus(reason)
        QTest.keyClick(run, Qt.Key.Key_Return)
        assert (len(pressed), len(recorder.done)) == (presses, repairs)
    run.deleteLater()
    QApplication.instance().removeEventFilter(guard)


def test_return_in_an_open_list_of_choices_takes_the_choice(window, recorder, qtbot):
    guard = TypingGuard()
    QApplication.instance().installEventFilter(guard)
    in_front(window, qtbot)
    box = QComboBox(window)
    box.addItems(["Faithful", "Patch"])
    box.show()
    box.showPopup()
    qtbot.waitUntil(box.view().isVisible)
    QTest.keyClick(box.view(), Qt.Key.Key_Down)
    QTest.keyClick(box.view(), Qt.Key.Key_Return)
    assert box.currentText() == "Patch"
    assert not box.view().isVisible()
    assert recorder.done == []
    box.deleteLater()
    QApplication.instance().removeEventFilter(guard)


def test_a_held_key_is_told_once_down_and_once_up(window, qtbot):
    held = HeldKeys(window)
    told = []
    held.pressed.connect(lambda command: told.append(("down", command)))
    held.released.connect(lambda command: told.append(("up", command)))
    QApplication.instance().installEventFilter(held)
    for key in (Qt.Key.Key_Backslash, Qt.Key.Key_F2):
        QTest.keyPress(window, key)
        QTest.keyRelease(window, key)
    QApplication.instance().removeEventFilter(held)
    assert told == [("down", "view.original"), ("up", "view.original")] * 2


def test_a_held_key_is_let_go_when_the_focus_goes(window, qtbot):
    in_front(window, qtbot)
    window.first_run.setFocus()
    held = HeldKeys(window)
    told = []
    held.released.connect(told.append)
    QApplication.instance().installEventFilter(held)
    QTest.keyPress(window, Qt.Key.Key_Backslash)
    window.history.setFocus()
    QApplication.instance().removeEventFilter(held)
    assert told == ["view.original"]


@pytest.mark.parametrize("command", [known for known in COMMANDS if known.icon], ids=lambda command: command.id)
def test_an_icon_comes_with_a_tooltip_that_names_the_key(window, command):
    action = window.actions_table[command.id]
    assert not action.icon().isNull()
    assert action.toolTip() == tooltip_of(command)
    for key in command.keys[:1]:
        assert QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) in action.toolTip()


def test_the_palette_finds_and_carries_out(window, recorder, qtbot):
    window.find_command()
    palette = window.palette_popup
    QTest.keyClicks(palette.field, "invert mask")
    assert palette.titles[0] == "Invert mask"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert recorder.done == [("invert_mask",)]
    assert not palette.isVisible()


def test_the_palette_shows_what_is_not_possible_and_does_not_do_it(window, recorder, qtbot):
    window.show_situation(replace(EVERYTHING, painted=False))
    window.find_command()
    palette = window.palette_popup
    QTest.keyClicks(palette.field, "grow mask")
    assert palette.titles == ["Grow mask"]
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert recorder.done == []
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
