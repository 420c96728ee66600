"""Two files compared byte by byte in one streamed pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.job import CancelToken
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.patching import Progress, stop_if_cancelled

_CHUNK = 4 << 20
_PIECE = 1 << 18  # compared while it is in the processor's cache
GRANULE = 4096  # how finely differences are remembered


@dataclass(frozen=True, eq=False)
class ByteComparison:
    """Where two files differ, by granules of their common length."""

    first: FileBytes
    second: FileBytes
    dirty: NDArray[np.bool_]  # a granule each

    @cached_property
    def _sums(self) -> NDArray[np.int64]:
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(self.dirty, dtype=np.int64)])

    @property
    def common(self) -> int:
        return min(self.first.size, self.second.size)

    def clean(self, begins: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which spans certainly hold the same bytes at the same place in both files."""
        ends = begins + sizes
        inside = (begins >= 0) & (ends <= self.common)
        low = np.where(inside, begins // GRANULE, 0)
        high = np.where(inside, -(-ends // GRANULE), 0)
        return inside & np.equal(self._sums[high], self._sums[low])

    def same(self, begin: int, other_begin: int, size: int) -> bool:
        """Whether a span of the first file holds the same bytes as one of the second."""
        if begin == other_begin and self.is_clean(begin, size):
            return True
        if begin + size > self.first.size or other_begin + size > self.second.size:
            return begin == other_begin  # points nowhere in both: as broken as before
        for at in range(0, size, _CHUNK):
            count = min(_CHUNK, size - at)
            if self.first.read(begin + at, count) != self.second.read(other_begin + at, count):
                return False
        return True

    def is_clean(self, begin: int, size: int) -> bool:
        return bool(self.clean(np.array([begin], np.int64), np.array([size], np.int64))[0])

    def stray(self, expected: Iterable[tuple[int, int]]) -> int:
        """How many bytes of the common length differ outside the expected spans."""
        spans = sorted(expected)
        starts = np.array([begin for begin, _ in spans], np.int64)
        ends = np.maximum.accumulate(np.array([end for _, end in spans], np.int64)) if spans else starts
        begins = np.flatnonzero(self.dirty) * GRANULE
        if spans:  # most differences lie in the midst of a rewritten segment
            span = np.searchsorted(starts, begins, side="right") - 1
            begins = begins[(span < 0) | (begins + GRANULE > ends[span])]
        count = 0
        for at in begins.tolist():
            size = min(GRANULE, self.common - at)
            one = np.frombuffer(self.first.read(at, size), np.uint8)
            other = np.frombuffer(self.second.read(at, size), np.uint8)
            places = np.flatnonzero(one != other) + at
            span = np.searchsorted(starts, places, side="right") - 1
            known = (span >= 0) & (places < ends[np.maximum(span, 0)]) if spans else np.zeros(len(places), np.bool_)
            count += int(np.count_nonzero(~known))
        return count


def compare_bytes(
    first: FileBytes, second: FileBytes, *, progress: Progress, cancel: CancelToken | None
) -> ByteComparison:
    """Streams both files once."""
    common = min(first.size, second.size)
    dirty = np.zeros(-(-common // GRANULE), np.bool_)
    one, other = bytearray(_PIECE), bytearray(_PIECE)
    for at in range(0, common, _PIECE):
        stop_if_cancelled(cancel)
        size = min(_PIECE, common - at)
        first.read_into(at, memoryview(one)[:size])
        second.read_into(at, memoryview(other)[:size])
        if one != other:  # as the C library compares: two thirds of numpy's time; what stands behind a last piece too
            _mark(dirty[at // GRANULE :], np.frombuffer(one, np.uint8, size), np.frombuffer(other, np.uint8, size))
        progress("Comparing with the master", min(1.0, (at + _PIECE) / common))
    return ByteComparison(first, second, dirty)


def _mark(dirty: NDArray[np.bool_], one: NDArray[np.uint8], other: NDArray[np.uint8]) -> None:
    granules = np.logical_or.reduceat(one != other, np.arange(0, len(one), GRANULE))
    dirty[: len(granules)] |= granules
