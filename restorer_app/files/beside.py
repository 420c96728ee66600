"""One piece of work on a thread of its own beside what goes on, awaited with progress, given up with its block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Generic, TypeVar

from restorer_app.core.job import CancelToken
from restorer_app.files.patching import Progress, stop_if_cancelled

_TOLD_EVERY_S = 0.1

Result = TypeVar("Result")
Work = Callable[[Progress, CancelToken], Result]


class Beside(Generic[Result]):
    """Work under way. What it tells of its progress is kept until somebody waits for it: a window is told once."""

    def __init__(self) -> None:
        self.stop = CancelToken()
        self.future: Future[Result] = Future()
        self._told = ("", 0.0)

    def tell(self, what: str, share: float) -> None:
        self._told = (what, share)

    def result(self, *, progress: Progress, cancel: CancelToken | None) -> Result:
        """What the work gave; an error of it comes here."""
        while wait([self.future], _TOLD_EVERY_S).not_done:
            stop_if_cancelled(cancel)
            if self._told[0]:
                progress(*self._told)
        if self._told[0]:
            progress(*self._told)
        return self.future.result()


@contextmanager
def beside(work: Work[Result]) -> Iterator[Beside[Result]]:
    """Starts work that ends with the block at the latest: where nobody waited for it, it is stopped."""
    running = Beside[Result]()
    with ThreadPoolExecutor(1) as pool:
        running.future = pool.submit(work, running.tell, running.stop)
        try:
            yield running
        finally:
            running.stop.cancel()
