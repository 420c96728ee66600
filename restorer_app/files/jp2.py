"""Opening JPEG 2000: facts from its boxes and its codestream's header, pixels by OpenJPEG."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.raster import Pixels
from restorer_app.files.boxes import boxes, find
from restorer_app.files.budget import Budget
from restorer_app.files.depth import bits_fact, dtype_for, spread
from restorer_app.files.exif import Exif, dots_per_inch, read_exif
from restorer_app.files.photoshop import has_iptc
from restorer_app.files.picture import Layout, Picture
from restorer_app.files.whole import THREADS, WholePicture

_SIZ = b"\xff\x4f\xff\x51"
XML_BOXES, FURTHER_BOXES, TURNED = "XML boxes", "Further boxes", "Orientation in the EXIF"  # names of facts
# The identities of uuid boxes that metadata lies in; two of them have a second one, from Adobe's first plug-in.
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF = b"JpgTiffExif->JP2", bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e")
_IPTC = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"), bytes.fromhex("09a14e97c0b442e0bebf36df6f0ce36f")
_PHOTOSHOP = bytes.fromhex("2c4c0100850440b9a03e562148d6dfeb")
_CARRIED = {_XMP, *_EXIF, *_IPTC, _PHOTOSHOP}
_REASON = "A JPEG 2000 is not patched; saving writes a TIFF beside it."
_MOST_FILE = 4 << 30
_CONVERT = "Convert it to TIFF or PNG with the program that wrote it."
_VIDEO = ([(1, 1), (2, 1), (2, 1)], [(1, 1), (2, 2), (2, 2)])  # luma and chroma, which OpenJPEG makes RGB of
_FOREIGN_SPACES = {  # sRGB, grey, CMYK and sYCC are read, and so is what a profile describes
    1: "YCbCr", 3: "YCbCr", 4: "YCbCr", 9: "PhotoYCC", 11: "CMY", 13: "YCCK", 14: "CIE Lab", 19: "CIE Jab",
    22: "YPbPr", 23: "YPbPr", 24: "e-sYCC",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Facts:
    width: int
    height: int
    channels: int  # with alpha
    bits: int
    reversible: bool | None
    cmyk: bool
    alpha: bool
    palette: bool


def open_jp2(path: Path, *, page: int, budget: Budget) -> Picture:
    status = path.stat()
    if status.st_size > _MOST_FILE:
        raise UnreadableFileError(
            "The JPEG 2000 is larger than any that is read here.",
            advice=_CONVERT,
        )
    data = path.read_bytes()
    facts = _facts(data)
    budget.allow_page(page, 1)
    budget.allow_pixels(facts.width, facts.height, facts.channels * (2 if facts.bits > 8 else 1), stored=len(data))
    colours = facts.channels - facts.alpha
    layouts: dict[int, Layout] = {1: "grey", 3: "rgb", 4: "cmyk"}
    if colours not in layouts:
        raise UnreadableFileError(
            f"A JPEG 2000 of {facts.channels} channels is not read here.",
            advice=_CONVERT,
        )
    whole = _whole(path, facts, colours)
    packet, profile = _xmp(data), _profile(data)
    said, blocks = read_exif(exif(data)), resources(data)
    families = {
        "EXIF": bool(exif(data)), "GPS": said.has_position, "XMP": bool(packet), "IPTC": has_iptc(blocks),
        "Photoshop": bool(_uuid(data, _PHOTOSHOP)), "ICC": bool(profile),
    }  # fmt: skip
    return Picture(
        path=path,
        kind="jp2",
        page=0,
        page_count=1,
        layout="palette" if facts.palette else layouts[colours],
        source=whole.source,
        alpha=whole.alpha,
        bits=facts.bits,
        icc=profile,
        dpi=_dpi(data) or said.dpi,
        editable=not facts.palette,
        reason=_REASON,
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        xmp=packet,
        facts=(("Compression", _coding(facts)), bits_fact(facts.bits), *_described(data, said)),
        metadata=tuple(name for name, is_there in families.items() if is_there),
    )


def _whole(path: Path, facts: _Facts, colours: int) -> WholePicture:
    return WholePicture(
        path,
        (facts.width, facts.height),
        dtype_for(facts.bits),
        channels=colours,
        alpha=facts.alpha,
        decode=lambda _out: _decode(path, facts),
    )


def _facts(data: bytes) -> _Facts:
    at = data.find(_SIZ)
    if at < 0 or at + 42 > len(data):
        raise UnreadableFileError(
            "The JPEG 2000 holds no picture; it is damaged.", advice="Look for another copy of the file."
        )
    right, bottom, left, top = struct.unpack_from(">IIII", data, at + 8)
    count = struct.unpack_from(">H", data, at + 40)[0]
    parts = [struct.unpack_from(">BBB", data, at + 42 + 3 * n) for n in range(count)]
    palette = _palette(data)
    bits = palette[1] if palette else (parts[0][0] & 0x7F) + 1 if parts else 0
    space, profiled = _colour_space(data), (_profile(data) or b"")[16:20]
    why = _why_not_read(parts, bits) or _foreign_colours(space, profiled)
    if why:
        raise UnreadableFileError(f"A JPEG 2000 {why} is not read here.", advice=_CONVERT)
    channels = palette[0] if palette else count
    cmyk = space == 12 or profiled == b"CMYK"
    alpha = channels == 2 or (channels == 4 and not cmyk) or channels == 5
    return _Facts(right - left, bottom - top, channels, bits, _reversible(data, at), cmyk, alpha, palette is not None)


def _why_not_read(parts: list[tuple[int, int, int]], bits: int) -> str:
    """What is unusual about the channels: each has its depth with the sign, and is thinned across and down."""
    if not parts or len({depth for depth, _, _ in parts}) > 1:
        return "whose channels differ in depth"
    if parts[0][0] & 0x80:
        return "of numbers with signs"
    if not 1 <= bits <= 16:
        return f"of {bits} bits a sample"
    thinned = [(across, down) for _, across, down in parts]
    if set(thinned) != {(1, 1)} and thinned not in _VIDEO:
        return "with thinned channels other than a colour video's"
    return ""


def _foreign_colours(space: int, profiled: bytes) -> str:
    """Colours by their number, or by what the profile describes, that would be shown as if they were RGB."""
    name = "CIE Lab" if profiled == b"Lab " else _FOREIGN_SPACES.get(space)
    return f"with colours stored as {name}" if name else ""


def _palette(data: bytes) -> tuple[int, int] | None:
    """Channels and bits of a palette."""
    box = find(data, b"jp2h", b"pclr")
    return (data[box.start + 2], (data[box.start + 3] & 0x7F) + 1) if box and box.end >= box.start + 4 else None


def _colour_space(data: bytes) -> int:
    box = find(data, b"jp2h", b"colr")
    return int.from_bytes(data[box.start + 3 : box.start + 7], "big") if box and data[box.start] == 1 else 0


def _reversible(data: bytes, at: int) -> bool | None:
    """From the coding style: whether the wavelet loses nothing; None where it is not said."""
    style = data.find(b"\xff\x52", at, at + 4096)
    return data[style + 13] == 1 if 0 <= style < len(data) - 13 else None


def _coding(facts: _Facts) -> str:
    kinds = {True: ", reversible", False: ", lossy", None: ""}
    return f"JPEG 2000{kinds[facts.reversible]}"


def _profile(data: bytes) -> bytes | None:
    box = find(data, b"jp2h", b"colr")
    return data[box.start + 3 : box.end] if box and data[box.start] in {2, 3} else None


def _xmp(data: bytes) -> bytes | None:
    return _uuid(data, _XMP)


def exif(data: bytes) -> bytes:
    """The EXIF, with or without the six bytes that JPEG puts before it; empty where there is none."""
    return _uuid(data, *_EXIF) or b""


def resources(data: bytes) -> bytes:
    """Photoshop's resources, with the IPTC in the form of one where it has a box of its own."""
    iptc = _uuid(data, *_IPTC) or b""
    as_resource = b"8BIM" + struct.pack(">HHI", 1028, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)
    return (_uuid(data, _PHOTOSHOP) or b"") + (as_resource if iptc else b"")


def _uuid(data: bytes, *identities: bytes) -> bytes | None:
    """What the first box of these identities holds."""
    for box in boxes(data):
        if box.name == b"uuid" and data[box.start : box.start + 16] in identities:
            return data[box.start + 16 : box.end]
    return None


def _described(data: bytes, said: Exif) -> Iterator[tuple[str, str]]:
    """Facts of the boxes beside the picture; what a TIFF has no place for is counted."""
    there = [box for box in boxes(data) if box.name != b"uuid" or data[box.start : box.start + 16] not in _CARRIED]
    for title, names in ((XML_BOXES, {b"xml "}), (FURTHER_BOXES, {b"uuid", b"asoc", b"uinf", b"jp2i"})):
        count = sum(1 for box in there if box.name in names)
        if count:
            yield title, str(count)
    if said.orientation != 1:
        yield TURNED, f"{said.orientation}, which a JPEG 2000 does not follow"
    yield from said.texts


def _dpi(data: bytes) -> tuple[float, float] | None:
    """Capture resolution in dots a metre: vertical first."""
    box = find(data, b"jp2h", b"res ", b"resc") or find(data, b"jp2h", b"res ", b"resd")
    if box is None or box.end - box.start < 10:
        return None
    above, below, across, under, up, right = struct.unpack_from(">HHHHbb", data, box.start)
    if not below or not under:
        return None
    vertical, horizontal = above / below * 10.0**up, across / under * 10.0**right
    return dots_per_inch(horizontal / 100, vertical / 100, centimetres=True)


def _decode(path: Path, facts: _Facts) -> Pixels:
    try:
        found = np.asarray(imagecodecs.jpeg2k_decode(path.read_bytes(), verbose=0, numthreads=THREADS))
    except NotImplementedError as problem:  # thinned in a way that its colours do not explain
        raise UnreadableFileError(
            "A JPEG 2000 with thinned channels like these is not read here.", advice=_CONVERT
        ) from problem
    except (imagecodecs.Jpeg2kError, ValueError) as problem:
        raise UnreadableFileError(
            "The JPEG 2000's pixels are damaged and cannot be decoded.", advice="Look for another copy of the file."
        ) from problem
    return spread(found, facts.bits)
