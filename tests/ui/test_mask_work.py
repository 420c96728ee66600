import threading

import pytest

from restorer_app.core.errors import RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.ui.mask_work import MaskWork

BOUNDS = Region.of_size(8, 8)


@pytest.fixture
def landed():
    return []


def value(mask):
    return int(mask.read(BOUNDS)[0, 0, 0])


def test_the_outcome_lands_on_the_thread_that_asked(qtbot, landed):
    work = MaskWork()
    here = threading.current_thread()
    work.begin(
        Raster.flat(BOUNDS),
        lambda mask: Raster.flat(mask.bounds, value=7),
        lambda before, after: landed.append((value(before), value(after), threading.current_thread() is here)),
    )
    qtbot.waitUntil(lambda: bool(landed))
    assert landed == [(0, 7, True)]


def test_settling_waits_and_the_outcome_lands_once(qtbot, landed):
    work = MaskWork()
    gate = threading.Event()

    def slow(mask):
        gate.wait(5)
        return Raster.flat(mask.bounds, value=1)

    work.begin(Raster.flat(BOUNDS), slow, lambda _before, after: landed.append(value(after)))
    assert landed == []
    gate.set()
    work.settle()
    assert landed == [1]
    qtbot.wait(50)
    assert landed == [1]


def test_the_next_work_begins_after_the_last_has_landed(qtbot, landed):
    work = MaskWork()
    for number in (1, 2):
        work.begin(
            Raster.flat(BOUNDS),
            lambda mask, number=number: Raster.flat(mask.bounds, value=number),
            lambda _before, after: landed.append(value(after)),
        )
    work.settle()
    assert landed == [1, 2]


def test_a_refusal_is_told_and_lands_nowhere(qtbot, landed):
    work = MaskWork()

    def refuse(_mask):
        raise RestorerError("This is no mask.")

    with qtbot.waitSignal(work.refused) as refused:
        work.begin(Raster.flat(BOUNDS), refuse, lambda *_: landed.append(1))
    assert refused.args[0].message == "This is no mask."
    assert landed == []
