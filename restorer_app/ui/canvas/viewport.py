"""Where we look: the arithmetic of zoom, pan and fit between stored pixels and the screen's."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

from restorer_app.core.geometry import Region
from restorer_app.ui.canvas.orientation import Turn

LARGEST_ZOOM = 64.0
STEPS = (
    *(1 / n for n in (256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2)),
    *(2 / 3, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0),
)
NEAREST_FROM = 2.0  # from here on pixels are shown as squares
TILE = 256  # level pixels; a tile of level 0 is a cell of the raster
MARGIN = 20  # device pixels around a fitted picture, where the view is large enough
TOP_LEVEL = 8  # a cell is one pixel there

Box = tuple[int, int, int, int]  # left, top, right, bottom in device pixels, possibly empty


@dataclass(frozen=True, slots=True)
class Viewport:
    """A picture in a view. All screen lengths are device pixels, so 100 % is one to one on any screen.

    `left` and `top` are whole: the picture moves by whole screen pixels, so that a composed screen can be
    shifted instead of drawn again.
    """

    turn: Turn
    view_width: int
    view_height: int
    zoom: float
    left: int = 0  # of the shown picture, in the view
    top: int = 0

    @classmethod
    def fitted(cls, turn: Turn, view_width: int, view_height: int) -> Viewport:
        return cls(turn, view_width, view_height, _fitting(turn, view_width, view_height)).placed()

    @property
    def fit_zoom(self) -> float:
        return _fitting(self.turn, self.view_width, self.view_height)

    @property
    def is_nearest(self) -> bool:
        return self.zoom >= NEAREST_FROM

    @property
    def level(self) -> int:
        """The level of the pyramid that has at least as many pixels as the screen."""
        return level_for(self.zoom, self.turn)

    def placed(self) -> Viewport:
        """Kept in sight: a picture smaller than the view stands in its middle, a larger one covers the middle."""
        width, height = self.turn.shown_size
        return replace(
            self,
            left=_placed(self.left, width * self.zoom, self.view_width),
            top=_placed(self.top, height * self.zoom, self.view_height),
        )

    def resized(self, view_width: int, view_height: int) -> Viewport:
        """Another size of view; the middle stays in its place."""
        dx, dy = (view_width - self.view_width) / 2, (view_height - self.view_height) / 2
        moved = replace(self, left=round(self.left + dx), top=round(self.top + dy))
        return replace(moved, view_width=view_width, view_height=view_height).placed()

    def on(self, turn: Turn) -> Viewport:
        """The same places of a picture that was enlarged or made small again."""
        return replace(self, turn=turn, zoom=min(self.zoom * self.turn.width / turn.width, LARGEST_ZOOM)).placed()

    def panned(self, dx: int, dy: int) -> Viewport:
        return replace(self, left=self.left + dx, top=self.top + dy).placed()

    def zoomed(self, zoom: float, x: float, y: float) -> Viewport:
        """Another zoom; what is at x, y of the view stays there."""
        zoom = min(max(zoom, min(self.fit_zoom, 1.0) / 4), LARGEST_ZOOM)
        shown_x, shown_y = (x - self.left) / self.zoom, (y - self.top) / self.zoom
        left, top = round(x - shown_x * zoom), round(y - shown_y * zoom)
        return replace(self, zoom=zoom, left=left, top=top).placed()

    def stepped(self, *, closer: bool) -> float:
        """The next round zoom; a hair of slack, so that a zoom that came from a division is left."""
        if closer:
            return next((step for step in STEPS if step > self.zoom * 1.001), LARGEST_ZOOM)
        return next((step for step in reversed(STEPS) if step < self.zoom / 1.001), STEPS[0])

    def centred_on(self, region: Region, zoom: float | None) -> Viewport:
        shown = self.turn.shown_region(region)
        if zoom is None:
            zoom = min(self.view_width / (shown.width * 1.5), self.view_height / (shown.height * 1.5), 1.0)
        x, y = shown.centre
        left, top = round(self.view_width / 2 - x * zoom), round(self.view_height / 2 - y * zoom)
        return replace(self, zoom=zoom, left=left, top=top).placed()

    # ---------------------------------------------------------------------------- from one to the other
    def to_stored(self, x: float, y: float) -> tuple[float, float]:
        return self.turn.to_stored((x - self.left) / self.zoom, (y - self.top) / self.zoom)

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        x, y = self.turn.to_shown(x, y)
        return x * self.zoom + self.left, y * self.zoom + self.top

    def box_of(self, region: Region) -> Box:
        """The screen pixels whose middle lies in a stored region: neighbours share an edge and leave no gap."""
        left, top, right, bottom = self.turn.shown_box(region.left, region.top, region.right, region.bottom)
        return (
            math.ceil(left * self.zoom + self.left - 0.5),
            math.ceil(top * self.zoom + self.top - 0.5),
            math.ceil(right * self.zoom + self.left - 0.5),
            math.ceil(bottom * self.zoom + self.top - 0.5),
        )

    def spans(self, level: int, tiles: range, *, along_rows: bool) -> list[tuple[int, int]]:
        """From where to where columns of tiles (or rows) reach on the screen: `box_of` for many at once."""
        turn, step = self.turn, TILE << level
        end = turn.width if along_rows else turn.height
        is_across = along_rows != turn.transposes
        start = (self.left if is_across else self.top) - 0.5
        mirrors = turn.mirrors_x if is_across else turn.mirrors_y
        found = []
        for tile in tiles:
            near, far = tile * step, min((tile + 1) * step, end)
            if mirrors:
                near, far = end - far, end - near
            found.append((math.ceil(near * self.zoom + start), math.ceil(far * self.zoom + start)))
        return found

    def region_in(self, box: Box) -> Region | None:
        """The stored pixels that a box of the view shows, or None where it shows none."""
        left, top = (box[0] - self.left) / self.zoom, (box[1] - self.top) / self.zoom
        right, bottom = (box[2] - self.left) / self.zoom, (box[3] - self.top) / self.zoom
        x0, y0, x1, y1 = self.turn.stored_box(left, top, right, bottom)
        return Region.clipped(math.floor(x0), math.floor(y0), math.ceil(x1), math.ceil(y1), inside=self.turn.bounds)

    @property
    def visible(self) -> Region | None:
        return self.region_in((0, 0, self.view_width, self.view_height))


def _fitting(turn: Turn, view_width: int, view_height: int) -> float:
    """The zoom at which the whole picture is in view, with a little grey around it to paint from."""
    width, height = turn.shown_size
    margin = 2 * MARGIN if min(view_width, view_height) > 20 * MARGIN else 0
    return min((view_width - margin) / width, (view_height - margin) / height, LARGEST_ZOOM)


def level_for(zoom: float, turn: Turn) -> int:
    # a hair of slack: 0.5 that came from a division must not fetch four times as many pixels
    return min(max(math.floor(math.log2(1 / zoom) + 1e-9), 0), top_level(turn.width, turn.height))


def top_level(width: int, height: int) -> int:
    """The level at which the whole picture is about one tile."""
    return min(max(math.ceil(math.log2(max(width, height) / TILE)), 0), TOP_LEVEL)


@lru_cache(maxsize=4096)  # asked for every tile of every paint
def tile_region(level: int, row: int, column: int, bounds: Region) -> Region:
    """The stored pixels under a tile."""
    size = TILE << level
    return Region(
        column * size, row * size, min((column + 1) * size, bounds.right), min((row + 1) * size, bounds.bottom)
    )


def _placed(start: int, length: float, view: int) -> int:
    if length <= view:
        return round((view - length) / 2)
    return round(min(max(start, view / 2 - length), view / 2))
