"""What passes between the program and its engine process: frozen messages by pipe, pixels through mapped files."""

from __future__ import annotations

import pickle
import struct
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from restorer_app.core.geometry import Region
from restorer_app.core.job import Advanced, Failed, Finished, Job, Note, Stopped
from restorer_app.core.raster import Cell, Pixels, Raster, Source
from restorer_app.files.handle import MappedHandle, SourceHandle
from restorer_app.files.handles import open_handle
from restorer_app.files.scratch import map_pixels

_HEAD = struct.Struct("<Q")
RASTERS = ("image", "mask", "protect")


@dataclass(frozen=True, slots=True)
class SentRaster:
    """A raster without its pixels: what it stands on, and where in mapped files its own tiles lie."""

    source: SourceHandle
    tiles: tuple[tuple[Cell, Path, int], ...]  # cell, file, offset


@dataclass(frozen=True, slots=True)
class Open:
    """The first message: where results go."""

    ring: MappedHandle


@dataclass(frozen=True, slots=True)
class Submit:
    fields: dict[str, Any]  # of a Job, with rasters as SentRaster


@dataclass(frozen=True, slots=True)
class Cancel:
    job_id: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The oldest result in the ring was copied out; its room is free."""


@dataclass(frozen=True, slots=True)
class Status:
    """How the engine process is, for the status bar."""

    state: str  # starting, ready, busy, restarting, stopped
    device: str = ""
    dtype: str = ""
    memory_bytes: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Working:
    """From now on the engine works on this job: if it dies, this is the job that it costs."""

    job_id: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A cancel of a job that was not being worked on has arrived."""

    job_id: str


@dataclass(frozen=True, slots=True)
class SentTile:
    """A TileDone whose pixels lie in the ring."""

    job_id: str
    region: Region
    done: int
    total: int
    offset: int
    shape: tuple[int, int, int]
    dtype: str


ToEngine = Open | Submit | Cancel | Taken
FromEngine = Status | Working | Answered | SentTile | Advanced | Note | Finished | Stopped | Failed


class Channel:
    """Messages over two pipes; sending is safe from any thread, receiving is for one."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()

    def send(self, message: ToEngine | FromEngine) -> None:
        """Raises OSError when the other side is gone."""
        content = pickle.dumps(message, protocol=5)
        with self._lock:
            self._outgoing.write(_HEAD.pack(len(content)) + content)
            self._outgoing.flush()

    def receive(self) -> Any:
        """The next message, or None when the other side is gone (which is how either side ends)."""
        try:
            head = self._incoming.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return None
            length = _HEAD.unpack(head)[0]
            content = self._incoming.read(length)
        except (OSError, ValueError):  # closed under us
            return None
        if len(content) < length:
            return None
        return pickle.loads(content)  # noqa: S301 (a private pipe: at both its ends is this very program)


def opened_job(sent: Submit) -> Job:
    """The job again, its rasters over the same files; nothing is read yet."""
    sources: dict[SourceHandle, Source] = {}
    files: dict[Path, Pixels] = {}
    values = dict(sent.fields)
    for name in RASTERS:
        raster = values[name]
        if raster is not None:
            assert isinstance(raster, SentRaster)
            values[name] = _opened_raster(raster, sources, files)
    return Job(**values)


def _opened_raster(sent: SentRaster, sources: dict[SourceHandle, Source], files: dict[Path, Pixels]) -> Raster:
    if sent.source not in sources:
        sources[sent.source] = open_handle(sent.source)
    bare = Raster(sources[sent.source])
    tiles = {}
    for cell, path, offset in sent.tiles:
        if path not in files:  # mapped once: a picture may have thousands of tiles in a few files
            files[path] = map_pixels(MappedHandle(path, 0, (path.stat().st_size, 1, 1), "uint8"))
        height, width = bare.cell_region(cell).shape
        size = height * width * bare.channels * bare.dtype.itemsize
        tile = files[path][offset : offset + size].view(np.ndarray).reshape(-1).view(bare.dtype)
        tiles[cell] = tile.reshape(height, width, bare.channels)
    return Raster(bare.source, tiles)
