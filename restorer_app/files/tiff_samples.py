"""Samples of two TIFF pages compared at native depth: untouched segments by their bytes, touched ones by value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import Pixels, Raster
from restorer_app.files.ahead import THREADS, in_order
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.patching import Progress, stop_if_cancelled
from restorer_app.files.segments import SegmentError, columns_in_use, differing_bands, read_segment, read_stored
from restorer_app.files.tiff_bytes import ByteComparison
from restorer_app.files.tiff_page import NONE, Page

_IN_FLIGHT_BYTES = 16 << 20  # decoded, of each of the two files
_BAND_BYTES = 4 << 20  # compared at once: the yes and no of every sample takes memory too
_READERS = max(1, min(2, THREADS - 1))  # the checksum takes a core longer: on two, one reader is up to 20 % faster

Differs = NDArray[np.bool_]  # of each sample

_SAME_LAYOUT = (
    "width", "height", "bits", "samples", "sample_format", "photometric", "planar", "compression", "predictor",
    "fill_order", "tiled", "segment_width", "segment_height", "order",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SampleCount:
    """What the comparison of one page found."""

    outside: int = 0
    inside: int = 0
    identical: int = 0  # segments that are the same byte for byte
    differing: tuple[int, ...] = ()  # segments that are not

    def __add__(self, other: SampleCount) -> SampleCount:
        return SampleCount(
            self.outside + other.outside,
            self.inside + other.inside,
            self.identical + other.identical,
            self.differing + other.differing,
        )


def same_layout(first: Page, second: Page) -> bool:
    """Whether segments of both pages can be compared one by one."""
    return all(getattr(first, name) == getattr(second, name) for name in _SAME_LAYOUT)


def differing_segments(first: Page, second: Page, compared: ByteComparison) -> list[int]:
    """Segments whose stored bytes are not the same in both files."""
    moved = (first.offsets != second.offsets) | (first.counts != second.counts)
    doubtful = np.flatnonzero(moved | ~compared.clean(first.offsets, first.counts)).tolist()
    return [
        index
        for index in doubtful
        if first.counts[index] != second.counts[index]
        or not compared.same(int(first.offsets[index]), int(second.offsets[index]), int(first.counts[index]))
    ]


def compare_segments(
    first: Page,
    second: Page,
    compared: ByteComparison,
    *,
    allowed: Raster | None,
    progress: Progress,
    cancel: CancelToken | None,
) -> SampleCount:
    """Counts samples that differ, inside and outside of what is allowed; SegmentError for what cannot be read."""
    differing = differing_segments(first, second, compared)
    count = SampleCount(identical=first.segment_count - len(differing), differing=tuple(differing))
    pairs = _Pairs(first, second, compared, allowed)
    in_place = first.compression == NONE and first.predictor == 1
    ahead = max(1, min(8, _IN_FLIGHT_BYTES // max(1, first.segment_bytes(0))))
    counts = in_order(pairs.by_bands if in_place else pairs.whole, differing, ahead=ahead, threads=_READERS)
    for number, one in enumerate(counts):
        stop_if_cancelled(cancel)
        count += one
        progress(f"Reading the changed {first.segment_word}s again", (number + 1) / len(differing))
    return count


def compare_values(
    first: tuple[FileBytes, Page],
    second: tuple[FileBytes, Page],
    *,
    allowed: Raster | None,
    progress: Progress,
    cancel: CancelToken | None,
) -> SampleCount:
    """Compares pages of the same size and depth that are stored in different ways."""
    page = first[1]
    readers = BandReader(*first), BandReader(*second)
    rows = max(page.segment_height, second[1].segment_height)
    count = SampleCount()
    for band in page.bounds.divided(page.width, rows):
        stop_if_cancelled(cancel)
        one, other = (reader.read(band) for reader in readers)
        count += _count(one != other, band, page=page, plane=None, allowed=allowed)
        progress("Comparing with the master", band.bottom / page.height)
    return count


class BandReader:
    """Whole rows of a page by the independent reader, each segment decoded once for bands from top to bottom."""

    def __init__(self, file: FileBytes, page: Page) -> None:
        self._file = file
        self._page = page
        self._kept: dict[int, Pixels] = {}

    def read(self, band: Region) -> Pixels:
        page = self._page
        assert page.dtype is not None  # judged before
        out = np.zeros((*band.shape, page.samples), f"u{page.dtype.itemsize}")
        kept = {}
        for index in page.segments_under(band):
            pixels = self._kept.get(index)
            if pixels is None:
                pixels = read_segment(page, read_stored(self._file, page, index), index)
            kept[index] = pixels
            shown = page.segment_region(index)
            part = shown.intersect(band)
            assert part is not None  # segments_under yields only what the band touches
            planes = slice(page.plane_of(index), page.plane_of(index) + 1) if page.planar else slice(None)
            out[(*part.slices(band), planes)] = pixels[part.slices(shown)]
        self._kept = kept
        return out


@dataclass(frozen=True, eq=False)
class _Pairs:
    """The same segment of both pages, read and compared; nothing of it outlives the counting."""

    first: Page
    second: Page
    compared: ByteComparison
    allowed: Raster | None

    def whole(self, index: int) -> SampleCount:
        """A coded segment, both sides decoded band by band: two large strips as a whole would not fit the memory."""
        one = read_stored(self.compared.first, self.first, index)
        other = read_stored(self.compared.second, self.second, index)
        shown, top = self.first.segment_region(index), 0
        count = SampleCount()
        for differs in differing_bands(self.first, one, other, index):
            whole = Region.of_size(differs.shape[1], differs.shape[0]).shifted(shown.left, shown.top + top)
            part = whole.intersect(shown)
            top += len(differs)
            if part is not None:  # a tile reaches over the edge of the picture
                count += self._count(differs[part.slices(whole)], part, index)
        return count

    def by_bands(self, index: int) -> SampleCount:
        """An uncompressed segment by rows, skipping what is the same: a strip may be the whole picture."""
        page, dtype = self.first, self.first.dtype
        if dtype is None:
            raise SegmentError("packed samples are not compared by value")
        bits = np.dtype(f"u{dtype.itemsize}")
        rows, columns, samples = page.segment_shape(index)
        shown, row_bytes = page.segment_region(index), columns * samples * bits.itemsize
        files = (self.compared.first, page), (self.compared.second, self.second)
        count = SampleCount()
        for part in Region.of_size(columns, rows).divided(columns, max(1, _BAND_BYTES // row_bytes)):
            band = part.shifted(shown.left, shown.top).intersect(shown)
            begins = [int(each.offsets[index]) + part.top * row_bytes for _, each in files]
            size = part.height * row_bytes
            if band is None or (begins[0] == begins[1] and self.compared.is_clean(begins[0], size)):
                continue
            one, other = (
                np.frombuffer(file.read(at, size), bits.newbyteorder(page.order)).reshape(-1, columns, samples)
                for (file, _), at in zip(files, begins, strict=True)
            )
            cut = band.shifted(-shown.left, -shown.top - part.top).slices()
            count += self._count(one[cut] != other[cut], band, index)
        return count

    def _count(self, differs: Differs, region: Region, index: int) -> SampleCount:
        plane = self.first.plane_of(index) if self.first.planar else None
        return _count(differs, region, page=self.first, plane=plane, allowed=self.allowed)


def _count(differs: Differs, region: Region, *, page: Page, plane: int | None, allowed: Raster | None) -> SampleCount:
    used = columns_in_use(differs)
    differs = differs[:, used]  # of a wide strip, an edit reaches few columns
    total = int(np.count_nonzero(differs))
    if not total:
        return SampleCount()
    if allowed is None or (plane is not None and plane >= page.colours):
        return SampleCount(outside=total)
    reached = Region(region.left + used.start, region.top, region.left + used.stop, region.bottom)
    may: NDArray[np.bool_] = np.asarray(allowed.read(reached))[..., :1] > 0
    colours = differs if plane is not None else differs[..., : page.colours]  # alpha and extra samples never change
    inside = int(np.count_nonzero(colours & may))
    return SampleCount(outside=total - inside, inside=inside)
