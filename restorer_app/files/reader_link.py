"""The reader process as seen from its client: started, asked with a time-out, ended."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

from restorer_app.files import own_child
from restorer_app.files.reader_protocol import BrokenFrameError, read_frame, write_frame

# Threads of a numerical library would eat the address space with their stacks.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_END_SECONDS = 2.0
_TICK_SECONDS = 0.1

Answer = dict[str, Any]


class ReaderLink:
    """One running reader process. A thread reads its answers, so that waiting for one can end."""

    def __init__(self) -> None:
        self._process = own_child.started(own_child.command("--reader-process"), **_ONE_THREAD)
        self._answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="reader-answers", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def exchange(self, request: Answer, seconds: float, *, tick: Callable[[], None] | None = None) -> Answer | None:
        """The answer, or None where the process is gone. Raises queue.Empty when the time is up.

        `tick` is called now and then while waiting.
        """
        assert self._process.stdin is not None
        write_frame(self._process.stdin, request)
        until = time.monotonic() + seconds
        while tick is not None and (left := until - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                return self._answers.get(timeout=min(left, _TICK_SECONDS))
            tick()
        return self._answers.get(timeout=max(until - time.monotonic(), 0))

    def why_ended(self) -> str:
        """In words, for a process that answered no more."""
        code = self._exit_code()
        return "stopped answering" if code is None else own_child.how_it_ended(code)

    def was_ended_by_others(self) -> bool:
        """Whether it is gone through no fault of what it was reading."""
        return own_child.was_ended_by_others(self._exit_code())

    def _exit_code(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        return self._process.returncode

    def kill(self) -> None:
        """Ends it from another thread than the one that asks; that one finds the process gone."""
        self._process.kill()

    def stop(self) -> None:
        """Ends it now, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        own_child.close_pipes(self._process)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError, BrokenFrameError):  # the pipe was closed, or holds nonsense
            while (answer := read_frame(self._process.stdout)) is not None:
                self._answers.put(answer)
        self._answers.put(None)
