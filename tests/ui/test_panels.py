"""Each panel takes values and tells facts; none knows a session."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)

from restorer_app.session.command import Situation
from restorer_app.ui.first_run import FirstRun, Sample
from restorer_app.ui.notice import Told
from restorer_app.ui.notices import Notices
from restorer_app.ui.panels.dock import WIDTH
from restorer_app.ui.panels.file_facts import FilePanel, FileWords
from restorer_app.ui.panels.film import FilmStrip, Frame
from restorer_app.ui.panels.history import HistoryPanel
from restorer_app.ui.panels.one_click import Offer, OneClickPanel
from restorer_app.ui.panels.options import Method, OptionsBar
from restorer_app.ui.panels.proof import ProofPanel, ProofWords
from restorer_app.ui.panels.queue import JobRow, QueuePanel
from restorer_app.ui.panels.record import RecordPanel, RecordRow
from restorer_app.ui.panels.step_rows import Kin, StepRow
from restorer_app.ui.pieces import label
from restorer_app.ui.pill import Pill
from restorer_app.ui.status import MOST_NAME, StatusLine

DENOISE = Offer("denoise", "Denoise", "keeps grain", has_strength=True)
UPSCALE = Offer("upscale-2", "Upscale ×2", "faithful")


def shown(widget, qtbot, size=(320, 400)):
    qtbot.addWidget(widget)
    widget.resize(*size)
    widget.show()
    assert QTest.qWaitForWindowExposed(widget)
    return widget


def click(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def buttons(widget, text):
    QApplication.processEvents()  # what was just made is laid out and shown
    return [button for button in widget.findChildren(QPushButton) if button.text() == text and button.isVisible()]


def test_one_click_says_that_no_model_is_there_only_once_that_is_known(qtbot):
    panel = shown(OneClickPanel(), qtbot)
    told = next(each for each in panel.findChildren(QLabel) if "No models" in each.text())
    assert not told.isVisible()
    panel.show_offers(())
    assert told.isVisible()
    panel.show_offers((DENOISE,))
    assert not told.isVisible()


LONG = "Nachlass Lindenschmidt-Habermann, Album III, Blatt 0147 recto, Aufnahme unbekannt, um 1898, Abzug 2 von 3.tif"


def test_a_long_name_neither_leaves_the_pill_nor_widens_the_status_bar(qtbot):
    stage = shown(QWidget(), qtbot, size=(500, 300))
    pill = Pill(stage)
    pill.say(f"Opening {LONG}", can_cancel=False)
    assert stage.rect().contains(pill.geometry())
    assert pill.text == f"Opening {LONG}"
    stage.resize(300, 300)
    QApplication.processEvents()
    assert stage.rect().contains(pill.geometry())
    line = shown(StatusLine(), qtbot)
    line.show_file("a.tif")
    least = line.minimumSizeHint().width()
    line.show_file(LONG)
    assert line.minimumSizeHint().width() < least + MOST_NAME
    assert line.texts["file"] == LONG


def test_what_is_said_of_a_picture_goes_when_another_is_in_hand(qtbot):
    stage = shown(QWidget(), qtbot, size=(500, 300))
    notice = Notices(stage)
    for told, stays in (
        (Told("bits.tif can only be viewed.", warns=False), False),
        (Told("Saved as a.tif.", warns=False, passes=True), True),
        (Told("broken.tif is damaged."), True),
    ):
        notice.say(told)
        notice.turn_away()
        assert notice.are_seen is stays
        notice.clear()


@pytest.mark.parametrize("width", [560, 640, 760, 1000])
def test_the_first_page_fits_a_narrow_window_and_its_samples_grow_with_it(qtbot, width):
    page = shown(FirstRun(), qtbot, size=(width, 620))
    page.show_samples(tuple(Sample(Path(f"{name}.tif"), f"{name} of 1900", Path("none")) for name in "abc"))
    qtbot.waitUntil(lambda: all(each.isVisible() for each in page.findChildren(QToolButton)))
    QTest.qWait(30)
    assert page.horizontalScrollBar().maximum() == 0
    sizes = {(made.iconSize().width(), made.iconSize().height()) for made in page.findChildren(QToolButton)}
    assert len(sizes) == 1
    assert (sizes == {(188, 131)}) is (width >= 760)


def test_tab_goes_over_the_first_page_as_the_eye_does(qtbot):
    page = shown(FirstRun(), qtbot, size=(900, 700))
    page.show_samples((Sample(Path("a.tif"), "First", Path("a.jpg")), Sample(Path("b.tif"), "Second", Path("b.jpg"))))
    page.show_recent([Path("plate.tif")])
    page.activateWindow()
    qtbot.waitUntil(lambda: all(each.isVisible() for each in page.findChildren(QToolButton)))
    page.findChild(QPushButton).setFocus()
    names = []
    for _ in range(5):
        names.append(QApplication.focusWidget().text())
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert names == ["Open a picture…", "Keys and gestures (F1)", "First", "Second", "plate.tif"]


def test_what_is_shown_again_does_not_disturb_the_hand(qtbot):
    panel = shown(HistoryPanel(), qtbot, (320, 200))
    steps = [StepRow(f"Repaired {number}") for number in range(30)]
    panel.show_steps(steps, cursor=29, of="a picture")
    panel.verticalScrollBar().setValue(0)
    chosen = []
    panel.step_chosen.connect(chosen.append)
    place = panel.visualRect(panel.model().index(2, 0)).center()
    QTest.mousePress(panel.viewport(), Qt.MouseButton.LeftButton, pos=place)
    panel.show_steps([replace(step, detail="9 pixels") for step in steps], cursor=29, of="a picture")
    QTest.mouseRelease(panel.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen == [2]
    assert panel.verticalScrollBar().value() == 0
    assert panel.lines[2] == ("Repaired 2", "9 pixels")
    panel.show_steps([*steps, StepRow("Denoised")], cursor=30, of="a picture")
    assert panel.verticalScrollBar().value() > 0


def test_options_that_stay_the_same_leave_a_field_alone(qtbot):
    bar = shown(OptionsBar(), qtbot, (1200, 60))
    methods = (Method("faithful", "Faithful", "a net"), Method("telea", "Smooth", "arithmetic"))
    bar.show_mask_step(2)
    bar.show_methods(methods, "faithful")
    field = bar._mask_step
    field.lineEdit().setText("17 px")
    bar.show_mask_step(2)
    assert field.lineEdit().text() == "17 px"
    choice = bar._method
    rows = choice.model()
    removed = []
    rows.rowsRemoved.connect(lambda *_rows: removed.append("rows"))
    bar.show_methods(methods, "faithful")
    assert not removed
    bar.show_methods(methods, "telea")
    assert choice.currentData() == "telea"


def test_steps_that_changed_no_picture_take_less_room(qtbot):
    panel = shown(HistoryPanel(), qtbot)
    panel.show_steps([StepRow("Opened"), StepRow("Painted mask", is_low=True), StepRow("Repaired")], cursor=2)
    heights = [panel.visualRect(panel.model().index(row, 0)).height() for row in range(3)]
    assert heights[1] < heights[0] == heights[2]


STROKES = Kin("mask", "Changed mask")


def strokes(count, *titles):
    named = titles or ("Painted mask",) * count
    return [StepRow(title, is_low=True, kin=STROKES) for title in named]


def press_on(panel, row, *, right=0):
    place = panel.visualRect(panel.model().index(row, 0))
    point = QPoint(place.right() - right, place.center().y()) if right else place.center()
    QTest.mouseClick(panel.viewport(), Qt.MouseButton.LeftButton, pos=point)


def test_strokes_that_follow_each_other_stand_as_one_row(qtbot):
    panel = shown(HistoryPanel(), qtbot)
    steps = [StepRow("Opened"), *strokes(40), StepRow("Repaired"), *strokes(1)]
    panel.show_steps(steps, cursor=42)
    assert panel.lines == [("Opened", ""), ("Painted mask", "40 strokes"), ("Repaired", ""), ("Painted mask", "")]


def test_a_row_of_several_says_how_many_of_them_undo_has_left(qtbot):
    panel = shown(HistoryPanel(), qtbot)
    steps = [StepRow("Opened"), *strokes(3, "Painted mask", "Erased mask", "Painted mask")]
    told = []
    for cursor in (3, 2, 1, 0):
        panel.show_steps(steps, cursor=cursor)
        told.append(panel.lines[1])
    words = ["3 strokes", "2 of 3 strokes", "1 of 3 strokes", "3 strokes"]
    assert told == [("Changed mask", word) for word in words]


def test_work_of_one_kin_says_by_which_method(qtbot):
    panel = shown(HistoryPanel(), qtbot)
    kin = Kin("repair patch", "Repaired", "patch", are_repairs=True)
    panel.show_steps([StepRow("Opened"), *[StepRow("Repaired", "patch · 9", kin=kin)] * 3], cursor=3)
    assert panel.lines[1] == ("Repaired", "patch · 3 repairs")


def test_the_arrow_opens_a_row_of_several_and_a_click_on_a_stroke_goes_there(qtbot):
    panel = shown(HistoryPanel(), qtbot)
    panel.show_steps([StepRow("Opened"), *strokes(3), StepRow("Repaired")], cursor=4)
    press_on(panel, 1, right=24)
    assert [title for title, _ in panel.lines] == ["Opened", *["Painted mask"] * 4, "Repaired"]
    with qtbot.waitSignal(panel.step_chosen) as chosen:
        press_on(panel, 3)
    assert chosen.args == [2]
    press_on(panel, 1, right=24)
    assert len(panel.lines) == 3


def test_a_click_on_a_row_of_several_goes_to_its_end_and_there_opens_it(qtbot):
    panel = shown(HistoryPanel(), qtbot)
    steps = [StepRow("Opened"), *strokes(3)]
    panel.show_steps(steps, cursor=1)
    with qtbot.waitSignal(panel.step_chosen) as chosen:
        press_on(panel, 1)
    assert chosen.args == [3]
    panel.show_steps(steps, cursor=3)
    press_on(panel, 1)
    assert len(panel.lines) == 5


def test_the_keys_open_go_and_close_and_another_picture_opens_nothing(qtbot):
    panel = shown(HistoryPanel(), qtbot)
    steps = [StepRow("Opened"), *strokes(3)]
    panel.show_steps(steps, cursor=3, of="a")
    panel.setFocus()
    QTest.keyClick(panel, Qt.Key.Key_Right)
    QTest.keyClick(panel, Qt.Key.Key_Down)
    with qtbot.waitSignal(panel.step_chosen) as chosen:
        QTest.keyClick(panel, Qt.Key.Key_Return)
    assert chosen.args == [1]
    QTest.keyClick(panel, Qt.Key.Key_Left)
    assert len(panel.lines) == 2
    QTest.keyClick(panel, Qt.Key.Key_Right)
    panel.show_steps(steps, cursor=3, of="b")
    assert len(panel.lines) == 2


def test_an_open_row_stays_open_while_strokes_come(qtbot):
    panel = shown(HistoryPanel(), qtbot)
    panel.show_steps([StepRow("Opened"), *strokes(2)], cursor=2)
    press_on(panel, 1, right=24)
    panel.show_steps([StepRow("Opened"), *strokes(3)], cursor=3)
    assert panel.lines[1:] == [("Painted mask", "3 strokes"), *[("Painted mask", "")] * 3]


def test_a_history_without_steps_has_no_place_for_the_focus(qtbot):
    panel = shown(HistoryPanel(), qtbot)
    assert panel.focusPolicy() == Qt.FocusPolicy.NoFocus
    panel.show_steps([StepRow("Opened")], cursor=0)
    assert panel.focusPolicy() == Qt.FocusPolicy.TabFocus
    press_on(panel, 0)
    assert not panel.hasFocus(), "after a click, Return belongs to the picture"


def test_one_click_runs_what_its_card_says(qtbot):
    panel = shown(OneClickPanel(), qtbot)
    panel.show_offers((DENOISE, UPSCALE))
    with qtbot.waitSignal(panel.run_asked) as asked:
        click(buttons(panel, "Run")[1])
    assert asked.args == ["upscale-2", None]


def test_strength_is_as_much_as_the_picture_shows_until_a_hand_moves_it(qtbot):
    panel = shown(OneClickPanel(), qtbot)
    panel.show_offers((DENOISE, UPSCALE))
    assert panel.strength is None
    panel.findChild(QSlider).setValue(30)
    assert panel.strength == 0.3
    panel.choose("upscale-2")
    assert panel.strength is None, "upscaling has no strength"
    assert not panel.findChild(QSlider).isVisible()


def test_the_strength_stands_right_under_the_card_that_it_is_for(qtbot):
    panel = shown(OneClickPanel(), qtbot)
    panel.show_offers((DENOISE, replace(DENOISE, id="decompress", title="Remove compression"), UPSCALE))
    runs = buttons(panel, "Run")
    slider = panel.findChild(QSlider)
    for chosen in (0, 1):
        panel.choose(("denoise", "decompress")[chosen])
        QTest.qWait(10)
        heights = [part.mapTo(panel, QPoint()).y() for part in (runs[chosen], slider, runs[chosen + 1])]
        assert heights == sorted(heights)


def test_only_networks_can_be_thorough(qtbot):
    panel = shown(OneClickPanel(), qtbot)
    panel.show_offers((replace(DENOISE, looks=True), UPSCALE))
    box = next(box for box in panel.findChildren(QCheckBox) if "Thorough" in box.text())
    assert box.isVisible()
    with qtbot.waitSignal(panel.thorough_chosen) as chosen:
        click(box)
    assert chosen.args == [True]
    panel.choose("upscale-2")
    assert not box.isVisible()


def test_a_preview_follows_the_slider_and_ends_when_another_card_is_chosen(qtbot):
    panel = shown(OneClickPanel(), qtbot)
    panel.show_offers((DENOISE, UPSCALE))
    preview = next(box for box in panel.findChildren(QCheckBox) if "Preview" in box.text())
    with qtbot.waitSignal(panel.preview_asked) as asked:
        preview.setChecked(True)
    assert asked.args == ["denoise", None]
    with qtbot.waitSignal(panel.preview_asked) as asked:
        panel.findChild(QSlider).setValue(70)
    assert asked.args == ["denoise", 0.7]
    with qtbot.waitSignal(panel.preview_ended):
        panel.choose("upscale-2")


def test_an_offer_that_cannot_be_had_has_a_grey_button(qtbot):
    panel = shown(OneClickPanel(), qtbot)
    panel.show_offers((Offer("denoise", "Denoise", "", available=False),))
    assert not buttons(panel, "Run")[0].isEnabled()


def test_a_card_that_learns_of_a_mask_stays_the_same_card(qtbot):
    panel = shown(OneClickPanel(), qtbot)
    panel.show_offers((DENOISE,))
    before = buttons(panel, "Run")
    panel.show_offers((Offer("denoise", "Denoise in mask", "keeps grain", has_strength=True),))
    assert buttons(panel, "Run") == before
    assert any(label.text() == "Denoise in mask" for label in panel.findChildren(QLabel))


def rows():
    thumb = QImage(56, 40, QImage.Format.Format_RGB32)
    thumb.fill(QColor("red"))
    return [
        StepRow("Opened", "100 × 100", thumb),
        StepRow("Painted mask"),
        StepRow("Repaired", "patch", reachable=False),
    ]


def test_a_click_on_a_step_goes_there(qtbot):
    panel = shown(HistoryPanel(), qtbot)
    panel.show_steps(rows(), cursor=1)
    with qtbot.waitSignal(panel.step_chosen) as chosen:
        place = panel.visualRect(panel.model().index(0, 0)).center()
        QTest.mouseClick(panel.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [0]


@pytest.mark.parametrize("row", [1, 2], ids=["the current one", "one whose pixels are gone"])
def test_a_click_on_a_step_that_leads_nowhere_does_nothing(qtbot, row):
    panel = shown(HistoryPanel(), qtbot)
    panel.show_steps(rows(), cursor=1)
    told = []
    panel.step_chosen.connect(told.append)
    place = panel.visualRect(panel.model().index(row, 0)).center()
    QTest.mouseClick(panel.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told == []


def test_a_step_is_drawn_with_its_thumbnail(qtbot):
    panel = shown(HistoryPanel(), qtbot)
    panel.show_steps(rows(), cursor=1)
    picture = panel.grab().toImage()
    first = panel.visualRect(panel.model().index(0, 0))
    assert picture.pixelColor(first.left() + 40, first.center().y()) == QColor("red")


def test_the_proof_is_a_sentence_that_can_be_copied(qtbot):
    panel = shown(ProofPanel(), qtbot)
    panel.show_words(ProofWords("0 of 300 samples", "changed outside the mask", "record kept", "proved", True))
    assert panel.sentence == "0 of 300 samples changed outside the mask"
    with qtbot.waitSignal(panel.copy_asked) as asked:
        click(buttons(panel, "Copy")[0])
    assert asked.args == [panel.sentence]
    panel.show_words(ProofWords("12 % of the picture changed", "not saved yet", verdict="pending"))
    assert buttons(panel, "Show file") == []


def test_no_word_of_a_proof_is_cut_in_a_small_window(window):
    window.resize(1100, 640)
    offers = [replace(DENOISE, id=str(number)) for number in range(4)]
    window.one_click.show_offers(tuple(offers))
    rest = "changed outside the edit, 1 208 blocks at its edge re-quantised."
    detail = "2.88 % treated by a learned model\n0.11 % by hand\nrecord kept in the file\nplate_restored_v01.jpg"
    window.proof.show_words(ProofWords("0 of 1 179 648 blocks", rest, detail, "proved", can_show_file=True))
    window.resizeDocks([window.docks["proof"]], [60], Qt.Orientation.Vertical)
    QTest.qWait(50)
    for part in [*window.proof.findChildren(QLabel), *buttons(window.proof, "Copy")]:
        assert part.visibleRegion().boundingRect() == part.rect(), part.text()
        assert part.height() >= part.heightForWidth(part.width())
    window.resize(1400, 900)


def test_pages_are_chosen_where_there_are_several(qtbot):
    panel = shown(FilePanel(), qtbot)
    panel.show_words(FileWords((("Kind", "TIFF"),), page=1, page_count=3))
    box = panel.findChild(QComboBox)
    assert box.currentText() == "Page 2 of 3"
    with qtbot.waitSignal(panel.page_chosen) as chosen:
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Down)
    assert chosen.args == [2]
    panel.show_words(FileWords((("Kind", "PNG"),)))
    assert not box.isVisible()


def test_the_record_can_be_read_and_copied(qtbot):
    panel = shown(RecordPanel(), qtbot)
    panel.show_records((RecordRow("repair · patch", ("today", "12 pixels")),), share="0.1 % of the picture changed")
    assert "1. repair · patch" in panel.text
    with qtbot.waitSignal(panel.copy_asked) as asked:
        click(buttons(panel, "Copy")[0])
    assert "12 pixels" in asked.args[0]


def test_each_job_has_its_own_cancel(qtbot):
    panel = shown(QueuePanel(), qtbot)
    panel.show_jobs((JobRow("a", "Repairing", total=4, done=1), JobRow("b", "Denoising", waiting=True)))
    assert panel.count == 2
    with qtbot.waitSignal(panel.cancel_asked) as asked:
        click(buttons(panel, "Cancel")[1])
    assert asked.args == ["b"]
    panel.show_jobs(())
    assert panel.count == 0


def test_a_click_on_a_frame_shows_that_picture(qtbot):
    strip = shown(FilmStrip(), qtbot, size=(500, 100))
    strip.show_frames([Frame("a.tif"), Frame("b.tif", unsaved=True)], current=0)
    with qtbot.waitSignal(strip.chosen) as chosen:
        QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=strip.visualItemRect(strip.item(1)).center())
    assert chosen.args == [1]
    assert "not saved" in strip.item(1).toolTip()


def test_showing_frames_tells_nobody_that_a_hand_chose(qtbot):
    strip = shown(FilmStrip(), qtbot)
    told = []
    strip.chosen.connect(told.append)
    strip.show_frames([Frame("a.tif"), Frame("b.tif")], current=1)
    strip.show_frames([Frame("b.tif")], current=0)
    assert told == []


METHODS = (Method("faithful", "Faithful", "a model"), Method("patch", "Patch", "copies"))


def test_a_mask_makes_no_card_higher(dark, qtbot):
    panel = OneClickPanel()
    plain = Offer("decompress", "Remove compression", "faithful · adds no detail")
    panel.show_offers((plain,))
    shown(panel, qtbot, size=(308, 400))  # beside a scroll bar
    card = buttons(panel, "Run")[0].parentWidget()
    height = card.height()
    panel.show_offers((replace(plain, button="In mask"),))
    QApplication.processEvents()
    assert card.height() == height
    title = next(each for each in card.findChildren(QLabel) if each.text() == plain.title)
    assert title.height() < 2 * title.fontMetrics().lineSpacing()


def test_no_name_of_an_operation_pushes_its_button_out_of_the_panel(qtbot):
    panel = shown(OneClickPanel(), qtbot)
    long = "Remove what compression has left"
    panel.show_offers((Offer("decompress", long, "faithful · adds no detail", button="In mask", has_strength=True),))
    for box in panel.findChildren(QCheckBox):
        box.setText(f"{box.text()}, in a language with longer words")
    assert panel.minimumSizeHint().width() <= WIDTH - 8  # the scroll bar


@pytest.fixture
def options(qtbot):
    bar = OptionsBar()
    bar.show_methods(METHODS, "faithful")
    bar.show_brush(size=48, hardness=0.8, pressure=True)
    bar.show_tool("brush")
    return shown(bar, qtbot, size=(1200, 46))


@pytest.mark.parametrize("width", [1024, 800, 730])
@pytest.mark.parametrize("more", ["", " in a language with longer words"])
def test_in_a_narrow_window_words_give_way_and_every_button_of_the_mask_stays(window, more, width):
    bar = window.options
    box = next(box for box in bar.findChildren(QCheckBox) if "each stroke" in box.text())
    plain = box.text()
    box.setText(plain + more)
    size = window.size()
    window.resize(width, 700)
    window.show_situation(Situation(open=True, editable=True))
    QApplication.processEvents()
    buttons = [each for each in bar.findChildren(QToolButton) if each.defaultAction() is not None]
    buttons = [each for each in buttons if not each.isHidden()]
    assert len(buttons) == 8
    assert all(each.isVisible() and each.mapTo(bar, each.rect().bottomRight()).x() < bar.width() for each in buttons)
    assert not any(word.isVisible() for word in bar.findChildren(QLabel) if word.text() == "Hardness")
    window.resize(1700, 900)
    QApplication.processEvents()
    assert any(word.isVisible() for word in bar.findChildren(QLabel) if word.text() == "Hardness")
    box.setText(plain)
    window.show_situation(Situation())
    window.resize(size)


def test_a_size_is_typed_in_pixels(options, qtbot):
    box = options.findChild(QDoubleSpinBox)
    with qtbot.waitSignal(options.size_chosen) as chosen:
        box.selectAll()
        QTest.keyClicks(box, "123")
        QTest.keyClick(box, Qt.Key.Key_Return)
    assert chosen.args == [123.0]


def test_showing_a_brush_tells_nobody_that_a_hand_chose_it(options):
    told = []
    options.size_chosen.connect(told.append)
    options.hardness_chosen.connect(told.append)
    options.pressure_chosen.connect(told.append)
    options.show_brush(size=5, hardness=0.2, pressure=False)
    assert told == []
    assert options.findChild(QSpinBox).value() == 20


@pytest.mark.parametrize(
    ("tool", "has_size", "has_method"),
    [("brush", True, True), ("lasso", False, True), ("clone", True, False), ("hand", False, False), ("", False, False)],
)
def test_only_what_the_tool_can_be_told_is_there(options, tool, has_size, has_method):
    options.show_tool(tool)
    QApplication.processEvents()
    assert options.findChild(QDoubleSpinBox).isVisible() is has_size
    assert options.findChild(QComboBox).isVisible() is has_method


def test_a_method_says_what_it_does_to_the_evidence(options, qtbot):
    box = options.findChild(QComboBox)
    box.setFocus()
    with qtbot.waitSignal(options.method_chosen) as chosen:
        QTest.keyClick(box, Qt.Key.Key_Down)
    assert chosen.args == ["patch"]
    assert box.toolTip() == "copies"


def test_a_notice_says_what_to_do_and_goes_when_dismissed(qtbot):
    stage = shown(QWidget(), qtbot, size=(700, 300))
    notice = Notices(stage)
    notice.say(Told("The disc is full.", "Free some space, then save again.", details="trace"))
    assert notice.text == "The disc is full. Free some space, then save again."
    with qtbot.waitSignal(notice.copy_asked) as asked:
        click(buttons(stage, "Copy details")[0])
    assert asked.args == ["trace"]
    click(next(button for button in stage.findChildren(QPushButton) if button.accessibleName() == "Dismiss"))
    assert not notice.are_seen


@pytest.mark.parametrize("warns", [True, False])
def test_a_press_on_good_news_puts_it_away_and_a_warning_stays(qtbot, warns):
    place = shown(QWidget(), qtbot, (600, 400))
    notice = Notices(place)
    notice.say(Told("Paint along a scratch.", warns=warns))
    QTest.mouseClick(notice.standing[0], Qt.MouseButton.LeftButton)
    assert notice.are_seen is warns


def test_two_notices_in_a_row_can_both_be_read_and_the_first_keeps_its_place(qtbot):
    stage = shown(QWidget(), qtbot, size=(700, 500))
    notices = Notices(stage)
    notices.say(Told("The engine has stopped.", "It starts again."))
    (first,) = notices.standing
    QTest.qWait(20)
    place = first.geometry()
    notices.say(Told("a.tif could not be saved.", "The disc is full."))
    QTest.qWait(20)
    second = notices.standing[1]
    assert first.geometry() == place
    assert second.y() > place.bottom()
    for notice in (first, second):
        assert notice.visibleRegion().boundingRect() == notice.rect()
    assert notices.dismiss_warning()
    assert [notice.text for notice in notices.standing] == ["The engine has stopped. It starts again."]


def test_a_notice_takes_the_place_of_one_about_the_same_thing_and_is_not_said_twice(qtbot):
    notices = Notices(shown(QWidget(), qtbot, size=(700, 500)))
    notices.say(Told("a.tif is saved as soon as its job is finished.", warns=False, about="saving"))
    notices.say(Told("Paint along a scratch.", warns=False))
    notices.say(Told("Saved as a_restored.tif.", warns=False, about="saving"))
    notices.say(Told("Paint along a scratch.", warns=False))
    assert [notice.text for notice in notices.standing] == ["Saved as a_restored.tif.", "Paint along a scratch."]
    notices.say(Told("Repair needs a mask.", refuses=True))
    notices.say(Told("The picture is being upscaled.", refuses=True))
    assert notices.text == "The picture is being upscaled."
    assert len(notices.standing) == 3


def test_warnings_wait_for_their_turn_and_good_news_gives_way(qtbot):
    notices = Notices(shown(QWidget(), qtbot, size=(700, 500)))
    notices.say(Told("Saved.", warns=False))
    for number in range(4):
        notices.say(Told(f"Broken {number}."))
    seen = [notice.text for notice in notices.standing if notice.isVisible()]
    assert seen == ["Broken 0.", "Broken 1.", "Broken 2."]
    assert notices.dismiss_warning()
    assert [notice.text for notice in notices.standing if notice.isVisible()] == ["Broken 0.", "Broken 1.", "Broken 3."]


def test_the_first_page_opens_files_and_recent_ones(qtbot, tmp_path):
    page = shown(FirstRun(), qtbot, size=(900, 700))
    page.show_recent([tmp_path / "plate.tif"])
    with qtbot.waitSignal(page.open_asked):
        click(buttons(page, "Open a picture…")[0])
    with qtbot.waitSignal(page.chosen) as chosen:
        click(buttons(page, "plate.tif")[0])
    assert chosen.args == [str(tmp_path / "plate.tif")]


def test_files_dropped_on_the_window_are_told(window, qtbot, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "März.tif")), QUrl("https://example.org/a.png")])
    rest = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    entering = QDragEnterEvent(QPoint(50, 50), *rest)
    QApplication.sendEvent(window, entering)
    assert entering.isAccepted()
    assert window.drop_hint.isVisible()
    assert window.drop_hint.text == "Let go to open the file", "the address is not counted"
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window.drop_hint.isVisible()
    QApplication.sendEvent(window, entering)
    with qtbot.waitSignal(window.dropped) as dropped:
        QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), *rest))
    assert dropped.args == [[str(tmp_path / "März.tif")]]
    assert not window.drop_hint.isVisible()


def test_everything_that_can_be_clicked_has_a_name_for_those_who_cannot_see_it(window):
    nameless = [
        button
        for button in window.findChildren(QPushButton)
        if not (button.accessibleName() or button.text()) and button.objectName() != "qt_toolbar_ext_button"
    ]
    assert nameless == []


def test_panels_hide_and_come_back_as_they_were(window):
    names = {name for name, dock in window.docks.items() if dock.isVisible()}
    window.docks["proof"].close()
    window.arrangement.toggle()
    assert not any(dock.isVisible() for dock in window.docks.values())
    window.arrangement.toggle()
    assert {name for name, dock in window.docks.items() if dock.isVisible()} == names - {"proof"}
    window.arrangement.reset()
    assert window.docks["proof"].isVisible()


def test_geometry_and_docks_survive_a_restart(window):
    window.docks["history"].setFloating(True)
    window.docks["proof"].close()
    geometry, docks, shares = window.arrangement.remembered
    window.arrangement.reset()
    assert not window.docks["history"].isFloating()
    window.arrangement.restore(geometry, docks, shares)
    assert window.docks["history"].isFloating()
    assert window.docks["proof"].isHidden()
    window.arrangement.reset()


@pytest.mark.parametrize("nonsense", ["", "bm9uc2Vuc2U=", "%%%"])
def test_a_broken_memory_of_the_layout_does_no_harm(window, nonsense):
    window.arrangement.restore(nonsense, nonsense, nonsense)
    assert all(dock.isVisible() for name, dock in window.docks.items() if name in {"one-click", "history", "proof"})


def test_the_first_record_does_not_push_the_other_docks_together(window):
    before = {name: dock.minimumSizeHint().height() for name, dock in window.docks.items()}
    rows = tuple(RecordRow("repair", tuple(f"line {number}" for number in range(30))) for _ in range(5))
    window.record.show_records(rows, share="1 % of the picture treated")
    QApplication.processEvents()
    assert {name: dock.minimumSizeHint().height() for name, dock in window.docks.items()} == before
    window.record.show_records((), share="")


def test_words_as_long_as_a_file_name_break_and_are_told_whole(qtbot):
    name = "Kasten_0017_Mappe_03_Glasplatte_0147_Vorderseite_" + "x" * 70 + ".tif"
    flowing = label(f"Saved as {name}.", wraps=True)
    qtbot.addWidget(flowing)
    assert flowing.text() == f"Saved as {name}."
    assert flowing.minimumSizeHint().width() < 260
    assert label("an ordinary sentence", wraps=True).minimumSizeHint().width() < 260


def test_the_record_scrolls_in_one_place_only(window):
    window.arrangement.reset()
    window.docks["record"].raise_()
    window.record.show_records((RecordRow("repair · faithful", ("a", "b", "c", "d")),) * 5, share="1.15 % treated")
    QTest.qWait(50)
    area = window.docks["record"].widget()
    assert area.verticalScrollBar().maximum() == 0
    assert any(label.text() == "1.15 % treated" for label in window.record.findChildren(QLabel))
    window.docks["history"].raise_()
