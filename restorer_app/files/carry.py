"""Metadata of any file in the form of TIFF tags, for a derivative to carry."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from restorer_app.core.errors import RestorerError
from restorer_app.files import boxes, jpeg_markers, photoshop, png_chunks
from restorer_app.files.filebytes import BlockBytes, FileBytes
from restorer_app.files.picture import Picture
from restorer_app.files.tiff_append import Value
from restorer_app.files.tiff_page import ICC, IPTC, PHOTOSHOP, XMP, image_directories
from restorer_app.files.tiff_structure import (
    EXIF_IFD,
    GPS_IFD,
    INTEROPERABILITY_IFD,
    SUB_IFDS,
    Directory,
    Order,
    Structure,
    read_structure,
    value_bytes,
)
from restorer_app.files.tiff_tags import NAMES

# How the samples lie: a derivative says that anew. 37724 holds Photoshop's layers, which show the picture as it was.
_STRUCTURAL = frozenset({
    *range(254, 260), *range(262, 267), 273, 274, *range(277, 282), 284, 288, 289, 292, 293, *range(317, 326), SUB_IFDS,
    *range(338, 348), 351, *range(512, 522), *range(529, 533), XMP, ICC, EXIF_IFD, GPS_IFD, INTEROPERABILITY_IFD, 37724,
    50706, 50707,
})  # fmt: skip
_FROM_RAW = frozenset({270, 271, 272, 282, 283, 296, 305, 306, 315, 33432})  # a camera's other tags explain raw samples
_EXIF_BLOCK = 1058
_MOST = 64 << 20


@dataclass(frozen=True)
class Carried:
    """Tags by directory, in one byte order."""

    order: Order = "<"
    tags: dict[int, Value] = field(default_factory=dict)
    exif: dict[int, Value] = field(default_factory=dict)
    gps: dict[int, Value] = field(default_factory=dict)
    interoperability: dict[int, Value] = field(default_factory=dict)


def carried(picture: Picture) -> Carried:
    """All metadata of a picture's file that a TIFF has a place for; damaged ones are left where they are."""
    try:
        if picture.kind in {"tiff", "bigtiff"}:
            with FileBytes(picture.path) as file:
                structure = read_structure(file)
                return _from_structure(file, structure, image_directories(file, structure)[picture.page])
        exif, resources = _blocks(picture)
        found = _from_exif(picture, exif) if exif else Carried()
    except (RestorerError, OSError, struct.error, LookupError, ValueError):
        return Carried()  # the pixels are what matters; what is missing is named by the caller
    return _with_photoshop(found, resources) if resources else found


def lost(before: Carried, after: Carried, *, resized: bool) -> list[str]:
    """Tags that a derivative should have carried and did not, or not with the same value."""
    meant = {282, 283, 296, 40962, 40963} if resized else set()
    pairs = (
        ("", before.tags, after.tags),
        (" of EXIF", before.exif, after.exif),
        (" of GPS", before.gps, after.gps),
        (" of Interoperability", before.interoperability, after.interoperability),
    )
    return [
        f"{NAMES.get(tag, f'tag {tag}')}{where}"
        for where, one, other in pairs
        for tag, value in one.items()
        if tag not in meant and other.get(tag) != value
    ]


def _blocks(picture: Picture) -> tuple[bytes, bytes]:
    """The EXIF and the Photoshop resources of a file, empty where it has none."""
    path = picture.path
    if picture.kind == "psd":
        resources = _psd_resources(path)
        return dict(photoshop.resources(resources)).get(_EXIF_BLOCK, b""), resources
    if picture.kind == "jpeg":
        with path.open("rb") as file:
            header = jpeg_markers.read_header(file)
        exif = header.contents(jpeg_markers.APP1, jpeg_markers.EXIF)
        return b"".join(exif[:1]), b"".join(header.contents(jpeg_markers.APP13, jpeg_markers.PHOTOSHOP))
    readers = {"png": _png_exif, "webp": _webp_exif, "avif": _boxed_exif, "heic": _boxed_exif, "raw": _raw_head}
    read = readers.get(picture.kind)
    return read(path) if read else b"", b""


def _png_exif(path: Path) -> bytes:
    with path.open("rb") as file:
        chunk = png_chunks.first(png_chunks.read_chunks(file), b"eXIf")
        return png_chunks.content_of(file, chunk) if chunk and chunk.length < _MOST else b""


def _boxed_exif(path: Path) -> bytes:
    data = path.read_bytes()
    items = [item for item in boxes.items(data) if item.kind == b"Exif"]
    return boxes.content_of(data, items[0])[4:] if items else b""  # four bytes say where the header begins


def _raw_head(path: Path) -> bytes:
    """Most cameras write a TIFF; its first part holds the directories."""
    with path.open("rb") as file:
        head = file.read(_MOST)
    return head if head[:4] in {b"II*\0", b"MM\0*"} else b""


def _webp_exif(path: Path) -> bytes:
    with FileBytes(path) as file:
        at = 12
        while at + 8 <= file.size:
            name, length = struct.unpack("<4sI", file.read(at, 8))
            if name == b"EXIF":
                return file.read(at + 8, length)
            at += 8 + length + length % 2
    return b""


def _psd_resources(path: Path) -> bytes:
    with FileBytes(path) as file:
        colours = struct.unpack(">I", file.read(26, 4))[0]
        length = struct.unpack(">I", file.read(30 + colours, 4))[0]
        return file.read(34 + colours, min(length, _MOST))


def _from_exif(picture: Picture, block: bytes) -> Carried:
    memory = BlockBytes(picture.path, block.removeprefix(b"Exif\0\0"))
    structure = read_structure(memory)
    found = _from_structure(memory, structure, structure.pages[0])
    if picture.kind != "raw":
        return found
    tags = {tag: value for tag, value in found.tags.items() if tag in _FROM_RAW}
    return Carried(found.order, tags, found.exif, found.gps, found.interoperability)


def _from_structure(file: FileBytes, structure: Structure, directory: Directory) -> Carried:
    def of(children: Iterable[Directory], ending: str) -> dict[int, Value]:
        return {
            tag: value
            for child in children
            if child.name == directory.name + ending
            for tag, value in _values(file, child).items()
            if tag != INTEROPERABILITY_IFD
        }

    family = list(directory.family())
    tags = {tag: value for tag, value in _values(file, directory).items() if tag not in _STRUCTURAL}
    interoperability = of(family, " EXIF Interoperability")
    return Carried(structure.order, tags, of(family, " EXIF"), of(family, " GPS"), interoperability)


def _values(file: FileBytes, directory: Directory) -> dict[int, Value]:
    found: dict[int, Value] = {}
    for entry in directory.entries:
        if entry.size and entry.size <= _MOST and entry.data_at + entry.size <= file.size:
            found.setdefault(entry.tag, (entry.kind, entry.count, value_bytes(file, entry)))
    return found


def _with_photoshop(found: Carried, resources: bytes) -> Carried:
    """Photoshop's resources and the IPTC among them, as TIFF keeps both; what stands elsewhere already is left out."""
    tags = dict(found.tags)
    iptc = dict(photoshop.resources(resources)).get(1028)
    if iptc:
        tags[IPTC] = (7, len(iptc), iptc)
    kept = _without(resources, {1028, 1033, 1036, 1039, 1058, 1060})  # IPTC, thumbnails, ICC, EXIF, XMP
    if kept:
        tags[PHOTOSHOP] = (7, len(kept), kept)
    return Carried(found.order, tags, found.exif, found.gps, found.interoperability)


def _without(resources: bytes, dropped: set[int]) -> bytes:
    kept, at = b"", 0
    for code, content in photoshop.resources(resources):
        name = resources[at + 6]
        end = at + 6 + (name + 2) // 2 * 2 + 4 + len(content) + len(content) % 2
        if code not in dropped:
            kept += resources[at:end]
        at = end
    return kept
