"""The program started with a file: what is seen until the picture is there."""

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest

from restorer_app.ui.app import Program
from tests.ui.conftest import until


class Painted(QObject):
    """Remembers that a widget has shown itself."""

    def __init__(self):
        super().__init__()
        self.is_seen = False

    def eventFilter(self, _watched, event):
        self.is_seen = self.is_seen or event.type() in (QEvent.Type.Paint, QEvent.Type.FocusIn)
        return False


@pytest.fixture
def start(qapp):
    made = []

    def begin(path):
        program = Program(qapp, [str(path)])
        made.append(program)
        page = Painted()
        for widget in (program.window.first_run, program.window.first_run.viewport()):
            widget.installEventFilter(page)
        program.window.resize(1200, 800)
        program.show()
        return program, page

    yield begin
    for program in made:
        program.window.close()
        program.close()
        program.window.deleteLater()
    qapp.setStyleSheet("")
    qapp.setStyle("Fusion")
    qapp.setPalette(qapp.style().standardPalette())
    qapp.setFont(QFont("DejaVu Sans", 10))


def test_a_file_named_at_the_start_shows_no_page_for_beginners_before_it(start, scan):
    program, page = start(scan)
    assert program.window.pill.text == "Opening plate.tif"
    until(lambda: program.workshop is not None and program.window.shows(program.workshop.canvas))
    QTest.qWait(50)
    assert not page.is_seen
    program.workshop.desk.close(0)
    assert program.window.shows(program.window.first_run)


@pytest.mark.parametrize("what", ["a file that is none", "an empty folder"])
def test_where_nothing_comes_the_page_for_beginners_does(start, tmp_path, what):
    path = tmp_path / "plate.tif"
    path.mkdir() if "folder" in what else path.write_bytes(b"no picture at all")
    program, _ = start(path)
    until(lambda: program.window.shows(program.window.first_run))
    assert program.window.notice.are_seen
    assert not program.window.pill.isVisible()
