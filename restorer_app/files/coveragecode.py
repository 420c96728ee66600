"""The mask of a step as text, every value of it: what a replay needs to come to the same bits."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from collections.abc import Iterator

import numpy as np

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import CELL, Cell, FlatSource, Pixels, Raster

_KIND = "cells"
_LEVEL = 6  # 0.6 ms a cell of a soft stroke; 9 takes 3.4 for a tenth less
_COUNT = struct.Struct("<I")
_ENTRY = struct.Struct("<HHBB")  # row, column, is it flat, its value where it is


def encode_coverage(mask: Raster, *, most: int) -> str:
    """The mask cell by cell, exactly; empty where that is longer than `most`."""
    behind = int(mask.source.value) if isinstance(mask.source, FlatSource) else 0
    packer, packed, entries = zlib.compressobj(_LEVEL), bytearray(), []
    cells = sorted(mask.tiles) if isinstance(mask.source, FlatSource) else list(mask.bounds.cells(CELL))
    for row, column in cells:
        values = mask.read(mask.cell_region((row, column)))
        low, high = int(values.min()), int(values.max())
        if low == high == behind:
            continue
        entries.append(_ENTRY.pack(row, column, low == high, low))
        if low != high:
            packed += packer.compress(np.ascontiguousarray(values, np.uint8).data)
        if len(packed) > most:
            return ""
    packed += packer.flush()
    head = zlib.compress(_COUNT.pack(len(entries)) + b"".join(entries), 9)
    coded = " ".join(base64.b64encode(part).decode() for part in (head, packed))
    text = f"{_KIND} {mask.bounds.width} {mask.bounds.height} {behind} {coded}"
    return text if len(text) <= most else ""


def decode_coverage(text: str, bounds: Region) -> Raster:
    """The mask of a picture of this size. The text comes from a file and may say anything."""
    try:
        kind, width, height, behind, head, packed = text.split(" ")
        if (kind, int(width), int(height)) != (_KIND, bounds.width, bounds.height):
            raise ValueError(kind)
        flat = Raster.flat(bounds, value=bytes([int(behind)])[0])
        most = sum(1 for _ in bounds.cells(CELL))
        entries = list(_entries(_unpacked(head, _COUNT.size + most * _ENTRY.size), most))
        places = [(cell, flat.cell_region(cell), value) for cell, value in entries]
        values = _unpacked(packed, sum(region.area for _, region, value in places if value is None))
        return Raster(flat.source, dict(_tiles(places, values)))
    except (ValueError, OverflowError, binascii.Error, zlib.error, struct.error) as problem:
        raise InvalidValueError("The mask in the record cannot be read, or is one of another picture.") from problem


def _entries(head: bytes, most: int) -> Iterator[tuple[Cell, int | None]]:
    """Cells with the one value that they have, or None where their values follow."""
    (count,) = _COUNT.unpack_from(head)
    if count > most or len(head) != _COUNT.size + count * _ENTRY.size:
        raise ValueError(count)
    for row, column, is_flat, value in _ENTRY.iter_unpack(head[_COUNT.size :]):
        yield (row, column), value if is_flat else None


def _tiles(places: list[tuple[Cell, Region, int | None]], values: bytes) -> Iterator[tuple[Cell, Pixels]]:
    at = 0
    for cell, region, value in places:
        if value is None:
            tile: Pixels = np.frombuffer(values, np.uint8, region.area, at).reshape(*region.shape, 1)
            at += region.area
        else:
            tile = np.full((*region.shape, 1), value, np.uint8)
            tile.flags.writeable = False
        yield cell, tile


def _unpacked(text: str, size: int) -> bytes:
    """At most so many bytes: what is longer was not written by us, and could fill the memory."""
    unpacker = zlib.decompressobj()
    found = unpacker.decompress(base64.b64decode(text, validate=True), size + 1)
    if len(found) > size:
        raise ValueError(size)
    return found
