"""EngineProcess: the engine in a process of its own, kept running, free of Qt."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from restorer_app.core.errors import RestorerError
from restorer_app.core.job import CLOSING, Advanced, Failed, Finished, Job, JobEvent, Note, Stopped, TileDone
from restorer_app.files.exchange import Answered, Cancel, SentTile, Status, Taken, Working
from restorer_app.files.scratch import Scratch
from restorer_app.session.engine_link import EngineLink, engine_command
from restorer_app.session.handover import Handover, held
from restorer_app.session.surroundings import Surroundings

PATIENCE = 2.0  # seconds that a cancelled engine has to answer before it is killed
_MOST_SUSPECTED = 2  # a job that so many engines died of before they said what they work on
_MOST_STARTS = 3  # engines in a row that died without a job: before they were ready, or of what they warm up


@dataclass(slots=True)
class _Owed:
    """A job that the engine has not answered yet. Holding it keeps its tiles where the engine looks for them."""

    job: Job
    sent_to: EngineLink | None = None  # from the moment on that its pixels are written for it
    is_told: bool = False  # so that an answer can be waited for
    suspected: int = 0  # of engines that died with nothing else to blame


@dataclass(frozen=True, slots=True)
class _Tile:
    link: EngineLink
    sent: SentTile


@dataclass(frozen=True, slots=True)
class _Last:
    """A closing event that is told whatever has happened since."""

    event: Stopped


_Item = _Tile | _Last | Advanced | Note | Finished | Stopped | Failed | Status


class EngineProcess:
    """Takes jobs from any thread, and gives their events to one: `for event in engine.events()`.

    Two threads do the work: one starts the process and listens to it, one speaks to it.
    Whatever the process does, every job ends exactly once.
    """

    def __init__(
        self, *, scratch: Scratch | None = None, command: Sequence[str] | None = None, patience: float = PATIENCE
    ) -> None:
        self._scratch = scratch or Scratch()
        self._handover = Handover(self._scratch)
        self._command = list(command or engine_command())
        self._patience = patience
        self._lock = threading.RLock()
        self._owed: dict[str, _Owed] = {}  # what the engine has still to answer
        self._untold: dict[str, Surroundings] = {}  # of jobs whose end the listener of events has not heard
        self._link: EngineLink | None = None
        self._is_closed = False
        self._starts_failed = 0
        self._status = Status("stopped")
        self._inbox: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[Job | Cancel | EngineLink | None] = queue.SimpleQueue()
        self._wanted = threading.Event()  # a new start may be worth trying
        self._threads: list[threading.Thread] = []

    @property
    def status(self) -> Status:
        return self._status

    @property
    def pid(self) -> int | None:
        """Of the running engine, for tests and for the curious."""
        link = self._link
        return link.pid if link else None

    def start(self) -> None:
        """Returns at once; the engine is ready some seconds later, and jobs may be submitted meanwhile."""
        with self._lock:  # closing joins what is started, and nothing starts after it
            if self._threads or self._is_closed:
                return
            self._tell("starting")
            for work in (self._keep_running, self._speak):
                thread = threading.Thread(target=work, name=f"engine-{work.__name__.strip('_')}", daemon=True)
                self._threads.append(thread)
                thread.start()

    def submit(self, job: Job) -> None:
        """Queues a job; no pixels are copied in the caller's thread, which is the one that its rasters belong to."""
        job = held(job)
        with self._lock:
            assert job.id not in self._owed, "a job is submitted once"
            self._owed[job.id] = _Owed(job)
            self._untold[job.id] = Surroundings(job)
        self._wanted.set()
        self._outbox.put(job)

    def cancel(self, job_id: str) -> None:
        """From now on the listener hears nothing of the job but that it stopped."""
        with self._lock:
            if job_id not in self._untold:
                return
            del self._untold[job_id]
            owed = self._owed.get(job_id)
            if owed is not None and owed.sent_to is None:
                del self._owed[job_id]
                owed = None
        self._inbox.put(_Last(Stopped(job_id)))
        self._outbox.put(Cancel(job_id))
        if owed is not None:
            self._look_later(job_id)

    def events(self) -> Iterator[JobEvent | Status]:
        """Blocks until something happens; ends when the client is closed."""
        while (item := self._inbox.get()) is not None:
            event = self._told(item)
            if event is not None:
                yield event

    def close(self) -> None:
        """Ends the engine and the stream of events."""
        with self._lock:
            self._is_closed = True
            link = self._link
        self._wanted.set()
        self._outbox.put(None)
        if link is not None:
            link.kill()
        for thread in self._threads:
            thread.join()
        self._inbox.put(None)

    # ------------------------------------------------------------------ what the listener is told
    def _told(self, item: _Item) -> JobEvent | Status | None:
        if isinstance(item, Status):
            return item
        if isinstance(item, _Last):
            return item.event
        if isinstance(item, _Tile):
            return self._tile(item)
        with self._lock:
            if item.job_id not in self._untold:
                return None
            if isinstance(item, CLOSING):
                del self._untold[item.job_id]
        return item

    def _tile(self, item: _Tile) -> TileDone | None:
        """The pixels are copied here, so that an engine never runs ahead of a listener that is slow."""
        sent = item.sent
        with self._lock:
            surroundings = self._untold.get(sent.job_id)
        pixels = item.link.pixels(sent) if surroundings is not None else None
        self._outbox.put(item.link)  # its room is free
        if surroundings is None or pixels is None:
            return None
        around = surroundings.of(sent.region)
        return TileDone(sent.job_id, sent.region, pixels, sent.done, sent.total, around)

    def _tell(self, state: str, message: str = "") -> None:
        self._status = Status(state, self._status.device, self._status.dtype, 0, message)
        self._inbox.put(self._status)

    # ------------------------------------------------------------------ speaking to the engine
    def _speak(self) -> None:
        while (said := self._outbox.get()) is not None:
            if isinstance(said, EngineLink):
                said.send(Taken())
            elif isinstance(said, Cancel):
                link = self._link
                if link is not None:
                    link.send(said)
            else:
                self._send(said)

    def _send(self, job: Job) -> None:
        with self._lock:
            owed, link = self._owed.get(job.id), self._link
            if owed is None or link is None or owed.sent_to is link:
                return  # given up, or sent when an engine is there
            owed.sent_to, owed.is_told = link, False
        try:
            message = self._handover.submit(job)
        except (RestorerError, OSError) as problem:  # no room for its pixels, on the disc or to map them
            with self._lock:
                self._owed.pop(job.id, None)
            self._inbox.put(Failed(job.id, str(problem)))
            return
        with self._lock:  # much may have happened: the pixels of a large picture take seconds
            if job.id not in self._untold:
                self._owed.pop(job.id, None)
                return
            owed.is_told = True
        link.send(message)

    def _look_later(self, job_id: str) -> None:
        """A clock of its own: the thread that speaks may hang on a pipe that a hanging engine does not empty."""
        clock = threading.Timer(self._patience, self._kill_if_silent, (job_id,))
        clock.daemon = True
        clock.start()

    def _kill_if_silent(self, job_id: str) -> None:
        with self._lock:
            owed, link = self._owed.get(job_id), self._link
            if owed is None or link is None or owed.sent_to is not link or self._is_closed:
                return  # answered, or gone with its engine
        if link.is_ready and owed.is_told:
            link.kill()
        else:
            self._look_later(job_id)  # it has not begun to listen, or has nothing to stop

    # ------------------------------------------------------------------ listening to the engine
    def _keep_running(self) -> None:
        """This thread starts every engine: Linux ends a child with the thread that started it."""
        while not self._is_closed:
            link = self._started()
            if link is None:
                continue
            while (message := link.receive()) is not None:
                self._hear(link, message)
            how = link.finish()
            if not self._is_closed:
                self._lost(link, how)

    def _started(self) -> EngineLink | None:
        try:
            link = EngineLink(self._scratch, command=self._command)
        except (OSError, RestorerError) as problem:
            self._cannot_start(str(problem))
            return None
        with self._lock:
            self._link = link
            if self._is_closed:
                link.kill()
            waiting = [owed.job for owed in self._owed.values()]
        for job in waiting:
            self._outbox.put(job)
        return link

    def _hear(self, link: EngineLink, message: object) -> None:
        link.is_ready = True
        if isinstance(message, Status):
            self._status = message
            self._inbox.put(message)
        elif isinstance(message, Working):
            link.working = message.job_id
            self._starts_failed = 0
        elif isinstance(message, Answered):
            with self._lock:
                self._owed.pop(message.job_id, None)
        elif isinstance(message, SentTile):
            self._inbox.put(_Tile(link, message))
        elif isinstance(message, (Advanced, Note, Finished, Stopped, Failed)):
            if isinstance(message, CLOSING):
                with self._lock:
                    self._owed.pop(message.job_id, None)
                    link.working = "" if link.working == message.job_id else link.working
            self._inbox.put(message)

    def _lost(self, link: EngineLink, how: str) -> None:
        """The running job fails; everything else is done again by the next engine."""
        with self._lock:
            self._link = None
            had_jobs = any(owed.sent_to is link for owed in self._owed.values())
            given_up = [job_id for job_id in self._owed if job_id not in self._untold]
            failed = [job_id for job_id in self._owed if job_id not in given_up and self._is_cost(job_id, link)]
            for job_id in (*given_up, *failed):
                del self._owed[job_id]
            for owed in self._owed.values():
                owed.sent_to = None
        told = f"The engine process {how}. This job was not finished and nothing was changed; the engine starts again."
        for job_id in failed:
            self._inbox.put(Failed(job_id, told))
        if link.is_ready and had_jobs:
            self._tell("restarting")
        else:
            self._cannot_start(how)

    def _is_cost(self, job_id: str, link: EngineLink) -> bool:
        """Whether an engine that died takes this job with it."""
        owed = self._owed[job_id]
        if link.is_ready and not link.working and not link.was_killed and owed.sent_to is link:
            owed.suspected += 1
        return job_id == link.working or owed.suspected >= _MOST_SUSPECTED

    def _cannot_start(self, why: str) -> None:
        """After some tries in a row, waits for the next job: a machine without room is not worn out."""
        self._starts_failed += 1
        if self._starts_failed < _MOST_STARTS:
            self._tell("restarting")
            return
        told = f"The engine process cannot start: it {why}." if why[:1].islower() else why
        with self._lock:
            if self._is_closed:
                return  # closing has set what is waited for below, once
            failed = list(self._owed)
            self._owed.clear()
            self._wanted.clear()
        for job_id in failed:
            self._inbox.put(Failed(job_id, told))
        self._tell("stopped", told)
        self._wanted.wait()
