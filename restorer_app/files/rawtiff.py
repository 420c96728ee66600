"""Whether a TIFF container holds a camera's raw picture, so that it is never taken for its thumbnail."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_NEW_SUBFILE, _COMPRESSION, _PHOTOMETRIC, _MAKE, _SUB_IFDS, _DNG_VERSION = 254, 259, 262, 271, 330, 50706
_WANTED = {_NEW_SUBFILE, _COMPRESSION, _PHOTOMETRIC, _MAKE, _SUB_IFDS, _DNG_VERSION}
_COLOUR_FILTER, _LINEAR_RAW = 32803, 34892
_CAMERA_COMPRESSIONS = {34713, 32767, 32769, 32770, 65535, 34892}  # NEF, ARW, SRW, PEF, lossy DNG
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_FINISHED_COLOURS = {0, 1, 2, 5, 8}  # grey, RGB, CMYK, Lab
_FINISHED_CODINGS = {1, 5, 8, 32773, 32946, 50000}  # JPEG is what cameras' previews have
_MOST_IFDS = 32  # enough for every camera; a malformed chain ends here
_MOST_TAGS = 4096
_MOST_VALUES = 64


@dataclass(frozen=True, slots=True)
class _Layout:
    order: str
    big: bool

    @property
    def pointer(self) -> str:
        return f"{self.order}{'Q' if self.big else 'I'}"


def is_camera_raw(file: BinaryIO) -> bool:
    """Judges by tags alone: DNG's version, Canon's mark, a colour filter or a camera's own compression."""
    file.seek(0)
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    layout = _Layout(order, struct.unpack(f"{order}H", head[2:4])[0] == 43)
    if head[8:10] == b"CR" or head[8:12] == b"IIII":  # Canon CR2, Phase One IIQ
        return True
    directories = list(_directories(file, head, layout))
    if not directories:
        return False
    first = directories[0]
    if _DNG_VERSION in first:
        return True
    if _MAKE not in first:  # a mosaic that no camera signed is a TIFF for the TIFF reader to judge
        return False
    if any(_is_mosaic(tags) for tags in directories):
        return True
    # A scanner's program writes a small copy first, too; but the whole picture is one that any program reads.
    return _is_small(first) and _SUB_IFDS in first and not any(_is_finished(tags) for tags in directories)


def _is_small(tags: dict[int, tuple[int, ...]]) -> bool:
    return bool(tags.get(_NEW_SUBFILE, (0,))[0] & 1)


def _is_finished(tags: dict[int, tuple[int, ...]]) -> bool:
    """Whether a directory holds a whole picture in colours and a coding that no camera hides its sensor's values in."""
    photometric, compression = tags.get(_PHOTOMETRIC, (-1,))[0], tags.get(_COMPRESSION, (1,))[0]
    return not _is_small(tags) and photometric in _FINISHED_COLOURS and compression in _FINISHED_CODINGS


def _is_mosaic(tags: dict[int, tuple[int, ...]]) -> bool:
    photometric, compression = tags.get(_PHOTOMETRIC, (0,))[0], tags.get(_COMPRESSION, (1,))[0]
    return photometric in {_COLOUR_FILTER, _LINEAR_RAW} or compression in _CAMERA_COMPRESSIONS


def _directories(file: BinaryIO, head: bytes, layout: _Layout) -> Iterator[dict[int, tuple[int, ...]]]:
    """The first directory, then those after it and under it; each once."""
    start, size = (8, 8) if layout.big else (4, 4)
    if len(head) < start + size:
        return
    todo, seen = [struct.unpack(layout.pointer, head[start : start + size])[0]], set[int]()
    while todo and len(seen) < _MOST_IFDS:
        offset = todo.pop(0)
        if offset == 0 or offset in seen:
            continue
        seen.add(offset)
        found = _read_directory(file, offset, layout)
        if found is None:
            continue
        tags, following = found
        yield tags
        todo += [*tags.get(_SUB_IFDS, ()), following]


def _read_directory(file: BinaryIO, offset: int, layout: _Layout) -> tuple[dict[int, tuple[int, ...]], int] | None:
    """The tags we look for, and the next directory; None where the file ends too early."""
    count_form, entry = ("Q", 20) if layout.big else ("H", 12)
    counted = _read_at(file, offset, struct.calcsize(count_form))
    if counted is None:
        return None
    count = struct.unpack(layout.order + count_form, counted)[0]
    size = struct.calcsize(layout.pointer)
    body = _read_at(file, offset + len(counted), min(count, _MOST_TAGS) * entry)
    if body is None:
        return None
    tags = {}
    for at in range(0, len(body), entry):
        code, kind = struct.unpack_from(f"{layout.order}HH", body, at)
        if code in _WANTED:
            length = struct.unpack_from(layout.pointer, body, at + 4)[0]
            tags[code] = _values(file, body[at + 4 + size : at + entry], kind, length, layout) or (0,)
    after = _read_at(file, offset + len(counted) + count * entry, size)
    return tags, struct.unpack(layout.pointer, after)[0] if after else 0


def _values(file: BinaryIO, field: bytes, kind: int, count: int, layout: _Layout) -> tuple[int, ...]:
    """Whole numbers of a tag; texts and fractions count by their presence alone."""
    form = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}.get(kind)
    if form is None:
        return ()
    count = min(count, _MOST_VALUES)
    length = count * _SIZES[kind]
    if length > len(field):
        found = _read_at(file, struct.unpack(layout.pointer, field)[0], length)
        if found is None:
            return ()
        field = found
    return struct.unpack(f"{layout.order}{count}{form}", field[:length])


def _read_at(file: BinaryIO, offset: int, length: int) -> bytes | None:
    if offset + length > os.fstat(file.fileno()).st_size:
        return None
    file.seek(offset)
    found = file.read(length)
    return found if len(found) == length else None
