"""Impression: a small picture of a whole one, shown until its tiles are there; it grows true row by row."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels
from restorer_app.ui.canvas.colour import Converter
from restorer_app.ui.canvas.orientation import Turn
from restorer_app.ui.canvas.pyramid import OVERVIEW
from restorer_app.ui.canvas.tiles import image_of, screen_values

_MOST_CHANNELS = 4  # what a converter looks at


class Impression:
    """Its image stays the same object and is written to: converting all of it takes 20 ms, some rows a fraction."""

    def __init__(self, pixels: Pixels, bounds: Region, turn: Turn, converter: Converter) -> None:
        self.pixels = np.array(pixels[:, :, :_MOST_CHANNELS])  # a copy, since what is read goes into it
        self.step = max(bounds.width / pixels.shape[1], bounds.height / pixels.shape[0])
        self._bounds = bounds
        self._is_old: NDArray[np.bool_] = np.ones(pixels.shape[0], np.bool_)  # rows that are not in the image yet
        rows, columns = pixels.shape[:2]
        self._shown: NDArray[np.uint8] = np.empty(
            (columns, rows, 4) if turn.transposes else (rows, columns, 4), np.uint8
        )
        self._stored = turn.stored(self._shown)
        self.image: QImage = image_of(self._shown)
        self.x, self.y, _, _ = turn.shown_box(0, 0, columns * self.step, rows * self.step)
        self.show(converter)

    @classmethod
    def plain(cls, rows: Pixels, bounds: Region, turn: Turn, converter: Converter) -> Impression:
        """The mean of what was read first, until more is read: nothing that could be taken for the picture."""
        scale = OVERVIEW / max(bounds.width, bounds.height)
        size = (max(round(bounds.height * scale), 1), max(round(bounds.width * scale), 1), rows.shape[2])
        return cls(np.full(size, rows.mean(axis=(0, 1)).astype(rows.dtype), rows.dtype), bounds, turn, converter)

    def put(self, region: Region, rows: Pixels) -> None:
        """Takes what has been read of a band; seen when it is shown."""
        pixels = self.pixels
        if pixels.shape[2] != rows.shape[2] or pixels.dtype != rows.dtype:
            return
        first = region.top * pixels.shape[0] // self._bounds.height
        last = max(-(-region.bottom * pixels.shape[0] // self._bounds.height), first + 1)
        size = (pixels.shape[1], last - first)
        pixels[first:last] = np.asarray(cv2.resize(rows, size, interpolation=cv2.INTER_AREA)).reshape(
            pixels[first:last].shape
        )
        self._is_old[first:last] = True

    def show(self, converter: Converter, *, everything: bool = False) -> list[Region]:
        """Converts the rows that grew, or all; the stored pixels that look different now."""
        if everything:
            self._is_old[:] = True
        edges = np.flatnonzero(np.diff(self._is_old, prepend=False, append=False)).tolist()
        self._is_old[:] = False
        runs = list(zip(edges[::2], edges[1::2], strict=True))
        for first, last in runs:
            self._stored[first:last] = screen_values(converter(self.pixels[first:last]))
        return [self._around(first, last) for first, last in runs]

    def _around(self, first: int, last: int) -> Region:
        """With a row more on either side, since scaling looks at neighbours."""
        height = self._bounds.bottom
        top, bottom = int((first - 1) * self.step), math.ceil((last + 1) * self.step)
        return Region(0, min(max(top, 0), height - 1), self._bounds.right, min(bottom, height))
