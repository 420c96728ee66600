"""Pages that only libtiff understands, shown as 8-bit RGB: old-style JPEG, sub-sampled YCbCr, ThunderScan, LogLuv."""

from __future__ import annotations

import threading
from typing import Any

import imagecodecs
import numpy as np

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.handle import FileHandle
from restorer_app.files.tiff_page import COMPRESSION_NAMES, JPEG, OLD_JPEG, SGI_LOG, SGI_LOG_24, Page
from restorer_app.files.tiff_structure import Structure

_FOREIGN = frozenset({OLD_JPEG, 32771, 32809, SGI_LOG, SGI_LOG_24})


def is_foreign(page: Page) -> bool:
    return page.compression in _FOREIGN or (page.photometric == 6 and page.compression != JPEG)


class ForeignSource:
    """The whole page, decoded at the first look: for viewing and for a derivative."""

    channels = 3

    def __init__(self, file: FileBytes, structure: Structure, page: Page, handle: FileHandle) -> None:
        self.bounds = page.bounds
        self.dtype: np.dtype[Any] = np.dtype(np.uint8)
        self.handle = handle
        self._file = file
        self._page = page
        self._lock = threading.Lock()
        self._pixels: Pixels | None = None
        numbers = [number for number, each in enumerate(structure.pages) if each is page.directory]
        if not numbers or page.orientation != 1:
            raise self._unreadable()  # libtiff would turn it by itself
        self._number = numbers[0]

    def read(self, region: Region) -> Pixels:
        with self._lock:
            if self._pixels is None:
                self._pixels = self._decoded()
        return self._pixels[region.slices()]

    def overview(self, scale_log2: int) -> Pixels:
        step = 1 << scale_log2
        return self.read(self.bounds)[::step, ::step]

    def _decoded(self) -> Pixels:
        try:
            data = self._file.read(0, self._file.size)
            found = np.asarray(imagecodecs.tiff_decode(data, index=self._number, asrgb=True))
        except (RuntimeError, ValueError, MemoryError) as problem:
            raise self._unreadable() from problem
        if found.shape[:2] != self.bounds.shape or found.ndim != 3 or found.shape[2] < 3 or found.dtype != np.uint8:
            raise self._unreadable()
        pixels = np.ascontiguousarray(found[..., :3])
        pixels.flags.writeable = False
        return pixels

    def _unreadable(self) -> UnreadableFileError:
        name = COMPRESSION_NAMES.get(self._page.compression, f"kind {self._page.compression}")
        how = "as YCbCr" if self._page.compression not in _FOREIGN else f"as {name}"
        return UnreadableFileError(
            f"The picture in {self._file.path.name} is stored {how} in a way that cannot be read.",
            advice="Save it as an uncompressed TIFF with the program that wrote it.",
        )
