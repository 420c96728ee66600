"""What a run touched: digests before and after, and how many pixels changed; kept cell by cell as tiles go by."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

import numpy as np

from restorer_app.core.geometry import Region, cell_region
from restorer_app.core.metrics import count_changed
from restorer_app.core.raster import CELL, Cell, Pixels, Raster, combined_digest, digest_cell

_MOST_WAITING = 16  # cells of pixels that wait to be hashed: bounds the memory


class Ledger:
    """Holds no second picture: a cell is forgotten as soon as all of it is done.

    Hashing runs beside the net on the core that the net leaves free. Pixels are read by the caller's thread
    only, since a source need not be safe for two.
    """

    def __init__(self, image: Raster, *, scale: int, region: Region, cells: Iterable[Cell]) -> None:
        self.changed_pixels = 0
        self._image = image
        self._scale = scale
        self._bounds = image.bounds.scaled(scale)
        self._region = region
        self._touched = frozenset(cells)  # of the input
        out_region = region.scaled(scale)
        self._outputs = self._touched if scale == 1 else frozenset(out_region.cells(CELL))
        self._unread = set(self._touched)
        self._missing: dict[Cell, int] = {}  # pixels of a cell that are still to come
        self._pending: dict[Cell, Pixels] = {}
        self._before: dict[Cell, bytes] = {}
        self._after: dict[Cell, bytes] = {}
        self._waiting: deque[tuple[dict[Cell, bytes], Cell, Future[bytes]]] = deque()
        self._hasher = ThreadPoolExecutor(1, thread_name_prefix="ledger")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hasher.shutdown(wait=True, cancel_futures=True)

    def expect(self, outs: Iterable[Region]) -> None:
        """Says once, in input pixels, what the tiles will cover together; cutting them finer changes nothing."""
        for out in outs:
            for cell, part in self._parts(out.scaled(self._scale)):
                self._missing[cell] = self._missing.get(cell, 0) + part.area

    def add(self, out: Region, before: Pixels | None, after: Pixels) -> None:
        """A finished tile, in pixels of the result; `before` is None where the size changed."""
        self.changed_pixels += out.area if before is None else count_changed(before, after)
        for cell, part in self._parts(out):
            self._missing[cell] -= part.area
            self._place(cell, part, after[part.slices(out)])
        if before is None:
            inside = Region(out.left // self._scale, out.top // self._scale, *_ceil(out, self._scale))
            for cell in inside.cells(CELL):
                self._read_before(cell)

    def digests(self) -> tuple[str, str]:
        """SHA-256 before and after, as `core.raster.digest_cells` gives them for the touched cells."""
        for cell in sorted(self._unread):  # covered by no tile: cannot happen in a plan that is whole
            self._read_before(cell)
        self._drain(0)
        return combined_digest(self._before), combined_digest(self._after)

    def _parts(self, out: Region) -> Iterable[tuple[Cell, Region]]:
        for cell in out.cells(CELL):
            part = cell_region(*cell, size=CELL, inside=self._bounds).intersect(out)
            if cell in self._outputs and part is not None:
                yield cell, part

    def _place(self, cell: Cell, part: Region, pixels: Pixels) -> None:
        whole = cell_region(*cell, size=CELL, inside=self._bounds)
        before = self._read_before(cell) if self._scale == 1 else None
        if part == whole:
            self._hash(self._after, cell, np.array(pixels))
            return
        if cell not in self._pending:
            blank = np.zeros((*whole.shape, pixels.shape[2]), pixels.dtype)
            self._pending[cell] = blank if self._scale > 1 else np.array(before)
        self._pending[cell][part.slices(whole)] = pixels
        if self._missing[cell] == 0:
            self._hash(self._after, cell, self._pending.pop(cell))

    def _read_before(self, cell: Cell) -> Pixels | None:
        """Hashes a cell of the input when it is first met, and hands it out to be written over."""
        if cell not in self._unread:
            return None
        self._unread.discard(cell)
        pixels = self._image.read(self._image.cell_region(cell))
        self._hash(self._before, cell, pixels)
        return pixels

    def _hash(self, digests: dict[Cell, bytes], cell: Cell, pixels: Pixels) -> None:
        self._waiting.append((digests, cell, self._hasher.submit(digest_cell, cell, pixels)))
        self._drain(_MOST_WAITING)

    def _drain(self, most: int) -> None:
        while len(self._waiting) > most:
            digests, cell, future = self._waiting.popleft()
            digests[cell] = future.result()


def _ceil(out: Region, scale: int) -> tuple[int, int]:
    return -(-out.right // scale), -(-out.bottom // scale)
