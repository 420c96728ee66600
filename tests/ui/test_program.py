"""The whole program, repairs: real keys and mouse, the real engine process, real files."""

import os
import shutil
import signal
import threading
from pathlib import Path

import numpy as np
import tifffile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from restorer_app.core import mask as masks
from restorer_app.core.stroke import Point, Stroke
from restorer_app.ui.presenting.steps import StepRows
from tests.ui.conftest import until
from tests.ui.hands import at, canvas, document, hover, idle, open_file, paint, pixels, press, repair, scratch

DAB = Stroke("brush", (Point(100, 100),), diameter=20)


def test_paint_repair_compare_save_and_the_proof(empty, scan, qtbot):
    before = tifffile.imread(scan)
    session = open_file(empty, scan).session
    scratch(empty)
    assert not masks.is_empty(session.mask)
    press(empty, "Return")
    assert masks.is_empty(session.mask), "Enter moves the mask into the job"
    idle(empty)
    assert [step.title for step in session.history.steps] == ["Opened", "Painted mask", "Repaired"]
    assert pixels(session)[120, 160, 0] < 50000, "the scratch is gone"
    press(empty, "Ctrl+S")
    until(lambda: document(empty).saved is not None)
    saved = document(empty).saved
    assert saved.verdict.same
    until(lambda: "changed outside the mask" in empty.window.proof.sentence)
    assert empty.window.proof.sentence.startswith("0 of 76")
    after = tifffile.imread(saved.path)
    assert np.array_equal(after[:, :140], before[:, :140])
    assert not np.array_equal(after, before)
    assert np.array_equal(tifffile.imread(scan), before), "the original is as it was"
    QTest.qWait(30)
    assert not empty.window.actions_table["file.save"].isEnabled(), "there is nothing more to save"
    assert empty.window.status.texts["saved"].startswith("Saved")


def test_undone_to_the_original_after_saving_nothing_is_left_to_save_or_to_ask(empty, scan):
    session = open_file(empty, scan).session
    repair(empty)
    press(empty, "Ctrl+S")
    until(lambda: document(empty).saved is not None)
    press(empty, "Ctrl+Z")
    assert not session.is_unsaved
    until(lambda: empty.window.status.texts["saved"] == "Unchanged")
    until(lambda: empty.window.proof.sentence.startswith("Nothing was changed"))
    assert not empty.window.actions_table["file.save"].isEnabled()
    press(empty, "Ctrl+Y")
    until(lambda: "changed outside the mask" in empty.window.proof.sentence)
    assert not session.is_unsaved, "that is what was saved"


def test_undo_of_a_repair_brings_back_picture_and_mask(empty, scan):
    session = open_file(empty, scan).session
    before = session.image
    scratch(empty)
    mask = session.mask
    press(empty, "Return")
    idle(empty)
    press(empty, "Ctrl+Z")
    assert session.image is before
    assert session.mask is mask
    press(empty, "Ctrl+Y")
    assert session.image is not before
    assert masks.is_empty(session.mask)


def test_esc_cancels_the_job_first_and_then_clears_the_mask(empty, scan):
    session = open_file(empty, scan).session
    scratch(empty)
    press(empty, "Return")
    press(empty, "Esc")
    assert empty.workshop.jobs.is_empty
    assert not masks.is_empty(session.mask), "the mask is back"
    press(empty, "Esc")
    assert masks.is_empty(session.mask)
    press(empty, "Ctrl+Shift+D")
    assert not masks.is_empty(session.mask), "and can be reselected"


def test_painting_goes_on_while_a_job_waits_and_jobs_queue(empty, scan):
    session = open_file(empty, scan).session
    scratch(empty)
    press(empty, "Return")
    paint(empty, (40, 40), (60, 60))
    press(empty, "Return")
    assert len(empty.workshop.jobs.rows) + len([s for s in session.history.steps if s.record]) >= 2
    idle(empty)
    assert [step.title for step in session.history.steps].count("Repaired") == 2


def test_repair_after_each_stroke_is_one_step(empty, scan):
    session = open_file(empty, scan).session
    empty.choices.change(after_each_stroke=True)
    scratch(empty)
    idle(empty)
    assert [step.title for step in session.history.steps] == ["Opened", "Repaired"]
    press(empty, "Ctrl+Z")
    assert session.image is session.original


def test_the_pill_and_the_queue_show_the_job(empty, scan):
    open_file(empty, scan)
    scratch(empty)
    press(empty, "Return")
    assert empty.window.pill.isVisible()
    assert empty.window.queue.count == 1
    idle(empty)
    QTest.qWait(30)
    assert not empty.window.pill.isVisible()
    assert empty.window.queue.count == 0


def test_the_picture_shows_where_a_job_will_change_it_until_it_is_done(empty, scan):
    open_file(empty, scan)
    scratch(empty)
    until(lambda: canvas(empty).is_settled)
    middle = at(empty, 160, 120)
    bare = canvas(empty).grab().toImage().pixelColor(middle)
    press(empty, "Return")
    job = document(empty).session.pending[0]
    until(lambda: canvas(empty).is_settled)
    if document(empty).session.pending == (job,) and not job.finished:
        assert canvas(empty).grab().toImage().pixelColor(middle) != bare
    idle(empty)
    assert canvas(empty)._stage.coverings.works.layers == []


def test_a_crash_of_the_engine_costs_the_running_job_and_nothing_else(empty, scan):
    session = open_file(empty, scan).session
    repair(empty)
    kept = session.image
    until(lambda: empty.workshop.worker.pid is not None)
    until(lambda: empty.workshop.worker.status.state == "ready")
    empty.choices.change(method="patch")
    press(empty, "Ctrl+A")
    press(empty, "Ctrl+Shift+I")
    paint(empty, (30, 30), (280, 200))
    press(empty, "Return")
    os.kill(empty.workshop.worker.pid, signal.SIGKILL)
    idle(empty)
    assert session.image.changed_cells(kept) == frozenset() or session.records[-1].operation["method"] == "patch"
    empty.choices.change(method="telea")
    until(lambda: empty.workshop.worker.status.state == "ready")
    if masks.is_empty(session.mask):
        paint(empty, (30, 30), (60, 60))
    steps = len(session.records)
    press(empty, "Return")
    idle(empty)
    assert len(session.records) == steps + 1, "the engine works again"


def test_restore_paints_the_master_back(empty, scan):
    session = open_file(empty, scan).session
    repair(empty)
    press(empty, "J")
    scratch(empty)
    assert session.records[-1].name == "restore"
    assert pixels(session)[120, 160, 0] == 65000


def test_clone_takes_its_source_with_alt_click(empty, scan):
    session = open_file(empty, scan).session
    press(empty, "S")
    QTest.mouseClick(canvas(empty), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier, at(empty, 100, 100))
    paint(empty, (160, 100), (160, 110))
    assert session.records[-1].name == "clone"
    assert pixels(session)[104, 160, 0] < 50000


def test_the_windows_thread_never_waits_for_a_file(empty, scan, monkeypatch):
    session = open_file(empty, scan).session
    readers, read = [], empty.workshop.reader.read_region

    def told(*args, **kwargs):
        readers.append(threading.current_thread())
        return read(*args, **kwargs)

    monkeypatch.setattr(empty.workshop.reader, "read_region", told)
    repair(empty)
    scratch(empty)
    press(empty, "Return")
    press(empty, "J")
    paint(empty, (200, 30), (230, 60))  # beside the running job, where nothing is to be brought back
    idle(empty)
    scratch(empty)
    press(empty, "S")
    QTest.mouseClick(canvas(empty), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier, at(empty, 100, 100))
    paint(empty, (260, 100), (260, 110))
    empty.workshop.preview.show(empty.workshop.acts.ways[0], None, device="cpu")
    until(lambda: not empty.workshop.jobs.is_previewing)
    press(empty, "Esc")
    assert [record.name for record in session.records] == ["repair", "repair", "restore", "clone"]
    assert readers
    assert threading.main_thread() not in readers


def test_what_was_said_of_one_picture_is_not_said_of_the_next(empty, scan, tmp_path):
    other = Path(shutil.copy(scan, tmp_path / "other.tif"))
    open_file(empty, other)
    open_file(empty, scan, count=2)
    options, status = empty.window.options, empty.window.status
    press(empty, "S")
    assert "source first" in options._hint.text()
    QTest.mouseClick(canvas(empty), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier, at(empty, 100, 100))
    hover(empty, 160, 120, lambda: status.texts["place"] != "")
    assert options._hint.text() == ""
    press(empty, "Ctrl+PgDown")
    assert status.texts["place"] == ""
    assert "source first" in options._hint.text(), "the source belongs to the other picture"


def test_clone_without_a_source_says_over_the_picture_what_comes_first(empty, scan):
    session = open_file(empty, scan).session
    press(empty, "S")
    paint(empty, (160, 100), (160, 110))
    assert session.records == ()
    assert empty.window.notice.text.startswith("First choose where to copy from")
    QTest.mouseClick(canvas(empty), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier, at(empty, 100, 100))
    assert not empty.window.notice.are_seen, "it has been chosen"


def test_steps_to_come_say_whether_they_wait_and_an_upscaled_one_how_large_it_is(empty, scan):
    open_file(empty, scan)
    empty.workshop.acts.run_operation("denoise")
    empty.workshop.acts.run_operation("upscale-2")
    assert [row.detail for row in StepRows(document(empty)).rows()][1:] == ["piece by piece", "waits for its turn"]
    idle(empty)
    assert StepRows(document(empty)).rows()[-1].detail.endswith("640 × 480")


def test_a_picture_in_inks_is_offered_only_what_it_can_have(empty, scan, tmp_path):
    path = tmp_path / "proof.tif"
    ink = np.random.default_rng(3).integers(90, 110, (60, 80, 4), np.uint8)
    tifffile.imwrite(path, ink, photometric="separated")
    empty.choices.change(method="faithful")
    session = open_file(empty, path).session
    commands, method = empty.window.actions_table, empty.window.options._method
    QTest.qWait(30)
    assert method.currentText() == "Patch", "what Enter would do"
    assert not method.model().item(0).isEnabled()
    assert not commands["restore.decompress"].isEnabled()
    way = next(way for way in empty.workshop.acts.ways if way.id == "denoise")
    assert way.card is None
    commands["restore.denoise"].trigger()
    idle(empty)
    assert session.history.current.image is not session.original
    open_file(empty, scan, count=2)
    QTest.qWait(30)
    assert method.currentText() == "Faithful", "chosen for the pictures that can have it"
    assert commands["restore.decompress"].isEnabled()


def test_one_click_runs_in_the_mask_and_says_so(empty, scan):
    session = open_file(empty, scan).session
    QTest.qWait(30)
    before = pixels(session).copy()
    paint(empty, (40, 40), (100, 100))
    QTest.qWait(30)
    empty.workshop.acts.run_operation("denoise")
    idle(empty)
    after = pixels(session)
    assert session.records[-1].name == "denoise"
    assert np.array_equal(after[:, 200:], before[:, 200:])
    assert not np.array_equal(after, before)


def test_thorough_is_remembered_and_looks_more_often(empty, scan):
    session = open_file(empty, scan).session
    QTest.qWait(30)
    box = empty.window.one_click._fields.thorough
    for on, looks in ((False, 2), (True, 4)):
        box.setChecked(on)
        assert empty.workshop.choices.now.thorough is on
        empty.workshop.acts.run_operation("denoise")
        idle(empty)
        assert session.records[-1].operation["looks"] == looks
        press(empty, "Ctrl+Z")
    empty.workshop.choices.change(thorough=False)
    assert not box.isChecked()


def test_what_finds_nothing_to_do_leaves_nothing_to_save(empty, scan):
    session = open_file(empty, scan).session
    empty.workshop.acts.run_operation("decompress")
    until(lambda: "No traces of JPEG compression were found in plate.tif" in empty.window.notice.text)
    assert len(session.history) == 1
    assert not session.is_unsaved


def test_an_upscale_changes_the_size_and_one_undo_brings_it_back(empty, scan):
    session = open_file(empty, scan).session
    empty.workshop.acts.run_operation("upscale-2")
    idle(empty)
    assert session.image.bounds.width == 640, empty.window.notice.text
    press(empty, "Ctrl+Z")
    assert session.image is session.original


def test_a_preview_is_shown_and_leaves_nothing(empty, scan):
    session = open_file(empty, scan).session
    panel = empty.window.one_click
    QTest.qWait(30)
    told = []
    empty.workshop.jobs.previewed.connect(lambda *_: told.append(1))
    panel.preview_asked.emit("denoise", 0.8)
    until(lambda: told and not empty.workshop.jobs.is_previewing)
    assert session.image is session.original
    assert len(session.history) == 1
    assert empty.workshop.preview.is_shown
    press(empty, "Esc")
    assert not empty.workshop.preview.is_shown


def test_a_preview_ends_with_its_pixels_and_where_another_picture_is_taken_in_hand(empty, scan, tmp_path):
    other = Path(shutil.copy(scan, tmp_path / "other.tif"))
    open_file(empty, other)
    open_file(empty, scan, count=2)
    workshop, box = empty.workshop, empty.window.one_click._fields.preview
    QTest.qWait(30)
    for leave in (
        lambda: press(empty, "Ctrl+PgDown"),
        lambda: workshop.editing.attempt(lambda session: session.clone(DAB, dx=40, dy=0)),
        lambda: press(empty, "Ctrl+Z"),
    ):
        box.setChecked(True)
        workshop.preview.show(workshop.acts.ways[0], None, device="cpu")
        assert workshop.preview.is_shown
        leave()
        assert not workshop.preview.is_shown
        assert not workshop.jobs.is_previewing
        assert not box.isChecked()


def test_a_refusal_goes_when_it_is_no_longer_true(empty, scan):
    session = open_file(empty, scan).session
    notice = empty.window.notice
    empty.workshop.acts.run_operation("upscale-2")
    empty.workshop.editing.stroke(Stroke("brush", (Point(50, 50),), diameter=9))
    assert "being upscaled" in notice.text
    assert notice.are_seen
    idle(empty)
    until(lambda: not notice.are_seen)
    press(empty, "Ctrl+Z")
    empty.workshop.acts.repair()
    assert "needs a mask" in notice.text
    paint(empty, (50, 50), (80, 50))
    assert not notice.are_seen
    assert len(session.history) == 2


def test_painting_back_where_nothing_was_changed_is_no_step_and_leaves_nothing_on_the_screen(empty, scan):
    session = open_file(empty, scan).session
    press(empty, "J")
    paint(empty, (50, 50), (80, 50))
    assert len(session.history) == 1
    assert not session.is_changed
    assert "as it was opened" in empty.window.notice.text
    assert not canvas(empty)._stage.coverings.stamp_layer("original").has_strokes
