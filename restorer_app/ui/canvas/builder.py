"""The thread that renders tiles and fills pyramids: what is looked at first, the rest when idle."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import cv2
import numpy as np
from PySide6.QtCore import QObject, QThread, Signal

from restorer_app.core.errors import RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Source
from restorer_app.ui.canvas.pyramid import OVERVIEW, Pyramid
from restorer_app.ui.canvas.tiles import Request, render


class Builder(QThread):
    """Works on what is wanted now; a new list replaces the old one, so that nothing is made for a view that is gone."""

    tile_rendered = Signal(object)  # Tile
    band_built = Signal(object, int)  # Pyramid, band
    overview_read = Signal(object, object)  # Pyramid, Pixels
    cell_read = Signal(object, object, object)  # Source, Region, Pixels
    reading_failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._changed = threading.Condition()
        self._wanted: list[Request] = []
        self._pyramids: list[Pyramid] = []
        self._rough: list[Pyramid] = []  # of which an overview is to be read
        self._peeked: tuple[Source, Region] | None = None  # where the cursor is
        self._is_over = False

    @property
    def pyramids(self) -> list[Pyramid]:
        return self._pyramids

    def want(self, requests: Sequence[Request]) -> None:
        """What is missing on the screen, the most urgent first."""
        with self._changed:
            self._wanted = list(requests)
            self._changed.notify()

    def peek(self, source: Source, region: Region) -> None:
        """The values under the cursor go before everything: they are few, and somebody looks at them."""
        with self._changed:
            self._peeked = (source, region)
            self._changed.notify()

    def fill(self, pyramids: Sequence[Pyramid]) -> None:
        """Pyramids to complete when nothing is wanted; an overview of a new one comes first."""
        with self._changed:
            self._rough += [each for each in pyramids if each not in self._pyramids]
            self._pyramids = list(pyramids)
            self._wanted = []
            self._changed.notify()

    def stop(self) -> None:
        """Begins nothing more; does not wait for what is being read."""
        with self._changed:
            self._is_over = True
            self._wanted, self._pyramids, self._rough, self._peeked = [], [], [], None
            self._changed.notify()

    def end(self) -> None:
        self.stop()
        self.wait()

    def run(self) -> None:
        # Two threads of OpenCV's for a tile of 256² cost more than they save, and take cores from the engine.
        cv2.setNumThreads(1)
        while not self._is_over:
            try:
                self._work()
            except (RestorerError, OSError) as problem:
                self._give_up(str(problem))
            except MemoryError:
                self._give_up(self.tr("There is not enough memory to show more of this picture."))

    def _work(self) -> None:
        with self._changed:
            while not (self._is_over or self._peeked or self._wanted or self._rough or self._next_band()):
                self._changed.wait()
            peeked, self._peeked = self._peeked, None
            rough = self._rough.pop(0) if self._rough else None
            request = self._wanted[0] if self._wanted else None
            band = self._next_band()
        if peeked is not None:
            self.cell_read.emit(*peeked, np.array(peeked[0].read(peeked[1])))
        if rough is not None:
            pixels = rough.rough(OVERVIEW)
            if pixels is not None:
                self.overview_read.emit(rough, pixels)
        elif request is not None:
            self._serve(request)
        elif band is not None:
            self._build(*band)

    def _give_up(self, problem: str) -> None:
        """The file is gone or damaged: what is drawn stays, and asking again tries again."""
        with self._changed:
            is_over, self._wanted, self._pyramids, self._rough = self._is_over, [], [], []
        if not is_over:  # files that are closed on the way out are no failure
            self.reading_failed.emit(problem)

    def _serve(self, request: Request) -> None:
        """A tile, or one band towards it: after each the list may be another one."""
        missing = request.missing_bands()
        if missing:
            self._build(*missing[0])
            return
        tile = render(request)
        with self._changed:
            # a newer list may ask for the same tile again
            self._wanted = [each for each in self._wanted if not each.asks_the_same(request)]
        self.tile_rendered.emit(tile)

    def _build(self, pyramid: Pyramid, band: int) -> None:
        pyramid.build(band)
        self.band_built.emit(pyramid, band)

    def _next_band(self) -> tuple[Pyramid, int] | None:
        for pyramid in self._pyramids:
            band = pyramid.next_band()
            if band is not None:
                return pyramid, band
        return None
