"""Picture: an opened file, as facts and a source of pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from restorer_app.core.raster import Source

Layout = Literal["grey", "rgb", "cmyk", "lab", "palette", "bilevel"]


@dataclass(frozen=True)
class Picture:
    """One page of one file. Everything here is plain data but the sources, which read on demand."""

    path: Path
    kind: str  # tiff, bigtiff, png, jpeg, jp2, webp, avif, raw, psd, heic
    page: int  # from 0
    page_count: int
    layout: Layout
    source: Source  # the photographic channels alone, in the file's own depth, values and orientation
    alpha: Source | None = None  # one channel; shown, never edited
    bits: int = 8  # a sample, as stored
    orientation: int = 1  # EXIF 1 to 8; only the view turns
    white_is_zero: bool = False  # MinIsWhite: values stay as stored, only the view inverts
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    editable: bool = True  # palette and bilevel pictures are for viewing
    breaks_off: bool = False  # read all the same: what is missing is coarse or plain grey
    patchable: bool = False  # saving patches a copy; otherwise a derivative is written
    reason: str = ""  # one sentence: what will be patched, or why a derivative is needed, or why only viewing
    size_bytes: int = 0
    modified_ns: int = 0  # to see that the file moved under us
    xmp: bytes | None = None
    facts: tuple[tuple[str, str], ...] = field(default=())  # ("Compression", "LZW with predictor"), …
    metadata: tuple[str, ...] = ()  # "EXIF", "XMP", "IPTC", "ICC", "GPS", …
    stale: tuple[str, ...] = ()  # copies inside the file that will not show the edit, a sentence each

    @property
    def width(self) -> int:
        return self.source.bounds.width

    @property
    def height(self) -> int:
        return self.source.bounds.height
