import threading
import weakref

import pytest
from PySide6.QtCore import QObject

from restorer_app.core.errors import RestorerError
from restorer_app.ui.slow_work import SlowWork


@pytest.fixture
def landed():
    return []


def test_the_outcome_lands_on_the_thread_that_asked(qtbot, landed):
    work = SlowWork()
    here = threading.current_thread()
    work.begin(
        threading.current_thread,
        lambda there: landed.append((there is here, threading.current_thread() is here)),
    )
    qtbot.waitUntil(lambda: bool(landed))
    assert landed == [(False, True)]


def test_settling_waits_and_the_outcome_lands_once(qtbot, landed):
    work = SlowWork()
    gate = threading.Event()

    def slow():
        gate.wait(5)
        return 1

    work.begin(slow, landed.append)
    assert landed == []
    gate.set()
    work.settle()
    assert landed == [1]
    qtbot.wait(50)
    assert landed == [1]


def test_the_next_work_begins_after_the_last_has_landed(qtbot, landed):
    work = SlowWork()
    for number in (1, 2):
        work.begin(lambda number=number: number, landed.append)
    work.settle()
    assert landed == [1, 2]


def test_a_refusal_is_told_and_lands_nowhere(qtbot, landed):
    work = SlowWork()

    def refuse():
        raise RestorerError("This is no mask.")

    with qtbot.waitSignal(work.refused) as refused:
        work.begin(refuse, landed.append)
    assert refused.args[0].message == "This is no mask."
    assert landed == []


def test_nothing_holds_the_owner_of_work_that_has_landed(qtbot):
    class Owner(QObject):
        def __init__(self):
            super().__init__()
            self.work = SlowWork(self)
            self.landed = []

    owner = Owner()
    owner.work.begin(lambda: 1, owner.landed.append)
    owner.work.begin(lambda: 2, lambda found, owner=owner: owner.landed.append(found))
    owner.work.settle()
    assert owner.landed == [1, 2]
    left = weakref.ref(owner)
    del owner
    assert left() is None, "otherwise the thread's end ends its owner, which ends the thread once more"
    qtbot.wait(20)


@pytest.mark.qt_no_exception_capture
@pytest.mark.parametrize(("fault", "told"), [(MemoryError, "not enough memory"), (ZeroDivisionError, "a fault")])
def test_a_fault_on_the_thread_is_an_end_too(qtbot, landed, monkeypatch, fault, told):
    def fails():
        raise fault

    monkeypatch.setattr("sys.excepthook", lambda *_bug: None)
    work, refused = SlowWork(), []
    work.refused.connect(refused.append)
    work.begin(fails, landed.append)
    qtbot.waitUntil(lambda: bool(refused))
    assert told in str(refused[0])
    assert not landed
    assert not work.is_busy
