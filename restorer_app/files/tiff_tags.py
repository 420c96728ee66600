"""Tags of two TIFFs compared: every directory, every value, whatever it means."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from restorer_app.files.tiff_bytes import ByteComparison
from restorer_app.files.tiff_page import (
    ICC,
    IPTC,
    PHOTOSHOP,
    STRIP_COUNTS,
    STRIP_OFFSETS,
    TILE_COUNTS,
    TILE_OFFSETS,
    XMP,
)
from restorer_app.files.tiff_structure import (
    EXIF_IFD,
    GPS_IFD,
    INTEROPERABILITY_IFD,
    SUB_IFDS,
    TYPE_BYTES,
    Directory,
    Entry,
    Structure,
    number_array,
)

NAMES = {
    254: "NewSubfileType", 256: "ImageWidth", 257: "ImageLength", 258: "BitsPerSample", 259: "Compression",
    262: "PhotometricInterpretation", 270: "ImageDescription", 271: "Make", 272: "Model", 274: "Orientation",
    277: "SamplesPerPixel", 278: "RowsPerStrip", 282: "XResolution", 283: "YResolution", 284: "PlanarConfiguration",
    296: "ResolutionUnit", 305: "Software", 306: "DateTime", 315: "Artist", 316: "HostComputer", 317: "Predictor",
    320: "ColorMap", 338: "ExtraSamples", 339: "SampleFormat", 347: "JPEGTables", XMP: "XMP", IPTC: "IPTC",
    33432: "Copyright", PHOTOSHOP: "Photoshop", ICC: "ICC profile", 37500: "MakerNote", 37724: "Photoshop layers",
}  # fmt: skip
_PLACES = {STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS, SUB_IFDS, EXIF_IFD, GPS_IFD, INTEROPERABILITY_IFD}
_THUMBNAIL_AT, _THUMBNAIL_BYTES = 513, 514
_CHUNK = 4 << 20
_Tags = dict[int, list[Entry]]


def tag_differences(
    first: Structure, second: Structure, compared: ByteComparison, *, edited: Directory
) -> tuple[list[str], list[str]]:
    """What differs and should not, and what differs and was meant to: the XMP of the edited page."""
    wrong: list[str] = []
    meant: list[str] = []
    ours = {directory.name: directory for directory in first.directories()}
    theirs = {directory.name: directory for directory in second.directories()}
    wrong += [f"{name} is missing" for name in ours if name not in theirs]
    wrong += [f"{name} is new" for name in theirs if name not in ours]
    for name, directory in ours.items():
        if name not in theirs:
            continue
        for tag in _differing(directory, theirs[name], first, second, compared):
            if tag == XMP and directory is edited:
                meant.append("XMP")
            else:
                wrong.append(f"{NAMES.get(tag, f'tag {tag}')} of {name}")
    return wrong, meant


def tag_spans(structure: Structure) -> list[tuple[int, int]]:
    """Where the values lie that `tag_differences` compares."""
    return [
        (entry.data_at, entry.data_at + entry.size)
        for directory in structure.directories()
        for entry in directory.entries
        if entry.tag not in _PLACES
    ]


def _differing(
    one: Directory, other: Directory, first: Structure, second: Structure, compared: ByteComparison
) -> Iterator[int]:
    mine, yours = _by_tag(one), _by_tag(other)
    for tag in sorted(mine.keys() | yours.keys()):
        a, b = mine.get(tag, []), yours.get(tag, [])
        if len(a) != len(b):
            yield tag
        elif tag in _PLACES or tag == _THUMBNAIL_AT:
            continue
        elif not all(_same(x, y, first, second, compared) for x, y in zip(a, b, strict=True)):
            yield tag
    if not _same_thumbnail(mine, yours, first, second, compared):
        yield _THUMBNAIL_AT


def _by_tag(directory: Directory) -> _Tags:
    """Entries by tag: some writers name one twice."""
    found: _Tags = {}
    for entry in directory.entries:
        found.setdefault(entry.tag, []).append(entry)
    return found


def _same(a: Entry, b: Entry, first: Structure, second: Structure, compared: ByteComparison) -> bool:
    if (a.kind, a.count) != (b.kind, b.count):
        return False
    if first.order == second.order:
        return compared.same(a.data_at, b.data_at, a.size)
    return _same_numbers(a, b, compared)


def _same_numbers(a: Entry, b: Entry, compared: ByteComparison) -> bool:
    """Values of files that differ in byte order."""
    width = 4 if a.kind in {5, 10} else TYPE_BYTES.get(a.kind, 1)
    if a.data_at + a.size > compared.first.size or b.data_at + b.size > compared.second.size:
        return False
    for at in range(0, a.size, _CHUNK):
        count = min(_CHUNK, a.size - at)
        left = np.frombuffer(compared.first.read(a.data_at + at, count), f"u{width}")
        right = np.frombuffer(compared.second.read(b.data_at + at, count), f"u{width}")
        if not np.array_equal(left, right.byteswap()):
            return False
    return True


def _same_thumbnail(
    mine: dict[int, list[Entry]],
    yours: dict[int, list[Entry]],
    first: Structure,
    second: Structure,
    compared: ByteComparison,
) -> bool:
    if not {_THUMBNAIL_AT, _THUMBNAIL_BYTES} <= mine.keys() & yours.keys():
        return True
    spans = []
    for file, structure, entries in ((compared.first, first, mine), (compared.second, second, yours)):
        at, size = (number_array(file, structure, entries[tag][0], most=1) for tag in (_THUMBNAIL_AT, _THUMBNAIL_BYTES))
        if not len(at) or not len(size) or at[0] < 0 or size[0] < 0 or at[0] + size[0] > file.size:
            return True  # damaged before; the tags themselves are compared
        spans.append((int(at[0]), int(size[0])))
    if spans[0][1] != spans[1][1]:
        return False
    return compared.same(spans[0][0], spans[1][0], spans[0][1])
