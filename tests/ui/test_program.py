"""The whole program: real keys and mouse, the real engine process, real files."""

import math
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import tifffile
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QSpinBox

from restorer_app.core import mask as masks
from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.stroke import Point, Stroke
from restorer_app.files.reader_sources import DecodedSource
from restorer_app.session.commands import COMMANDS
from restorer_app.ui.acts.files import own_samples
from tests.ui.conftest import until

# ------------------------------------------------------------------------------------------ hands


def canvas(program):
    return program.workshop.canvas


def document(program):
    return program.workshop.desk.current


def open_file(program, path, count=1):
    program.workshop.files.open_paths([str(path)])
    until(lambda: len(program.workshop.desk.documents) == count)
    QTest.qWait(30)
    return document(program)


def press(program, key):
    combination = QKeySequence(key)[0]
    QTest.keyClick(canvas(program), combination.key(), combination.keyboardModifiers())


def at(program, x, y):
    """Where a pixel of the picture is on the canvas, found by asking the canvas."""
    view = canvas(program)
    bounds = document(program).session.image.bounds
    zoom = view.zoom / view.devicePixelRatioF()
    left, top = (view.width() - bounds.width * zoom) / 2, (view.height() - bounds.height * zoom) / 2
    return QPoint(round(left + x * zoom), round(top + y * zoom))


def paint(program, *points):
    view = canvas(program)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=at(program, *points[0]))
    for point in points[1:]:
        QTest.mouseMove(view, at(program, *point))
        QTest.qWait(5)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at(program, *points[-1]))


def scratch(program):
    paint(program, (160, 10), (160, 120), (160, 230))


def idle(program):
    until(lambda: program.workshop.jobs.is_empty)


def pixels(session):
    return session.image.read(session.image.bounds)


# ----------------------------------------------------------------------------------------- stories


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
    assert canvas(empty)._stage._works.layers == []


def test_a_crash_of_the_engine_costs_the_running_job_and_nothing_else(empty, scan):
    session = open_file(empty, scan).session
    scratch(empty)
    press(empty, "Return")
    idle(empty)
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
    scratch(empty)
    press(empty, "Return")
    idle(empty)
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


def test_a_protected_place_stays_as_it_is(empty, scan):
    session = open_file(empty, scan).session
    press(empty, "Shift+P")
    paint(empty, (160, 100), (160, 120))
    assert not masks.is_empty(session.protect)
    press(empty, "Shift+P")
    scratch(empty)
    press(empty, "Return")
    idle(empty)
    assert pixels(session)[110, 160, 0] == 65000
    assert pixels(session)[30, 160, 0] < 50000


def test_holding_the_key_shows_the_original(empty, scan):
    open_file(empty, scan)
    for key in (Qt.Key.Key_Backslash, Qt.Key.Key_F2):
        QTest.keyPress(canvas(empty), key)
        assert canvas(empty).shows_original
        QTest.keyRelease(canvas(empty), key)
        assert not canvas(empty).shows_original


def test_y_goes_round_the_comparisons(empty, scan):
    open_file(empty, scan)
    seen = []
    for _ in range(4):
        press(empty, "Y")
        seen.append(canvas(empty).compare_mode)
    assert seen == ["split", "side by side", "difference", "off"]


def test_keys_change_the_brush_and_the_bar_shows_it(empty, scan):
    open_file(empty, scan)
    size = canvas(empty).brush.diameter
    press(empty, "]")
    assert canvas(empty).brush.diameter > size
    press(empty, "E")
    assert canvas(empty).brush.erase
    QTest.qWait(30)
    assert empty.window.actions_table["mask.erase"].isChecked()
    press(empty, "E")
    assert empty.choices.now.brush_diameter == canvas(empty).brush.diameter, "the brush is remembered"


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
    empty.workshop.files.save_mask_to(tmp_path / "mask.png")
    press(empty, "Ctrl+D")
    assert masks.is_empty(session.mask)
    empty.workshop.files.load_mask_from(tmp_path / "mask.png")
    until(lambda: not masks.is_empty(session.mask))
    assert masks.digest(session.mask) == kept


def test_a_mask_of_another_size_is_refused_with_a_sentence(empty, scan, tmp_path):
    session = open_file(empty, scan).session
    Image.fromarray(np.full((10, 10), 255, np.uint8)).save(tmp_path / "mask.png")
    empty.workshop.files.load_mask_from(tmp_path / "mask.png")
    until(empty.window.notice.isVisible)
    assert "10 × 10" in empty.window.notice.text
    assert masks.is_empty(session.mask)


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


# ------------------------------------------------------------------------------------------- files


def test_several_pictures_stand_in_the_strip(empty, scan, tmp_path):
    other = tmp_path / "other.png"
    Image.fromarray(np.full((50, 60, 3), 90, np.uint8)).save(other)
    open_file(empty, scan)
    open_file(empty, other, count=2)
    QTest.qWait(30)
    assert empty.window.film.count() == 2
    press(empty, "Ctrl+PgUp")
    assert document(empty).path == scan
    open_file(empty, other, count=2)
    assert document(empty).path == other, "a file that is open is shown, not opened twice"


def test_a_jpeg_is_painted_on_while_it_is_read_and_its_jobs_wait(empty, tmp_path, monkeypatch):
    path = tmp_path / "print.jpg"
    Image.fromarray(np.full((240, 320), 120, np.uint8)).save(path)
    may_read = threading.Event()
    decode = DecodedSource.decode
    monkeypatch.setattr(DecodedSource, "decode", lambda source: may_read.wait(60) and decode(source))
    session = open_file(empty, path).session
    assert document(empty).is_reading
    until(lambda: "Reading print.jpg" in empty.window.pill.text)
    scratch(empty)
    press(empty, "Return")
    assert not session.pending[0].is_running
    assert not empty.workshop.desk.restore(Stroke("brush", (Point(5, 5),), diameter=4))
    assert "still being read" in empty.window.notice.text
    may_read.set()
    idle(empty)
    assert [step.title for step in session.history.steps][-1] == "Repaired"
    assert not document(empty).is_reading


def test_a_file_that_breaks_off_is_closed_with_a_sentence(empty, tmp_path, monkeypatch):
    def breaks(_source):
        raise UnreadableFileError("print.jpg breaks off.")

    path = tmp_path / "print.jpg"
    Image.fromarray(np.full((240, 320), 120, np.uint8)).save(path)
    monkeypatch.setattr(DecodedSource, "decode", breaks)
    empty.workshop.files.open_paths([str(path)])
    until(lambda: "breaks off" in empty.window.notice.text)
    until(lambda: not empty.workshop.desk.documents)


def test_thumbnails_are_made_anew_when_all_of_a_large_scan_has_been_seen(empty, tmp_path):
    path = tmp_path / "tiles.tif"
    pixels = np.zeros((2048, 2048), np.uint8)
    pixels[256:1800:3, 256:1800] = 250  # lost between the tiles that a first look takes
    tifffile.imwrite(path, pixels, tile=(256, 256), compression="zlib", photometric="minisblack")
    opened = open_file(empty, path)
    until(lambda: opened._knows_all)
    assert opened.overview.mean() == pytest.approx(pixels.mean(), rel=0.05)
    assert empty.workshop.desk.current.thumb is opened.thumb


def test_a_page_is_chosen_and_a_changed_one_stays_open(empty, tmp_path):
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as writer:
        for value in (50, 100, 150):
            writer.write(np.full((64, 64), value, np.uint8), photometric="minisblack")
    open_file(empty, path)
    assert empty.window.actions_table["file.next_page"].isEnabled()
    press(empty, "Alt+PgDown")
    until(lambda: document(empty).picture.page == 1)
    assert len(empty.workshop.desk.documents) == 1, "an unchanged page gives way"
    assert pixels(document(empty).session)[0, 0, 0] == 100


def test_a_file_that_is_no_picture_costs_a_sentence(empty, tmp_path):
    path = tmp_path / "letter.tif"
    path.write_bytes(b"Dear Sir,")
    empty.workshop.files.open_paths([str(path)])
    until(empty.window.notice.isVisible)
    assert "letter.tif" in empty.window.notice.text
    assert empty.workshop.desk.documents == []


def test_a_vanished_file_is_told_on_saving_and_the_work_is_kept(empty, scan):
    session = open_file(empty, scan).session
    scratch(empty)
    press(empty, "Return")
    idle(empty)
    scan.unlink()
    press(empty, "Ctrl+S")
    until(empty.window.notice.isVisible)
    assert session.is_unsaved
    assert document(empty).saved is None


def test_a_pasted_picture_becomes_a_file_and_opens(empty):
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkRed)
    QGuiApplication.clipboard().setImage(image)
    press(empty, "Ctrl+V")
    until(lambda: len(empty.workshop.desk.documents) == 1)
    assert document(empty).picture.width == 40
    assert document(empty).path.is_file()


def test_what_was_opened_is_in_the_recent_list(empty, scan):
    open_file(empty, scan)
    assert empty.choices.now.recent[0] == str(scan)


@pytest.mark.parametrize(("answer", "is_open"), [("stay", True), ("discard", False)])
def test_closing_with_unsaved_work_asks(empty, scan, answer, is_open):
    open_file(empty, scan)
    scratch(empty)
    press(empty, "Return")
    idle(empty)
    asked = []
    empty.workshop.files.ask = lambda names: asked.append(names) or answer
    press(empty, "Ctrl+W")
    assert asked == [["plate.tif"]]
    assert bool(empty.workshop.desk.documents) is is_open


def test_closing_and_saving_first_writes_and_then_closes(empty, scan, tmp_path):
    open_file(empty, scan)
    scratch(empty)
    press(empty, "Return")
    idle(empty)
    empty.workshop.files.ask = lambda names: "save"
    press(empty, "Ctrl+W")
    until(lambda: not empty.workshop.desk.documents)
    assert (tmp_path / "plate_restored_v01.tif").is_file()


def test_closing_without_unsaved_work_does_not_ask(empty, scan):
    open_file(empty, scan)
    asked = []
    empty.workshop.files.ask = lambda names: asked.append(names) or "discard"
    press(empty, "Ctrl+W")
    assert empty.workshop.desk.documents == []
    assert not asked


# ----------------------------------------------------------------------------------------- the rest


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
    QTest.mouseMove(canvas(empty), at(empty, 160, 120))
    until(lambda: "65\u202f000" in empty.window.status.texts["place"])  # the file is read on a thread


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
    canvas(empty).cursor_moved.connect(lambda x, y: seen.append((x, y)))
    QTest.mouseMove(canvas(empty), at(empty, 200, 77))
    until(lambda: bool(seen))
    assert QPointF(*seen[-1]).manhattanLength() == pytest.approx(277, abs=3)


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


def test_the_sample_opens_as_a_copy_with_a_word_on_how_to_begin(empty):
    empty.workshop.files.sample()
    until(lambda: len(empty.workshop.desk.documents) == 1)
    assert document(empty).path.parent == own_samples()
    assert "press Enter" in empty.window.notice.text
    paint(empty, (100, 100), (120, 120))
    assert not empty.window.notice.isVisible(), "it has been understood"


def test_the_view_is_inverted_and_lightened_and_the_picture_stays(empty, scan):
    session = open_file(empty, scan).session
    for key in ("Ctrl+I", "Shift+.", "Alt+Shift+."):
        press(empty, key)
    adjustment = canvas(empty).adjustment
    assert (adjustment.invert, adjustment.exposure > 0, adjustment.gamma > 1) == (True, True, True)
    assert session.image is session.original
    press(empty, "Ctrl+Alt+0")
    assert not canvas(empty).adjustment.invert


def test_a_picture_that_can_only_be_viewed_says_so_where_it_is_seen(empty, tmp_path):
    path = tmp_path / "palette.png"
    Image.fromarray(np.zeros((40, 40), np.uint8)).convert("P").save(path)
    open_file(empty, path)
    notice = empty.window.notice
    assert notice.isVisible()
    assert "only be viewed" in notice.text
    middle = notice.mapTo(empty.window, notice.rect().center())
    assert notice.isAncestorOf(empty.window.childAt(middle)) or empty.window.childAt(middle) is notice
    assert not empty.window.actions_table["tool.brush"].isEnabled()
    assert not empty.window.actions_table["mask.invert"].isEnabled()


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


def test_a_folder_opens_its_pictures_and_leaves_the_rest(empty, tmp_path):
    for name in ("b.png", "A.PNG"):
        Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    empty.workshop.files.open_paths([str(tmp_path)])
    until(lambda: len(empty.workshop.desk.documents) == 2)
    assert [one.path.name for one in empty.workshop.desk.documents] == ["A.PNG", "b.png"]
    assert not empty.window.notice.isVisible()
