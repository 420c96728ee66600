"""The whole program, saving: beside other saves, over other open pictures, while the window closes."""

import threading

import numpy as np
import pytest
import tifffile
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLineEdit

from restorer_app.core.job import Failed, Job
from restorer_app.core.operation import Denoise
from restorer_app.core.stroke import Point, Stroke
from restorer_app.session import by_hand
from restorer_app.session.saving import Saving
from restorer_app.ui.acts.saving import Order
from restorer_app.ui.dialogs.save import SaveDialog
from tests.ui.conftest import answer_discard, until
from tests.ui.hands import document, idle, open_file, paint, press, repair, scratch


@pytest.fixture
def held(monkeypatch):
    """Saves that wait until they are let go."""
    go, run = threading.Event(), Saving.run

    def waits(saving, *args, **options):
        go.wait(60)
        return run(saving, *args, **options)

    monkeypatch.setattr(Saving, "run", waits)
    yield go
    go.set()


def saved(program):
    until(lambda: not program.workshop.saver.documents)
    QTest.qWait(50)


def repair_at(program, x):
    scratch(program, x)
    press(program, "Return")
    idle(program)


def test_what_was_done_during_a_save_is_saved_after_it(empty, scan, held, monkeypatch):
    open_file(empty, scan)
    repair(empty)
    saving, target = empty.workshop.saving, scan.with_name("elsewhere.tif")
    saving.save()
    monkeypatch.setattr(saving, "_ask_where", lambda _document: Order(target, derives=False))
    saving.save_as()
    assert "what was done since is saved after that" in empty.window.notice.text
    held.set()
    until(target.exists)
    saved(empty)
    assert document(empty).saved.path == target


def test_save_on_closing_waits_for_the_save_that_is_going_on(empty, scan, held):
    open_file(empty, scan)
    repair(empty)
    saving = empty.workshop.saving
    saving.save()
    repair_at(empty, 60)
    saving.ask = lambda _names, _running: "save"
    saving.close_picture()
    assert empty.workshop.desk.documents
    held.set()
    until(lambda: not empty.workshop.desk.documents)
    made = tifffile.imread(scan.with_name("plate_restored_v01.tif"))
    assert (made[100, 55:65] != tifffile.imread(scan)[100, 55:65]).any()
    answer_discard(empty)


def test_the_window_does_not_close_later_because_of_an_earlier_answer(empty, scan, held, monkeypatch):
    open_file(empty, scan)
    repair(empty)
    saving, closed = empty.workshop.saving, []
    monkeypatch.setattr(empty.window, "close", lambda: closed.append("closed"))
    saving.ask = lambda _names, _running: "save"
    assert not saving.may_close()
    repair_at(empty, 60)  # the answer did not speak of this
    held.set()
    saved(empty)
    assert document(empty).session.is_unsaved
    saving.save()
    saved(empty)
    assert not document(empty).session.is_unsaved
    assert not closed
    answer_discard(empty)


def test_a_copy_that_is_open_itself_is_not_written_over(empty, scan):
    first = open_file(empty, scan)
    repair(empty)
    empty.workshop.saving.save()
    saved(empty)
    copy = first.saved.path
    second = open_file(empty, copy, count=2)
    repair_at(empty, 60)
    empty.workshop.desk.show(0)
    repair_at(empty, 250)
    empty.workshop.saving.save()
    saved(empty)
    assert first.saved.path.name == "plate_restored_v02.tif"
    assert second.session.is_unsaved
    assert second.session.image.read(second.session.image.bounds).shape == (240, 320, 1)


@pytest.mark.parametrize("kind", ["tif", "jpg"])
def test_a_new_tiff_that_was_asked_for_stays_one(empty, scan, tmp_path, monkeypatch, kind):
    path = scan
    if kind == "jpg":
        path = tmp_path / "print.jpg"
        Image.fromarray(np.random.default_rng(5).integers(90, 150, (240, 320), np.uint8)).save(path, quality=90)
    open_file(empty, path)
    until(lambda: not document(empty).is_reading)
    repair_at(empty, 160)
    saving = empty.workshop.saving
    monkeypatch.setattr(saving, "_ask_where", lambda _document: Order(tmp_path / "new.tif", derives=True))
    saving.save_as()
    saved(empty)
    repair_at(empty, 60)
    saving.save()
    saved(empty)
    kept = document(empty)
    assert not kept.session.is_unsaved
    assert (kept.saved.path.name, kept.saved.patched) == ("new.tif", False)


@pytest.mark.qt_no_exception_capture
@pytest.mark.parametrize(("fault", "told"), [(MemoryError, "not enough memory to save"), (ZeroDivisionError, "wrong")])
def test_a_save_that_ends_in_a_fault_is_told_and_closes_nothing_later(empty, scan, monkeypatch, fault, told):
    open_file(empty, scan)
    repair(empty)

    def fails(*_args, **_options):
        raise fault

    monkeypatch.setattr(Saving, "run", fails)
    monkeypatch.setattr("sys.excepthook", empty._tell_bug)
    saving = empty.workshop.saving
    saving.ask = lambda _names, _running: "save"
    assert not saving.may_close()
    until(lambda: told in empty.window.notice.text)
    saved(empty)
    assert not saving._is_closing
    assert all(each.thread() is empty.thread() for each in empty.window.notice.standing)
    answer_discard(empty)


def test_the_pill_ends_what_it_speaks_of(empty, scan, held):
    open_file(empty, scan)
    repair(empty)
    empty.workshop.saving.save()
    until(lambda: "Saving" in empty.window.pill.text)
    scratch(empty, 60)
    press(empty, "Return")
    empty.window.pill.cancel_asked.emit()
    held.set()
    saved(empty)
    idle(empty)
    assert document(empty).saved is None
    assert [step.title for step in document(empty).session.history.steps].count("Repaired") == 2


def test_a_name_in_the_save_dialog_may_be_empty_or_have_dots(empty, scan):
    dialog = SaveDialog(scan, scan.with_name("a.tiff"), patchable=True, reason="", parent=empty.window)
    dialog.set_target(scan.with_name("plate no. 12"))
    dialog._suit_suffix(derives=True)
    assert dialog.target.name == "plate no. 12.tif"
    dialog._suit_suffix(derives=False)
    assert dialog.target.name == "plate no. 12.tiff"
    dialog.set_target("")
    dialog._suit_suffix(derives=True)
    assert dialog.findChild(QLineEdit).text() == ""


def test_a_held_key_is_typed_where_there_is_something_to_type(empty, scan):
    open_file(empty, scan)
    dialog = SaveDialog(scan, scan.with_name("a.tif"), patchable=True, reason="", parent=empty.window)
    dialog.setWindowModality(Qt.WindowModality.ApplicationModal)
    dialog.show()
    assert QTest.qWaitForWindowActive(dialog)
    field = dialog.findChild(QLineEdit)
    field.setFocus()
    field.setText("")
    for key in (Qt.Key.Key_A, Qt.Key.Key_Backslash, Qt.Key.Key_B):
        QTest.keyClick(dialog.windowHandle(), key)
    assert field.text() == "a\\b"
    assert not empty.workshop.canvas.sight.shows_original
    dialog.done(QDialog.DialogCode.Rejected)


def test_what_was_painted_after_save_and_close_keeps_the_picture_open(empty, scan, held):
    open_file(empty, scan)
    repair(empty)
    empty.workshop.saving.ask = lambda _names, _running: "save"
    press(empty, "Ctrl+W")
    paint(empty, (40, 40), (60, 60))
    held.set()
    saved(empty)
    assert document(empty).loose == {"mask"}
    assert "stays open" in empty.window.notice.text
    answer_discard(empty)


def test_work_by_hand_that_lands_after_save_and_close_keeps_the_picture_open(empty, scan, held, monkeypatch):
    opened = open_file(empty, scan)
    repair(empty)
    restore, go = by_hand.restore, threading.Event()
    monkeypatch.setattr(by_hand, "restore", lambda *args: (go.wait(1), restore(*args))[1])
    empty.workshop.saving.ask = lambda _names, _running: "save"
    press(empty, "Ctrl+W")
    assert empty.workshop.editing.restore(Stroke("brush", (Point(160, 100),), 20))
    held.set()
    saved(empty)
    go.set()
    assert document(empty) is opened
    assert [record.name for record in opened.session.records] == ["repair", "restore"]
    answer_discard(empty)


def test_a_picture_that_closed_itself_during_a_question_is_not_closed_again(empty, scan, held):
    open_file(empty, scan)
    repair(empty)
    answers = ["save"]

    def ask(_names, _running):
        if answers:
            return answers.pop()
        held.set()
        until(lambda: not empty.workshop.desk.documents)
        return "discard"

    empty.workshop.saving.ask = ask
    press(empty, "Ctrl+W")
    press(empty, "Ctrl+W")
    assert not empty.workshop.desk.documents


def test_an_answer_that_was_taken_back_closes_nothing_later(empty, scan, held):
    open_file(empty, scan)
    repair(empty)
    empty.workshop.saving.save()
    answers = ["save", "save", "stay"]
    empty.workshop.saving.ask = lambda _names, _running: answers.pop(0)
    for _ in range(3):
        press(empty, "Ctrl+W")
    assert not answers
    held.set()
    saved(empty)
    repair_at(empty, 60)
    press(empty, "Ctrl+S")
    saved(empty)
    assert empty.workshop.desk.documents
    answer_discard(empty)


def test_a_copy_that_was_promised_is_written_before_picture_and_window_close(empty, scan, held, monkeypatch):
    open_file(empty, scan)
    repair(empty)
    held.set()
    saving = empty.workshop.saving
    saving.save()
    saved(empty)
    held.clear()
    copies = [scan.with_name("one.tif"), scan.with_name("other.tif")]
    orders = [Order(copy) for copy in copies]
    monkeypatch.setattr(saving, "_ask_where", lambda _document: orders.pop(0))
    saving.save_as()
    saving.save_as()
    assert not saving.may_close()
    assert "as soon as everything is saved" in empty.window.notice.text
    closed = []
    monkeypatch.setattr(empty.window, "close", lambda: closed.append([copy.exists() for copy in copies]))
    press(empty, "Ctrl+W")
    assert empty.workshop.desk.documents
    held.set()
    until(lambda: not empty.workshop.desk.documents)
    saved(empty)
    assert closed == [[True, True]]


def test_a_preview_that_fails_takes_no_promised_save_back(empty, scan, monkeypatch):
    opened = open_file(empty, scan)
    scratch(empty)
    workshop, asked = empty.workshop, []
    with monkeypatch.context() as patch:
        patch.setattr(workshop.worker, "submit", asked.append)
        press(empty, "Return")
        press(empty, "Ctrl+S")
        preview = Job("preview-1", Denoise(0.2, "guided"), opened.session.image, opened.session.image.bounds)
        workshop.jobs.preview(opened, preview)
        workshop.jobs.take(Failed(preview.id, "There is no room."))
        assert empty.window.notice.text == "There is no room."
    workshop.worker.submit(asked[0])
    idle(empty)
    until(lambda: opened.saved is not None)
    saved(empty)
