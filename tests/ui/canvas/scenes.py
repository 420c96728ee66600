"""A canvas with somebody behind it who makes the steps, and ways to wait until it has drawn all."""

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from restorer_app.core import mask as masks
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.core.stroke import Stroke
from restorer_app.ui.canvas.view import Canvas


def colours(width: int, height: int, *, dtype: str = "uint8", channels: int = 3, seed: int = 0) -> np.ndarray:
    """Slow waves and a little grain: every place looks different, and scaling has something to smooth."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    waves = [np.sin(x / (17 + 5 * n)) * np.cos(y / (23 - 4 * n)) * 0.35 + 0.5 for n in range(channels)]
    grain = np.random.default_rng(seed).normal(0, 0.03, (height, width, channels))
    values = np.clip(np.stack(waves, axis=2) + grain, 0, 1)
    if dtype == "float32":
        return values.astype(np.float32)
    return np.rint(values * np.iinfo(dtype).max).astype(dtype)


def as_array(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    wide = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return wide[:, : image.width(), 2::-1].copy()


@dataclass
class Studio:
    """A canvas, and the rasters that its strokes change."""

    canvas: Canvas
    image: Raster
    original: Raster
    mask: Raster
    protect: Raster
    strokes: list[Stroke] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, canvas: Canvas, pixels: np.ndarray, **facts: object) -> "Studio":
        image = Raster.from_array(pixels)
        empty = masks.blank(image.bounds)
        studio = cls(canvas, image, image, empty, empty, facts=facts)
        canvas.easel.stroke_finished.connect(studio.take)
        studio.show(canvas)
        return studio

    def show(self, canvas: Canvas) -> None:
        canvas.show_picture(self.image, original=self.original, mask=self.mask, protect=self.protect, **self.facts)

    def take(self, stroke: Stroke) -> None:
        self.strokes.append(stroke)
        self.mask, region = masks.paint(self.mask, stroke)
        self.canvas.update_mask(self.mask, region)

    def patch(self, region: Region, value: int) -> None:
        self.image = self.image.with_patch(
            region, np.full((*region.shape, self.image.channels), value, self.image.dtype)
        )
        self.canvas.update_image(self.image, region)


def settle(canvas: Canvas, qtbot) -> None:
    def is_done() -> None:
        QApplication.processEvents()
        assert canvas.is_settled

    qtbot.waitUntil(lambda: is_done() is None, timeout=20_000)


def look(canvas: Canvas, qtbot) -> np.ndarray:
    """What stands on the screen when everything is there, without the marks that follow the hand."""
    settle(canvas, qtbot)
    canvas.grab()  # a paint, in case something was spoiled in between
    settle(canvas, qtbot)
    return as_array(canvas.grab().toImage())
