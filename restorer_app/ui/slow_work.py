"""Work that takes longer than a frame, on a thread: whoever needs its outcome before waits for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, QThread, Signal

from restorer_app.core.errors import RestorerError

T = TypeVar("T")

_MAKE_ROOM = "Close other pictures or programs, and try again."


class SlowWork(QObject):
    """One run at a time. Rasters never change, so a thread may read those in hand."""

    refused = Signal(object)  # RestorerError
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run: _Run | None = None

    @property
    def is_busy(self) -> bool:
        return self._run is not None

    def begin(self, work: Callable[[], T], land: Callable[[T], object]) -> None:
        """Does the work elsewhere; `land` is called on this thread with what came of it."""
        self.settle()
        run = _Run(lambda: partial(land, work()), self)
        self._run = run
        run.finished.connect(self._look)  # a method of ours, so it is called on our thread; a lambda need not be
        run.start()

    def settle(self) -> None:
        """Waits for what is going on, so that nothing is asked of what is about to change."""
        run = self._run
        if run is not None:
            run.wait()
            self._ended(run)

    def _look(self) -> None:
        if self._run is not None and self._run.isFinished():
            self._ended(self._run)

    def _ended(self, run: _Run) -> None:
        if run is not self._run:
            return  # settled before its signal came
        self._run = None
        landing, problem = run.let_go()
        run.deleteLater()
        self.ended.emit()
        if problem is not None:
            self.refused.emit(problem)
            return
        if landing is None:  # a fault, which was told when it happened; who waits for an end has one
            self.refused.emit(RestorerError("This came to nothing because of a fault in the program."))
            return
        landing()


class _Run(QThread):
    def __init__(self, work: Callable[[], Callable[[], object]], parent: QObject) -> None:
        super().__init__(parent)
        self._landing: Callable[[], object] | None = None
        self._problem: RestorerError | None = None
        self._work: Callable[[], Callable[[], object]] | None = work

    def run(self) -> None:
        assert self._work is not None  # let go only when it is over
        try:
            self._landing = self._work()
        except RestorerError as problem:  # a file that cannot be read or written
            self._problem = problem
        except MemoryError:
            self._problem = RestorerError("There is not enough memory for this.", advice=_MAKE_ROOM)

    def let_go(self) -> tuple[Callable[[], object] | None, RestorerError | None]:
        """What came of it. Held until the thread's own end, it could hold whoever owns the thread, and end it twice."""
        landing, self._landing, self._work = self._landing, None, None
        return landing, self._problem
