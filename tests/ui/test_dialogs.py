"""The dialogs by themselves: what they say before anything is written or lost."""

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QColorSpace
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QScrollArea,
)

from restorer_app.session.settings import Settings
from restorer_app.ui.dialogs import unsaved
from restorer_app.ui.dialogs.save import SaveDialog
from restorer_app.ui.dialogs.settings import SettingsDialog
from restorer_app.ui.menus import MenuRow
from restorer_app.ui.shortcuts_sheet import ShortcutsSheet


@pytest.fixture
def plate(tmp_path):
    path = tmp_path / "plate.tif"
    path.write_bytes(b"a master")
    return path


def save_dialog(window, plate, **more):
    told = {"patchable": True, "reason": "Only the changed strips are written.", **more}
    return SaveDialog(plate, plate.with_name("plate_restored_v01.tif"), parent=window, **told)


def can_save(dialog):
    return dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Save).isEnabled()


def test_a_name_that_is_free_can_be_saved_without_a_word(window, plate):
    dialog = save_dialog(window, plate)
    assert (can_save(dialog), dialog._problem.text()) == (True, "")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("plate.tif", "the original"),
        ("taken.tif", "not overwritten; taken_v02.tif"),
        ("nowhere/plate.tif", "no folder"),
        ("", "a folder"),
        ("n" * 300 + ".tif", "No file can have this name"),
    ],
)
def test_what_cannot_be_written_is_said_before_it_is_tried(window, plate, name, words):
    plate.with_name("taken.tif").write_bytes(b"another's")
    dialog = save_dialog(window, plate)
    dialog.set_target(plate.parent / name)
    assert words in dialog._problem.text()
    assert not can_save(dialog)


def test_what_this_window_wrote_is_replaced_and_that_is_said(window, plate):
    ours = plate.with_name("plate_restored_v01.tif")
    ours.write_bytes(b"ours")
    dialog = save_dialog(window, plate, ours=ours)
    assert "saving replaces it" in dialog._problem.text()
    assert can_save(dialog)


def test_levels_are_asked_about_only_where_there_are_some_and_a_new_file_has_none(window, plate):
    assert not save_dialog(window, plate).findChild(QCheckBox).isVisibleTo(None)
    dialog = save_dialog(window, plate, has_levels=True)
    box = dialog.findChild(QCheckBox)
    assert not dialog.carries_levels, "a save changes what it was told to change"
    box.setChecked(True)
    assert dialog.carries_levels
    dialog._derive.setChecked(True)
    assert not dialog.carries_levels


def answered(ask, act):
    """What a question returns when a hand does this to it."""
    QTimer.singleShot(0, lambda: act(QApplication.activeModalWidget()))
    return ask()


def press_button(name):
    return lambda dialog: next(each for each in dialog.findChildren(QPushButton) if each.text() == name).click()


def press_key(key):
    return lambda dialog: QTest.keyClick(dialog, key)


@pytest.mark.parametrize(
    ("act", "answer"),
    [
        (press_button("Save"), "save"),
        (press_button("Discard"), "discard"),
        (press_button("Go on working"), "stay"),
        (press_key(Qt.Key.Key_Escape), "stay"),
        (press_key(Qt.Key.Key_Return), "save"),
    ],
)
def test_closing_with_unsaved_work_gives_the_answer_that_was_pressed(window, act, answer):
    assert answered(lambda: unsaved.ask_unsaved(["plate.tif"], window, running=False), act) == answer


@pytest.mark.parametrize(
    ("act", "answer"),
    [(press_button("Discard the mask"), "discard"), (press_key(Qt.Key.Key_Return), "stay")],
)
def test_a_mask_is_not_discarded_by_return(window, act, answer):
    assert answered(lambda: unsaved.ask_painted(["plate.tif"], {"mask"}, window), act) == answer


@pytest.mark.parametrize(
    ("names", "painted", "words", "discard"),
    [
        (["a.tif"], {"protection"}, "The protection painted on a.tif", "Discard the protection"),
        (["a.tif"], {"mask", "protection"}, "The mask and the protection painted on a.tif", "Discard both"),
        (["a.tif", "b.tif"], {"protection"}, "What is painted on 2 pictures", "Discard it"),
    ],
)
def test_the_question_names_what_would_be_lost(window, names, painted, words, discard):
    def act(dialog):
        assert any(words in each.text() for each in dialog.findChildren(QLabel))
        press_button(discard)(dialog)

    assert answered(lambda: unsaved.ask_painted(names, painted, window), act) == "discard"


@pytest.mark.parametrize(("width", "columns"), [(1500, 3), (1024, 3), (800, 2), (600, 1)])
def test_the_sheet_of_keys_has_as_many_columns_as_there_is_room_for_and_scrolls_only_where_it_must(
    window, width, columns
):
    sheet = ShortcutsSheet(window, room=QSize(width, 768))
    sheet.show()
    QTest.qWait(50)
    area = sheet.findChild(QScrollArea)
    assert area.widget().layout().count() == columns
    assert area.widget().minimumSizeHint().width() <= sheet.width()
    assert area.horizontalScrollBar().maximum() == 0
    if columns == 3:
        assert area.verticalScrollBar().maximum() == 0
    sheet.close()


def test_in_a_narrow_row_the_search_gives_up_its_key_and_no_menu(window, qtbot):
    row = MenuRow(window.actions_table)
    qtbot.addWidget(row)
    row.resize(1200, 40)
    row.show()
    search = row.findChild(QPushButton, "searchField")
    key = search.findChild(QLabel)
    assert key.isVisible()
    row.resize(row.minimumSizeHint().width() + 120, 40)
    QApplication.processEvents()
    assert not key.isVisible()
    assert row.bar.width() >= row.bar.sizeHint().width()


def test_no_menu_hides_in_a_small_window_where_words_are_longer(window, qtbot):
    row = MenuRow(window.actions_table)
    qtbot.addWidget(row)
    for menu in row.menus.values():
        menu.setTitle(menu.title() + "m" * round(len(menu.title()) * 0.4))
    assert row.minimumSizeHint().width() < 800
    for width in (1400, 1000, 900, 800, row.minimumSizeHint().width()):
        row.resize(width, 40)
        row.show()
        QApplication.processEvents()
        assert row.bar.width() >= row.bar.sizeHint().width(), width
        assert row.save.geometry().right() < width
        assert row.save.isVisible()
        assert row.save.width() >= row.save.sizeHint().width()
    row.resize(1400, 40)
    QApplication.processEvents()
    assert row.findChild(QPushButton, "searchField").isVisible()
    assert row.save.text() == "Save restoration"


def test_a_folder_that_cannot_be_written_to_is_refused_before_it_is_tried(window, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != tmp_path)
    original = tmp_path / "scan.tif"
    dialog = SaveDialog(original, tmp_path / "scan_restored_v01.tif", patchable=True, reason="", parent=window)
    save = dialog._buttons.button(QDialogButtonBox.StandardButton.Save)
    assert not save.isEnabled()
    assert "cannot be written to; choose another one" in dialog._problem.text()
    (tmp_path / "other").mkdir()
    dialog.set_target(tmp_path / "other" / "scan.tif")
    assert save.isEnabled()
    dialog.deleteLater()


def test_the_scratch_folder_of_which_the_advice_speaks_is_in_the_settings(window, tmp_path, monkeypatch):
    dialog = SettingsDialog(Settings(), window)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_words: str(tmp_path))
    row = dialog._scratch.parentWidget()
    choose, usual = row.findChildren(QPushButton)
    choose.click()
    assert dialog.chosen.scratch == str(tmp_path)
    usual.click()
    assert dialog.chosen == Settings()
    dialog.deleteLater()


def test_a_profile_that_no_screen_can_show_by_is_not_taken(window, tmp_path, monkeypatch):
    grey = QColorSpace(QPointF(0.3457, 0.3585), QColorSpace.TransferFunction.Gamma, 1.0)
    spaces = {"grey.icc": grey, "screen.icc": QColorSpace(QColorSpace.NamedColorSpace.DisplayP3)}
    for name, space in spaces.items():
        (tmp_path / name).write_bytes(bytes(space.iccProfile()))
    chosen = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_words: (str(tmp_path / chosen[-1]), ""))
    dialog = SettingsDialog(Settings(), window)
    for name in ("grey.icc", "missing.icc"):
        chosen.append(name)
        dialog._choose_profile()
        assert dialog.chosen == Settings()
        assert any(f"{name} is no profile" in told.text() for told in dialog.findChildren(QLabel))
    chosen.append("screen.icc")
    dialog._choose_profile()
    assert dialog.chosen.display_profile == str(tmp_path / "screen.icc")
    dialog.deleteLater()


@pytest.mark.parametrize("words", ["One line.", "A sentence that needs more than one line in a dialog, " * 3])
def test_a_question_is_as_high_as_its_words(window, words):
    question = unsaved.Question(words, words, parent=window)
    question.offer("stay", "Go on working", safe=True)
    question.show()
    QTest.qWait(20)
    for told in question.findChildren(QLabel):
        assert told.height() == told.heightForWidth(told.width())
    question.close()
    question.deleteLater()
