"""Smaller copies of a TIFF's page, the levels of its pyramid: which they are, and what of them an edit reaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels, Raster, Source
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.tiff_page import Page, is_reduced
from restorer_app.files.tiff_structure import Directory, Structure

_MOST_PIXELS = 1 << 20  # of the large picture, read at once

Places = NDArray[np.int64]


def level_directories(file: FileBytes, structure: Structure, directory: Directory) -> tuple[Directory, ...]:
    """What calls itself a smaller copy of a page: under its SubIFDs, and directly behind it in the chain."""
    found = [child for child in directory.children if "SubIFD" in child.name and is_reduced(file, structure, child)]
    behind = False
    for page in structure.pages:
        if behind and not is_reduced(file, structure, page):
            break
        if behind:
            found.append(page)
        behind = behind or page is directory
    return tuple(found)


def is_level_of(level: Page, page: Page) -> bool:
    """Whether a smaller picture shows the whole page in the same samples: a thumbnail of another depth is none."""
    same = all(getattr(level, name) == getattr(page, name) for name in ("dtype", "photometric", "colours", "layout"))
    if not same or level.width >= page.width or level.height >= page.height:
        return False
    wide, high = level.height * page.width / page.height, level.width * page.height / page.width
    return abs(level.width - wide) <= 1 or abs(level.height - high) <= 1  # writers round either way


@dataclass(frozen=True, eq=False)
class Footprint:
    """Which pixels of the page each row and column of a level stands for."""

    rows: tuple[Places, Places]  # first, and behind the last
    columns: tuple[Places, Places]

    def under(self, region: Region) -> Region:
        """Everything that a part of the level stands for."""
        (top, bottom), (left, right) = self.rows, self.columns
        return Region(
            int(left[region.left]),
            int(top[region.top]),
            int(right[region.right - 1]),
            int(bottom[region.bottom - 1]),
        )

    def over(self, region: Region) -> Region | None:
        """The part of the level that shows something of a part of the page."""
        found = []
        for (first, behind), begin, end in (
            (self.columns, region.left, region.right),
            (self.rows, region.top, region.bottom),
        ):
            found.append((int(np.searchsorted(behind, begin, "right")), int(np.searchsorted(first, end, "left"))))
        (left, right), (top, bottom) = found
        return Region(left, top, right, bottom) if left < right and top < bottom else None

    def sums(self, pixels: Pixels, region: Region) -> NDArray[Any]:
        """For each pixel of a part of the level the sum of what it stands for; `pixels` show `under(region)`."""
        whole = self.under(region)
        for axis, (first, behind), begin, cut in (
            (0, self.rows, whole.top, slice(region.top, region.bottom)),
            (1, self.columns, whole.left, slice(region.left, region.right)),
        ):
            # Pairs of begin and end: reduceat adds up between them, and what it finds between pairs is left out.
            pairs = np.stack([first[cut], behind[cut]], axis=1).ravel() - begin
            padded = np.concatenate([pixels, np.zeros_like(pixels.take([0], axis))], axis)
            pixels = np.add.reduceat(padded, pairs, axis).take(np.arange(0, len(pairs), 2), axis)
        return pixels

    def areas(self, region: Region) -> NDArray[np.int64]:
        """How many pixels of the page each pixel of a part of the level stands for."""
        heights = (self.rows[1] - self.rows[0])[region.top : region.bottom]
        widths = (self.columns[1] - self.columns[0])[region.left : region.right]
        areas: NDArray[np.int64] = heights[:, None, None] * widths[None, :, None]
        return areas

    def blocks(self, region: Region) -> Iterable[Region]:
        """Parts of a part of the level for which not too much of the page is read at once."""
        scale = max(1, int((self.rows[1] - self.rows[0]).max()), int((self.columns[1] - self.columns[0]).max()))
        return region.divided(max(1, int(_MOST_PIXELS**0.5) // scale))


def footprint(page: Region, level: Region) -> Footprint:
    return Footprint(_places(page.height, level.height), _places(page.width, level.width))


def _places(long: int, short: int) -> tuple[Places, Places]:
    """Whole steps where the sizes allow them, whichever way they were rounded; otherwise all that is touched."""
    number = np.arange(short, dtype=np.int64)
    step = round(long / short)
    if short in {long // step, -(-long // step)}:
        return number * step, np.minimum((number + 1) * step, long)
    return number * long // short, -(-(number + 1) * long // short)


@dataclass(frozen=True, eq=False)
class EditedLevel:
    """A level with an edit of its page carried over: the mean of the new pixels wherever one of them is new."""

    level: Source  # as it was
    before: Source
    after: Raster
    places: Footprint

    @property
    def bounds(self) -> Region:
        return self.level.bounds

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.level.dtype

    @property
    def channels(self) -> int:
        return self.level.channels

    def read(self, region: Region) -> Pixels:
        out = np.array(self.level.read(region))
        for block in self.places.blocks(region):
            self._carry(block, out[block.slices(region)])
        return out

    def _carry(self, block: Region, out: Pixels) -> None:
        whole = self.places.under(block)
        old, new = self.before.read(whole), self.after.read(whole)
        changed = (_bits(old) != _bits(new)).any(axis=2, keepdims=True)
        if not changed.any():
            return
        is_new = self.places.sums(changed.astype(np.int32), block)[..., 0] > 0
        mean = self.places.sums(new.astype(np.float64), block) / self.places.areas(block)
        out[is_new] = (np.rint(mean) if out.dtype.kind == "u" else mean)[is_new].astype(out.dtype)


@dataclass(frozen=True, eq=False)
class LevelMask:
    """Where a level may differ: wherever it shows a pixel that may."""

    bounds: Region
    allowed: Raster
    places: Footprint
    dtype: np.dtype[Any] = np.dtype("uint8")  # noqa: RUF009 (a dtype never changes)
    channels: int = 1

    def read(self, region: Region) -> Pixels:
        out = np.zeros((*region.shape, 1), np.uint8)
        for block in self.places.blocks(region):
            may = (self.allowed.read(self.places.under(block))[..., :1] > 0).astype(np.int32)
            out[block.slices(region)][self.places.sums(may, block) > 0] = 255
        return out


def _bits(pixels: Pixels) -> Pixels:
    """Floating samples by their bits: a NaN equals itself."""
    return pixels if pixels.dtype.kind != "f" else np.ascontiguousarray(pixels).view(f"u{pixels.dtype.itemsize}")
