"""The few facts of an EXIF block that opening needs: orientation, resolution, position, thumbnail."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_ORIENTATION, _X_DPI, _Y_DPI, _UNIT, _GPS = 274, 282, 283, 296, 34853
_MAKE, _MODEL, _SOFTWARE, _DATE = 271, 272, 305, 306
_TEXTS = {_MAKE: "Make", _MODEL: "Model", _SOFTWARE: "Software", _DATE: "Date"}
_MOST_TAGS = 512
_MOST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Exif:
    """What an EXIF block says; a damaged one says nothing."""

    orientation: int = 1
    dpi: tuple[float, float] | None = None
    has_position: bool = False
    has_thumbnail: bool = False
    texts: tuple[tuple[str, str], ...] = ()


def read_exif(block: bytes) -> Exif:
    """Facts of a block, with or without the six bytes that JPEG puts before it."""
    block = block.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None or len(block) < 8:
        return Exif()
    start = struct.unpack_from(f"{order}I", block, 4)[0]
    tags, following = _directory(block, start, order)
    unit = _number(block, tags.get(_UNIT), order, default=2)
    orientation = _number(block, tags.get(_ORIENTATION), order, default=1)
    horizontal, vertical = (_fraction(block, tags.get(code), order) for code in (_X_DPI, _Y_DPI))
    texts = ((title, _text(block, tags.get(code), order)) for code, title in _TEXTS.items())
    return Exif(
        orientation=orientation if 1 <= orientation <= 8 else 1,
        dpi=dots_per_inch(horizontal, vertical, centimetres=unit == 3) if unit in {2, 3} else None,
        has_position=_GPS in tags,
        has_thumbnail=bool(_directory(block, following, order)[0]),
        texts=tuple((title, text) for title, text in texts if text),
    )


def dots_per_inch(horizontal: float, vertical: float, *, centimetres: bool) -> tuple[float, float] | None:
    """A resolution a person can use, or None where the file states none that makes sense."""
    factor = 2.54 if centimetres else 1.0
    dpi = round(horizontal * factor, 2), round(vertical * factor, 2)  # PNG stores whole dots a metre
    return dpi if min(dpi) >= 1 and max(dpi) < 1_000_000 else None


def _directory(block: bytes, start: int, order: str) -> tuple[dict[int, int], int]:
    """Where each tag's entry lies, and the next directory."""
    if not 8 <= start <= len(block) - 2:
        return {}, 0
    count = struct.unpack_from(f"{order}H", block, start)[0]
    end = start + 2 + 12 * count
    if count > _MOST_TAGS or end > len(block):
        return {}, 0
    entries = {struct.unpack_from(f"{order}H", block, at)[0]: at for at in range(start + 2, end, 12)}
    following = struct.unpack_from(f"{order}I", block, end)[0] if end + 4 <= len(block) else 0
    return entries, following


def _number(block: bytes, entry: int | None, order: str, *, default: int) -> int:
    if entry is None:
        return default
    kind, _ = struct.unpack_from(f"{order}HI", block, entry + 2)
    form = {1: "B", 3: "H", 4: "I"}.get(kind)
    return default if form is None else int(struct.unpack_from(order + form, block, entry + 8)[0])


def _fraction(block: bytes, entry: int | None, order: str) -> float:
    if entry is None:
        return 0.0
    kind, _, at = struct.unpack_from(f"{order}HII", block, entry + 2)
    if kind != 5 or at + 8 > len(block):
        return 0.0
    above, below = struct.unpack_from(f"{order}II", block, at)
    return above / below if below else 0.0


def _text(block: bytes, entry: int | None, order: str) -> str:
    if entry is None:
        return ""
    kind, count, at = struct.unpack_from(f"{order}HII", block, entry + 2)
    if kind != 2:
        return ""
    at = entry + 8 if count <= 4 else at
    return printable(block[at : at + min(count, _MOST_TEXT)])


def printable(text: bytes) -> str:
    """A text from an unknown file, fit for a terminal: one line, no control characters."""
    return "".join(letter for letter in text.split(b"\0")[0].decode("utf-8", "replace") if letter.isprintable()).strip()
