"""Pixels of containers that know no regions: decoded once, into memory or into a mapped scratch file."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels
from restorer_app.files.refusal import refusing_damage

THREADS = min(4, os.cpu_count() or 1)  # for codecs that use several; each takes address space for its stack

Decode = Callable[[Pixels | None], Pixels]  # fills the array it is given where it can; returns every channel


class WholePicture:
    """One decoding that serves the colours and the alpha."""

    def __init__(
        self, path: Path, size: tuple[int, int], dtype: str, *, channels: int, alpha: bool, decode: Decode
    ) -> None:
        self._path = path
        self.bounds = Region.of_size(*size)
        self.dtype = np.dtype(dtype)
        self.channels = channels
        self.has_alpha = alpha
        self._decode = decode
        self._decoded: Pixels | None = None
        self._guard = threading.Lock()

    @property
    def source(self) -> WholeSource:
        return WholeSource(self, 0, self.channels)

    @property
    def alpha(self) -> WholeSource | None:
        return WholeSource(self, self.channels, self.channels + 1) if self.has_alpha else None

    def decode_into(self, colours: Pixels, alpha: Pixels | None) -> None:
        """Decodes without keeping anything here: the pixels go where the caller wants them."""
        found = self._decoded_into(None if self.has_alpha else colours)
        if not np.may_share_memory(found, colours):
            colours[...] = found[:, :, : self.channels]
        if alpha is not None:
            alpha[...] = found[:, :, self.channels :]

    def pixels(self) -> Pixels:
        """Every channel, decoded at the first call."""
        with self._guard:
            if self._decoded is None:
                self._decoded = self._decoded_into(None)
                self._decoded.flags.writeable = False
            return self._decoded

    def _decoded_into(self, out: Pixels | None) -> Pixels:
        return refusing_damage(self._path, lambda: self._checked(self._decode(out)))

    def _checked(self, found: Pixels) -> Pixels:
        if found.ndim == 2:
            found = found[:, :, None]
        expected = (*self.bounds.shape, self.channels + self.has_alpha)
        if found.shape != expected or found.dtype != self.dtype:
            raise UnreadableFileError(
                "The file's pixels do not fit its header; it is damaged.", advice="Look for another copy of the file."
            )
        return found


class WholeSource:
    """The colours or the alpha of a picture that is decoded as a whole."""

    def __init__(self, whole: WholePicture, first: int, end: int) -> None:
        self.whole = whole
        self._first = first
        self._end = end

    @property
    def bounds(self) -> Region:
        return self.whole.bounds

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.whole.dtype

    @property
    def channels(self) -> int:
        return self._end - self._first

    def read(self, region: Region) -> Pixels:
        return self.whole.pixels()[region.slices()][:, :, self._first : self._end]
