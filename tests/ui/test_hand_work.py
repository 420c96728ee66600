import threading

import numpy as np
import pytest
from PySide6.QtCore import QEvent

from restorer_app.core.errors import RestorerError, UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.job import Finished
from restorer_app.core.operation import Repair
from restorer_app.core.raster import ArraySource
from restorer_app.ui.hand_work import ByHand, HandWork
from tests.core.test_record import a_record
from tests.session.test_session import PLAIN, a_session, dab, fill

GONE = Region(512, 256, 700, 400)  # cells that the file does not give any more


class Slow(ArraySource):
    """Waits until it may read."""

    def __init__(self):
        super().__init__(PLAIN)
        object.__setattr__(self, "gate", threading.Event())
        object.__setattr__(self, "readers", [])

    def read(self, region):
        assert self.gate.wait(20)
        self.readers.append(threading.current_thread())
        if region.overlaps(GONE):
            raise UnreadableFileError("The file is gone.")
        return super().read(region)


class Told:
    def __init__(self):
        self.refusals, self.nothing = [], []

    def attempt(self, session, work):
        try:
            work(session)
        except RestorerError as problem:
            self.take_refusal(problem)
            return False
        return True

    def take_refusal(self, problem):
        self.refusals.append(problem.message)

    def take_nothing(self, why):
        self.nothing.append(why)


@pytest.fixture
def slow():
    return Slow()


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def work(qapp, told):
    made = HandWork(told.attempt)
    made.refused.connect(told.take_refusal)
    made.came_to_nothing.connect(told.take_nothing)
    yield made
    made.settle()
    qapp.processEvents()  # what its threads have said, and their end
    made.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def cloning(session, x, y):
    return ByHand(session, lambda each: each.cloning(dab(x, y), dx=-60, dy=0), "Nothing.")


def test_strokes_wait_for_the_one_before_and_not_in_this_thread(work, told, slow):
    session = a_session(source=slow)
    assert work.do(cloning(session, 150, 100))
    assert work.do(cloning(session, 210, 100))  # from what the first has left there
    assert session.records == ()
    assert work.is_busy
    slow.gate.set()
    work.settle()
    assert len(session.records) == 2
    assert not work.is_busy
    assert np.array_equal(session.image.read(Region(200, 95, 220, 105)), PLAIN[95:105, 80:100])
    assert told.refusals == told.nothing == []


def test_one_that_cannot_be_read_is_told_and_the_next_is_done(work, told, slow):
    session = a_session(source=slow)
    work.do(cloning(session, 600, 300))
    work.do(cloning(session, 150, 100))
    work.do(ByHand(session, lambda each: each.restoring(dab(50, 50)), "Nothing."))
    slow.gate.set()
    work.settle()
    assert told.refusals == ["The file is gone."]
    assert told.nothing == ["", "Nothing."]
    assert [record.name for record in session.records] == ["clone"]


def test_a_stroke_is_computed_again_elsewhere_where_a_job_has_ended_meanwhile(work, told, slow):
    session = a_session(source=slow)
    session.stroke(dab(50, 300))
    session.ask(Repair("telea"))
    job = session.next_job()
    work.do(cloning(session, 150, 100))
    slow.gate.set()
    session.take(fill(job, 7))
    session.take(Finished(job.id, a_record()))
    slow.readers.clear()
    work.settle()
    assert [record.name for record in session.records] == [a_record().name, "clone"]
    assert (session.image.read(Region(45, 295, 55, 305)) == 7).all()
    assert np.array_equal(session.image.read(Region(145, 95, 155, 105)), PLAIN[95:105, 85:95])
    assert slow.readers
    assert threading.main_thread() not in slow.readers
    assert told.refusals == told.nothing == []


def test_what_is_refused_at_once_is_no_work(work, told, slow):
    session = a_session(source=slow)
    session.stroke(dab(150, 100))
    session.ask(Repair("telea"))
    assert not work.do(cloning(session, 150, 100))
    assert len(told.refusals) == 1
    assert not work.is_busy
