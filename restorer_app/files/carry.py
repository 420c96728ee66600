"""Metadata of any file in the form of TIFF tags, for a derivative to carry."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from restorer_app.core.errors import RestorerError
from restorer_app.files import boxes, jp2, jpeg_markers, photoshop, png_chunks
from restorer_app.files.filebytes import BlockBytes, FileBytes
from restorer_app.files.picture import Picture
from restorer_app.files.tiff import above
from restorer_app.files.tiff_append import Value
from restorer_app.files.tiff_page import (
    ICC,
    IPTC,
    LOG_L,
    LOG_LUV,
    PHOTOMETRIC,
    PHOTOSHOP,
    RESOLUTION_UNIT,
    X_RESOLUTION,
    XMP,
    Y_RESOLUTION,
    image_directories,
    resolution,
)
from restorer_app.files.tiff_structure import (
    EXIF_IFD,
    GPS_IFD,
    INTEROPERABILITY_IFD,
    SUB_IFDS,
    Directory,
    Entry,
    Order,
    Structure,
    numbers,
    read_structure,
    value_bytes,
)
from restorer_app.files.tiff_tags import NAMES

# How the samples lie: a derivative says that anew. 37724 holds Photoshop's layers, which show the picture as it was.
_STRUCTURAL = frozenset({
    *range(254, 260), *range(262, 267), 273, 274, *range(277, 282), 284, 288, 289, 292, 293, 317, *range(320, 326),
    SUB_IFDS, *range(338, 348), 351, *range(512, 522), *range(529, 533), XMP, ICC, EXIF_IFD, GPS_IFD,
    INTEROPERABILITY_IFD, 37724, 50706, 50707,
})  # fmt: skip
_COLOURS = frozenset({318, 319})  # WhitePoint and PrimaryChromaticities: what the numbers mean without a profile
_RESOLUTION = frozenset({X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT})
_SIZE_IN_EXIF = frozenset({40962, 40963})
# What a small copy says of the photograph, and not of its own samples: names, dates, people, texts.
_DESCRIPTIVE = _COLOURS | {
    269, 270, 271, 272, 285, 305, 306, 315, 316, 18246, 18249, IPTC, 33432, PHOTOSHOP, *range(40091, 40096),
}  # fmt: skip
_FROM_RAW = frozenset({270, 271, 272, 282, 283, 296, 305, 306, 315, 33432})  # a camera's other tags explain raw samples
_PLACES = frozenset({13, 18})  # field types of directories
_LONG8 = {16: ("Q", 4, "I"), 17: ("q", 9, "i")}  # as they are; the field type of 32 bits
NO_EXIF = "The EXIF of the opened file could not be read and is not in the new TIFF."
_EXIF_BLOCK = 1058
_MOST = 64 << 20
_DAMAGED = (RestorerError, OSError, struct.error, LookupError, ValueError)


@dataclass(frozen=True)
class Carried:
    """Tags by directory, in one byte order."""

    order: Order = "<"
    tags: dict[int, Value] = field(default_factory=dict)
    exif: dict[int, Value] = field(default_factory=dict)
    gps: dict[int, Value] = field(default_factory=dict)
    interoperability: dict[int, Value] = field(default_factory=dict)
    dpi: tuple[float, float] | None = None  # what the tags themselves say of the resolution
    left: tuple[str, ...] = ()  # what these directories have no place for, a sentence each


def carried(picture: Picture) -> Carried:
    """All metadata of a picture's file that a TIFF has a place for; damaged ones are left where they are."""
    try:
        if picture.kind in {"tiff", "bigtiff"}:
            with FileBytes(picture.path) as file:
                structure = read_structure(file)
                return _from_page(file, structure, image_directories(file, structure)[picture.page])
        exif, resources = _blocks(picture)
    except _DAMAGED:
        return Carried()  # the pixels are what matters; what is missing is named by the caller
    try:
        found = _from_exif(picture, exif) if exif else Carried()
    except _DAMAGED:
        found = Carried(left=(NO_EXIF,))
    return _with_photoshop(found, resources) if resources else found


def says_resolution(found: Carried, dpi: tuple[float, float] | None) -> bool:
    """Whether the carried tags give the resolution of the picture, which JFIF, pHYs or Photoshop may give otherwise."""
    return dpi is None or is_near(dpi, found.dpi)


def is_near(dpi: tuple[float, float], other: tuple[float, float] | None) -> bool:
    return other is not None and all(math.isclose(a, b, rel_tol=1e-3) for a, b in zip(dpi, other, strict=True))


def lost(before: Carried, after: Carried, *, resized: bool, dpi: tuple[float, float] | None) -> list[str]:
    """Tags that a derivative should have carried and did not, or not with the same value.

    `dpi` is the master's resolution: tags that say another one are written anew.
    """
    meant = _SIZE_IN_EXIF if resized else frozenset[int]()
    if resized or not says_resolution(before, dpi):
        meant |= _RESOLUTION
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
    if picture.kind == "jp2":
        data = path.read_bytes()
        return jp2.exif(data), jp2.resources(data)
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
    return replace(found, tags=tags, left=())


def _from_page(file: FileBytes, structure: Structure, directory: Directory) -> Carried:
    """A page's own metadata; where it hangs from a small copy, what the copy says of both as well."""
    own, copy = _from_structure(file, structure, directory), above(file, structure, directory)
    if copy is None:
        return own
    theirs = _from_structure(file, structure, copy)
    described = {tag: value for tag, value in theirs.tags.items() if tag in _DESCRIPTIVE}
    taken = Carried(
        own.order, described | own.tags, own.exif or theirs.exif, own.gps or theirs.gps,
        own.interoperability if own.exif else theirs.interoperability, own.dpi, own.left + theirs.left,
    )  # fmt: skip
    if lost(theirs, taken, resized=True, dpi=None):  # its size and resolution are its own affair
        further = "Some of what the small copy that the file begins with says was left behind: its own tags, or other "
        return replace(taken, left=(*taken.left, further + "words than the picture's."))
    return taken


def _from_structure(file: FileBytes, structure: Structure, directory: Directory) -> Carried:
    left: list[str] = []

    def of(ending: str) -> dict[int, Value]:
        children = [child for child in directory.family() if child.name == directory.name + ending]
        entries = [entry for child in children for entry in child.entries if entry.tag != INTEROPERABILITY_IFD]
        return _values(file, structure, entries, left)

    anew = _STRUCTURAL | (_COLOURS if _is_converted(file, structure, directory) else frozenset())
    tags = _values(file, structure, [entry for entry in directory.entries if entry.tag not in anew], left)
    return Carried(
        structure.order, tags, of(" EXIF"), of(" GPS"), of(" EXIF Interoperability"),
        resolution(file, structure, directory), tuple(left),
    )  # fmt: skip


def _is_converted(file: FileBytes, structure: Structure, directory: Directory) -> bool:
    """Whether libtiff makes RGB of its colours, for which the words about them are no longer true."""
    entry = directory.entry(PHOTOMETRIC)
    return entry is not None and bool({LOG_L, LOG_LUV} & set(numbers(file, structure, entry, most=1)))


def _values(file: FileBytes, structure: Structure, entries: Iterable[Entry], left: list[str]) -> dict[int, Value]:
    """The values of a directory as a classic TIFF has them; `left` learns of those that it cannot have."""
    found: dict[int, Value] = {}
    for entry in entries:
        if not entry.size or entry.size > _MOST or entry.data_at + entry.size > file.size:
            continue
        name = NAMES.get(entry.tag, f"tag {entry.tag}")
        value = _classic(structure.order, (entry.kind, entry.count, value_bytes(file, entry)))
        if value is None:
            left.append(f"The {name}, a place in the opened file or a number too large for a TIFF, was left behind.")
        elif found.setdefault(entry.tag, value) != value:  # tifffile writes its own words as a second description
            left.append(f"A second {name} in the file was left behind: a TIFF has room for one.")
    return found


def _classic(order: Order, value: Value) -> Value | None:
    """BigTIFF's numbers of 64 bits in 32; None where they do not fit, or are places, at which nothing of theirs is."""
    kind, count, data = value
    if kind in _PLACES:
        return None
    if kind not in _LONG8:
        return value
    wide, narrow, code = _LONG8[kind]
    try:
        return narrow, count, struct.pack(f"{order}{count}{code}", *struct.unpack(f"{order}{count}{wide}", data))
    except struct.error:
        return None


def _with_photoshop(found: Carried, resources: bytes) -> Carried:
    """Photoshop's resources and the IPTC among them, as TIFF keeps both; what stands elsewhere already is left out."""
    tags = dict(found.tags)
    iptc = dict(photoshop.resources(resources)).get(1028)
    if iptc:
        tags[IPTC] = (7, len(iptc), iptc)
    kept = _without(resources, {1028, 1033, 1036, 1039, 1058, 1060})  # IPTC, thumbnails, ICC, EXIF, XMP
    if kept:
        tags[PHOTOSHOP] = (7, len(kept), kept)
    return replace(found, tags=tags)


def _without(resources: bytes, dropped: set[int]) -> bytes:
    kept, at = b"", 0
    for code, content in photoshop.resources(resources):
        name = resources[at + 6]
        end = at + 6 + (name + 2) // 2 * 2 + 4 + len(content) + len(content) % 2
        if code not in dropped:
            kept += resources[at:end]
        at = end
    return kept
