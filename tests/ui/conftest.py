"""A window in our own look, without a workshop behind it; one a module, since making one costs half a second."""

import time

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QPoint
from PySide6.QtGui import QCursor, QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from restorer_app.ui import icons, theme
from restorer_app.ui.app import Program
from restorer_app.ui.window import Window


@pytest.fixture(autouse=True)
def mouse_away(qapp: QApplication):
    """The mouse outside every window: moved to where the test before left it, it would not be moved at all."""
    QCursor.setPos(QPoint(-100, -100))
    qapp.processEvents()


@pytest.fixture(scope="module")
def dark(qapp: QApplication, tmp_path_factory):
    """The style sheet on the whole application, taken off afterwards."""
    glyphs = tmp_path_factory.mktemp("glyphs")
    icons.write_for_style(glyphs, theme.DARK)
    theme.apply(qapp, theme.DARK, glyphs=glyphs)
    yield theme.DARK
    qapp.setStyleSheet("")
    qapp.setStyle("Fusion")
    qapp.setPalette(qapp.style().standardPalette())
    qapp.setFont(QFont("DejaVu Sans", 10))


@pytest.fixture(scope="module")
def window(dark, qapp):
    made = Window()
    made.wear(dark)
    made.resize(1400, 900)
    made.show()
    assert QTest.qWaitForWindowExposed(made)
    yield made
    made.close()
    made.deleteLater()
    qapp.processEvents()


@pytest.fixture(scope="module")
def program(qapp, tmp_path_factory):
    """The whole program with its engine and reader processes, in a home of its own; one a module."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA"):
            patch.setenv(name, str(home / name.lower()))
        made = Program(qapp, [])
        made.choices.change(theme="dark")
        made.window.resize(1400, 900)
        made.show()
        until(lambda: made.workshop is not None)
        answer_discard(made)
        yield made
        answer_discard(made)  # a test may have left other answers, or none
        made.window.close()
        made.close()
        made.window.deleteLater()
    qapp.setStyleSheet("")
    qapp.setStyle("Fusion")
    qapp.setPalette(qapp.style().standardPalette())


def answer_discard(program):
    program.workshop.saving.ask = lambda _names, _running: "discard"
    program.workshop.saving.ask_painted = lambda _names, _painted: "discard"


def until(fact, *, seconds=60):
    """Lets the window live until a fact holds."""
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "what was waited for did not happen"
        QTest.qWait(10)


@pytest.fixture
def empty(program):
    """The program with nothing open, its tools as after the first start."""
    workshop = program.workshop
    while workshop.desk.documents:
        workshop.desk.close(0)
    program.window.notice.clear()
    program.choices.change(after_each_stroke=False, method="telea", brush_diameter=12.0)
    workshop.view.set_size(12)
    if workshop.acts.protecting:
        workshop.acts.toggle_protect()
    workshop.view.choose_tool("brush")
    program.window.activateWindow()
    until(program.window.isActiveWindow)
    return program


@pytest.fixture
def scan(tmp_path):
    """A small 16-bit scan with a white scratch down its middle."""
    rng = np.random.default_rng(7)
    ramp = np.linspace(9000, 42000, 320)[None, :] + np.linspace(0, 9000, 240)[:, None]
    pixels = (ramp + rng.normal(0, 300, (240, 320))).astype(np.uint16)
    pixels[:, 158:162] = 65000
    path = tmp_path / "plate.tif"
    tifffile.imwrite(path, pixels, rowsperstrip=16, photometric="minisblack")
    return path
