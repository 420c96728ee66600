"""The whole program, masks: what is painted, changed and kept."""

import math
import threading

import numpy as np
import pytest
import tifffile
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QSpinBox, QToolButton

from restorer_app.core import mask as masks
from restorer_app.core.stroke import Point, Stroke
from restorer_app.ui.acts import mask_files
from restorer_app.ui.notice import Told
from restorer_app.ui.presenting.steps import StepRows
from tests.ui.conftest import until
from tests.ui.hands import canvas, document, idle, open_file, paint, pixels, press, repair, scratch


def test_a_mask_file_is_read_on_its_thread_alone_also_when_a_job_gives_its_mask_back(
    empty, scan, tmp_path, monkeypatch
):
    session = open_file(empty, scan).session
    there = np.zeros(session.mask.bounds.shape, np.uint8)
    there[10:20, 30:40] = 255
    Image.fromarray(there).save(tmp_path / "mask.png")
    monkeypatch.setattr(empty.workshop.worker, "submit", lambda _job: None)
    scratch(empty)
    press(empty, "Return")
    go, threads, read = threading.Event(), [], mask_files.read_mask

    def slowly(*args, **options):
        threads.append(threading.current_thread())
        go.wait(20)
        return read(*args, **options)

    monkeypatch.setattr(mask_files, "read_mask", slowly)
    empty.workshop.mask_files.load_mask_from(tmp_path / "mask.png")
    empty.workshop.jobs.cancel(session.pending[0].id)
    assert not masks.is_empty(session.mask), "the job's, given back"
    go.set()
    until(lambda: np.array_equal(session.mask.read(session.mask.bounds)[:, :, 0], there))
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


def test_a_protected_place_stays_as_it_is(empty, scan):
    session = open_file(empty, scan).session
    press(empty, "Shift+P")
    paint(empty, (160, 100), (160, 120))
    assert not masks.is_empty(session.protect)
    press(empty, "Shift+P")
    repair(empty)
    assert pixels(session)[110, 160, 0] == 65000
    assert pixels(session)[30, 160, 0] < 50000


def test_mask_commands_change_the_mask_and_can_be_undone(empty, scan):
    session = open_file(empty, scan).session
    paint(empty, (50, 50), (80, 50))
    painted = masks.count_covered(session.mask)
    press(empty, "Ctrl+Alt+G")
    assert masks.count_covered(session.mask) > painted
    press(empty, "Ctrl+Alt+H")
    assert masks.count_covered(session.mask) == pytest.approx(painted, rel=0.2)
    press(empty, "Ctrl+Shift+I")
    assert masks.count_covered(session.mask) > 60000
    for _ in range(3):
        press(empty, "Ctrl+Z")
    assert masks.count_covered(session.mask) == painted


def test_the_mask_grows_by_the_number_in_the_bar_which_is_remembered(empty, scan):
    session = open_file(empty, scan).session
    paint(empty, (50, 50), (80, 50))
    before = masks.covered_region(session.mask)
    box = next(box for box in empty.window.options.findChildren(QSpinBox) if "grow" in box.accessibleName())
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "7")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert empty.choices.now.mask_step == 7
    assert canvas(empty).hasFocus(), "the picture has its keys back"
    press(empty, "Ctrl+Alt+G")
    assert masks.covered_region(session.mask) == before.grown(7, inside=session.mask.bounds)
    empty.choices.change(mask_step=2)


def test_a_mask_goes_to_a_file_and_comes_back(empty, scan, tmp_path):
    session = open_file(empty, scan).session
    scratch(empty)
    kept = masks.digest(session.mask)
    empty.workshop.mask_files.save_mask_to(tmp_path / "mask.png")
    press(empty, "Ctrl+D")
    assert masks.is_empty(session.mask)
    empty.workshop.mask_files.load_mask_from(tmp_path / "mask.png")
    until(lambda: not masks.is_empty(session.mask))
    assert masks.digest(session.mask) == kept


def test_a_mask_of_another_size_is_refused_with_a_sentence(empty, scan, tmp_path):
    session = open_file(empty, scan).session
    Image.fromarray(np.full((10, 10), 255, np.uint8)).save(tmp_path / "mask.png")
    empty.workshop.mask_files.load_mask_from(tmp_path / "mask.png")
    until(lambda: empty.window.notice.are_seen)
    assert "10 × 10" in empty.window.notice.text
    assert masks.is_empty(session.mask)


def test_a_mask_of_zeros_and_ones_is_refused_with_a_sentence(empty, scan, tmp_path):
    session = open_file(empty, scan).session
    Image.fromarray(np.ones(session.mask.bounds.shape, np.uint8)).save(tmp_path / "mask.png")
    empty.workshop.mask_files.load_mask_from(tmp_path / "mask.png")
    until(lambda: empty.window.notice.are_seen)
    assert "highest value is 1, and 255 is full" in empty.window.notice.text
    assert masks.is_empty(session.mask)


def test_a_huge_stroke_is_computed_elsewhere_and_what_is_asked_next_waits_for_it(empty, tmp_path):
    path = tmp_path / "large.tif"
    tifffile.imwrite(path, np.full((2400, 2600), 120, np.uint8), photometric="minisblack")
    session = open_file(empty, path).session
    empty.workshop.view.set_size(2000)
    paint(empty, (1200, 1200), (1300, 1200))
    assert masks.is_empty(session.mask), "the window has not waited"
    press(empty, "Ctrl+Alt+G")  # asked for before the stroke is there
    until(lambda: len(session.history) > 2)
    assert [step.title for step in session.history.steps] == ["Opened", "Painted mask", "Grew mask"]
    assert masks.count_covered(session.mask) > 3_000_000


def test_a_long_stroke_is_computed_elsewhere_and_enter_right_behind_it_repairs(empty, scan):
    session = open_file(empty, scan).session
    points = tuple(Point(160 + 2 * math.sin(y), float(y)) for y in range(10, 230))
    empty.workshop.acts.take_stroke(Stroke("brush", points, diameter=12))
    assert masks.is_empty(session.mask), "the window has not waited"
    press(empty, "Return")
    idle(empty)
    assert [step.title for step in session.history.steps] == ["Opened", "Painted mask", "Repaired"]


def test_forty_dabs_are_one_row_and_undo_takes_one_of_them(empty, scan):
    session = open_file(empty, scan).session
    for place in range(12):
        paint(empty, (20 + place * 20, 60), (24 + place * 20, 60))
    repair(empty)
    until(lambda: empty.window.history.lines[-1][0] == "Repaired")
    told = [("Painted mask", "13 strokes"), empty.window.history.lines[-1]]
    assert empty.window.history.lines[1:] == told
    covered = masks.count_covered(session.history.steps[13].after.mask)
    press(empty, "Ctrl+Z")
    press(empty, "Ctrl+Z")
    until(lambda: empty.window.history.lines[1] == ("Painted mask", "12 of 13 strokes"))
    assert 0 < masks.count_covered(session.mask) < covered


def test_a_protection_goes_to_a_file_and_comes_back_and_is_not_asked_about(empty, scan, tmp_path):
    session = open_file(empty, scan).session
    press(empty, "Shift+P")
    paint(empty, (20, 20), (60, 20))
    kept = masks.digest(session.protect)
    assert document(empty).loose == {"protection"}
    empty.workshop.mask_files.save_protection_to(tmp_path / "keep.png")
    until(lambda: not document(empty).loose)
    press(empty, "Ctrl+D")
    assert masks.is_empty(session.protect)
    empty.workshop.mask_files.load_protection_from(tmp_path / "keep.png")
    until(lambda: masks.digest(session.protect) == kept)
    assert masks.is_empty(session.mask)
    assert not document(empty).loose
    assert [step.title for step in session.history.steps][-2:] == ["Cleared protection", "Loaded protection"]
    paint(empty, (20, 60), (60, 60))
    assert document(empty).loose == {"protection"}


def test_commands_of_the_mask_act_on_the_protection_while_that_is_painted(empty, scan):
    session = open_file(empty, scan).session
    actions = empty.window.actions_table
    press(empty, "Shift+P")
    assert not actions["mask.grow"].isEnabled(), "nothing is protected yet"
    paint(empty, (50, 50), (80, 50))
    before = masks.count_covered(session.protect)
    press(empty, "Ctrl+Alt+G")
    assert masks.count_covered(session.protect) > before
    assert session.history.steps[-1].title == "Grew protection"
    press(empty, "Shift+P")
    until(lambda: not actions["mask.grow"].isEnabled())
    assert actions["mask.clear_protection"].isEnabled()
    actions["mask.clear_protection"].trigger()
    assert masks.is_empty(session.protect)


def test_the_buttons_of_files_are_those_of_what_is_painted(empty, scan):
    open_file(empty, scan)

    def shown():
        found = (button.defaultAction() for button in empty.window.options.findChildren(QToolButton) if is_seen(button))
        return [
            action.objectName() for action in found if action and action.objectName().startswith(("mask.l", "mask.s"))
        ]

    def is_seen(button):
        return button.isVisible() and not button.visibleRegion().isEmpty()

    until(lambda: shown() == ["mask.shrink", "mask.load", "mask.save"])
    press(empty, "Shift+P")
    until(lambda: shown() == ["mask.shrink", "mask.load_protection", "mask.save_protection"])


def test_what_comes_after_painting_is_in_sight(empty, scan):
    session = open_file(empty, scan).session
    repair_button = next(each for each in empty.window.options.findChildren(QPushButton) if "Repair" in each.text())
    assert not repair_button.isEnabled()
    width = repair_button.width()
    scratch(empty)
    assert repair_button.isEnabled()
    QTest.mouseClick(repair_button, Qt.MouseButton.LeftButton)
    assert session.pending
    assert canvas(empty).hasFocus(), "the picture has its keys"
    until(lambda: not repair_button.isEnabled())
    assert repair_button.width() == width
    idle(empty)
    assert [step.title for step in session.history.steps] == ["Opened", "Painted mask", "Repaired"]


def test_esc_dismisses_a_warning_before_it_clears_the_mask(empty, scan):
    session = open_file(empty, scan).session
    scratch(empty)
    empty.window.notice.say(Told("The engine process was killed.", "The mask is back."))
    press(empty, "Esc")
    assert not empty.window.notice.are_seen
    assert not masks.is_empty(session.mask)
    empty.window.notice.say(Told("Saved.", warns=False, passes=True))
    press(empty, "Esc")
    assert masks.is_empty(session.mask), "good news is in nobody's way"


def test_one_more_stroke_makes_one_more_row_and_leaves_those_of_the_others(empty, scan):
    opened = open_file(empty, scan)
    editing, rows = empty.workshop.editing, StepRows(opened)
    for number in range(12):
        editing.stroke(Stroke("brush", (Point(20 + 20 * number, 50),), diameter=9))
    before = rows.rows()
    editing.stroke(Stroke("brush", (Point(100, 150),), diameter=9))
    after = rows.rows()
    assert len(after) == len(before) + 1
    assert [new is old for new, old in zip(after[:-2], before[:-1], strict=True)] == [True] * 12
    assert [row.title for row in after] == [row.title for row in StepRows(opened).rows()]
    press(empty, "Ctrl+Z")
    editing.stroke(Stroke("box", (Point(10, 10), Point(200, 200)), diameter=1, erase=True))
    assert rows.rows()[-1].title == "Erased mask"


def test_no_straight_line_begins_at_a_stroke_that_was_taken_back(empty, scan):
    open_file(empty, scan)
    paint(empty, (40, 40))
    assert empty.workshop.canvas.easel.last_point is not None
    press(empty, "Ctrl+Z")
    assert empty.workshop.canvas.easel.last_point is None
    paint(empty, (60, 60))
    assert empty.workshop.canvas.easel.last_point is not None


def test_what_a_mask_keeps_is_no_step(empty, scan):
    session = open_file(empty, scan).session
    press(empty, "Ctrl+A")
    until(lambda: len(session.history) == 2)
    empty.workshop.acts.shrink_mask()
    empty.workshop.acts.feather_mask()
    QTest.qWait(200)
    assert len(session.history) == 2
