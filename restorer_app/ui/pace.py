"""Pace: how fast pieces come in, and so how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Watches one job. The first piece includes loading the model, so the rate counts from it on."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self.done = 0
        self.total = 0
        self._began = now()
        self._first: tuple[float, int] | None = None

    def take(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        if self._first is None and done:
            self._first = (self._now(), done)

    @property
    def seconds_left(self) -> float | None:
        """None until something can be said."""
        if self._first is None or self.total <= self.done:
            return None
        at, first_done = self._first
        since = self.done - first_done
        if since * 200 < self.total and first_done * 20 < self.total:
            return None  # hours would be told of a small piece that waited for its model
        each = (self._now() - at) / since if since else (at - self._began) / first_done
        return each * (self.total - self.done)
