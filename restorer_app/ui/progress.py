"""Progress: what goes on, in the pill, the queue and the status bar."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer

from restorer_app.files.exchange import Status
from restorer_app.files.saving import Saved
from restorer_app.ui.arrivals import Arrivals
from restorer_app.ui.desk import Desk
from restorer_app.ui.document import Document
from restorer_app.ui.jobs import Jobs
from restorer_app.ui.notice import Told
from restorer_app.ui.panels.queue import JobRow
from restorer_app.ui.saver import Saver
from restorer_app.ui.window import Window
from restorer_app.ui.wording import ago, amount, device, left, progressed, steps

TICK_MS = 1000  # remaining time and "saved 2 min ago" move on by themselves


class Progress(QObject):
    """Long work is seen, and never stands in the way."""

    def __init__(self, window: Window, desk: Desk, *, arrivals: Arrivals, jobs: Jobs, saver: Saver) -> None:
        super().__init__(window)
        self._window = window
        self._desk = desk
        self._arrivals = arrivals
        self._jobs = jobs
        self._saver = saver
        self._status: Status | None = None
        self._tick = QTimer(self)
        self._tick.timeout.connect(self.show_work)
        self._tick.start(TICK_MS)
        arrivals.changed.connect(self.show_work)
        desk.current_changed.connect(self.show_work)
        desk.changed.connect(lambda _change: self.show_work())
        jobs.changed.connect(self.show_work)
        jobs.noted.connect(lambda text: window.notice.say(Told(text, warns=False)))
        saver.changed.connect(self.show_work)
        saver.told.connect(window.notice.say)
        saver.saved.connect(self._tell_saved)

    def show_engine(self, status: Status) -> None:
        before, self._status = self._status, status
        self._show_engine(status)
        if status.state == "stopped" and status.message and before != status:
            advice = self.tr("Painting, saving and everything by hand still work; asking for a repair tries again.")
            self._window.notice.say(Told(status.message, advice, about="engine"))

    def _show_engine(self, status: Status) -> None:
        words = {
            "starting": self.tr("Engine starting…"),
            "ready": self.tr("Engine ready"),
            "busy": self.tr("Engine at work"),
            "restarting": self.tr("Engine starting again…"),
            "stopped": self.tr("Engine stopped"),
        }
        # it tells its state when it changes; what it was given a moment ago is work already
        state = "busy" if status.state == "ready" and self._jobs.is_at_work else status.state
        parts = [words.get(state, state), device(status.device)]
        if status.memory_bytes:
            parts.append(amount(status.memory_bytes))
        hint = status.message or f"{status.device} {status.dtype}".strip()
        self._window.status.show_engine(" · ".join(part for part in parts if part), hint=hint)

    def show_work(self) -> None:
        """The pill says the one thing that goes on with the picture in hand; the queue says all."""
        jobs = self._jobs
        self._window.queue.show_jobs(jobs.rows)
        if self._status is not None:
            self._show_engine(self._status)
        document = self._desk.current
        if self._arrivals.loading:
            name = self._arrivals.loading[0].path.name
            share = self._arrivals.share
            self._window.pill.say(self.tr("Opening {name}").format(name=name), share=share, can_cancel=False)
        elif document is not None and document.is_reading:
            told = self.tr("Reading {name}").format(name=document.name)
            self._window.pill.say(told, share=self._arrivals.share, can_cancel=False)
        elif document is not None and document.saving_share is not None:
            what = self._saver.doing(document) or self.tr("Saving")
            self._window.pill.say(what, share=document.saving_share)
        elif document is not None and (row := jobs.row_of(document)) is not None:
            self._window.pill.say(self._sentence(row), share=row.done / row.total if row.total else None)
        elif jobs.is_previewing:
            self._window.pill.say(self.tr("Preview of a piece"))
        else:
            self._window.pill.fall_silent()
        self._show_time()

    def _sentence(self, row: JobRow) -> str:
        if row.waiting:
            return self.tr("{doing} waits for its turn").format(doing=row.title)
        if not row.total:
            starting = self._status is None or self._status.state in ("starting", "restarting")
            return self.tr("{doing}: the engine is starting").format(doing=row.title) if starting else f"{row.title}…"
        text = self.tr("{doing} {share}").format(doing=row.title, share=progressed(row.done, row.total))
        return " · ".join(part for part in (text, left(row.seconds_left)) if part)

    def _tell_saved(self, _document: Document, saved: Saved) -> None:
        """The proof again, over the picture: the panel may be closed."""
        told = self.tr("Saved as {name}.").format(name=saved.path.name)
        advice = " ".join([saved.verdict.sentence, *saved.notes])
        self._window.notice.say(
            Told(told, advice, warns=not saved.verdict.same, passes=saved.verdict.same, about="saving")
        )

    def _show_time(self) -> None:
        document = self._desk.current
        if document is None:
            self._window.status.show_saved("")
            return
        self._window.status.show_saved(self._saved_words(document))

    def _saved_words(self, document: Document) -> str:
        session = document.session
        if document.saving_share is not None:
            return self.tr("Saving…")
        if not session.is_changed:
            return self.tr("Unchanged")
        if document.saved is None:
            return self.tr("Not saved yet")
        told = self.tr("Saved {when}").format(when=ago(time.time() - document.saved_at))
        since = abs(len(session.records) - document.saved_steps)
        if not session.is_unsaved:
            return told
        return self.tr("{saved} · {steps} since").format(saved=told, steps=steps(max(1, since)))
