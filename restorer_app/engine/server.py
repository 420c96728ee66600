"""The engine process: jobs in, events out; free of Qt."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from restorer_app.core.errors import RestorerError
from restorer_app.core.job import CancelToken, Failed, JobEvent, TileDone
from restorer_app.engine.ring import Ring
from restorer_app.engine.run import run_job
from restorer_app.engine.warming import warm_up
from restorer_app.files.exchange import (
    Answered,
    Cancel,
    Channel,
    Open,
    SentTile,
    Status,
    Submit,
    Taken,
    Working,
    opened_job,
)

_NICE = 10  # the window and its brush go first
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def main(_words: list[str] | None = None) -> int:
    """Serves until the other end of the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C on a terminal goes to both; the program itself decides
    _end_with_parent()
    if hasattr(os, "nice"):
        os.nice(_NICE)
    channel = _take_standard_pipes()
    opening = channel.receive()
    if isinstance(opening, Open):
        with contextlib.suppress(OSError):  # the other end is gone: nobody is left to tell
            Server(channel, Ring(opening.ring)).serve()
    return 0


class Server:
    """One thread receives, the main thread works; a preview is worked on between two tiles of anything longer."""

    def __init__(self, channel: Channel, ring: Ring) -> None:
        self._channel = channel
        self._ring = ring
        self._waiting: deque[Submit] = deque()
        self._tokens: dict[str, CancelToken] = {}
        self._working = ""
        self._status = Status("ready")
        self._changed = threading.Condition()

    def serve(self) -> None:
        threading.Thread(target=self._receive, name="receive", daemon=True).start()
        steps = warm_up()
        self._tell("ready")
        while True:
            submit = self._next(wait=False)
            if submit is None and (warmed := next(steps, None)) is not None:
                self._status = warmed
                self._tell("ready")
            else:
                self._work(submit or self._next(wait=True))
                self._tell("ready")

    def _receive(self) -> None:
        with contextlib.suppress(OSError):  # from answering: the other end is gone
            self._hear_all()
        os._exit(0)  # the program is gone; whatever is being computed here is for nobody

    def _hear_all(self) -> None:
        while (message := self._channel.receive()) is not None:
            if isinstance(message, Submit):
                with self._changed:
                    self._tokens[message.fields["id"]] = CancelToken()
                    self._waiting.append(message)
                    self._changed.notify()
            elif isinstance(message, Cancel):
                self._cancel(message.job_id)
            elif isinstance(message, Taken):
                self._ring.taken()

    def _cancel(self, job_id: str) -> None:
        with self._changed:
            token, is_worked_on = self._tokens.get(job_id), self._working == job_id
        if token is not None:
            token.cancel()
        if not is_worked_on:  # otherwise its closing event is the answer
            self._channel.send(Answered(job_id))

    def _next(self, *, wait: bool, preview: bool = False) -> Submit | None:
        """The first preview, or else the first of all."""
        with self._changed:
            while wait and not self._waiting:
                self._changed.wait()
            found = next((one for one in self._waiting if one.fields["preview"]), None)
            if found is None and self._waiting and not preview:
                found = self._waiting[0]
            if found is not None:
                self._waiting.remove(found)
                self._working = found.fields["id"]  # from here on a wish to end it is answered by its last event
            return found

    def _work(self, submit: Submit | None) -> None:
        assert submit is not None  # waiting ends with a job
        job_id, is_preview = submit.fields["id"], submit.fields["preview"]
        self._begin(job_id)
        for event in self._events(submit):
            self._send(event)
            while not is_preview and (sooner := self._next(wait=False, preview=True)) is not None:
                self._work(sooner)
                self._begin(job_id)
        with self._changed:
            self._working = ""
            del self._tokens[job_id]

    def _begin(self, job_id: str) -> None:
        with self._changed:
            self._working = job_id  # again, after a preview
        self._channel.send(Working(job_id))
        self._tell("busy")

    def _events(self, submit: Submit) -> Iterator[JobEvent]:
        job_id = submit.fields["id"]
        try:
            job = opened_job(submit)
        except (RestorerError, OSError, ValueError) as problem:  # moved, cut short, or its disc taken out
            yield Failed(job_id, f"The picture can no longer be read: {str(problem).rstrip('.')}.")
            return
        yield from run_job(job, self._tokens[job_id])

    def _send(self, event: JobEvent) -> None:
        if not isinstance(event, TileDone):
            self._channel.send(event)
            return
        token = self._tokens[event.job_id]
        row_bytes = event.pixels[:1].nbytes
        for band in event.region.divided(event.region.width, max(1, self._ring.most // row_bytes)):
            pixels = event.pixels[band.slices(event.region)]
            offset = self._ring.put(pixels, given_up=lambda: token.is_cancelled)
            if offset is None:
                return
            height, width, channels = pixels.shape
            shape, dtype = (height, width, channels), pixels.dtype.name
            self._channel.send(SentTile(event.job_id, band, event.done, event.total, offset, shape, dtype))

    def _tell(self, state: str) -> None:
        self._channel.send(Status(state, self._status.device, self._status.dtype, _memory_bytes()))


def _take_standard_pipes() -> Channel:
    """The pipes for messages alone: whatever a library prints goes to the error output."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return Channel(incoming, outgoing)


def _end_with_parent() -> None:
    """Linux kills us when the parent dies; elsewhere the closed pipe must do, which a busy engine hears as well."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it died just before
        os._exit(0)


def _memory_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:  # not Linux
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
