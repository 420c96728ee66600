"""Decoded segments of one page: fetched on demand, in parallel, with a small cache bounded in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import CELL, Pixels
from restorer_app.files.ahead import in_order
from restorer_app.files.allocator import give_back_large_buffers
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.tiff_codec import DamagedSegmentError, decode_packed, decode_segment
from restorer_app.files.tiff_exotic import EXOTIC, ExoticDecoder
from restorer_app.files.tiff_page import NONE, Page

CACHE_BYTES = 24 << 20  # a screenful of tiles; a whole 100 MP save has to stay under 120 MB
_MOST_CACHE_BYTES = 96 << 20
BATCH_BYTES = 24 << 20  # decoded at once by all threads together


class Segments:
    """The segments of a page, thread-safe. Samples come in the stored type and native order."""

    def __init__(self, file: FileBytes, page: Page) -> None:
        give_back_large_buffers()
        self.file = file
        self.page = page
        self._cache: OrderedDict[int, Pixels] = OrderedDict()
        self._cached_bytes = 0
        self._most_cached = _room_for(page)
        self._lock = threading.Lock()
        self._exotic = ExoticDecoder(file.path, page) if page.compression in EXOTIC else None

    @property
    def direct(self) -> bool:
        """Whether rows can be taken from the file without decoding anything."""
        page = self.page
        return page.compression == NONE and page.dtype is not None and page.predictor == 1 and page.fill_order == 1

    def is_sparse(self, index: int) -> bool:
        """Whether a segment was never written: then it is zero."""
        return self.page.has_counts and not self.page.counts[index] and not self.page.offsets[index]

    def raw(self, index: int) -> bytes:
        """The bytes of a segment as they stand in the file."""
        return self.file.read(int(self.page.offsets[index]), self.page.stored_bytes(index, file_bytes=self.file.size))

    def decoded(self, index: int, *, keep: bool = True) -> Pixels:
        with self._lock:
            found = self._cache.get(index)
            if found is not None:
                self._cache.move_to_end(index)
                return found
        pixels = self._decode(index)
        if keep:
            self._remember(index, pixels)
        return pixels

    def many(self, indices: Sequence[int], *, kept: Collection[int] | None = None) -> Iterator[tuple[int, Pixels]]:
        """Decoded segments in the order asked for; several threads, but never more than a batch in memory.

        `kept` are those that will soon be asked for again; None: all of them.
        """
        one = max(1, self.page.segment_bytes(0))
        ahead = max(1, min(BATCH_BYTES // one, 64))
        if len(indices) == 1 or one * len(indices) < 1 << 18:
            ahead = 1  # not worth a thread
        if ahead == 1:
            yield from ((index, self.decoded(index, keep=kept is None or index in kept)) for index in indices)
            return
        decoded = in_order(lambda index: self.decoded(index, keep=kept is None or index in kept), indices, ahead=ahead)
        yield from zip(indices, decoded, strict=True)

    def rows(self, index: int, rows: range, columns: slice) -> Pixels:
        """Some rows and columns of an uncompressed segment, without reading the others."""
        page = self.page
        dtype = page.dtype
        assert dtype is not None  # `direct` was asked before
        _, width, samples = page.segment_shape(index)
        stored = dtype.newbyteorder(page.order)
        if self.is_sparse(index):
            return np.zeros((len(rows), columns.stop - columns.start, samples), dtype)
        row_bytes = width * samples * stored.itemsize
        begin = int(page.offsets[index])
        if rows.step == 1 and (columns.stop - columns.start) * 4 >= width:  # most of each row: one read for all
            data = self.file.read(begin + rows.start * row_bytes, len(rows) * row_bytes)
            return np.frombuffer(data, stored).reshape(len(rows), width, samples)[:, columns].astype(dtype)
        pixel = samples * stored.itemsize
        out = np.empty((len(rows), columns.stop - columns.start, samples), dtype)
        for number, row in enumerate(rows):
            data = self.file.read(begin + row * row_bytes + columns.start * pixel, out.shape[1] * pixel)
            out[number] = np.frombuffer(data, stored).reshape(-1, samples)
        return out

    def _decode(self, index: int) -> Pixels:
        page = self.page
        if self.is_sparse(index):
            return np.zeros(page.segment_shape(index), page.dtype or np.dtype("u1" if page.bits <= 8 else "u2"))
        data = self.raw(index)
        try:
            if self._exotic is not None:
                return self._exotic.decode(data, index)
            return decode_packed(page, data, index) if page.dtype is None else decode_segment(page, data, index)
        except DamagedSegmentError as problem:
            raise UnreadableFileError(
                f"The {page.segment_word} {index + 1} of {page.segment_count} of {self.file.path.name}, "
                f"{page.directory.name}, is damaged and cannot be decoded.",
                advice="Compare the file with another copy.",
            ) from problem

    def _remember(self, index: int, pixels: Pixels) -> None:
        with self._lock:
            if index in self._cache:
                return
            self._cache[index] = pixels
            self._cached_bytes += pixels.nbytes
            while (
                self._cached_bytes > self._most_cached and len(self._cache) > 2
            ):  # a cell may lie across two large strips
                _, oldest = self._cache.popitem(last=False)
                self._cached_bytes -= oldest.nbytes

    def worth_keeping(self, indices: Sequence[int], region: Region) -> Collection[int] | None:
        """Of what a region needs: all (None), or, where that would drive out all else, what the rows below share."""
        if len(indices) * self.page.segment_bytes(0) <= self._most_cached:
            return None
        return {index for index in indices if self.page.segment_region(index).bottom > region.bottom}


def _room_for(page: Page) -> int:
    """A row of cells of a wide scan in strips is read cell by cell, and each needs all strips of the row."""
    strips = 0 if page.tiled else (CELL // page.segment_height + 2) * page.planes
    return min(max(CACHE_BYTES, strips * page.segment_bytes(0)), _MOST_CACHE_BYTES)


def fill(segments: Segments, region: Region, *, samples: range, out: Pixels) -> None:
    """Writes the stored samples of a region into `out`."""
    page = segments.page
    wanted = list(page.segments_under(region, planes=samples))
    if segments.direct:
        for index in wanted:
            shown = page.segment_region(index)
            part = shown.intersect(region)
            assert part is not None  # segments_under yields only what the region touches
            rows, columns = part.slices(shown)
            pixels = segments.rows(index, range(rows.start, rows.stop), columns)
            _put(page, index, pixels, samples=samples, out=out[part.slices(region)])
        return
    for index, pixels in segments.many(wanted, kept=segments.worth_keeping(wanted, region)):
        shown = page.segment_region(index)
        part = shown.intersect(region)
        assert part is not None  # as above
        _put(page, index, pixels[part.slices(shown)], samples=samples, out=out[part.slices(region)])


def _put(page: Page, index: int, pixels: Pixels, *, samples: range, out: Pixels) -> None:
    if page.planar:
        out[..., page.plane_of(index) - samples.start] = pixels[..., 0]
    else:
        out[...] = pixels[..., samples.start : samples.stop]


def strided(segments: Segments, step: int, *, samples: range) -> Pixels:
    """Every `step`-th sample of every `step`-th row, without keeping anything; skips segments that hold none."""
    page = segments.page
    out = _empty_overview(page, step, len(samples))
    columns_of = -(-page.width // step)
    assert out.shape[1] == columns_of
    wanted = [
        index
        for index in page.segments_under(page.bounds, planes=samples)
        if _first(page.segment_region(index).top, step) < page.segment_region(index).bottom
        and _first(page.segment_region(index).left, step) < page.segment_region(index).right
    ]
    for index, pixels in _strided_segments(segments, wanted, step):
        shown = page.segment_region(index)
        top, left = _first(shown.top, step) // step, _first(shown.left, step) // step
        rows, columns = pixels.shape[:2]
        _put(page, index, pixels, samples=samples, out=out[top : top + rows, left : left + columns])
    return out


def _strided_segments(segments: Segments, wanted: list[int], step: int) -> Iterator[tuple[int, Pixels]]:
    page = segments.page
    if not segments.direct:
        for index, pixels in segments.many(wanted, kept=()):
            shown = page.segment_region(index)
            top, left = _first(shown.top, step) - shown.top, _first(shown.left, step) - shown.left
            yield index, pixels[top : shown.height : step, left : shown.width : step]
        return
    for index in wanted:
        shown = page.segment_region(index)
        rows = range(_first(shown.top, step) - shown.top, shown.height, step)
        left = _first(shown.left, step) - shown.left
        yield index, segments.rows(index, rows, slice(left, shown.width))[:, ::step]


def _empty_overview(page: Page, step: int, samples: int) -> Pixels:
    dtype: np.dtype[Any] = page.dtype or np.dtype("u1" if page.bits <= 8 else "u2")
    return np.empty((-(-page.height // step), -(-page.width // step), samples), dtype)


def _first(start: int, step: int) -> int:
    """The first multiple of `step` from `start` on."""
    return -(-start // step) * step
