"""Work on a thread beside what goes on: it is awaited, its errors arrive, and nothing of it stays behind."""

import threading

import pytest

from restorer_app.core.job import CancelToken
from restorer_app.files.beside import beside
from restorer_app.files.patching import Progress, SavingStoppedError, stop_if_cancelled


def endless(progress: Progress, cancel: CancelToken) -> None:
    while True:
        stop_if_cancelled(cancel)
        progress("Going on", 0.5)


def test_the_result_and_the_progress_come_to_who_waits():
    told: list[tuple[str, float]] = []

    def work(progress: Progress, cancel: CancelToken) -> int:
        progress("Working", 1.0)
        return 7

    with beside(work) as running:
        assert running.result(progress=lambda *step: told.append(step), cancel=None) == 7
    assert told[-1] == ("Working", 1.0)


def test_an_error_of_the_work_comes_to_who_waits():
    def work(progress: Progress, cancel: CancelToken) -> int:
        raise OSError(28, "full")

    with beside(work) as running, pytest.raises(OSError, match="full"):
        running.result(progress=lambda *_: None, cancel=None)


def test_work_that_nobody_waits_for_ends_with_its_block():
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), beside(endless):
        raise ZeroDivisionError
    with beside(endless):
        pass
    assert threading.active_count() == before


def test_a_cancel_ends_the_waiting_and_the_work():
    before, cancel = threading.active_count(), CancelToken()
    with pytest.raises(SavingStoppedError), beside(endless) as running:
        running.result(progress=lambda *_: cancel.cancel(), cancel=cancel)
    assert threading.active_count() == before
