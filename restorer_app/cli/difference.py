"""What differs between two pictures: read in bands, so that the largest scan takes no memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer_app.cli.progress import Progress
from restorer_app.core import metrics
from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels, Source

_BAND = 256  # rows
_OVERLAP = 10  # rows and columns that SSIM's window of 11 needs beside its own
_STRIP = 256  # columns of windows at once: wider ones leave the cache, and take twice the time


@dataclass(frozen=True, slots=True)
class Difference:
    """Figures at the files' own depth."""

    samples_total: int
    samples_changed: int
    pixels_changed: int
    largest: float  # difference of two samples
    box: Region | None  # around everything that changed
    mse: float
    psnr: float
    ssim: float | None  # None where the picture is smaller than its window, or a number differs from none

    @property
    def same(self) -> bool:
        return self.samples_changed == 0


def difference(one: Source, other: Source, progress: Progress) -> Difference:
    """Compares two sources of one size, depth and number of channels."""
    _must_be_comparable(one, other)
    bounds, white = one.bounds, 1.0 if np.dtype(one.dtype).kind == "f" else float(np.iinfo(one.dtype).max)
    changed = pixels = 0
    squares = largest = likeness = 0.0
    box: Region | None = None
    for band, a, b, rows in _bands(one, other):
        anywhere = _unequal(a, b)
        where = anywhere[rows]
        places = np.logical_or.reduce(where, axis=2)
        changed += int(np.count_nonzero(where))
        pixels += int(np.count_nonzero(places))
        if places.any():
            gaps = _gaps(a[rows][where], b[rows][where])
            squares += float((gaps**2).sum())
            largest = max(largest, float(gaps.max()))
            box = _around(places, band, box)
        if _fits_window(a) and not math.isinf(squares):
            likeness += _likeness(a, b, np.flatnonzero(anywhere.any(axis=(0, 2))), white)
        progress.show("Comparing", band.bottom / bounds.bottom)
    progress.clear()
    total = bounds.area * one.channels
    mse = squares / total
    windows = (bounds.height - _OVERLAP) * (bounds.width - _OVERLAP)
    similar = likeness / windows if min(bounds.shape) > _OVERLAP and not math.isinf(mse) else None
    return Difference(total, changed, pixels, largest, box, mse, metrics.psnr_of_mse(mse, white), similar)


def _must_be_comparable(one: Source, other: Source) -> None:
    for what, mine, its in (
        ("size", f"{one.bounds.width} × {one.bounds.height}", f"{other.bounds.width} × {other.bounds.height}"),
        ("depth", np.dtype(one.dtype).name, np.dtype(other.dtype).name),
        ("channels", one.channels, other.channels),
    ):
        if mine != its:
            raise InvalidValueError(
                f"The pictures differ in {what} ({mine} and {its}), so no sample has a counterpart."
            )


def _bands(one: Source, other: Source) -> Iterator[tuple[Region, Pixels, Pixels, slice]]:
    """Each band, both pictures with the rows above it that SSIM needs, and which of their rows are its own."""
    bounds = one.bounds
    for band in bounds.divided(bounds.width, _BAND):
        top = max(0, band.top - _OVERLAP)
        region = Region(0, top, bounds.right, band.bottom)
        yield band, one.read(region), other.read(region), slice(band.top - top, None)


def _fits_window(pixels: Pixels) -> bool:
    return bool(min(pixels.shape[:2]) > _OVERLAP)


def _likeness(a: Pixels, b: Pixels, columns: NDArray[np.intp], white: float) -> float:
    """The SSIM of all windows together; it is 1 of those that see none of the columns in which anything differs."""
    height, width = (side - _OVERLAP for side in a.shape[:2])  # in windows
    if not len(columns):
        return float(height * width)
    first, last = max(0, int(columns[0]) - _OVERLAP), min(width, int(columns[-1]) + 1)
    total = float(height * (width - (last - first)))
    for left in range(first, last, _STRIP):
        right = min(left + _STRIP, last)
        strip = np.s_[:, left : right + _OVERLAP]
        total += metrics.ssim(*_numbers(a[strip], b[strip]), peak=white) * height * (right - left)
    return total


def _unequal(a: Pixels, b: Pixels) -> NDArray[np.bool_]:
    unequal: NDArray[np.bool_] = a != b
    if a.dtype.kind == "f":
        unequal &= ~(np.isnan(a) & np.isnan(b))
    return unequal


def _gaps(a: Pixels, b: Pixels) -> NDArray[np.float64]:
    """How far apart unequal samples are; infinitely, where one of them is no number."""
    with np.errstate(invalid="ignore"):
        gaps = np.abs(a.astype(np.float64) - b.astype(np.float64))
    return np.where(np.isnan(gaps), np.inf, gaps)


def _numbers(a: Pixels, b: Pixels) -> tuple[Pixels, Pixels]:
    """What both have that is no number, in the same places, would make the likeness of all around it none."""
    if a.dtype.kind != "f" or np.isfinite(a).all():
        return a, b
    return np.nan_to_num(a, posinf=0, neginf=0), np.nan_to_num(b, posinf=0, neginf=0)


def _around(where: NDArray[np.bool_], band: Region, box: Region | None) -> Region:
    rows, columns = np.flatnonzero(where.any(1)), np.flatnonzero(where.any(0))
    here = Region(columns[0], band.top + rows[0], columns[-1] + 1, band.top + rows[-1] + 1)
    return here if box is None else box.union(here)


def to_fields(found: Difference) -> dict[str, Any]:
    """Plain values that JSON can hold: None for what would be infinite, as the PSNR of equal pictures."""
    box = found.box
    return {
        "judged": True,
        "same": found.same,
        "samples_total": found.samples_total,
        "samples_changed": found.samples_changed,
        "pixels_changed": found.pixels_changed,
        "largest_difference": _finite(found.largest),
        "box": [box.left, box.top, box.right, box.bottom] if box else None,
        "mse": _finite(found.mse),
        "psnr": _finite(found.psnr),
        "ssim": found.ssim,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
