"""Mask work that takes longer than a frame, on a thread: whoever needs its outcome before waits for it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal

from restorer_app.core.errors import RestorerError
from restorer_app.core.raster import Raster

Work = Callable[[Raster], Raster]


class MaskWork(QObject):
    """One run at a time. Masks never change, so a thread may read the one in hand."""

    refused = Signal(object)  # RestorerError
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run: _Run | None = None

    @property
    def is_busy(self) -> bool:
        return self._run is not None

    def begin(self, mask: Raster, work: Work, land: Callable[[Raster, Raster], None]) -> None:
        """Computes work(mask) elsewhere; `land` is called on this thread with the mask it came from and the new one."""
        self.settle()
        run = _Run(mask, work, land, self)
        self._run = run
        run.finished.connect(self._look)  # a method of ours, so it is called on our thread; a lambda need not be
        run.start()

    def settle(self) -> None:
        """Waits for what is going on, so that nothing is asked of a mask that is about to change."""
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
        run.deleteLater()
        self.ended.emit()
        if run.problem is not None:
            self.refused.emit(run.problem)
            return
        assert run.outcome is not None, "mask work ends with a mask or a refusal"
        run.land(run.mask, run.outcome)


class _Run(QThread):
    def __init__(self, mask: Raster, work: Work, land: Callable[[Raster, Raster], None], parent: QObject) -> None:
        super().__init__(parent)
        self.mask = mask
        self.land = land
        self.outcome: Raster | None = None
        self.problem: RestorerError | None = None
        self._work = work

    def run(self) -> None:
        try:
            self.outcome = self._work(self.mask)
        except RestorerError as problem:  # a file of masks that cannot be read or written
            self.problem = problem
