"""How far the work is and how long it will still take, on a terminal; silent in a pipe."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

_EVERY_SECONDS = 0.1  # more often only flickers
_TRUSTED_AFTER_SECONDS = 1.0  # a remaining time guessed earlier jumps about


class Progress:
    """One line on stderr that is written over as the work goes on."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._is_terminal = self._stream.isatty()
        self._what = ""
        self._began: tuple[float, float] | None = None  # when the first share of it was done, and how much that was
        self._shown = 0.0
        self._is_dirty = False

    def show(self, what: str, share: float) -> None:
        """What is being done and how much of it is done, 0 to 1."""
        if not self._is_terminal:
            return
        now = time.monotonic()
        if what != self._what:
            self._what, self._began, self._shown = what, None, 0.0
        if self._began is None and share > 0:
            self._began = now, share
        if now - self._shown < _EVERY_SECONDS:
            return
        self._shown = now
        line = f"{what} {100 * share:3.0f} %{self._left(share, now)}"
        width = shutil.get_terminal_size().columns - 1
        self._stream.write(f"\r{line[:width].ljust(width)}")
        self._stream.flush()
        self._is_dirty = True

    def _left(self, share: float, now: float) -> str:
        """What went before the first share, a net that is loaded, is not done again; nor was that share for nothing."""
        if self._began is None:
            return ""
        then, done = self._began
        return remaining((share - done) / (1 - done), now - then) if done < 1 else ""

    def say(self, text: str) -> None:
        """A line that stays, in a pipe as well."""
        self.clear()
        print(text, file=self._stream, flush=True)

    def clear(self) -> None:
        if self._is_dirty:
            self._stream.write(f"\r{' ' * (shutil.get_terminal_size().columns - 1)}\r")
            self._stream.flush()
            self._is_dirty = False


def remaining(share: float, seconds: float) -> str:
    """`, 0:42 left`, or nothing while it would be a guess."""
    if seconds < _TRUSTED_AFTER_SECONDS or not 0 < share < 1:
        return ""
    left = round(seconds * (1 - share) / share)
    hours, minutes = divmod(left // 60, 60)
    clock = f"{hours}:{minutes:02d}:{left % 60:02d}" if hours else f"{minutes}:{left % 60:02d}"
    return f", {clock} left"
