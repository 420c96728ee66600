"""Photoshop's resource blocks, as JPEG and TIFF carry them: which are there."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_RESOLUTION, _IPTC, _THUMBNAIL_OLD, _THUMBNAIL = 1005, 1028, 1033, 1036


def resources(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Id and content of each resource, as far as they are whole."""
    at = 0
    while at + 12 <= len(block) and block[at : at + 4] in {b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR"}:
        code, name = struct.unpack_from(">HB", block, at + 4)
        at += 6 + (name + 2) // 2 * 2  # a Pascal string, padded to even
        if at + 4 > len(block):
            return
        length = struct.unpack_from(">I", block, at)[0]
        at += 4
        if at + length > len(block):
            return
        yield code, block[at : at + length]
        at += length + length % 2


def has_iptc(block: bytes) -> bool:
    return any(code == _IPTC and content for code, content in resources(block))


def has_thumbnail(block: bytes) -> bool:
    return any(code in {_THUMBNAIL, _THUMBNAIL_OLD} for code, _ in resources(block))


def dpi(block: bytes) -> tuple[float, float] | None:
    """The resolution that Photoshop noted, or None."""
    for code, content in resources(block):
        if code == _RESOLUTION and len(content) >= 16:
            horizontal, vertical = (struct.unpack_from(">I", content, at)[0] / 65536 for at in (0, 8))
            return (horizontal, vertical) if min(horizontal, vertical) >= 1 else None
    return None
