"""One running engine process as its client sees it."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Sequence
from typing import Any

import numpy as np

from restorer_app.core.raster import Pixels
from restorer_app.files import own_child
from restorer_app.files.exchange import Channel, Open, SentTile, ToEngine
from restorer_app.files.scratch import Scratch, map_pixels

RING_BYTES = 64 * 2**20
_END_SECONDS = 2.0  # after it closed its pipes


def engine_command() -> list[str]:
    return own_child.command("--engine-process")


class EngineLink:
    """A process, its pipes and its ring. A ring is never used by two processes: late tiles stay readable."""

    def __init__(self, scratch: Scratch, *, command: Sequence[str], ring_bytes: int = RING_BYTES) -> None:
        self.working = ""  # the job that it would cost if it died now
        self.is_ready = False
        self.was_killed = False  # by its client, for not answering
        self._file = scratch.create(ring_bytes)
        ring = self._file.handle((ring_bytes, 1, 1), np.dtype(np.uint8))
        self._ring = map_pixels(ring).view(np.ndarray).reshape(-1)
        self._process = own_child.started(command)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._channel = Channel(self._process.stdout, self._process.stdin)
        self.send(Open(ring))

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, message: ToEngine) -> None:
        """Nothing is said where the process is gone: its reader hears of that."""
        with contextlib.suppress(OSError, ValueError):
            self._channel.send(message)

    def receive(self) -> Any:
        return self._channel.receive()

    def pixels(self, tile: SentTile) -> Pixels:
        """A copy, since the ring will be written over."""
        size = int(np.prod(tile.shape)) * np.dtype(tile.dtype).itemsize
        lying = self._ring[tile.offset : tile.offset + size].view(tile.dtype).reshape(tile.shape)
        copied = lying.copy()
        copied.flags.writeable = False
        return copied

    def kill(self) -> None:
        self.was_killed = True
        self._process.kill()

    def finish(self) -> str:
        """Waits until it is gone, and says how it ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        self._process.kill()
        code = self._process.wait()
        own_child.close_pipes(self._process)
        return own_child.how_it_ended(code)
