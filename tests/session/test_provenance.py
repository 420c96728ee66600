import numpy as np
import pytest

from restorer_app.core import mask as masks
from restorer_app.core.job import Finished, TileDone
from restorer_app.core.operation import Denoise, Repair, Upscale
from restorer_app.core.raster import CELL
from restorer_app.session.provenance import labels, shares
from tests.core.test_record import a_record
from tests.session.test_session import BOUNDS, a_session, dab, fill


def finish(session, operation, **record):
    session.ask(operation)
    job = session.next_job()
    session.take(fill(job, 7))
    session.take(Finished(job.id, a_record(**record)))


def by_pixel(session):
    """The same question, answered for every cell by looking at it."""
    bounds, steps = masks.blank(session.image.bounds), session.history.steps[: session.history.cursor + 1]
    found = [labels(steps, bounds, cell).ravel() for cell in session.image.bounds.cells(CELL)]
    counts = np.bincount(np.concatenate(found), minlength=4)[1:] / session.image.bounds.area
    return {kind: count for kind, count in zip(("learned", "classical", "by hand"), counts, strict=True) if count}


def test_an_untouched_picture_is_the_scans_own():
    session = a_session()
    session.stroke(dab(100, 100))
    assert shares(session.history) == {}


def test_the_last_method_at_a_place_counts_and_the_master_painted_back_is_its_own_again():
    session = a_session()
    session.stroke(dab(200, 200, 100))
    covered = masks.count_covered(session.mask)
    finish(session, Repair("patch"), model_id="repair")
    assert shares(session.history) == {"learned": pytest.approx(covered / BOUNDS.area)}
    session.clone(dab(200, 200, 40), dx=120, dy=9)
    both = shares(session.history)
    assert both["learned"] + both["by hand"] == pytest.approx(covered / BOUNDS.area)
    session.restore(dab(200, 200, 200))
    assert shares(session.history) == {}
    session.undo()
    assert shares(session.history) == both


def test_cells_that_look_alike_are_counted_without_being_looked_at():
    session = a_session()
    session.stroke(dab(600, 300, 80), protects=True)
    finish(session, Denoise(method="nlm"))
    session.stroke(dab(100, 100))
    finish(session, Repair("patch"), model_id="repair")
    assert shares(session.history) == pytest.approx(by_pixel(session))
    assert shares(session.history)["classical"] > 0.9


def test_an_upscaled_picture_is_made_by_its_upscaling():
    session = a_session()
    session.stroke(dab(100, 100))
    finish(session, Repair("patch"), model_id="repair")
    session.ask(Upscale(2, method="lanczos"))
    job = session.next_job()
    session.take(TileDone(job.id, job.output_region, np.zeros((800, 1400, 3), np.uint16), 1, 1))
    session.take(Finished(job.id, a_record(operation={"name": "upscale", "scale": 2})))
    assert shares(session.history) == {"classical": 1.0}
