"""The whole program, files: opened, read, saved, closed."""

import os
import shutil
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton

from restorer_app.core import mask as masks
from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.job import CancelToken
from restorer_app.core.operation import Denoise
from restorer_app.core.stroke import Point, Stroke
from restorer_app.engine.run import run_job
from restorer_app.files.reader_sources import DecodedSource
from restorer_app.ui.acts.files import own_samples
from restorer_app.ui.dialogs.save import SaveDialog
from restorer_app.ui.presenting.pictures import file_words, frames
from restorer_app.ui.presenting.steps import StepRows
from tests.ui.conftest import answer_discard, until
from tests.ui.hands import at, document, hover, idle, open_file, paint, pixels, press, repair, scratch


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
    Image.fromarray(np.random.default_rng(5).integers(90, 150, (240, 320), np.uint8)).save(path)
    may_read = threading.Event()
    decode = DecodedSource.decode
    monkeypatch.setattr(DecodedSource, "decode", lambda source: may_read.wait(60) and decode(source))
    session = open_file(empty, path).session
    assert document(empty).is_reading
    until(lambda: "Reading print.jpg" in empty.window.pill.text)
    scratch(empty)
    press(empty, "Return")
    assert not session.pending[0].is_running
    assert not empty.workshop.editing.restore(Stroke("brush", (Point(5, 5),), diameter=4))
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


@pytest.mark.parametrize("work", ["painted", "repaired"])
def test_pages_with_work_on_them_stay_and_keep_their_order(empty, scan, tmp_path, work):
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as writer:
        for _ in range(3):
            writer.write(tifffile.imread(scan), photometric="minisblack")
    open_file(empty, path)
    open_file(empty, scan, count=2)
    press(empty, "Ctrl+PgUp")
    press(empty, "Alt+PgDown")
    until(lambda: document(empty).picture.page == 1)
    QTest.qWait(30)
    scratch(empty)
    if work == "repaired":
        press(empty, "Return")
        idle(empty)
    for key, page, expected in (("Alt+PgUp", 0, [0, 1]), ("Alt+PgDown", 1, [0, 1])):
        press(empty, key)
        until(lambda page=page: document(empty).picture.page == page)
        pages = [each.picture.page for each in empty.workshop.desk.documents]
        assert pages == [*expected, 0], "beside each other, in front of the other file"
    if work == "painted":
        assert not masks.is_empty(document(empty).session.mask)


def test_a_picture_that_lies_on_its_side_in_the_file_is_told_of_as_it_is_seen(empty, tmp_path):
    path = tmp_path / "side.jpg"
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(np.full((120, 80, 3), 90, np.uint8)).save(path, exif=exif)
    open_file(empty, path)
    facts = dict(file_words(document(empty).picture).rows)
    assert facts["Size"].startswith("120 × 80 px")
    assert facts["Turned"] == "shown turned to the right, as the file asks (orientation 6)"
    assert StepRows(document(empty)).rows()[0].detail.startswith("120 × 80")
    places, canvas = [], empty.workshop.canvas
    until(lambda: canvas.values_at(0, 0) is not None and canvas.values_at(0, 119) is not None)
    empty.workshop.canvas.easel.cursor_moved.emit(0, 119)  # the lowest corner on the left, as stored
    places.append(empty.window.status.texts["place"])
    empty.workshop.canvas.easel.cursor_moved.emit(0, 0)
    places.append(empty.window.status.texts["place"])
    assert [place.split("R")[0].split() for place in places] == [["x", "0", "y", "0"], ["x", "119", "y", "0"]]


def test_a_file_that_is_no_picture_costs_a_sentence(empty, tmp_path):
    path = tmp_path / "letter.tif"
    path.write_bytes(b"Dear Sir,")
    empty.workshop.files.open_paths([str(path)])
    until(lambda: empty.window.notice.are_seen)
    assert "letter.tif" in empty.window.notice.text
    assert empty.workshop.desk.documents == []


def test_a_vanished_file_is_told_on_saving_and_the_work_is_kept(empty, scan):
    session = open_file(empty, scan).session
    repair(empty)
    scan.unlink()
    press(empty, "Ctrl+S")
    until(lambda: empty.window.notice.are_seen)
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


def test_the_zoom_of_a_picture_that_is_opened_after_another_was_closed_is_told(empty, scan):
    open_file(empty, scan)
    told = empty.window.status.texts["zoom"]
    empty.workshop.desk.close(0)
    open_file(empty, scan)
    assert empty.window.status.texts["zoom"] == told != ""


def test_what_was_opened_is_in_the_recent_list(empty, scan):
    open_file(empty, scan)
    assert empty.choices.now.recent[0] == str(scan)


@pytest.mark.parametrize(("answer", "is_open"), [("stay", True), ("discard", False)])
def test_closing_with_unsaved_work_asks(empty, scan, answer, is_open):
    open_file(empty, scan)
    repair(empty)
    asked = []
    empty.workshop.saving.ask = lambda names, _running: asked.append(names) or answer
    press(empty, "Ctrl+W")
    assert asked == [["plate.tif"]]
    assert bool(empty.workshop.desk.documents) is is_open


def test_closing_and_saving_first_writes_and_then_closes(empty, scan, tmp_path):
    open_file(empty, scan)
    repair(empty)
    empty.workshop.saving.ask = lambda _names, _running: "save"
    press(empty, "Ctrl+W")
    until(lambda: not empty.workshop.desk.documents)
    assert (tmp_path / "plate_restored_v01.tif").is_file()


def test_closing_while_a_job_runs_waits_for_it_then_saves_and_closes(empty, scan, tmp_path):
    open_file(empty, scan)
    scratch(empty)
    press(empty, "Return")
    asked = []
    empty.workshop.saving.ask = lambda names, running: asked.append((names, running)) or "save"
    press(empty, "Ctrl+W")
    assert asked == [(["plate.tif"], True)]
    assert empty.workshop.desk.documents, "the job goes on"
    until(lambda: not empty.workshop.desk.documents)
    assert (tmp_path / "plate_restored_v01.tif").is_file()


def test_saving_while_a_job_runs_says_so_and_saves_what_the_job_makes(empty, scan, tmp_path):
    session = open_file(empty, scan).session
    scratch(empty)
    press(empty, "Return")
    press(empty, "Ctrl+S")
    assert session.pending, "the job goes on"
    assert "as soon as its job is finished" in empty.window.notice.text
    until(lambda: document(empty).saved is not None)
    assert (tmp_path / "plate_restored_v01.tif").is_file()
    assert not session.is_unsaved
    assert empty.workshop.desk.documents, "saving closes nothing"


def test_a_job_that_is_cancelled_after_ctrl_s_leaves_nothing_to_save(empty, scan, tmp_path):
    session = open_file(empty, scan).session
    scratch(empty)
    press(empty, "Return")
    press(empty, "Ctrl+S")
    press(empty, "Escape")
    until(lambda: not session.pending)
    assert list(tmp_path.glob("*_restored_*")) == []
    repair(empty)
    assert list(tmp_path.glob("*_restored_*")) == [], "the wish went with the job"


def test_a_job_that_is_cancelled_while_closing_waits_keeps_its_mask_in_the_window(empty, scan, tmp_path):
    open_file(empty, scan)
    scratch(empty)
    press(empty, "Return")
    empty.workshop.saving.ask = lambda _names, _running: "save"
    press(empty, "Ctrl+W")
    press(empty, "Escape")
    QTest.qWait(100)
    assert document(empty).loose == {"mask"}
    assert "stays open" in empty.window.notice.text
    assert list(tmp_path.glob("*_restored_*")) == []
    answer_discard(empty)


@pytest.mark.parametrize(("answer", "is_open"), [("stay", True), ("discard", False)])
def test_another_answer_takes_back_that_a_picture_is_saved_when_its_job_is_done(empty, scan, tmp_path, answer, is_open):
    session = open_file(empty, scan).session
    scratch(empty)
    press(empty, "Return")
    answers = ["save", answer]
    empty.workshop.saving.ask = lambda _names, _running: answers.pop(0)
    press(empty, "Ctrl+W")
    press(empty, "Ctrl+W")
    idle(empty)
    until(lambda: not session.pending)
    QTest.qWait(100)
    assert bool(empty.workshop.desk.documents) is is_open
    assert list(tmp_path.glob("*_restored_*")) == []


def test_closing_without_unsaved_work_does_not_ask(empty, scan):
    open_file(empty, scan)
    asked = []
    empty.workshop.saving.ask = lambda names, _running: asked.append(names) or "discard"
    press(empty, "Ctrl+W")
    assert empty.workshop.desk.documents == []
    assert not asked


@pytest.mark.parametrize(("answer", "is_open"), [("stay", True), ("discard", False)])
def test_closing_with_a_mask_that_was_not_used_asks(empty, scan, monkeypatch, answer, is_open):
    open_file(empty, scan)
    scratch(empty)
    asked = []
    monkeypatch.setattr(empty.workshop.saving, "ask_painted", lambda *about: asked.append(about) or answer)
    assert empty.workshop.saving.may_close() is not is_open
    press(empty, "Ctrl+W")
    assert asked == [(["plate.tif"], {"mask"})] * 2
    assert bool(empty.workshop.desk.documents) is is_open


def test_discarding_one_picture_does_not_discard_what_is_painted_on_another(empty, scan, tmp_path, monkeypatch):
    other = Path(shutil.copy(scan, tmp_path / "other.tif"))
    open_file(empty, other)
    scratch(empty)
    open_file(empty, scan, count=2)
    repair(empty)
    asked, answer = [], "stay"
    monkeypatch.setattr(empty.workshop.saving, "ask", lambda names, _running: asked.append(names) or "discard")
    monkeypatch.setattr(empty.workshop.saving, "ask_painted", lambda *about: asked.append(about) or answer)
    assert not empty.workshop.saving.may_close()
    assert asked == [["plate.tif"], (["other.tif"], {"mask"})]
    answer = "discard"
    assert empty.workshop.saving.may_close()


def test_a_mask_never_takes_the_place_of_an_open_picture(empty, scan):
    before = scan.read_bytes()
    open_file(empty, scan)
    scratch(empty)
    empty.workshop.mask_files.save_mask_to(scan)
    until(lambda: "no mask takes its place" in empty.window.notice.text)
    assert scan.read_bytes() == before
    assert document(empty).has_loose_mask


def test_transparency_is_enlarged_with_its_picture(empty, tmp_path):
    path = tmp_path / "cut.png"
    pixels = np.full((60, 80, 4), 90, np.uint8)
    pixels[:, :, 3] = np.where(np.arange(80) < 40, 255, 0)
    Image.fromarray(pixels).save(path)
    session = open_file(empty, path).session
    empty.workshop.acts.run_operation("upscale-2")
    idle(empty)
    QTest.qWait(100)
    assert session.image.bounds.width == 160
    assert empty.window.notice.text == ""
    shown = empty.workshop.canvas.grab().toImage()
    solid, clear = (shown.pixelColor(at(empty, x, 60)) for x in (30, 130))
    assert solid.getRgb()[:3] == (90, 90, 90)
    assert clear.getRgb()[:3] != (0, 0, 0), "the board shows through"


def test_a_file_that_another_program_writes_anew_is_told_of_and_never_shown_as_the_open_one(empty, scan):
    session = open_file(empty, scan).session
    shown = pixels(session).copy()
    tifffile.imwrite(scan, 65535 - shown[:, :, 0], rowsperstrip=16, photometric="minisblack")
    os.utime(scan, ns=(1, 1))
    scratch(empty)
    press(empty, "Return")
    until(lambda: "was changed by another program since it was opened" in empty.window.notice.text)
    idle(empty)
    assert not session.records
    assert not masks.is_empty(session.mask)


def test_what_went_wrong_with_a_job_is_past_when_it_is_tried_again(empty, scan):
    open_file(empty, scan)
    away = scan.rename(scan.with_suffix(".away"))
    scratch(empty)
    press(empty, "Return")
    notices = empty.window.notice
    until(lambda: "was left as it was, and the mask was brought back" in notices.text)
    press(empty, "Ctrl+Z")
    assert "the mask was brought back" in notices.text, "which is still true of what happened"
    press(empty, "Ctrl+Y")
    away.rename(scan)
    press(empty, "Return")
    assert not [notice for notice in notices.standing if "brought back" in notice.text]
    idle(empty)
    assert document(empty).session.records


def test_a_protection_is_asked_about_until_a_repair_has_left_it_alone(empty, scan, monkeypatch):
    open_file(empty, scan)
    press(empty, "Shift+P")
    paint(empty, (20, 20), (60, 20))
    asked = []
    monkeypatch.setattr(empty.workshop.saving, "ask_painted", lambda *about: asked.append(about) or "stay")
    assert not empty.workshop.saving.may_close()
    assert asked == [(["plate.tif"], {"protection"})]
    press(empty, "Shift+P")
    repair(empty)
    assert not document(empty).loose
    press(empty, "Shift+P")
    paint(empty, (20, 60), (60, 60))
    assert document(empty).loose == {"protection"}, "more is protected than the repair knew"


def test_a_mask_that_a_file_holds_or_a_repair_has_used_is_not_asked_about(empty, scan, tmp_path):
    open_file(empty, scan)
    scratch(empty)
    assert document(empty).has_loose_mask
    empty.workshop.mask_files.save_mask_to(tmp_path / "mask.png")
    until(lambda: not document(empty).has_loose_mask)
    press(empty, "Ctrl+D")
    empty.workshop.mask_files.load_mask_from(tmp_path / "mask.png")
    until(lambda: not masks.is_empty(document(empty).session.mask))
    assert not document(empty).has_loose_mask
    paint(empty, (20, 20), (60, 20))
    assert document(empty).has_loose_mask
    press(empty, "Return")
    idle(empty)
    assert not document(empty).has_loose_mask


def test_a_file_that_is_saved_as_another_kind_says_so_when_it_is_opened_and_only_then(empty, scan, tmp_path):
    path = tmp_path / "cut.jpg"
    Image.fromarray(np.random.default_rng(3).integers(0, 255, (160, 160, 3), np.uint8)).save(path, quality=95)
    path.write_bytes(path.read_bytes()[:-9000])
    open_file(empty, path)
    notice = empty.window.notice
    assert "cut.jpg will be saved as a new TIFF" in notice.text
    assert "breaks off" in notice.text
    notice.clear()
    open_file(empty, scan, count=2)
    press(empty, "Ctrl+PgUp")
    assert document(empty).path == path
    assert not notice.are_seen


def test_what_was_taken_away_from_a_jpeg_is_saved_as_a_tiff(empty, tmp_path, monkeypatch):
    path = tmp_path / "print.jpg"
    Image.fromarray(np.random.default_rng(3).integers(0, 255, (160, 160, 3), np.uint8)).save(path, quality=80)
    session = open_file(empty, path).session
    session.ask(Denoise(0.1, "guided"))
    job = session.next_job()
    for event in run_job(job, CancelToken()):
        session.take(event)
    seen = answering(monkeypatch, None)
    press(empty, "Ctrl+Shift+S")
    ((target, told),) = seen
    assert target.name == "print_restored_v01.tif"
    assert any("a new TIFF keeps the work" in sentence for sentence in told)
    press(empty, "Ctrl+S")
    until(lambda: not session.is_unsaved)
    assert not path.with_name("print_restored_v01.jpg").exists()
    assert np.array_equal(tifffile.imread(target), session.image.read(session.image.bounds))


def test_a_repair_is_carried_into_the_levels_of_a_pyramid_where_that_was_chosen(empty, scan):
    pixels = tifffile.imread(scan)
    path = scan.with_name("pyramid.tif")
    with tifffile.TiffWriter(path) as file:
        file.write(pixels, tile=(64, 64), subifds=1)
        file.write(pixels[::2, ::2], tile=(64, 64), subfiletype=1)
    open_file(empty, path)
    assert "can carry it into them" in empty.window.notice.text
    repair(empty)
    target = scan.with_name("repaired.tif")
    empty.workshop.saver.save(document(empty), target=target, pyramid=True)
    until(lambda: document(empty).saved is not None)
    with tifffile.TiffFile(target) as file:
        assert not np.array_equal(file.pages[0].pages[0].asarray(), pixels[::2, ::2])


def test_the_sample_opens_as_a_copy_with_a_word_on_how_to_begin(empty):
    empty.workshop.files.sample()
    until(lambda: len(empty.workshop.desk.documents) == 1)
    assert document(empty).path.parent == own_samples()
    assert "press Enter" in empty.window.notice.text
    paint(empty, (100, 100), (120, 120))
    assert not empty.window.notice.are_seen, "it has been understood"


def test_a_picture_that_can_only_be_viewed_says_so_where_it_is_seen(empty, tmp_path):
    path = tmp_path / "palette.png"
    Image.fromarray(np.zeros((40, 40), np.uint8)).convert("P").save(path)
    open_file(empty, path)
    notice = empty.window.notice
    assert notice.are_seen
    assert "only be viewed" in notice.text
    (told,) = notice.standing
    middle = told.mapTo(empty.window, told.rect().center())
    assert told.isAncestorOf(empty.window.childAt(middle)) or empty.window.childAt(middle) is told
    assert not empty.window.actions_table["tool.brush"].isEnabled()
    assert not empty.window.actions_table["mask.invert"].isEnabled()


def test_of_files_opened_together_the_first_that_can_be_shown_stays_in_hand(empty, tmp_path):
    for name in ("b.png", "c.png", "d.png"):
        Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / name)
    (tmp_path / "a.png").write_bytes(b"no picture")
    for _ in range(2):  # a second time while they are being opened
        empty.workshop.files.open_paths([str(tmp_path / f"{name}.png") for name in "abcd"])
    until(lambda: not empty.workshop.arrivals.loading)
    assert [one.path.name for one in empty.workshop.desk.documents] == ["b.png", "c.png", "d.png"]
    assert document(empty).path.name == "b.png", "a hand may be at work on it already"
    assert {Path(path).name for path in empty.choices.now.recent} >= {"b.png", "c.png", "d.png"}


def test_pictures_of_the_same_name_are_told_apart_by_their_folders(empty, tmp_path):
    for number, box in enumerate(("box 1", "box 2"), 1):
        (tmp_path / box).mkdir()
        path = tmp_path / box / "plate.png"
        Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(path)
        open_file(empty, path, count=number)
    assert [frame.name for frame in frames(empty.workshop.desk.documents)] == ["box 1/plate.png", "box 2/plate.png"]


def test_a_folder_opens_its_pictures_and_leaves_the_rest(empty, tmp_path):
    for name in ("b.png", "A.PNG"):
        Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    empty.workshop.files.open_paths([str(tmp_path)])
    until(lambda: len(empty.workshop.desk.documents) == 2)
    assert [one.path.name for one in empty.workshop.desk.documents] == ["A.PNG", "b.png"]
    assert not empty.window.notice.are_seen


def test_files_that_are_refused_together_are_told_together(empty, tmp_path):
    for name in ("letter.tif", "bill.txt", "note.jpg"):
        (tmp_path / name).write_bytes(b"Dear Sir,")
    empty.workshop.files.open_paths([str(tmp_path / name) for name in ("letter.tif", "bill.txt", "note.jpg")])
    until(lambda: not empty.workshop.arrivals.loading)
    assert empty.window.notice.text.startswith("3 files could not be opened: letter.tif, bill.txt, note.jpg.")
    empty.workshop.files.open_paths([str(tmp_path / "bill.txt")])
    until(lambda: not empty.workshop.arrivals.loading)
    assert empty.window.notice.text.startswith("bill.txt")


def test_the_value_under_a_still_cursor_follows_the_picture(empty, scan):
    open_file(empty, scan)
    hover(empty, 160, 120, lambda: "65\u202f000" in empty.window.status.texts["place"])
    scratch(empty)
    hover(empty, 160, 120, lambda: empty.window.status.texts["place"] != "")
    press(empty, "Return")
    idle(empty)
    until(lambda: "65\u202f000" not in empty.window.status.texts["place"])
    press(empty, "Ctrl+Z")
    until(lambda: "65\u202f000" in empty.window.status.texts["place"])


def test_a_folder_without_pictures_costs_a_sentence(empty, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    empty.workshop.files.open_paths([str(tmp_path)])
    assert tmp_path.name in empty.window.notice.text
    assert empty.workshop.desk.documents == []


def drop(window, data):
    """What a file manager that would rather move its files sends."""
    actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    rest = (actions, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter, done = QDragEnterEvent(QPoint(300, 300), *rest), QDropEvent(QPointF(300, 300), *rest)
    for event in (enter, done):
        event.setDropAction(Qt.DropAction.MoveAction)
        event.ignore()
        QApplication.sendEvent(window, event)
    return enter, done


def test_dropped_files_are_opened_and_never_moved_away(empty, scan, tmp_path):
    other = tmp_path / "other.png"
    Image.fromarray(np.full((50, 60, 3), 90, np.uint8)).save(other)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(each)) for each in (scan, other)])
    enter, done = drop(empty.window, data)
    assert enter.isAccepted()
    assert done.isAccepted()
    assert done.dropAction() is Qt.DropAction.CopyAction
    until(lambda: len(empty.workshop.desk.documents) == 2)


def test_a_dropped_picture_becomes_a_file_and_an_address_is_refused(empty):
    data = QMimeData()
    data.setUrls([QUrl("https://archive.example/plate.tif")])
    assert not any(event.isAccepted() for event in drop(empty.window, data))
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(0x808080)
    for count in (1, 2):  # within one second as a rule
        data = QMimeData()
        data.setImageData(image)
        assert all(event.isAccepted() for event in drop(empty.window, data))
        until(lambda count=count: len(empty.workshop.desk.documents) == count)
    assert len({each.path for each in empty.workshop.desk.documents}) == 2


@pytest.fixture
def no_place(monkeypatch, scan):
    """The folder of the scan is like one on a disc that cannot be written to."""
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != scan.parent)


def answering(monkeypatch, target):
    """Somebody who names a file in the dialog, and saves; or cancels where there is no name."""
    seen = []

    def exec_(dialog):
        seen.append((dialog.target, [each.text() for each in dialog.findChildren(QLabel)]))
        if target is not None:
            dialog.set_target(target)
        return QDialog.DialogCode.Accepted if target else QDialog.DialogCode.Rejected

    monkeypatch.setattr(SaveDialog, "exec", exec_)
    return seen


def test_a_folder_that_cannot_be_written_to_is_told_before_the_work_and_asked_about_on_saving(
    empty, scan, tmp_path, monkeypatch, no_place
):
    session = open_file(empty, scan).session
    assert "lies in a folder that cannot be written to" in empty.window.notice.text
    repair(empty)
    (tmp_path / "elsewhere").mkdir()
    seen = answering(monkeypatch, tmp_path / "elsewhere" / "plate.tif")
    press(empty, "Ctrl+S")
    until(lambda: not session.is_unsaved)
    proposed, told = seen[0]
    assert proposed.parent != scan.parent
    assert any(each.startswith("plate.tif lies in a folder that cannot be written to.") for each in told)
    assert (tmp_path / "elsewhere" / "plate.tif").is_file()


def test_closing_asks_where_to_save_and_stays_open_where_nobody_says(empty, scan, monkeypatch, no_place):
    open_file(empty, scan)
    repair(empty)
    seen = answering(monkeypatch, None)
    empty.workshop.saving.ask = lambda _names, _running: "save"
    assert not empty.workshop.saving.may_close()
    until(lambda: seen)
    assert document(empty).path == scan
    assert document(empty).session.is_unsaved


def test_a_disc_that_is_nearly_full_is_told_before_the_work(empty, scan, monkeypatch):
    usage = shutil.disk_usage(scan.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
    open_file(empty, scan)
    assert "has no room beside it" in empty.window.notice.text


def test_what_is_saved_under_a_name_while_a_job_runs_is_saved_when_it_is_done(empty, scan, tmp_path, monkeypatch):
    session = open_file(empty, scan).session
    answering(monkeypatch, tmp_path / "named.tif")
    scratch(empty)
    press(empty, "Return")
    assert session.pending
    press(empty, "Ctrl+Shift+S")
    assert "as soon as its job is finished" in empty.window.notice.text
    until((tmp_path / "named.tif").is_file, seconds=240)
    until(lambda: not session.is_unsaved)


def test_a_file_that_is_gone_is_not_offered_again(empty, scan, tmp_path):
    other = Path(shutil.copy(scan, tmp_path / "other.tif"))
    for number, path in enumerate((other, scan), 1):
        open_file(empty, path, count=number)
    for _ in range(2):
        empty.workshop.desk.close(0)
    other.unlink()
    empty.window.first_run.chosen.emit(str(other))
    until(lambda: "other.tif" in empty.window.notice.text)
    assert str(other) not in empty.choices.now.recent
    assert str(scan) in empty.choices.now.recent
    names = [each.text() for each in empty.window.first_run.findChildren(QPushButton) if each.isVisible()]
    assert "other.tif" not in names


def _pages(tmp_path, count=3):
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as file:
        for number in range(count):
            pixels = np.full((240, 320), 20_000 + 5_000 * number, np.uint16)
            pixels[:, 158:162] = 65_000
            file.write(pixels, photometric="minisblack")
    return path


def test_a_page_on_which_a_job_runs_stays_beside_the_next(empty, tmp_path):
    first = open_file(empty, _pages(tmp_path))
    scratch(empty)
    press(empty, "Return")
    assert first.session.pending
    empty.workshop.files.next_page()
    until(lambda: len(empty.workshop.desk.documents) == 2)
    idle(empty)
    assert empty.workshop.desk.unsaved == [first]


def test_an_impatient_hand_opens_a_page_once(empty, tmp_path):
    open_file(empty, _pages(tmp_path))
    empty.workshop.files.next_page()
    empty.workshop.files.next_page()
    until(lambda: not empty.workshop.arrivals.loading)
    QTest.qWait(50)
    assert [each.name for each in empty.workshop.desk.documents] == ["pages.tif (2/3)"]


def test_a_picture_that_is_let_go_is_freed_at_once(empty, tmp_path):
    path = _pages(tmp_path)
    gone = weakref.ref(open_file(empty, path).session)
    empty.workshop.files.next_page()
    until(lambda: empty.workshop.desk.current.picture.page == 1)
    until(lambda: gone() is None)
    gone = weakref.ref(document(empty).session)
    empty.workshop.desk.close(0)
    until(lambda: gone() is None)


def test_a_folder_that_cannot_be_read_is_told(empty, tmp_path, monkeypatch):
    def refused(_folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("restorer_app.ui.acts.files._pictures_in", refused)
    empty.workshop.files.open_paths([str(tmp_path)])
    assert "cannot be opened: Permission denied" in empty.window.notice.text


def test_the_status_bar_reads_the_side_under_the_hand(empty, scan):
    open_file(empty, scan)
    repair(empty)
    canvas = empty.workshop.canvas
    canvas.sight.set_compare_mode("split")
    canvas.sight.set_split(0.9)
    hover(empty, 160, 100, lambda: "65\u202f000" in _place(empty))
    canvas.sight.set_split(0.1)
    hover(empty, 160, 100, lambda: _place(empty) and "65\u202f000" not in _place(empty))


def _place(program):
    return next((each.text() for each in program.window.status.findChildren(QLabel) if "y " in each.text()), "")
