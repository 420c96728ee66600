"""Loading: opens files on a thread of its own, one after the other, so that the window never waits."""

from __future__ import annotations

import queue
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from restorer_app.core.errors import RestorerError
from restorer_app.core.raster import Pixels
from restorer_app.files.picture import Picture
from restorer_app.files.reader import Reader
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


class Loader(QThread):
    """Its signals arrive on the window's thread."""

    began = Signal(object)  # Opening
    opened = Signal(object)  # Opened
    refused = Signal(object, object)  # Opening, RestorerError

    def __init__(self, reader: Reader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._queue: queue.SimpleQueue[Opening | None] = queue.SimpleQueue()

    def ask(self, opening: Opening) -> None:
        self._queue.put(opening)
        if not self.isRunning():
            self.start()

    def stop(self) -> None:
        """Ends the thread after the file in hand."""
        self._queue.put(None)
        self.wait()

    def run(self) -> None:
        while (opening := self._queue.get()) is not None:
            self.began.emit(opening)
            try:
                self.opened.emit(self._open(opening))
            except RestorerError as problem:
                self.refused.emit(opening, problem)

    def _open(self, opening: Opening) -> Opened:
        picture = self._reader.open(opening.path, page=opening.page)
        return Opened(opening, picture, self._reader.overview(picture, OVERVIEW))
