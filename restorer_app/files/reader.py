"""Reader: the client of the reader process, which decodes untrusted files into mapped scratch files."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels
from restorer_app.files.budget import Budget
from restorer_app.files.handle import FileHandle, MappedHandle, SourceHandle, Stamp
from restorer_app.files.picture import Picture
from restorer_app.files.reader_link import ReaderLink
from restorer_app.files.reader_protocol import BrokenFrameError, error_from, picture_from, shape_and_dtype, stamp_from
from restorer_app.files.reader_sources import Decoded, DecodedSource, Decoding, Part, RegionSource, Shape
from restorer_app.files.scratch import Scratch, ScratchFile, map_pixels

_WINDOW = 32 * 1024 * 1024  # the scratch file that regions come through; larger ones come in bands

T = TypeVar("T")
Size = tuple[Shape, np.dtype[Any]]


def main(argv: list[str]) -> int:
    """The reader process's own end: what `--reader-process` runs."""
    from restorer_app.files import reader_child  # noqa: PLC0415 - the client needs no codec

    assert not argv  # the client passes none
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C on a terminal goes to both; the client decides
    return reader_child.serve(*reader_child.own_pipes())


class Reader:
    """Opens files through a warm child process; may be called from any thread.

    A crash, a bomb or an endless loop in a codec costs the one file that caused it a sentence; the next call finds a
    new process.
    """

    def __init__(self, scratch: Scratch | None = None, *, budget: Budget | None = None) -> None:
        self.budget = budget or Budget()
        self._own_scratch = scratch is None
        self._scratch = scratch or Scratch()
        self._child: ReaderLink | None = None
        self._window: ScratchFile | None = None
        self._guard = threading.RLock()
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Starts the process before it is needed, so that the first file does not wait for it."""
        with self._guard:
            self._running()

    def interrupt(self) -> None:
        """Ends the process without waiting for a request in progress, which is refused; nothing is read after this."""
        self._is_closed = True
        child = self._child
        if child is not None:
            child.kill()

    def close(self) -> None:
        with self._guard:
            self._is_closed = True
            if self._child is not None:
                self._child.stop()
                self._child = None
            self._window = None
            if self._own_scratch:
                self._scratch.close()

    def open(
        self, path: Path, *, page: int = 0, decode: bool = True, progress: Callable[[float], None] | None = None
    ) -> Picture:
        """The picture in a file.

        Without `decode`, containers that know no regions are decoded at the first read. `progress` is told how much
        of such a picture has arrived, 0 to 1, as far as that can be seen.
        """
        path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow a link and change the name
        said = self._ask({"do": "open"}, path, page, decoded=0)
        shape, dtype = self._judged(path, said.get("source"))
        alpha_shape = self._judged(path, said["alpha"]) if said.get("alpha") is not None else None
        stamp = self._trusted(path, lambda: stamp_from(said))
        if said.get("regions") is True:
            handle = FileHandle(path, str(said.get("kind")), page, stamp)
            source = RegionSource(self, handle, shape, dtype)
            alpha = RegionSource(self, handle, *alpha_shape, part="alpha") if alpha_shape else None
            return self._picture(path, said, source=source, alpha=alpha)
        sizes = (shape, dtype), alpha_shape
        decoding = Decoding(lambda: self._decoded(path, page, *sizes, stamp=stamp, progress=progress))
        whole = DecodedSource(decoding, shape, dtype)
        whole_alpha = DecodedSource(decoding, *alpha_shape, part="alpha") if alpha_shape else None
        picture = self._picture(path, said, source=whole, alpha=whole_alpha)
        if decode:
            whole.decode()
        return picture

    def read(self, handle: SourceHandle, region: Region, *, part: Part = "colour") -> Pixels:
        """The pixels of a region of a file, or of a scratch file."""
        if isinstance(handle, MappedHandle):
            return map_pixels(handle)[region.slices()]
        if not isinstance(handle, FileHandle):
            return np.full((*region.shape, handle.channels), handle.value, handle.dtype)
        with self._guard:
            said = self._ask({"do": "open"}, handle.path, handle.page, decoded=0)
            shape, dtype = self._judged(handle.path, said.get("alpha" if part == "alpha" else "source"))
            return self.read_region(handle, region, channels=shape[2], dtype=dtype, part=part)

    def read_region(
        self, handle: FileHandle, region: Region, *, channels: int, dtype: np.dtype[Any], part: Part = "colour"
    ) -> Pixels:
        """As `read`, for a source that knows its own depth."""
        out = np.empty((*region.shape, channels), dtype)
        row_bytes = region.width * channels * dtype.itemsize
        with self._guard:
            window = self._window_for(row_bytes)
            rows = max(1, window.size // row_bytes)
            for band in region.divided(region.width, rows):
                shape = (*band.shape, channels)
                request = {
                    "do": "read",
                    "part": part,
                    "region": [band.left, band.top, band.right, band.bottom],
                    "stamp": _words(handle.stamp),
                    "into": _place(window, 0, shape, dtype),
                }
                self._ask(request, handle.path, handle.page, decoded=band.area * channels * dtype.itemsize)
                out[band.slices(region)] = map_pixels(window.handle(shape, dtype))
        return out

    def overview(self, picture: Picture, longest_side: int) -> Pixels:
        """A small picture for thumbnails and the first paint; quick, and therefore coarse."""
        source = picture.source
        if isinstance(source, DecodedSource) and source.is_decoded:
            step = -(-max(picture.width, picture.height) // longest_side)
            return np.array(source.read(source.bounds)[step // 2 :: step, step // 2 :: step])
        most = longest_side * longest_side * source.channels * source.dtype.itemsize
        with self._guard:
            window = self._window_for(most)
            request = {
                "do": "overview",
                "longest_side": longest_side,
                "stamp": [picture.size_bytes, picture.modified_ns],
                "into": _place(window, 0, (1, 1, window.size), np.dtype("uint8")),
            }
            decoded = source.bounds.area * source.channels * source.dtype.itemsize
            said = self._ask(request, picture.path, picture.page, decoded=decoded)
            shape, dtype = self._trusted(picture.path, lambda: shape_and_dtype(said))
            if max(shape[:2]) > longest_side or (shape[2], dtype) != (source.channels, source.dtype):
                raise self._lost(picture.path, "gave a wrong overview")
            return np.array(map_pixels(window.handle(shape, dtype)))

    def _picture(self, path: Path, said: dict[str, Any], **sources: Any) -> Picture:
        return self._trusted(path, lambda: picture_from(path, said, **sources))

    def _judged(self, path: Path, said: dict[str, Any] | None) -> Size:
        """A size that the child claims, held against the budget once more on this side."""
        shape, dtype = self._trusted(path, lambda: shape_and_dtype(said))
        self.budget.allow_pixels(shape[1], shape[0], shape[2] * dtype.itemsize, stored=sys.maxsize)
        return shape, dtype

    def _decoded(
        self,
        path: Path,
        page: int,
        colours: Size,
        alpha: Size | None,
        *,
        stamp: Stamp,
        progress: Callable[[float], None] | None,
    ) -> Decoded:
        """The whole picture in one new scratch file, the alpha behind the colours."""
        first = _bytes_of(*colours)
        second = _bytes_of(*alpha) if alpha else 0
        file = self._scratch.create(first + second)
        request = {
            "do": "decode",
            "into": _place(file, 0, *colours),
            "alpha": _place(file, first, *alpha) if alpha else None,
            "stamp": _words(stamp),
        }
        tick = _watching(file, colours, progress) if progress else None
        self._ask(request, path, page, decoded=first + second, tick=tick)
        return Decoded(file, file.handle(*colours), file.handle(*alpha, offset=first) if alpha else None)

    def _window_for(self, size: int) -> ScratchFile:
        if self._window is None or self._window.size < size:
            self._window = self._scratch.create(max(_WINDOW, size))
        return self._window

    def _ask(
        self,
        request: dict[str, Any],
        path: Path,
        page: int,
        *,
        decoded: int,
        tick: Callable[[], None] | None = None,
    ) -> dict[str, Any]:
        """One request and its answer; whatever else happens becomes one sentence about the file."""
        seconds = self.budget.seconds_for(decoded)
        told = {**request, "path": str(path), "page": page, "budget": asdict(self.budget)}
        with self._guard:
            answer = self._exchange(told, path, seconds, tick)
        if "error" in answer:
            message, advice = self._trusted(path, lambda: error_from(answer["error"]))
            raise UnreadableFileError(message, advice=advice)
        done = answer.get("done")
        if not isinstance(done, dict):
            raise self._lost(path, "gave no answer")
        return done

    def _exchange(
        self, message: dict[str, Any], path: Path, seconds: float, tick: Callable[[], None] | None
    ) -> dict[str, Any]:
        child = self._running()
        try:
            answer = child.exchange(message, seconds, tick=tick)
        except queue.Empty:
            raise self._lost(path, f"took longer than {seconds:.0f} seconds") from None
        except (OSError, BrokenFrameError):
            raise self._gone(path, child, "broke off") from None
        except BaseException:  # Ctrl-C, or a stop by whoever watches: a late answer would be taken for the next one
            self._end()
            raise
        if answer is None:
            raise self._gone(path, child, child.why_ended())
        return answer

    def _running(self) -> ReaderLink:
        if self._is_closed:  # a thread that is late
            raise UnreadableFileError("The program is closing; no file is read any more.", advice="Start it again.")
        if self._child is None:
            self._child = ReaderLink()
            if self._is_closed:  # interrupted while it was started
                self._child.kill()
        return self._child

    def _end(self) -> None:
        """Ends the process, so that the next call gets a new one."""
        with self._guard:
            if self._child is not None:
                self._child.stop()
                self._child = None

    def _gone(self, path: Path, child: ReaderLink, why: str) -> UnreadableFileError:
        """The sentence for a process that is there no more; where others ended it, the file is not accused."""
        if not child.was_ended_by_others():
            return self._lost(path, why)
        why = child.why_ended()
        self._end()
        return UnreadableFileError(
            f"{path.name} was not read to its end: the reader process {why}.",
            advice="The file may well be whole: close other programs and try again.",
        )

    def _lost(self, path: Path, why: str) -> UnreadableFileError:
        self._end()
        return UnreadableFileError(
            f"{path.name} cannot be decoded: the reader process {why}.",
            advice="The file is damaged, or made to do harm; look for another copy.",
        )

    def _trusted(self, path: Path, check: Callable[[], T]) -> T:
        """What a check of an answer finds; a process that answers nonsense is not asked again."""
        try:
            return check()
        except BrokenFrameError:
            raise self._lost(path, "gave an answer that makes no sense") from None


def _bytes_of(shape: Shape, dtype: np.dtype[Any]) -> int:
    return shape[0] * shape[1] * shape[2] * dtype.itemsize


def _place(file: ScratchFile, offset: int, shape: Shape, dtype: np.dtype[Any]) -> dict[str, Any]:
    """Where in a scratch file the child puts pixels."""
    return {"path": str(file.path), "offset": offset, "shape": list(shape), "dtype": dtype.name}


def _words(stamp: Stamp) -> list[int]:
    return [stamp.size_bytes, stamp.modified_ns]


def _watching(file: ScratchFile, colours: Size, progress: Callable[[float], None]) -> Callable[[], None]:
    """Tells how many rows have arrived: decoders fill the map from the top, and what is not there yet is zero."""
    pixels = map_pixels(file.handle(*colours))
    height = colours[0][0]
    seen = 0

    def tick() -> None:
        nonlocal seen
        step = max(1, height // 64)
        while seen + step < height and pixels[seen + step].any():
            seen += step
        progress(seen / height)

    return tick
