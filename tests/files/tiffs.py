"""A small TIFF writer for tests: every layout, coding and family of metadata, and no code shared with the program."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import zstandard

from tests.files.make import XMP

CODES = {"none": 1, "lzw": 5, "deflate": 8, "packbits": 32773, "zstd": 50000}
CODINGS = [
    ("none", 1), ("packbits", 1), ("lzw", 1), ("lzw", 2), ("deflate", 1), ("deflate", 2), ("zstd", 1), ("zstd", 2),
]  # fmt: skip
_FORMATS = {1: "B", 3: "H", 4: "I", 5: "I", 7: "B", 9: "i", 13: "I", 16: "Q", 18: "Q"}


@dataclass
class Dir:
    """A directory before it has a place."""

    tags: dict[int, tuple[int, Any]] = field(default_factory=dict)  # type, numbers or bytes
    segments: list[bytes] = field(default_factory=list)
    tiled: bool = False
    children: dict[int, list[Dir]] = field(default_factory=dict)


def page(
    pixels: np.ndarray,
    *,
    order: str = "<",
    coding: tuple[str, int] = ("none", 1),
    tile: tuple[int, int] | None = None,
    rows: int = 16,
    planar: bool = False,
    photometric: int | None = None,
    extras: tuple[int, ...] = (),
    **tags: Any,
) -> Dir:
    """A directory with height × width × samples as strips of `rows`, or as tiles."""
    height, width, samples = pixels.shape
    kind = {"f": 3, "i": 2}.get(pixels.dtype.kind, 1)
    name, predictor = coding
    if predictor == 2 and pixels.dtype.kind == "f":
        predictor = 3
    colours = samples - len(extras)
    found = Dir(tiled=tile is not None)
    found.tags = {
        256: (4, [width]), 257: (4, [height]), 258: (3, [pixels.dtype.itemsize * 8] * samples), 259: (3, [CODES[name]]),
        262: (3, [photometric if photometric is not None else {1: 1, 3: 2, 4: 5}[colours]]), 277: (3, [samples]),
        284: (3, [2 if planar else 1]), 317: (3, [predictor]), 339: (3, [kind] * samples),
    }  # fmt: skip
    if extras:
        found.tags[338] = (3, list(extras))
    planes = [pixels[:, :, n : n + 1] for n in range(samples)] if planar else [pixels]
    if tile:
        found.tags |= {322: (3, [tile[1]]), 323: (3, [tile[0]])}
        down, across = -(-height // tile[0]), -(-width // tile[1])
        grown = [
            np.pad(p, ((0, down * tile[0] - height), (0, across * tile[1] - width), (0, 0)), "edge") for p in planes
        ]
        parts = [
            p[y * tile[0] : (y + 1) * tile[0], x * tile[1] : (x + 1) * tile[1]]
            for p in grown
            for y in range(down)
            for x in range(across)
        ]
    else:
        found.tags[278] = (3, [rows])
        parts = [p[y : y + rows] for p in planes for y in range(0, height, rows)]
    found.segments = [encode(part, order=order, coding=(name, predictor)) for part in parts]
    found.tags |= {int(tag.removeprefix("t")): value for tag, value in tags.items()}
    return found


def encode(part: np.ndarray, *, order: str, coding: tuple[str, int]) -> bytes:
    name, predictor = coding
    height, width, samples = part.shape
    if predictor == 3:
        most_first = np.ascontiguousarray(part.astype(part.dtype.newbyteorder(">"))).view(np.uint8)
        planes = most_first.reshape(height, width * samples, part.dtype.itemsize).transpose(0, 2, 1)
        line = planes.reshape(height, -1, samples)
        raw = np.diff(line, axis=1, prepend=np.zeros((height, 1, samples), np.uint8)).tobytes()
    else:
        whole = np.ascontiguousarray(part).view(f"u{part.dtype.itemsize}")
        if predictor == 2:
            whole = np.diff(whole, axis=1, prepend=np.zeros((height, 1, samples), whole.dtype))
        raw = whole.astype(whole.dtype.newbyteorder(order)).tobytes()
    if name == "none":
        return raw
    if name == "deflate":
        return zlib.compress(raw)
    if name == "zstd":
        return zstandard.compress(raw)
    if name == "lzw":
        return bytes(imagecodecs.lzw_encode(raw))
    row = len(raw) // height
    return b"".join(bytes(imagecodecs.packbits_encode(raw[at : at + row])) for at in range(0, len(raw), row))


def with_families(found: Dir, *, thumbnail: bool = True) -> Dir:
    """Every family of metadata that a scan can carry."""
    found.tags |= {
        270: (2, b"Box 7, no. 12\0"), 271: (2, b"Scanner works\0"), 282: (5, [6000000, 10000]), 283: (5, [600, 1]),
        296: (3, [2]), 305: (2, b"ScanSuite 4\0"), 306: (2, b"2019:05:04 03:02:01\0"), 700: (1, XMP),
        33723: (7, b"\x1c\x02\x05\x00\x05Title"), 34377: (1, b"8BIM\x04\x0a\0\0\0\0\0\x01\x01\0"),
        34675: (7, bytes(range(200)) * 3), 50999: (7, b"private" * 9), 51000: (4, [1, 2, 3]),
    }  # fmt: skip
    exif = Dir({33434: (5, [1, 50]), 36867: (2, b"2019:05:04 03:02:01\0"), 37500: (7, b"maker" * 11)})
    gps = Dir({1: (2, b"N\0"), 2: (5, [52, 1, 31, 1, 12, 1])})
    found.children |= {34665: [exif], 34853: [gps]}
    if thumbnail:
        small = page(np.arange(48, dtype=np.uint8).reshape(4, 4, 3), t254=(4, [1]))
        found.children[330] = [small]
    return found


def write(path: Path, *pages: Dir, order: str = "<", big: bool = False) -> Path:
    path.write_bytes(build(*pages, order=order, big=big))
    return path


def build(*pages: Dir, order: str = "<", big: bool = False) -> bytes:
    mark = b"II" if order == "<" else b"MM"
    out = bytearray(mark + (struct.pack(order + "HHHQ", 43, 8, 0, 0) if big else struct.pack(order + "HI", 42, 0)))
    pointer = 8 if big else 4
    for one in pages:
        at, following = _place(out, one, order, big)
        struct.pack_into(order + ("Q" if big else "I"), out, pointer, at)
        pointer = following
    return bytes(out)


def _place(out: bytearray, one: Dir, order: str, big: bool) -> tuple[int, int]:
    """Where the directory went, and where its pointer to the next lies."""
    tags = dict(one.tags)
    if one.segments:
        offsets = []
        for data in one.segments:
            offsets.append(len(out))
            out += data + bytes(len(data) % 2)
        kind = 16 if big else 4
        tags[324 if one.tiled else 273] = (kind, offsets)
        tags[325 if one.tiled else 279] = (kind, [len(data) for data in one.segments])
    for tag, children in one.children.items():
        tags[tag] = (18 if big else 13 if tag == 330 else 4, [_place(out, child, order, big)[0] for child in children])
    entries = []
    for tag in sorted(tags):
        kind, value = tags[tag]
        data = value if isinstance(value, bytes) else struct.pack(f"{order}{len(value)}{_FORMATS[kind]}", *value)
        count = len(data) // 8 if kind == 5 else len(data) if isinstance(value, bytes) else len(value)
        if len(data) <= (8 if big else 4):
            place = data.ljust(8 if big else 4, b"\0")
        else:
            place = struct.pack(order + ("Q" if big else "I"), len(out))
            out += data + bytes(len(data) % 2)
        entries.append(struct.pack(order + ("HHQ" if big else "HHI"), tag, kind, count) + place)
    at = len(out)
    out += struct.pack(order + ("Q" if big else "H"), len(entries)) + b"".join(entries)
    following = len(out)
    out += bytes(8 if big else 4)
    return at, following
