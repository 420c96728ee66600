"""The queue over all pictures, with an engine that only remembers what it was told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from restorer_app.core import mask as masks
from restorer_app.core import operation as operations
from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.job import Failed, Finished, Note, Stopped, TileDone
from restorer_app.core.operation import Repair
from restorer_app.core.raster import ArraySource, Raster
from restorer_app.core.record import Record
from restorer_app.core.stroke import Point, Stroke
from restorer_app.files.picture import Picture
from restorer_app.session.pending import Pending
from restorer_app.session.session import Session
from restorer_app.ui.document import Document
from restorer_app.ui.jobs import Jobs
from restorer_app.ui.pace import Pace


class Engine(QObject):
    event_came = Signal(object)

    def __init__(self):
        super().__init__()
        self.submitted = []
        self.cancelled = []

    def submit(self, job):
        self.submitted.append(job)

    def cancel(self, job_id):
        self.cancelled.append(job_id)


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def jobs(engine):
    return Jobs(engine)


def document(name="a.png"):
    pixels = np.full((60, 80, 1), 100, np.uint8)
    picture = Picture(Path(name), "png", 0, 1, "grey", Raster.from_array(pixels).source)
    return Document.of(picture, Session(picture), pixels)


def ask(jobs, one, x=20):
    one.session.stroke(Stroke("brush", (Point(x, 30),), diameter=8))
    pending = one.session.ask(Repair(method="telea"))
    jobs.enter(one, pending)
    return pending.id


def tile(job):
    return TileDone(job.id, job.region, np.full((*job.region.shape, 1), 7, np.uint8), 1, 1)


def finished(job, **facts):
    record = Record(
        at="2026-01-01T00:00:00+00:00",
        operation=operations.to_fields(job.operation),
        region=job.region,
        seed=0,
        model_id=None,
        model_sha256=None,
        mask_sha256=None,
        before_sha256="0" * 64,
        after_sha256="1" * 64,
        versions={},
        device="cpu",
        dtype="float32",
        seconds=0.1,
        changed_pixels=9,
    )
    return Finished(job.id, replace(record, **facts))


def run(engine):
    job = engine.submitted[-1]
    engine.event_came.emit(tile(job))
    engine.event_came.emit(finished(job))


def test_one_job_runs_at_a_time_in_the_order_of_asking_over_all_pictures(jobs, engine):
    first, second = document("a.png"), document("b.png")
    asked = [ask(jobs, first), ask(jobs, second), ask(jobs, first, x=50)]
    assert [job.id for job in engine.submitted] == asked[:1]
    assert [row.waiting for row in jobs.rows] == [False, True, True]
    for count in (2, 3):
        run(engine)
        assert [job.id for job in engine.submitted] == asked[:count]
    run(engine)
    assert jobs.is_empty
    assert len(first.session.records) == 2


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        ({"jpeg_quality": None}, "No traces of JPEG compression were found in a.png"),
        ({"noise_sigma": 0.001, "sigma_used": 0}, "No noise was found in a.png"),
        ({}, "No pixel of a.png had to change"),
    ],
)
def test_a_job_that_changed_nothing_leaves_no_step_brings_its_mask_back_and_says_so(jobs, engine, measured, told):
    one = document("a.png")
    said = []
    jobs.noted.connect(said.append)
    ask(jobs, one, x=30)
    engine.event_came.emit(finished(engine.submitted[-1], changed_pixels=0, measured=measured))
    assert [told in each for each in said] == [True]
    assert jobs.is_empty
    assert not one.session.records
    assert not one.session.is_changed
    assert masks.count_covered(one.session.mask) > 40


def test_a_late_tile_of_a_cancelled_job_lands_nowhere(jobs, engine):
    one = document()
    ask(jobs, one)
    job = engine.submitted[-1]
    jobs.cancel(job.id)
    assert engine.cancelled == [job.id]
    before = one.session.image
    engine.event_came.emit(tile(job))
    engine.event_came.emit(finished(job))
    engine.event_came.emit(Stopped(job.id))
    assert one.session.image is before
    assert one.session.records == ()


def test_undo_of_a_running_job_cancels_it_and_the_next_one_starts(jobs, engine):
    one, other = document(), document("b.png")
    ask(jobs, one)
    waiting = ask(jobs, other)
    one.session.undo()
    jobs.look_again()
    assert engine.cancelled == [engine.submitted[0].id]
    assert engine.submitted[-1].id == waiting


def test_closing_a_picture_gives_its_jobs_up(jobs, engine):
    one, other = document(), document("b.png")
    ask(jobs, one)
    ask(jobs, one, x=50)
    kept = ask(jobs, other)
    jobs.forget(one)
    assert [row.id for row in jobs.rows] == [kept]
    assert engine.submitted[-1].id == kept


def test_a_failed_job_is_told_and_the_next_one_runs(jobs, engine):
    one = document()
    ask(jobs, one)
    waiting = ask(jobs, one, x=50)
    told = []
    jobs.failed.connect(lambda _document, event: told.append(event.message))
    engine.event_came.emit(Failed(engine.submitted[0].id, "no memory"))
    assert told == ["no memory"]
    assert engine.submitted[-1].id == waiting


class Vanishing(ArraySource):
    """A file on a stick."""

    is_gone = False

    def read(self, region):
        if self.is_gone:
            raise UnreadableFileError("There is no file a.png.")
        return super().read(region)


@pytest.mark.parametrize("event", [tile, finished])
def test_a_file_that_goes_away_in_the_middle_of_its_job_fails_the_job_and_the_mask_is_back(
    jobs, engine, event, monkeypatch
):
    pixels = np.full((600, 600, 1), 100, np.uint8)
    source = Vanishing(pixels)
    one = document()
    session = Session(replace(one.picture, source=source))
    one = replace(one, session=session)
    ask(jobs, one)
    waiting = ask(jobs, one, x=500)
    before, told, job = session.image, [], engine.submitted[0]
    if event is finished:
        engine.event_came.emit(tile(job))
        monkeypatch.setattr(Pending, "merged_into", lambda _pending, image: Raster(source).read(image.bounds))
    jobs.failed.connect(lambda _document, failed: told.append(failed.message))
    source.is_gone = True
    engine.event_came.emit(event(job))
    assert told == ["There is no file a.png."]
    assert engine.submitted[-1].id == waiting
    source.is_gone = False
    jobs.cancel(waiting)
    engine.event_came.emit(finished(job))
    assert session.image is before
    assert session.records == ()
    assert session.mask.read(Region(20, 30, 21, 31)).all(), "the mask is back"


def test_esc_cancels_the_running_job_before_those_that_wait(jobs, engine):
    one = document()
    running, waiting = ask(jobs, one), ask(jobs, one, x=50)
    assert jobs.cancel_of(one)
    assert [row.id for row in jobs.rows] == [waiting]
    assert running in engine.cancelled
    assert jobs.cancel_of(one)
    assert not jobs.cancel_of(one)


def test_notes_reach_the_row_and_the_window(jobs, engine):
    one = document()
    ask(jobs, one)
    told = []
    jobs.noted.connect(told.append)
    engine.event_came.emit(Note(engine.submitted[0].id, "The CPU is used."))
    assert told == ["The CPU is used."]
    assert jobs.rows[0].note == "The CPU is used."


def test_a_new_preview_gives_the_last_one_up_and_its_pixels_stay_out_of_the_session(jobs, engine):
    one = document()
    ask(jobs, one)
    job = engine.submitted[0]
    seen = []
    jobs.previewed.connect(lambda _document, done: seen.append(done.job_id))
    for name in ("p1", "p2"):
        jobs.preview(one, replace(job, id=name))
    assert engine.cancelled == ["p1"]
    assert engine.submitted[-1].preview
    before = one.session.image
    for name in ("p1", "p2"):
        engine.event_came.emit(tile(replace(job, id=name)))
    assert seen == ["p2"]
    assert one.session.image is before
    engine.event_came.emit(Stopped("p2"))
    assert not jobs.is_previewing


def test_the_remaining_time_comes_from_the_pieces_after_the_first():
    now = [0.0]
    pace = Pace(now=lambda: now[0])
    assert pace.seconds_left is None
    now[0] = 10.0  # a model was loaded
    pace.take(1, 5)
    for done in (2, 3):
        now[0] += 2
        pace.take(done, 5)
    assert pace.seconds_left == pytest.approx(4)
    pace.take(5, 5)
    assert pace.seconds_left is None


def test_no_remaining_time_is_told_from_a_small_first_piece():
    now = [0.0]
    pace = Pace(now=lambda: now[0])
    now[0] = 10.0  # a model was loaded
    pace.take(1, 1000)
    assert pace.seconds_left is None
    now[0] += 2
    pace.take(11, 1000)
    assert pace.seconds_left == pytest.approx(0.2 * 989)
