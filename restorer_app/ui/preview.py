"""Preview: runs an operation on a piece of the picture while a slider is moved."""

from __future__ import annotations

import time
import uuid

import numpy as np
from PySide6.QtCore import QObject, Signal

from restorer_app.core.errors import RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.job import Job, TileDone
from restorer_app.core.raster import Raster
from restorer_app.ui.canvas.view import Canvas
from restorer_app.ui.desk import Desk
from restorer_app.ui.document import Document
from restorer_app.ui.jobs import Jobs
from restorer_app.ui.notice import Told
from restorer_app.ui.offers import Way

LEAST, MOST = 192, 1536  # sides of the piece
QUICK, SLOW = 0.5, 1.5  # seconds: below, the next piece is larger; above, smaller


FRAME = 1.5  # screen pixels of the line around the piece


def framed(image: Raster, region: Region, *, thickness: int) -> Raster:
    """A white line around a piece, so that one sees where the preview ends. Only shown, never kept.

    At most an eighth of it on each side, however small the piece is on the screen.
    """
    thickness = min(thickness, min(region.shape) // 8)
    pixels = np.array(image.read(region))
    line = np.ones(region.shape, np.bool_)
    line[thickness : region.height - thickness, thickness : region.width - thickness] = False
    pixels[line] = image.maximum
    return image.with_patch(region, pixels)


class Preview(QObject):
    """Shown in the middle of what is in view; nothing of it stays."""

    told = Signal(object)  # Told

    def __init__(self, desk: Desk, jobs: Jobs, canvas: Canvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._jobs = jobs
        self._canvas = canvas
        self.side = 384
        self._began = 0.0
        self._shown: tuple[Document, Raster] | None = None
        self._region: Region | None = None
        jobs.previewed.connect(self._take)

    @property
    def is_shown(self) -> bool:
        return self._region is not None

    def show(self, way: Way, strength: float | None, *, thorough: bool = False, device: str) -> None:
        document = self._desk.current
        view = self._canvas.sight.visible_region
        if document is None or view is None or document.is_reading:
            return
        image = document.session.history.current.image
        x, y = view.centre
        half = self.side // 2
        left, top = int(x) - half, int(y) - half
        region = Region.clipped(left, top, left + self.side, top + self.side, inside=image.bounds)
        if region is None:
            return
        if region != self._region:
            self._put_back()
        self._region = region
        self._began = time.monotonic()
        try:
            operation = way.operation(strength, thorough=thorough)
            job = Job(f"preview-{uuid.uuid4().hex}", operation, image, region, model=way.card, device=device)
        except RestorerError as problem:
            self.told.emit(Told.of(problem))
            return
        self._jobs.preview(document, job)

    def end(self) -> None:
        self._jobs.end_preview()
        self._put_back()
        self._region = None

    def _take(self, document: Document, tile: TileDone) -> None:
        if document is not self._desk.current:
            return
        now = document.session.image
        shown = self._shown[1] if self._shown is not None and self._shown[0] is document else now
        shown = shown.with_patch(tile.region, tile.pixels, tile.around)
        if tile.done == tile.total and self._region is not None:
            shown = framed(shown, self._region, thickness=max(1, round(FRAME / self._canvas.sight.zoom)))
        self._shown = (document, shown)
        self._canvas.update_image(shown, self._region)
        if tile.done == tile.total:
            self._learn(time.monotonic() - self._began)

    def _learn(self, seconds: float) -> None:
        """The size of the next piece from the speed of this one."""
        if seconds < QUICK:
            self.side = min(MOST, self.side * 3 // 2)
        elif seconds > SLOW:
            self.side = max(LEAST, self.side * 2 // 3)

    def _put_back(self) -> None:
        if self._shown is None:
            return
        document, _ = self._shown
        self._shown = None
        if document is self._desk.current:
            self._canvas.update_image(document.session.image, self._region)
