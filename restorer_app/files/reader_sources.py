"""Sources that stand on the reader process: region by region, or decoded once into a mapped scratch file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels
from restorer_app.files.handle import FileHandle, MappedHandle
from restorer_app.files.scratch import MappedSource, ScratchFile

Part = Literal["colour", "alpha"]
Shape = tuple[int, int, int]


class ReadsRegions(Protocol):
    """What a region source needs of the reader."""

    def read_region(
        self, handle: FileHandle, region: Region, *, channels: int, dtype: np.dtype[Any], part: Part
    ) -> Pixels: ...


@dataclass(frozen=True, eq=False)
class RegionSource:
    """Pixels that stay in the file until they are asked for."""

    reader: ReadsRegions
    file: FileHandle
    shape: Shape
    dtype: np.dtype[Any]
    part: Part = "colour"

    @property
    def handle(self) -> FileHandle:
        return self.file

    @property
    def bounds(self) -> Region:
        return Region.of_size(self.shape[1], self.shape[0])

    @property
    def channels(self) -> int:
        return self.shape[2]

    def read(self, region: Region) -> Pixels:
        return self.reader.read_region(self.file, region, channels=self.channels, dtype=self.dtype, part=self.part)


@dataclass(frozen=True)
class Decoded:
    """Where a whole picture lies: one scratch file, the alpha behind the colours."""

    file: ScratchFile
    colours: MappedHandle
    alpha: MappedHandle | None


class Decoding:
    """Decodes when first asked, from whichever thread; a refusal is not kept, so that one may try again."""

    def __init__(self, decode: Callable[[], Decoded]) -> None:
        self._decode = decode
        self._decoded: Decoded | None = None
        self._guard = threading.Lock()

    @property
    def is_done(self) -> bool:
        return self._decoded is not None

    def get(self) -> Decoded:
        with self._guard:
            if self._decoded is None:
                self._decoded = self._decode()
            return self._decoded


class DecodedSource:
    """Pixels of a container without regions."""

    def __init__(self, decoding: Decoding, shape: Shape, dtype: np.dtype[Any], *, part: Part = "colour") -> None:
        self._decoding = decoding
        self._shape = shape
        self._part = part
        self._mapped: MappedSource | None = None
        self.dtype = dtype

    @property
    def bounds(self) -> Region:
        return Region.of_size(self._shape[1], self._shape[0])

    @property
    def channels(self) -> int:
        return self._shape[2]

    @property
    def is_decoded(self) -> bool:
        return self._decoding.is_done

    @property
    def handle(self) -> MappedHandle:
        return self.decode().handle

    def decode(self) -> MappedSource:
        """The mapped pixels; the first call waits for the reader process."""
        if self._mapped is None:
            decoded = self._decoding.get()
            handle = decoded.alpha if self._part == "alpha" else decoded.colours
            assert handle is not None  # an alpha source is made only where there is an alpha
            self._mapped = MappedSource(handle, decoded.file)
        return self._mapped

    def read(self, region: Region) -> Pixels:
        return self.decode().read(region)
