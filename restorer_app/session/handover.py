"""Pixels handed to the engine process: each changed tile and each source in memory is written once, while it lives."""

from __future__ import annotations

import threading
import weakref
from dataclasses import fields, replace
from typing import Any

import numpy as np

from restorer_app.core.job import Job
from restorer_app.core.raster import FlatSource, Pixels, Raster, Source
from restorer_app.files.exchange import RASTERS, SentRaster, Submit
from restorer_app.files.handle import FlatHandle, HasHandle, MappedHandle, SourceHandle
from restorer_app.files.scratch import Scratch, ScratchFile, map_pixels

CHUNK = 32 * 2**20
_ALIGN = 64  # a cache line
_ROWS = 256  # of a source in memory, written at a time


class TileRoom:
    """Room for tiles in mapped files; a tile's room is free again when nobody holds the tile."""

    def __init__(self, scratch: Scratch, *, chunk: int = CHUNK) -> None:
        self._scratch = scratch
        self._chunk_size = chunk
        self._places: dict[int, tuple[ScratchFile, int]] = {}  # by the id of a living tile
        self._free: dict[int, list[tuple[ScratchFile, int]]] = {}  # by size
        self._maps: dict[ScratchFile, Pixels] = {}
        self._last: ScratchFile | None = None
        self._used = 0
        self._lock = threading.RLock()  # a tile may die, and call back, in the middle of the work here

    def place(self, tile: Pixels) -> tuple[ScratchFile, int]:
        """Where a tile lies; written there the first time it is asked for."""
        with self._lock:
            known = self._places.get(id(tile))
            if known is not None:
                return known
            size = -(-tile.nbytes // _ALIGN) * _ALIGN
            file, offset = self._room(size)
            self._maps[file][offset : offset + tile.nbytes] = np.ascontiguousarray(tile).reshape(-1).view(np.uint8)
            self._places[id(tile)] = (file, offset)
            weakref.finalize(tile, self._forget, id(tile), size).atexit = False
            return file, offset

    def _room(self, size: int) -> tuple[ScratchFile, int]:
        if self._free.get(size):
            return self._free[size].pop()
        if self._last is None or self._used + size > self._last.size:
            self._last = self._scratch.create(max(size, self._chunk_size))
            mapped = map_pixels(self._last.handle((self._last.size, 1, 1), np.dtype(np.uint8)), mode="r+")
            self._maps[self._last] = mapped.view(np.ndarray).reshape(-1)
            self._used = 0
        offset = self._used
        self._used += size
        return self._last, offset

    def _forget(self, key: int, size: int) -> None:
        with self._lock:
            place = self._places.pop(key, None)
            if place is not None:
                self._free.setdefault(size, []).append(place)


def held(job: Job) -> Job:
    """The same job over rasters of its own: the history moves the tiles of its rasters when memory is short.

    A tile that was moved dies, and its room would be given to another while the engine still reads it.
    """
    mask = None if job.mask is None else _again(job.mask)
    protect = None if job.protect is None else _again(job.protect)
    return replace(job, image=_again(job.image), mask=mask, protect=protect)


def _again(raster: Raster) -> Raster:
    return Raster(raster.source, raster.tiles)


class Handover:
    """Turns jobs into messages. A job must be `held` until the engine is done with it: its tiles stay put so long."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._tiles = TileRoom(scratch)
        self._sources: dict[int, tuple[ScratchFile, MappedHandle]] = {}  # copies of sources in memory, by id

    def submit(self, job: Job) -> Submit:
        values: dict[str, Any] = {field.name: getattr(job, field.name) for field in fields(Job)}
        for name in RASTERS:
            if values[name] is not None:
                values[name] = self._sent(values[name])
        return Submit(values)

    def _sent(self, raster: Raster) -> SentRaster:
        places = ((cell, *self._tiles.place(tile)) for cell, tile in raster.tiles.items())
        return SentRaster(
            self._handle(raster.source), tuple((cell, file.path, offset) for cell, file, offset in places)
        )

    def _handle(self, source: Source) -> SourceHandle:
        if isinstance(source, FlatSource):
            size = source.bounds
            return FlatHandle(size.width, size.height, source.channels, source.dtype.name, source.value)
        if isinstance(source, HasHandle):
            return source.handle
        if id(source) not in self._sources:
            self._sources[id(source)] = self._copy(source)
            weakref.finalize(source, self._sources.pop, id(source), None).atexit = False
        return self._sources[id(source)][1]

    def _copy(self, source: Source) -> tuple[ScratchFile, MappedHandle]:
        """A source that no other process can open, as a mapped file."""
        bounds = source.bounds
        shape = (bounds.height, bounds.width, source.channels)
        file = self._scratch.create(int(np.prod(shape)) * source.dtype.itemsize)
        handle = file.handle(shape, source.dtype)
        target = map_pixels(handle, mode="r+")
        for rows in bounds.divided(bounds.width, _ROWS):
            target[rows.slices()] = source.read(rows)
        return file, handle
