"""Mask work that takes longer than a frame, on a thread: whoever needs its outcome before waits for it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QThread

from restorer_app.core.raster import Raster

Work = Callable[[Raster], Raster]


class MaskWork(QObject):
    """One run at a time. Masks never change, so a thread may read the one in hand."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run: _Run | None = None

    def begin(self, mask: Raster, work: Work, land: Callable[[Raster, Raster], None]) -> None:
        """Computes work(mask) elsewhere; `land` is called on this thread with the mask it came from and the new one."""
        self.settle()
        run = _Run(mask, work, land, self)
        self._run = run
        run.finished.connect(lambda: self._ended(run))
        run.start()

    def settle(self) -> None:
        """Waits for what is going on, so that nothing is asked of a mask that is about to change."""
        run = self._run
        if run is not None:
            run.wait()
            self._ended(run)

    def _ended(self, run: _Run) -> None:
        if run is not self._run:
            return  # settled before its signal came
        self._run = None
        run.deleteLater()
        assert run.outcome is not None, "mask work ends with a mask"
        run.land(run.mask, run.outcome)


class _Run(QThread):
    def __init__(self, mask: Raster, work: Work, land: Callable[[Raster, Raster], None], parent: QObject) -> None:
        super().__init__(parent)
        self.mask = mask
        self.land = land
        self.outcome: Raster | None = None
        self._work = work

    def run(self) -> None:
        self.outcome = self._work(self.mask)
