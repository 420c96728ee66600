"""Jobs: hands one job at a time to the engine, of whatever picture, and what comes back to its session."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QObject, Signal, SignalInstance

from restorer_app.core.errors import RestorerError
from restorer_app.core.job import CLOSING, Advanced, Failed, Finished, Job, JobEvent, Note, TileDone
from restorer_app.core.operation import Operation
from restorer_app.core.record import Record
from restorer_app.session.pending import Pending
from restorer_app.ui.document import Document
from restorer_app.ui.pace import Pace
from restorer_app.ui.panels.queue import JobRow

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated


class Engine(Protocol):
    """What computes: the worker thread, or a stand-in of a test."""

    event_came: SignalInstance

    def submit(self, job: Job) -> None: ...
    def cancel(self, job_id: str) -> None: ...


class Jobs(QObject):
    """The queue over all open pictures. A session decides what a job is; here is only decided when."""

    changed = Signal()
    finished = Signal(object, object)  # Document, Record
    failed = Signal(object, object)  # Document, Failed
    preview_failed = Signal(object, object)  # Document, Failed: no work is lost by that
    noted = Signal(str)
    previewed = Signal(object, object)  # Document, TileDone

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._order: list[tuple[Document, str]] = []  # documents and ids of pending jobs, as they were asked for
        self._active: tuple[Document, str] | None = None
        self._preview: tuple[Document, Job] | None = None
        self._pace = Pace()
        engine.event_came.connect(self.take)

    # ------------------------------------------------------------------------------------------ asking
    def enter(self, document: Document, pending: Pending) -> None:
        """Takes a job that a session has put into its queue."""
        self._order.append((document, pending.id))
        self.changed.emit()
        self._start_next()

    def preview(self, document: Document, job: Job) -> None:
        """Runs a piece for looking at only; another one before it is given up."""
        self.end_preview()
        self._preview = (document, replace(job, preview=True))
        self._engine.submit(self._preview[1])

    def end_preview(self) -> None:
        if self._preview is not None:
            self._engine.cancel(self._preview[1].id)
            self._preview = None

    def cancel(self, job_id: str) -> None:
        for document, known in self._order:
            if known == job_id:
                document.session.cancel(job_id)
                break
        self.look_again()

    def cancel_of(self, document: Document) -> bool:
        """Cancels the newest job of a picture: the one that a hand has just asked for. False where there is none."""
        pending = document.session.pending
        if not pending:
            return False
        self.cancel(pending[0].id if pending[0].is_running else pending[-1].id)
        return True

    def start_waiting(self) -> None:
        """A picture has been read to its end: its jobs may begin."""
        self._start_next()

    def forget(self, document: Document) -> None:
        """A picture is being closed."""
        for pending in document.session.pending:
            document.session.cancel(pending.id)
        if self._preview is not None and self._preview[0] is document:
            self.end_preview()
        self.look_again()

    # ---------------------------------------------------------------------------------------- what is
    @property
    def rows(self) -> tuple[JobRow, ...]:
        found = []
        for document, job_id in self._order:
            pending = _pending(document, job_id)
            if pending is not None:
                found.append(self._row(document, pending))
        return tuple(found)

    def row_of(self, document: Document) -> JobRow | None:
        """The running job of a picture, or its first that waits."""
        for known, job_id in self._order:
            pending = _pending(known, job_id)
            if known is document and pending is not None:
                return self._row(known, pending)
        return None

    @property
    def is_previewing(self) -> bool:
        return self._preview is not None

    @property
    def is_at_work(self) -> bool:
        """The engine has something to do."""
        return self._active is not None or self._preview is not None

    @property
    def is_empty(self) -> bool:
        return not self._order

    # ------------------------------------------------------------------------------------------ events
    def take(self, event: JobEvent) -> None:
        """An event of the engine, on the window's thread."""
        if self._preview is not None and event.job_id == self._preview[1].id:
            self._take_preview(event)
            return
        if self._active is None or event.job_id != self._active[1]:
            return  # late: its job was given up
        document = self._active[0]
        if isinstance(event, (TileDone, Advanced)):
            self._pace.take(event.done, event.total)
        is_closing = isinstance(event, CLOSING)
        if is_closing:
            self._order.remove(self._active)
            self._active = None
        self._land(document, event)
        self.changed.emit()
        if is_closing:
            self._start_next()

    def _land(self, document: Document, event: JobEvent) -> None:
        """In its session, and what there is to say of it."""
        if isinstance(event, Finished) and not event.record.changed_pixels:
            document.session.cancel(event.job_id)  # a step would say that there is something to save
            self.noted.emit(_nothing(document, event.record))
            return
        try:
            document.session.take(event)
        except RestorerError as problem:  # what lies around the tile cannot be read any more: the file is gone
            event = Failed(event.job_id, str(problem))
            document.session.take(event)
            self.look_again()
        if isinstance(event, Failed):
            self.failed.emit(document, event)
        elif isinstance(event, Finished):
            self.finished.emit(document, event.record)
        elif isinstance(event, Note):
            self.noted.emit(event.message)

    def look_again(self) -> None:
        """After an undo or a cancel: what a session no longer waits for is given up here as well."""
        gone = [entry for entry in self._order if _pending(*entry) is None]
        if not gone:
            return
        for entry in gone:
            self._order.remove(entry)
            if entry == self._active:
                self._active = None
                self._engine.cancel(entry[1])
        self.changed.emit()
        self._start_next()

    def _take_preview(self, event: JobEvent) -> None:
        assert self._preview is not None  # asked by `take`
        document = self._preview[0]
        if isinstance(event, TileDone):
            self.previewed.emit(document, event)
        elif isinstance(event, CLOSING):
            self._preview = None
            if isinstance(event, Failed):
                self.preview_failed.emit(document, event)
            self.changed.emit()

    def _start_next(self) -> None:
        if self._active is not None:
            return
        for document, job_id in self._order:
            if document.is_reading:
                continue
            job = document.session.next_job()
            if job is None:
                continue
            assert job.id == job_id, "a session runs its jobs in the order they were asked for"
            self._active = (document, job_id)
            self._pace = Pace()
            self._engine.submit(job)
            self.changed.emit()
            return

    def _row(self, document: Document, pending: Pending) -> JobRow:
        is_active = self._active == (document, pending.id)
        return JobRow(
            pending.id,
            _doing(pending.operation),
            document.name,
            done=self._pace.done if is_active else 0,
            total=self._pace.total if is_active else 0,
            seconds_left=self._pace.seconds_left if is_active else None,
            waiting=not is_active,
            note=pending.notes[-1] if pending.notes else "",
        )


def _doing(operation: Operation) -> str:
    words = {
        "repair": translate("jobs", "Repairing"),
        "denoise": translate("jobs", "Denoising"),
        "decompress": translate("jobs", "Removing compression"),
        "upscale": translate("jobs", "Upscaling"),
    }
    return words.get(operation.name, operation.title)


def _pending(document: Document, job_id: str) -> Pending | None:
    return next((pending for pending in document.session.pending if pending.id == job_id), None)


def _nothing(document: Document, record: Record) -> str:
    """Why an operation has left no step behind."""
    if "jpeg_quality" in record.measured and record.measured["jpeg_quality"] is None:
        told = translate("jobs", "No traces of JPEG compression were found in {name}, so nothing was changed.")
    elif record.measured.get("sigma_used") == 0:
        told = translate("jobs", "No noise was found in {name}, so nothing was changed.")
    else:
        told = translate("jobs", "No pixel of {name} had to change; there is nothing to save.")
    return told.format(name=document.name)
