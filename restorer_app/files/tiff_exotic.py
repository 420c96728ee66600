"""Segments that are only read, never written: JPEG, fax, JPEG 2000, WebP and others inside a TIFF, by tifffile."""

from __future__ import annotations

import importlib
import logging
import struct
import threading
from pathlib import Path

import numpy as np

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.raster import Pixels
from restorer_app.files.tiff_codec import DamagedSegmentError
from restorer_app.files.tiff_page import CCITT_RLE, COMPRESSION_NAMES, GROUP_3, GROUP_4, JPEG, Page

JPEG_2000, WEBP, JPEG_XL, LZMA, LERC = 34712, 50001, 50002, 34925, 34887
PNG, JPEG_XR = 34933, 34934
_OTHER_NUMBERS = {22610, 33003, 33004, 33005, 33007, 34892, 34926, 34927, 52546}  # of the same codings, by other makers
EXOTIC = _OTHER_NUMBERS | {
    CCITT_RLE, GROUP_3, GROUP_4, JPEG, JPEG_2000, WEBP, JPEG_XL, LZMA, LERC, PNG, JPEG_XR,
}  # fmt: skip

# What tifffile and imagecodecs raise on damaged input: their own errors are RuntimeError and ValueError.
_TROUBLE = (
    ValueError, RuntimeError, TypeError, KeyError, IndexError, AttributeError, ZeroDivisionError, AssertionError,
    OverflowError, MemoryError, struct.error, OSError, NotImplementedError,
)  # fmt: skip

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # it writes warnings about damaged tags to stderr


class ExoticDecoder:
    """tifffile's view of one page."""

    def __init__(self, path: Path, page: Page) -> None:
        self._page = page
        self._lock = threading.Lock()
        try:
            tifffile = importlib.import_module("tifffile")  # for this alone, and large
            self._file = tifffile.TiffFile(path, _multifile=False)
            handle = self._file.filehandle
            handle.seek(page.directory.at)
            self._tiff = tifffile.TiffPage(self._file, index=0)
            self._tables = self._tiff.jpegtables
        except _TROUBLE as problem:
            raise UnreadableFileError(
                f"{path.name} stores its picture as {COMPRESSION_NAMES.get(page.compression, 'an unknown kind')} "
                "in a way that cannot be read.",
                advice="Another program may be able to save it as an uncompressed TIFF.",
            ) from problem

    def __del__(self) -> None:
        file = getattr(self, "_file", None)
        if file is not None:
            file.close()

    def decode(self, data: bytes, index: int) -> Pixels:
        """Rows × columns × samples in the type that the codec gives."""
        try:
            with self._lock:
                segment, _, shape = self._tiff.decode(data, index, jpegtables=self._tables)
        except _TROUBLE as problem:
            raise DamagedSegmentError(str(problem)) from problem
        if segment is None:
            raise DamagedSegmentError("no samples")
        pixels: Pixels = np.asarray(segment)[0]
        rows, columns, samples = self._page.segment_shape(index)
        if pixels.ndim != 3 or pixels.shape[2] < samples or pixels.shape[1] < min(columns, shape[2]):
            raise DamagedSegmentError(f"{pixels.shape} instead of {(rows, columns, samples)}")
        if self._page.dtype is not None and pixels.dtype != self._page.dtype:
            raise DamagedSegmentError(f"samples of the type {pixels.dtype}")
        shown = self._page.segment_region(index)
        if pixels.shape[0] < shown.height or pixels.shape[1] < shown.width:
            raise DamagedSegmentError("it is smaller than it should be")
        return pixels
