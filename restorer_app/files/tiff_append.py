"""Growing a copy of a TIFF: bytes overwritten or appended, and a directory replaced by a new one at the end."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from restorer_app.core.errors import NotPatchableError
from restorer_app.files.copying import Copy
from restorer_app.files.tiff_structure import TYPE_BYTES, Directory, Structure

_CLASSIC_LIMIT = 2**32  # a classic TIFF's offsets have 32 bits


class Growing:
    """A file that is being changed. Only ever a temporary copy: the master is never opened for writing."""

    def __init__(self, copy: Copy, structure: Structure) -> None:
        self._structure = structure
        self._copy = copy
        self.size = copy.size

    def overwrite(self, at: int, data: bytes) -> None:
        assert at + len(data) <= self.size
        self._copy.patch(at, data)

    def append(self, data: bytes) -> int:
        """Where the bytes now lie: at an even place, as the format wants it."""
        at = self.size + self.size % 2
        if not self._structure.big and at + len(data) >= _CLASSIC_LIMIT:
            raise NotPatchableError(
                "With this edit the file would grow beyond 4 GB, which a TIFF cannot hold.",
                advice="Save it as a new TIFF instead.",
            )
        self._copy.patch(at, data)
        self.size = at + len(data)
        return at


Value = tuple[int, int, bytes]  # field type, count, bytes in the file's order


def pack_numbers(structure: Structure, kind: int, numbers: list[int]) -> bytes:
    """Whole numbers as a value of a field type."""
    code = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}[kind]
    return struct.pack(f"{structure.order}{len(numbers)}{code}", *numbers)


def replace_directory(growing: Growing, directory: Directory, values: Mapping[int, Value], raw: bytes) -> int:
    """Appends a directory that differs from the old one in some tags, and points to it; the old one stays unused.

    `raw` is the old table's bytes, so that every entry not named in `values` is carried over as it is.
    """
    structure = growing._structure
    head, width = ("Q", 8) if structure.big else ("H", 2)
    step = structure.entry_bytes
    entries = [
        (entry.tag, raw[entry.at - directory.at : entry.at - directory.at + step])
        for entry in directory.entries
        if entry.tag not in values
    ]
    entries += [(tag, _entry(growing, tag, value)) for tag, value in values.items()]
    entries.sort(key=lambda entry: entry[0])  # stable: a tag that stands twice keeps its order
    table = b"".join(entry for _, entry in entries)
    following = struct.pack(structure.pointer_format, directory.following)
    count = struct.pack(structure.order + head, len(entries))
    assert len(raw) == directory.size
    assert raw[:width] == struct.pack(structure.order + head, len(directory.entries))
    at = growing.append(count + table + following)
    if at >= 1 << (8 * directory.pointer_bytes):
        raise NotPatchableError(
            "With this edit the file would grow beyond 4 GB, which its structure cannot hold.",
            advice="Save it as a new TIFF instead.",
        )
    growing.overwrite(directory.pointer_at, at.to_bytes(directory.pointer_bytes, structure.endian))
    return at


def _entry(growing: Growing, tag: int, value: Value) -> bytes:
    kind, count, data = value
    structure = growing._structure
    assert len(data) == TYPE_BYTES[kind] * count
    if len(data) <= structure.pointer_bytes:
        field = data.ljust(structure.pointer_bytes, b"\0")
    else:
        field = struct.pack(structure.pointer_format, growing.append(data))
    return struct.pack(structure.order + ("HHQ" if structure.big else "HHI"), tag, kind, count) + field


def append_directory(growing: Growing, values: Mapping[int, Value]) -> int:
    """Appends a directory of its own, the last of its chain, and says where it lies."""
    structure = growing._structure
    entries = [_entry(growing, tag, values[tag]) for tag in sorted(values)]
    count = struct.pack(structure.order + ("Q" if structure.big else "H"), len(entries))
    return growing.append(count + b"".join(entries) + bytes(structure.pointer_bytes))
