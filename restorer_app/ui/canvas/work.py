"""Work: where jobs will still change the picture, hatched until it is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QRegion

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.ui.canvas.mask_layer import MaskLayer
from restorer_app.ui.canvas.overlay import (
    COLOURS,
    HALO,
    OUTLINE_REACH,
    cut,
    draw_pixels,
    on_screen,
    premultiplied,
    rects_of,
)
from restorer_app.ui.canvas.settings import Overlay
from restorer_app.ui.canvas.viewport import Box, Viewport

_HATCH = 8  # device pixels from one line to the next, as in what is protected, but leaning the other way
_LINE, _GAP, _RIM, _DARK = 0.75, 0.12, 0.85, 0.55  # opacities


@dataclass(frozen=True, slots=True)
class Work:
    """One job as the canvas sees it."""

    id: str
    touched: Raster  # a mask: where the job may change the picture
    region: Region  # around all that is touched
    is_running: bool
    is_everywhere: bool  # not under a painted mask: then only the border of what is done is drawn
    finished: Sequence[Region] = ()  # grows while the job runs


class _Shown:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.layer = MaskLayer(work.touched)
        self.done = QRegion()
        self._counted = 0

    def take(self, work: Work) -> list[Region]:
        """The same job, further on; what must be drawn again."""
        fresh = list(work.finished[self._counted :])
        self._counted += len(fresh)
        for region in fresh:
            self.done |= QRegion(region.left, region.top, region.width, region.height)
        changed = [work.region] if work.is_running != self.work.is_running else fresh
        self.work = work
        return changed


class Works:
    """All jobs of the picture in hand. Nothing here moves by itself, so there is nothing to still."""

    def __init__(self) -> None:
        self._shown: dict[str, _Shown] = {}

    @property
    def layers(self) -> list[MaskLayer]:
        return [shown.layer for shown in self._shown.values()]

    def show(self, works: Iterable[Work]) -> list[Region]:
        """Other jobs, or the same ones further on; what must be drawn again."""
        wanted = {work.id: work for work in works}
        changed = [self._shown.pop(known).work.region for known in list(self._shown) if known not in wanted]
        for work in wanted.values():
            if work.id not in self._shown:
                self._shown[work.id] = _Shown(work)
                changed.append(work.region)
            changed += self._shown[work.id].take(work)
        return changed

    def draw(self, painter: QPainter, view: Viewport, box: Box, overlay: Overlay) -> None:
        if overlay.mode == "off":
            return
        for shown in self._shown.values():
            reach = view.box_of(shown.work.region)
            near = (
                reach[0] - OUTLINE_REACH,
                reach[1] - OUTLINE_REACH,
                reach[2] + OUTLINE_REACH,
                reach[3] + OUTLINE_REACH,
            )
            part = cut(box, near)
            if part is not None and (shown.work.is_running or not shown.work.is_everywhere):
                _draw(painter, shown, view, part, overlay)


def _draw(painter: QPainter, shown: _Shown, view: Viewport, box: Box, overlay: Overlay) -> None:
    """What is left to do: a rim, and hatching where somebody painted and the job runs."""
    reach = OUTLINE_REACH
    grown = (box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach)
    left = (on_screen(shown.layer, view, grown) > 0).astype(np.uint8)
    _take_away(left, shown.done, view, grown)
    if not left.any():
        return
    far = np.asarray(cv2.dilate(left, np.ones((3, 3), np.uint8)), np.uint8)
    inner = np.asarray(cv2.erode(left, np.ones((3, 3), np.uint8)), np.uint8)
    kinds = np.where(left > inner, 2, far - left)
    if shown.work.is_running and not shown.work.is_everywhere:
        xs, ys = np.arange(grown[0], grown[2]) - view.left, np.arange(grown[1], grown[3]) - view.top
        is_line = (xs[None, :] - ys[:, None]) % _HATCH == 0
        kinds = np.where(inner > 0, np.where(is_line, 3, 4), kinds)
    drawn = _palette(overlay)[kinds][reach:-reach, reach:-reach]
    draw_pixels(painter, drawn, box)


def _take_away(values: NDArray[np.uint8], done: QRegion, view: Viewport, box: Box) -> None:
    seen = view.region_in(box)
    if seen is None or done.isEmpty():
        return
    for rect in rects_of(done.intersected(QRect(seen.left, seen.top, seen.width, seen.height))):
        part = cut(view.box_of(Region(rect.left(), rect.top(), rect.right() + 1, rect.bottom() + 1)), box)
        if part is not None:
            values[part[1] - box[1] : part[3] - box[1], part[0] - box[0] : part[2] - box[0]] = 0


def _palette(overlay: Overlay) -> NDArray[np.int32]:
    colour = COLOURS[overlay.colour]
    return np.array(
        [
            0,
            premultiplied(HALO, _DARK),
            premultiplied(colour, _RIM),
            premultiplied(colour, _LINE),
            premultiplied(colour, _GAP),
        ],
        np.uint32,
    ).view(np.int32)
