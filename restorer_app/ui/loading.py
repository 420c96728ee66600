"""Loading: opens files on a thread of its own, one after the other, so that the window never waits.

What can give a small picture of itself at once is shown with it and read to its end afterwards; anything else is
read first, and tells how far it is.
"""

from __future__ import annotations

import queue
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal, SignalInstance

from restorer_app.core.errors import RestorerError
from restorer_app.core.raster import Pixels
from restorer_app.files.picture import Picture
from restorer_app.files.reader import Reader
from restorer_app.files.reader_sources import DecodedSource
from restorer_app.ui.thumbs import OVERVIEW


@dataclass(frozen=True, slots=True)
class Opening:
    """One file that was asked for."""

    path: Path
    page: int = 0


@dataclass(frozen=True, eq=False)
class Opened:
    """A file that is ready: its facts, its sources, and a small picture of it."""

    opening: Opening
    picture: Picture
    overview: Pixels
    is_whole: bool = True  # False: shown, and still being read


_SMALL_AT_ONCE = frozenset({"jpeg"})  # a JPEG is decoded at an eighth of its size in half the time and less


_HAPPENS = (RestorerError, MemoryError, OSError)


def _told(path: Path, problem: Exception) -> RestorerError:
    """Whatever it was: a file that is waited for in vain could not be opened again."""
    if isinstance(problem, RestorerError):
        return problem
    if isinstance(problem, MemoryError):
        advice = "Close other pictures or programs, and open it again."
        return RestorerError(f"There is not enough memory to open {path.name}.", advice=advice)
    return RestorerError(f"{path.name} cannot be opened: {problem or type(problem).__name__}.")


class Loader(QThread):
    """Its signals arrive on the window's thread."""

    began = Signal(object)  # Opening
    opened = Signal(object)  # Opened
    refused = Signal(object, object)  # Opening, RestorerError
    progressed = Signal(object, float)  # Opening, share of its pixels that have arrived
    read = Signal(object, object)  # Opened that was not whole, a small picture made of all its pixels
    lost = Signal(object, object)  # Opened that was not whole, RestorerError

    def __init__(self, reader: Reader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._is_over = False
        self._queue: queue.SimpleQueue[Opening | None] = queue.SimpleQueue()

    def ask(self, opening: Opening) -> None:
        self._queue.put(opening)
        if not self.isRunning():
            self.start()

    def stop(self) -> None:
        """Ends the thread; the file in hand is not waited for, so the reader reads nothing after this."""
        self._is_over = True
        self._queue.put(None)
        if self.isRunning():
            self._reader.interrupt()
        self.wait()

    def run(self) -> None:
        while (opening := self._queue.get()) is not None:
            self.began.emit(opening)
            try:
                opened = self._open(opening)
            except Exception as problem:
                self._tell(self.refused, opening, _told(opening.path, problem))
                if isinstance(problem, _HAPPENS):
                    continue
                raise  # a fault in the program: told as such, besides
            self._tell(self.opened, opened)
            if not opened.is_whole:
                self._read(opened)

    def _open(self, opening: Opening) -> Opened:
        picture = self._reader.open(
            opening.path,
            page=opening.page,
            decode=False,
            progress=lambda share: self._tell(self.progressed, opening, share),
        )
        is_whole = not isinstance(picture.source, DecodedSource)
        if isinstance(picture.source, DecodedSource) and picture.kind not in _SMALL_AT_ONCE:
            picture.source.decode()
            is_whole = True
        return Opened(opening, picture, self._reader.overview(picture, OVERVIEW), is_whole)

    def _read(self, opened: Opened) -> None:
        assert isinstance(opened.picture.source, DecodedSource)  # anything else is whole when it is opened
        try:
            opened.picture.source.decode()
            small = self._reader.overview(opened.picture, OVERVIEW)
        except Exception as problem:
            self._tell(self.lost, opened, _told(opened.opening.path, problem))
            if not isinstance(problem, _HAPPENS):
                raise
        else:
            self._tell(self.read, opened, small)

    def _tell(self, signal: SignalInstance, *words: object) -> None:
        """Nothing of what breaks off while the program closes is told."""
        if not self._is_over:
            signal.emit(*words)
