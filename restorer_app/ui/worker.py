"""The one thread around the engine process: turns its messages into signals of the window's thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, QThread, Signal

from restorer_app.core.job import Job
from restorer_app.files.exchange import Status
from restorer_app.files.scratch import Scratch
from restorer_app.session.child import EngineProcess


class EngineWorker(QThread):
    """A subclass with its own signals, so that every slot runs on the window's thread."""

    event_came = Signal(object)  # JobEvent
    status_came = Signal(object)  # Status

    def __init__(self, scratch: Scratch, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = EngineProcess(scratch=scratch)

    @property
    def pid(self) -> int | None:
        return self._engine.pid

    @property
    def status(self) -> Status:
        return self._engine.status

    def submit(self, job: Job) -> None:
        self._engine.submit(job)

    def cancel(self, job_id: str) -> None:
        self._engine.cancel(job_id)

    def stop(self) -> None:
        """Ends the engine process, then this thread."""
        self._engine.close()
        self.wait()

    def run(self) -> None:
        self._engine.start()
        for event in self._engine.events():
            (self.status_came if isinstance(event, Status) else self.event_came).emit(event)
