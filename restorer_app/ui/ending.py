"""Ending: what asks the program to end from outside (Ctrl+C, logging out) closes it as a hand would."""

from __future__ import annotations

import signal
import socket
from types import FrameType
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, Signal

_ASKING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Ending(QObject):
    """While Qt waits for events no Python runs, so a signal is heard of through a socket."""

    asked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hears, self._tells = socket.socketpair()
        for end in (self._hears, self._tells):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._hears.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._hear)
        self._wakeup_before = signal.set_wakeup_fd(self._tells.fileno(), warn_on_full_buffer=False)
        self._before: dict[int, Any] = {
            asking: signal.signal(asking, _nothing) for asking in _ASKING if signal.getsignal(asking) != signal.SIG_IGN
        }

    def close(self) -> None:
        for asking, before in self._before.items():
            signal.signal(asking, before)
        signal.set_wakeup_fd(self._wakeup_before)
        self._notifier.setEnabled(False)
        for end in (self._hears, self._tells):
            end.close()

    def _hear(self) -> None:
        try:
            heard = self._hears.recv(64)
        except OSError:
            return
        if any(number in _ASKING for number in heard):
            self.asked.emit()


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Heard of through the socket."""
