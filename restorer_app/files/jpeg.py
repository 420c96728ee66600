"""Opening JPEG: facts, pixels in stored orientation, and a quick small picture."""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image, UnidentifiedImageError

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.raster import Pixels
from restorer_app.files import photoshop
from restorer_app.files.budget import Budget
from restorer_app.files.depth import bits_fact, dtype_for, spread
from restorer_app.files.exif import Exif, dots_per_inch, printable, read_exif
from restorer_app.files.jpeg_markers import (
    ADOBE,
    APP0,
    APP1,
    APP2,
    APP13,
    APP14,
    COM,
    EXIF,
    ICC,
    JFIF,
    MPF,
    PHOTOSHOP,
    XMP,
    Header,
    read_header,
)
from restorer_app.files.patching import spaced
from restorer_app.files.picture import Layout, Picture
from restorer_app.files.whole import WholePicture

BEHIND = "Behind the picture"  # the name of a fact: further pictures, a film, or what a program appended
_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_PATCHED = "Saving keeps every block of the JPEG that the edit does not touch; the touched ones are quantised again."
_BREAKS_OFF = "This JPEG breaks off before its end: what is missing is coarse or plain grey"
_DERIVED = "saving writes a TIFF beside it."


def open_jpeg(path: Path, *, page: int, budget: Budget) -> Picture:
    with path.open("rb") as file:
        header = read_header(file)
    budget.allow_page(page, 1)
    if header.height == 0:
        raise UnreadableFileError(
            "The JPEG does not say how high its picture is; it is damaged.", advice="Look for another copy of the file."
        )
    channels = len(header.components)
    if channels == 2 or header.bits not in (range(2, 17) if header.is_lossless else (8, 12)):
        raise UnreadableFileError(
            f"A JPEG of {channels} channels with {header.bits} bits cannot be decoded.",
            advice="Convert it to TIFF or PNG with the program that wrote it.",
        )
    dtype = dtype_for(header.bits)
    budget.allow_pixels(
        header.width,
        header.height,
        channels * np.dtype(dtype).itemsize,
        stored=(header.end or header.size) - header.scan_start,
    )

    def decode(out: Pixels | None) -> Pixels:
        return _decode(path, header, out)

    whole = WholePicture(path, (header.width, header.height), dtype, channels=channels, alpha=False, decode=decode)
    return _picture(path, header, whole)


def _picture(path: Path, header: Header, whole: WholePicture) -> Picture:
    blocks = header.contents(APP1, EXIF)
    exif = read_exif(blocks[0]) if blocks else Exif()
    resources = b"".join(header.contents(APP13, PHOTOSHOP))
    reason = why_not_patched(header)
    status = path.stat()
    packets = header.contents(APP1, XMP)
    return Picture(
        path=path,
        kind="jpeg",
        page=0,
        page_count=1,
        layout=_layout(header),
        source=whole.source,
        bits=header.bits,
        orientation=exif.orientation,
        icc=_profile(header),
        dpi=_dpi(header, exif) or photoshop.dpi(resources),
        breaks_off=header.breaks_off,
        patchable=not reason,
        reason=reason or _PATCHED,
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        xmp=packets[0] if packets else None,
        facts=_facts(header, exif, patchable=not reason),
        metadata=_families(header, exif, resources),
        stale=_stale(exif, resources),
    )


def why_not_patched(header: Header) -> str:
    """Why a derivative is needed, or nothing."""
    refusals = (
        (header.breaks_off, _BREAKS_OFF),
        (header.height_follows, "This JPEG says how high it is behind its pixels alone"),
        (header.bits != 8 or header.is_lossless, f"A JPEG of this kind, {header.bits} bits a sample, is not patched"),
        (header.is_arithmetic, "This JPEG is arithmetic-coded"),
        (not header.is_baseline, "This JPEG is progressive, and patching would change its kind"),
        (len(header.components) not in {1, 3}, "A CMYK JPEG is not patched"),
        (header.scan_components != len(header.components), "This JPEG stores its colours in separate scans"),
        (not _is_plainly_sampled(header), "This JPEG has an unusual colour sampling"),
        (bool(header.contents(APP2, MPF)), "This JPEG holds further pictures whose places would move"),
        (_is_stored_as_rgb(header), "This JPEG stores RGB without a colour transform"),
    )
    return next((f"{why}; {_DERIVED}" for refused, why in refusals if refused), "")


def _is_plainly_sampled(header: Header) -> bool:
    luma, *chroma = header.components
    whole = all((part.horizontal, part.vertical) == (1, 1) for part in chroma)
    return whole and luma.horizontal <= 2 and luma.vertical <= 2


def _is_stored_as_rgb(header: Header) -> bool:
    """As libjpeg judges it: Adobe's mark, or the letters R, G, B as names of the components."""
    if len(header.components) != 3 or header.contents(APP0, JFIF):
        return False
    letters = bytes(part.code for part in header.components) == b"RGB"
    return header.adobe_transform == 0 or (header.adobe_transform is None and letters)


def _layout(header: Header) -> Layout:
    layouts: dict[int, Layout] = {1: "grey", 3: "rgb", 4: "cmyk"}
    return layouts[len(header.components)]


def _decode(path: Path, header: Header, out: Pixels | None) -> Pixels:
    target = out[:, :, 0] if out is not None and out.shape[2] == 1 else out
    try:
        found = np.asarray(imagecodecs.jpeg_decode(_with_height(path, header), out=target))
    except (imagecodecs.JpegError, imagecodecs.Jpeg8Error, RuntimeError, ValueError) as problem:
        raise UnreadableFileError(
            "The JPEG's pixels are damaged and cannot be decoded.", advice="Look for another copy of the file."
        ) from problem
    found = spread(found, header.bits)
    if len(header.components) == 4 and header.adobe_transform is not None:
        np.subtract(np.iinfo(found.dtype).max, found, out=found)  # Adobe stores ink upside down; TIFF does not
    return found


def _with_height(path: Path, header: Header) -> bytes | bytearray:
    """The file as libjpeg understands it: it does not look for a height behind the pixels."""
    data = path.read_bytes()
    if not header.height_follows:
        return data
    told = bytearray(data)
    struct.pack_into(">H", told, header.height_at, header.height)
    return told


def overview_jpeg(path: Path, header: Header, longest_side: int) -> Pixels | None:
    """A small picture decoded at an eighth to a half of the size; None where that is not possible."""
    if header.bits != 8 or len(header.components) not in {1, 3} or header.is_lossless or header.height_follows:
        return None
    try:
        with Image.open(path, formats=("JPEG", "MPO")) as image:
            image.draft(None, (longest_side, longest_side))
            image.load()
            return np.array(image).reshape(image.height, image.width, -1)
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError):
        return None  # the whole decoding will say what is wrong


def _profile(header: Header) -> bytes | None:
    """The ICC profile, put together from its numbered pieces."""
    pieces = {content[0]: content[2:] for content in header.contents(APP2, ICC) if len(content) > 2}
    return b"".join(piece for _, piece in sorted(pieces.items())) or None


def _dpi(header: Header, exif: Exif) -> tuple[float, float] | None:
    for content in header.contents(APP0, JFIF):
        if len(content) >= 7 and content[2] in {1, 2}:
            horizontal, vertical = struct.unpack(">HH", content[3:7])
            return dots_per_inch(horizontal, vertical, centimetres=content[2] == 2) or exif.dpi
    return exif.dpi


def extended_packets(path: Path) -> dict[str, bytes | None]:
    """What did not fit one segment of XMP, by the name that the packet calls it by; None where pieces are missing."""
    with path.open("rb") as file:
        header = read_header(file)
    pieces: dict[str, list[tuple[int, int, bytes]]] = {}
    for content in header.contents(APP1, _EXTENDED_XMP):
        if len(content) >= 40:
            total, at = struct.unpack_from(">II", content, 32)
            name = content[:32].decode("ascii", "replace").upper()
            pieces.setdefault(name, []).append((at, total, content[40:]))
    return {name: _put_together(each) for name, each in pieces.items()}


def _put_together(pieces: list[tuple[int, int, bytes]]) -> bytes | None:
    """Pieces told by their place and the length of the whole; some writers repeat one, none may be missing."""
    whole = bytearray()
    for at, _, piece in sorted(set(pieces)):
        if at > len(whole):
            return None
        whole[at : at + len(piece)] = piece
    return bytes(whole) if {total for _, total, _ in pieces} == {len(whole)} else None


def _facts(header: Header, exif: Exif, *, patchable: bool) -> tuple[tuple[str, str], ...]:
    coding = "lossless" if header.is_lossless else "progressive" if header.is_progressive else "baseline"
    facts = [
        ("Compression", f"JPEG, {coding}"),
        bits_fact(header.bits),
        ("Colour sampling", sampling(header)),
    ]
    if header.restart_interval:
        facts.append(("Restart interval", str(header.restart_interval)))
    if header.contents(APP14, ADOBE) and len(header.components) == 4:
        facts.append(("Ink", "stored upside down by Adobe's convention, read the right way round"))
    if header.end and header.size > header.end:
        kept = ", kept as they are" if patchable else ", which a new TIFF leaves behind"
        facts.append((BEHIND, f"{spaced(header.size - header.end)} bytes{kept}"))
    facts += [("Comment", printable(comment)[:200]) for comment in header.contents(COM)[:4]]
    return (*facts, *exif.texts)


def sampling(header: Header) -> str:
    """4:4:4, 4:2:2, 4:2:0 … as people write it."""
    if len(header.components) != 3:
        return "none"
    luma = header.components[0]
    names = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1"}
    return names.get((luma.horizontal, luma.vertical), f"{luma.horizontal}×{luma.vertical}")


def _families(header: Header, exif: Exif, resources: bytes) -> tuple[str, ...]:
    there = {
        "EXIF": bool(header.contents(APP1, EXIF)),
        "GPS": exif.has_position,
        "XMP": bool(header.contents(APP1, XMP)),
        "IPTC": photoshop.has_iptc(resources),
        "Photoshop": bool(resources),
        "ICC": bool(header.contents(APP2, ICC)),
    }
    return tuple(name for name, is_there in there.items() if is_there)


def _stale(exif: Exif, resources: bytes) -> tuple[str, ...]:
    stale = []
    if exif.has_thumbnail:
        stale.append("The EXIF thumbnail will not show the edit.")
    if photoshop.has_thumbnail(resources):
        stale.append("Photoshop's thumbnail will not show the edit.")
    return tuple(stale)
