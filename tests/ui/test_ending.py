"""Ctrl+C and logging out close the window as a hand would."""

import os
import signal
import sys

import pytest
from PySide6.QtTest import QTest

from restorer_app.ui.ending import Ending
from tests.ui.conftest import until
from tests.ui.hands import open_file, scratch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends a program on Windows")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_heard_and_afterwards_as_it_was(qtbot, number):
    before = signal.getsignal(number)
    ending = Ending()
    with qtbot.waitSignal(ending.asked, timeout=20_000):
        os.kill(os.getpid(), number)
    ending.close()
    ending.close()
    assert signal.getsignal(number) == before


def test_unsaved_work_is_asked_about_when_the_system_wants_the_program_to_end(empty, scan):
    open_file(empty, scan)
    scratch(empty)
    asked = []
    empty.workshop.saving.ask_painted = lambda names, _painted: asked.append(names) or "stay"
    ending = Ending()
    ending.asked.connect(empty.end)
    os.kill(os.getpid(), signal.SIGTERM)
    until(lambda: asked)
    ending.close()
    QTest.qWait(20)
    assert asked == [["plate.tif"]]
    assert empty.window.isVisible()
