"""The skeleton of a TIFF: header, directories and entries, read with distrust and never interpreted here."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from restorer_app.core.errors import UnreadableFileError
from restorer_app.files.filebytes import FileBytes

Order = Literal["<", ">"]

TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_INTEGERS = {1: "u1", 3: "u2", 4: "u4", 6: "i1", 8: "i2", 9: "i4", 13: "u4", 16: "u8", 17: "i8", 18: "u8", 7: "u1"}
_ORDERS: dict[bytes, Order] = {b"II": "<", b"MM": ">"}
_FLOATS = {11: "f4", 12: "f8"}
_POINTERS = {4, 13, 16, 18}

SUB_IFDS, EXIF_IFD, GPS_IFD, INTEROPERABILITY_IFD = 330, 34665, 34853, 40965
_CHILDREN = {SUB_IFDS: "SubIFD", EXIF_IFD: "EXIF", GPS_IFD: "GPS", INTEROPERABILITY_IFD: "Interoperability"}

# Other tags may stand twice: tifffile writes two descriptions, for one.
_ONCE = frozenset({256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 317, 322, 323, 324, 325, 330, 339, 700})

MAX_PAGES = 4096
MAX_DIRECTORIES = 8192  # with all children
MAX_DEPTH = 4
MAX_ENTRIES = 65535  # what a classic directory can count; a BigTIFF could claim 2⁶⁴


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag of a directory: where its value lies, not yet what it says."""

    tag: int
    kind: int  # the field type
    count: int
    at: int  # where the entry itself lies
    data_at: int  # where its value begins: inside the entry, or elsewhere
    size: int  # bytes of the value; 0 for an unknown type
    inline: bool  # the value lies inside the entry


@dataclass(frozen=True, slots=True)
class Directory:
    """An IFD: its entries, its place, and the place of the pointer that leads to it."""

    name: str  # "page 1", "page 1 EXIF", "page 1 SubIFD 2"
    at: int
    size: int  # bytes of the table itself
    entries: tuple[Entry, ...]
    pointer_at: int
    pointer_bytes: int
    next_at: int  # where the pointer to the next directory lies
    following: int  # what it holds
    children: tuple[Directory, ...] = ()

    def entry(self, tag: int) -> Entry | None:
        return next((entry for entry in self.entries if entry.tag == tag), None)

    def family(self) -> Iterator[Directory]:
        """This directory and everything that hangs from it."""
        yield self
        for child in self.children:
            yield from child.family()


@dataclass(frozen=True, slots=True)
class Structure:
    """All directories of a file. `broken` names what could not be followed; such a file is read, never patched."""

    order: Order
    big: bool
    size: int
    pages: tuple[Directory, ...]
    broken: tuple[str, ...] = ()

    @property
    def pointer_bytes(self) -> int:
        return 8 if self.big else 4

    @property
    def endian(self) -> Literal["little", "big"]:
        return "little" if self.order == "<" else "big"

    @property
    def entry_bytes(self) -> int:
        return 20 if self.big else 12

    @property
    def pointer_format(self) -> str:
        return self.order + ("Q" if self.big else "I")

    def directories(self) -> Iterator[Directory]:
        for page in self.pages:
            yield from page.family()


def read_structure(file: FileBytes) -> Structure:
    """The directories of a TIFF or BigTIFF; loops, wild counts and dead ends are noted, not followed."""
    return _Walk(file).structure()


class _Walk:
    """One pass over the directories, with what has been seen so far."""

    def __init__(self, file: FileBytes) -> None:
        self._file = file
        self._seen: set[int] = set()
        self._broken: list[str] = []
        self._order, self._big, self._first_at = _header(file)
        self._pointer = self._order + ("Q" if self._big else "I")
        self._pointer_bytes = 8 if self._big else 4

    def structure(self) -> Structure:
        pages = tuple(self._chain(self._first_at, "page"))
        if not pages:
            raise _damaged(self._file, "it has no picture directory")
        return Structure(self._order, self._big, self._file.size, pages, tuple(self._broken))

    def _chain(self, pointer_at: int, name: str) -> Iterator[Directory]:
        number = 0
        at = self._pointed(pointer_at)
        while at:
            number += 1
            label = f"{name} {number}"
            if number > MAX_PAGES:
                self._broken.append(f"it claims more than {MAX_PAGES} pages")
                return
            directory = self._directory(at, (pointer_at, self._pointer_bytes), label, depth=0)
            if directory is None:
                return
            yield directory
            pointer_at, at = directory.next_at, directory.following

    def _pointed(self, at: int) -> int:
        return int(struct.unpack(self._pointer, self._file.read(at, self._pointer_bytes))[0])

    def _directory(self, at: int, pointer: tuple[int, int], name: str, *, depth: int) -> Directory | None:
        if at in self._seen:
            self._broken.append(f"{name} leads back to a directory that was read before")
            return None
        self._seen.add(at)
        if len(self._seen) > MAX_DIRECTORIES or depth > MAX_DEPTH:
            self._broken.append("it has too many directories")
            return None
        head, width = ("Q", 8) if self._big else ("H", 2)
        if at + width > self._file.size:
            self._broken.append(f"{name} lies behind the end of the file")
            return None
        count = int(struct.unpack(self._order + head, self._file.read(at, width))[0])
        entry_bytes = 20 if self._big else 12
        table = at + width
        if count > MAX_ENTRIES or table + count * entry_bytes > self._file.size:
            self._broken.append(f"{name} claims {count} entries, which the file has no room for")
            return None
        if count == 0:
            self._broken.append(f"{name} is empty")
            return None
        entries = self._entries(table, count, name)
        next_at = table + count * entry_bytes
        following = 0
        if next_at + self._pointer_bytes <= self._file.size:
            following = self._pointed(next_at)
        else:
            self._broken.append(f"{name} is cut off")
        children = tuple(self._children(entries, name, depth=depth + 1))
        size = next_at + self._pointer_bytes - at
        return Directory(name, at, size, entries, *pointer, next_at, following, children)

    def _entries(self, table: int, count: int, name: str) -> tuple[Entry, ...]:
        entry_bytes = 20 if self._big else 12
        raw = self._file.read(table, count * entry_bytes)
        form = self._order + ("HHQQ" if self._big else "HHII")
        entries = []
        for number, (tag, kind, values, pointed) in enumerate(struct.iter_unpack(form, raw)):
            at = table + number * entry_bytes
            size = TYPE_BYTES.get(kind, 0) * values
            inline = size <= self._pointer_bytes
            data_at = at + entry_bytes - self._pointer_bytes if inline else pointed
            if data_at + size > self._file.size:
                self._broken.append(f"the tag {tag} of {name} points behind the end of the file")
            entries.append(Entry(tag, kind, values, at, data_at, size, inline))
        tags = [entry.tag for entry in entries if entry.tag in _ONCE]
        if len(set(tags)) < len(tags):
            self._broken.append(f"{name} says twice how its picture lies")
        return tuple(entries)

    def _children(self, entries: tuple[Entry, ...], name: str, *, depth: int) -> Iterator[Directory]:
        for entry in entries:
            if (
                entry.tag not in _CHILDREN
                or entry.kind not in {4, 13, 16, 18}
                or entry.data_at + entry.size > self._file.size
            ):
                continue
            width = TYPE_BYTES[entry.kind]
            for number in range(min(entry.count, MAX_DIRECTORIES)):
                label = f"{name} {_CHILDREN[entry.tag]}" + (f" {number + 1}" if entry.count > 1 else "")
                pointer_at = entry.data_at + number * width
                at = int.from_bytes(self._file.read(pointer_at, width), "little" if self._order == "<" else "big")
                child = self._directory(at, (pointer_at, width), label, depth=depth) if at else None
                if child is None and len(self._seen) > MAX_DIRECTORIES:
                    return
                if child is not None:
                    yield child


def _header(file: FileBytes) -> tuple[Order, bool, int]:
    if file.size < 8:
        raise _damaged(file, "it is too short to be a TIFF")
    head = file.read(0, min(16, file.size))
    order = _ORDERS.get(head[:2])
    if order is None:
        raise _damaged(file, "it does not begin like a TIFF")
    version = struct.unpack(order + "H", head[2:4])[0]
    if version == 42:
        return order, False, 4
    if version == 43 and len(head) == 16 and struct.unpack(order + "HH", head[4:8]) == (8, 0):
        return order, True, 8
    raise _damaged(file, "its header is of no known version")


def _damaged(file: FileBytes, why: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"{file.path.name} is damaged or not a TIFF: {why}.", advice="Compare it with another copy, if there is one."
    )


def value_bytes(file: FileBytes, entry: Entry) -> bytes:
    """An entry's value as it stands in the file."""
    return file.read(entry.data_at, entry.size)


def numbers(file: FileBytes, structure: Structure, entry: Entry, *, most: int | None = None) -> list[int]:
    """The whole numbers of an entry, at most so many; none where the type holds no whole numbers."""
    return [int(value) for value in number_array(file, structure, entry, most=most)]


def number_array(
    file: FileBytes, structure: Structure, entry: Entry, *, most: int | None = None
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """As `numbers`, for the long lists of offsets; what does not fit 63 bits becomes negative and is refused later."""
    code = _INTEGERS.get(entry.kind)
    if code is None:
        return np.empty(0, np.int64)
    count = entry.count if most is None else min(entry.count, most)
    data = file.read(entry.data_at, count * TYPE_BYTES[entry.kind])
    return np.frombuffer(data, structure.order + code).astype(np.int64)


def fractions(file: FileBytes, structure: Structure, entry: Entry, *, most: int = 8) -> list[float]:
    """The values of a rational or floating entry; a division by zero counts as zero."""
    if entry.kind in {5, 10}:
        pair = "u4" if entry.kind == 5 else "i4"
        data = file.read(entry.data_at, min(entry.count, most) * 8)
        parts = np.frombuffer(data, structure.order + pair).reshape(-1, 2).tolist()
        return [top / bottom if bottom else 0.0 for top, bottom in parts]
    if entry.kind in _FLOATS:
        data = file.read(entry.data_at, min(entry.count, most) * TYPE_BYTES[entry.kind])
        return [float(value) for value in np.frombuffer(data, structure.order + _FLOATS[entry.kind])]
    return [float(value) for value in numbers(file, structure, entry, most=most)]
