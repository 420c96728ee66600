"""The eight EXIF orientations as arithmetic: only the view turns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels


@lru_cache(maxsize=8)
def _whole(width: int, height: int) -> Region:
    return Region.of_size(width, height)


@dataclass(frozen=True, slots=True)
class Turn:
    """How a stored picture is shown: first rows and columns exchanged, then mirrored."""

    width: int  # stored
    height: int
    orientation: int = 1

    def __post_init__(self) -> None:
        if self.orientation not in range(1, 9):
            raise InvalidValueError(f"An orientation is 1 to 8, not {self.orientation}.")

    @property
    def transposes(self) -> bool:
        return self.orientation >= 5

    @property
    def mirrors_x(self) -> bool:
        return self.orientation in (2, 3, 6, 7)

    @property
    def mirrors_y(self) -> bool:
        return self.orientation in (3, 4, 7, 8)

    @property
    def bounds(self) -> Region:
        """Everything that is stored."""
        return _whole(self.width, self.height)

    @property
    def shown_size(self) -> tuple[int, int]:
        return (self.height, self.width) if self.transposes else (self.width, self.height)

    def to_shown(self, x: float, y: float) -> tuple[float, float]:
        width, height = self.shown_size
        x, y = (y, x) if self.transposes else (x, y)
        return (width - x if self.mirrors_x else x), (height - y if self.mirrors_y else y)

    def shown_pixel(self, x: int, y: int) -> tuple[int, int]:
        """Column and row in which a stored pixel is shown."""
        across, down = self.to_shown(x + 0.5, y + 0.5)
        return int(across), int(down)

    def to_stored(self, x: float, y: float) -> tuple[float, float]:
        width, height = self.shown_size
        x, y = (width - x if self.mirrors_x else x), (height - y if self.mirrors_y else y)
        return (y, x) if self.transposes else (x, y)

    def shown_box(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        """Where a stored rectangle is shown."""
        (x0, y0), (x1, y1) = self.to_shown(left, top), self.to_shown(right, bottom)
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def stored_box(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        """Which stored rectangle is shown there."""
        (x0, y0), (x1, y1) = self.to_stored(left, top), self.to_stored(right, bottom)
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def shown_region(self, region: Region) -> Region:
        left, top, right, bottom = self.shown_box(region.left, region.top, region.right, region.bottom)
        return Region(int(left), int(top), int(right), int(bottom))

    def turned(self, pixels: Pixels) -> Pixels:
        """Stored pixels as they are shown; a view, nothing is copied."""
        if self.transposes:
            pixels = pixels.swapaxes(0, 1)
        return pixels[:: -1 if self.mirrors_y else 1, :: -1 if self.mirrors_x else 1]

    def stored(self, shown: Pixels) -> Pixels:
        """Pixels as they are shown in the order in which they are stored; a view as well."""
        shown = shown[:: -1 if self.mirrors_y else 1, :: -1 if self.mirrors_x else 1]
        return shown.swapaxes(0, 1) if self.transposes else shown
