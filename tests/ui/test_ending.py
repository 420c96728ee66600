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


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM])
def number(request):
    """A signal that ends the program, also where the tests run in the background and are to ignore Ctrl+C."""
    before = signal.signal(request.param, signal.SIG_DFL)
    yield request.param
    signal.signal(request.param, before)


def test_a_signal_is_heard_and_afterwards_as_it_was(qtbot, number):
    ending = Ending()
    with qtbot.waitSignal(ending.asked, timeout=20_000):
        os.kill(os.getpid(), number)
    ending.close()
    ending.close()
    assert signal.getsignal(number) == signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_so(qapp, number):
    signal.signal(number, signal.SIG_IGN)
    ending = Ending()
    assert signal.getsignal(number) == signal.SIG_IGN
    ending.close()
    assert signal.getsignal(number) == signal.SIG_IGN


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
