"""Boxes of ISO media files, as AVIF, HEIC and JPEG 2000 use them: where each lies, and what belongs to the picture."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from restorer_app.core.errors import UnreadableFileError

_MOST_BOXES = 10_000


@dataclass(frozen=True, slots=True)
class Box:
    name: bytes
    start: int  # of the content
    end: int


@dataclass(frozen=True, slots=True)
class Item:
    """Something stored in the file: a picture, its EXIF, its XMP."""

    kind: bytes
    content_type: bytes
    extents: tuple[tuple[int, int], ...]  # offset in the file, length


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes side by side in a range; a box that reaches beyond it ends the walk."""
    end = len(data) if end is None else end
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        length, name = struct.unpack_from(">I4s", data, start)
        head = 8
        if length == 1 and start + 16 <= end:
            length, head = struct.unpack_from(">Q", data, start + 8)[0], 16
        elif length == 0:
            length = end - start
        if length < head or start + length > end:
            return
        yield Box(name, start + head, start + length)
        start += length


def find(data: bytes, *path: bytes, full: tuple[bytes, ...] = (b"meta",)) -> Box | None:
    """The first box under a path of names; full boxes carry four bytes before their children."""
    start, end, found = 0, len(data), None
    for name in path:
        found = next((box for box in boxes(data, start, end) if box.name == name), None)
        if found is None:
            return None
        start, end = found.start + (4 if name in full else 0), found.end
    return found


def primary_properties(data: bytes) -> list[tuple[bytes, bytes]]:
    """Name and content of each property of the primary picture, in their order of application."""
    container, associations = find(data, b"meta", b"iprp", b"ipco"), find(data, b"meta", b"iprp", b"ipma")
    primary = find(data, b"meta", b"pitm")
    if container is None or associations is None or primary is None:
        raise UnreadableFileError(
            "The file does not say what its picture is; it is damaged.", advice="Look for another copy of the file."
        )
    wide = data[primary.start] > 0
    item = int.from_bytes(data[primary.start + 4 : primary.start + (8 if wide else 6)], "big")
    properties = [(box.name, data[box.start : box.end]) for box in boxes(data, container.start, container.end)]
    return [properties[index - 1] for index in _associated(data, associations, item) if 0 < index <= len(properties)]


def _associated(data: bytes, box: Box, wanted: int) -> list[int]:
    version, long = data[box.start], data[box.start + 3] & 1
    at = box.start + 8
    for _ in range(min(struct.unpack_from(">I", data, box.start + 4)[0], _MOST_BOXES)):
        item, count = struct.unpack_from(">IB" if version else ">HB", data, at)
        at += 5 if version else 3
        size = 2 if long else 1
        indices = [int.from_bytes(data[at + n * size : at + (n + 1) * size], "big") for n in range(count)]
        at += count * size
        if item == wanted:
            return [index & (0x7FFF if long else 0x7F) for index in indices]
    return []


def items(data: bytes) -> list[Item]:
    """The items of a file, with where their bytes lie."""
    names, places = find(data, b"meta", b"iinf"), find(data, b"meta", b"iloc")
    if names is None or places is None:
        return []
    extents = _extents(data, places)
    start = names.start + (6 if data[names.start] == 0 else 8)
    found = []
    for box in boxes(data, start, names.end):
        version = data[box.start]
        if box.name != b"infe" or version < 2:
            continue
        number = struct.unpack_from(">I" if version > 2 else ">H", data, box.start + 4)[0]
        at = box.start + (10 if version > 2 else 8)
        texts = data[at + 4 : box.end].split(b"\0")
        content_type = texts[1] if data[at : at + 4] == b"mime" and len(texts) > 1 else b""
        found.append(Item(data[at : at + 4], content_type, extents.get(number, ())))
    return found


def _extents(data: bytes, box: Box) -> dict[int, tuple[tuple[int, int], ...]]:
    version = data[box.start]
    sizes = struct.unpack_from(">H", data, box.start + 4)[0]
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    at = box.start + 6

    def number(size: int) -> int:
        nonlocal at
        at += size
        return int.from_bytes(data[at - size : at], "big")

    found: dict[int, tuple[tuple[int, int], ...]] = {}
    left = _MOST_BOXES  # of all items together: counts that lie would be followed for minutes
    for _ in range(min(number(4 if version > 1 else 2), _MOST_BOXES)):
        item = number(4 if version > 1 else 2)
        method = number(2) & 15 if version else 0
        number(2)  # where the data is: always this file
        base = number(base_size)
        places = []
        for _ in range(min(number(2), left)):
            left -= 1
            number(index_size)
            places.append((base + number(offset_size), number(length_size)))
        if method == 0:
            found[item] = tuple(places)
    return found


def content_of(data: bytes, item: Item, *, most: int = 16 * 1024 * 1024) -> bytes:
    """An item's bytes, or none where they lie outside the file or are too many to be a description."""
    if sum(length for _, length in item.extents) > most:
        return b""
    return b"".join(data[offset : offset + length] for offset, length in item.extents)


def orientation_of(properties: list[tuple[bytes, bytes]]) -> int:
    """EXIF's number for the turn and the mirror that the container asks a viewer for, in their order."""
    number = 1
    for name, content in properties:
        if name == b"irot" and content:
            for _ in range(content[0] & 3):
                number = _TURNED_LEFT[number]
        if name == b"imir" and content:
            number = (_MIRRORED_UP_DOWN if not content[0] & 1 else _MIRRORED_LEFT_RIGHT)[number]
    return number


# What EXIF's orientation becomes when the shown picture is turned a quarter to the left, or mirrored.
_TURNED_LEFT = {1: 8, 8: 3, 3: 6, 6: 1, 2: 5, 5: 4, 4: 7, 7: 2}
_MIRRORED_LEFT_RIGHT = {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 7: 8, 8: 7}
_MIRRORED_UP_DOWN = {1: 4, 4: 1, 2: 3, 3: 2, 5: 8, 8: 5, 6: 7, 7: 6}
