"""Opening PNG: facts, and pixels in the file's own depth."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import imagecodecs
import numpy as np

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.raster import Pixels
from restorer_app.files.budget import Budget
from restorer_app.files.cicp import colours_fact
from restorer_app.files.exif import Exif, dots_per_inch, printable, read_exif
from restorer_app.files.picture import Layout, Picture
from restorer_app.files.png_chunks import (
    SIGNATURE,
    Chunk,
    Header,
    bound_to_pixels,
    content_of,
    first,
    idat_content,
    is_xmp,
    pack,
    profile,
    read_chunks,
    read_header,
    xmp_packet,
)
from restorer_app.files.whole import WholePicture

_COLOURS = {0: "Grey", 2: "RGB", 3: "Palette", 4: "Grey with alpha", 6: "RGB with alpha"}
_SHORT = 64 * 1024  # facts are short; longer chunks are not looked into
_MOST_FACTS = 40
_KEYWORD = 79  # letters, by the specification; a part without its end of the keyword is all keyword
UNREADABLE_XMP = "XMP that cannot be read"  # the name of a fact
BOUND = "Bound to its pixels"  # the name of a fact: a part that says something of the pixels as they are


def open_png(path: Path, *, page: int, budget: Budget) -> Picture:
    with path.open("rb") as file:
        chunks = read_chunks(file)
        header = read_header(file, chunks)
        budget.allow_page(page, 1)
        stored = sum(chunk.length for chunk in chunks if chunk.name == b"IDAT")
        whole = _whole(path, header, chunks)
        width_of_pixel = (whole.channels + whole.has_alpha) * whole.dtype.itemsize
        budget.allow_pixels(header.width, header.height, width_of_pixel, stored=stored)
        return _picture(path, file, chunks, header, whole)


def _picture(path: Path, file: BinaryIO, chunks: list[Chunk], header: Header, whole: WholePicture) -> Picture:
    exif_chunk = first(chunks, b"eXIf")
    exif = read_exif(content_of(file, exif_chunk)) if exif_chunk and exif_chunk.length < 1 << 24 else Exif()
    layout = _layout(header)
    reason = why_not_patched(header, chunks)
    packet = xmp_packet(file, chunks)
    is_xmp_lost = packet is None and any(is_xmp(file, chunk) for chunk in chunks)
    if not reason and is_xmp_lost:
        reason = "The XMP in this PNG is damaged or too large to be kept in a copy; saving writes a TIFF beside it."
    status = path.stat()
    return Picture(
        path=path,
        kind="png",
        page=0,
        page_count=1,
        layout=layout,
        source=whole.source,
        alpha=whole.alpha,
        bits=header.bits,
        orientation=exif.orientation,
        icc=profile(file, chunks),
        dpi=_dpi(file, chunks) or exif.dpi,
        editable=layout not in {"palette", "bilevel"},
        patchable=not reason,
        reason=reason or "Saving replaces the compressed pixels alone; every other chunk stays byte for byte.",
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        xmp=packet,
        facts=_facts(file, chunks, header) + (((UNREADABLE_XMP, "damaged, or too large"),) if is_xmp_lost else ()),
        metadata=_families(chunks, exif, packet),
        stale=("The EXIF thumbnail will not show the edit.",) if exif.has_thumbnail else (),
    )


def _layout(header: Header) -> Layout:
    if header.colour_type == 3:
        return "palette"
    if header.colour_type == 0 and header.bits == 1:
        return "bilevel"
    return "grey" if header.colour_type in {0, 4} else "rgb"


def why_not_patched(header: Header, chunks: list[Chunk]) -> str:
    """Why a derivative is needed, or nothing."""
    if first(chunks, b"acTL") is not None:
        return "This PNG is animated: its first picture is shown, and saving writes a TIFF beside it."
    if header.colour_type == 3:
        return "A palette picture is for viewing; convert it to RGB to repair it."
    if header.bits == 1:
        return "A picture of black and white alone is for viewing; convert it to grey to repair it."
    if header.bits < 8:
        return f"Samples of {header.bits} bits are not patched; saving writes a TIFF of 8 bits beside it."
    return _by_parts(chunks)


def _by_parts(chunks: list[Chunk]) -> str:
    if sum(chunk.name == b"IDAT" for chunk in chunks) > 1:
        return "This PNG has other parts among its pixels, where none may be; saving writes a TIFF beside it."
    bound = bound_to_pixels(chunks)
    if bound is not None:
        name = printable(bound.name)
        return f"This PNG holds a part ({name}) that fits its pixels as they are alone; saving writes a TIFF beside it."
    return ""


def _whole(path: Path, header: Header, chunks: list[Chunk]) -> WholePicture:
    colour = 3 if header.colour_type in {2, 3, 6} else 1

    def decode(out: Pixels | None) -> Pixels:
        with path.open("rb") as file:
            return _decode(bare_png(file, chunks), out)

    return WholePicture(
        path,
        (max(header.width, 1), max(header.height, 1)),
        "uint16" if header.bits == 16 else "uint8",
        channels=colour,
        alpha=header.colour_type in {4, 6},
        decode=decode,
    )


def bare_png(file: BinaryIO, chunks: list[Chunk]) -> bytearray:
    """The picture without what a decoder would interpret on its own: profiles, transparency keys, animation.

    Put together in one piece of memory: joining half a gigabyte three times would hold it three times.
    """
    kept = [pack(chunk.name, content_of(file, chunk)) for chunk in chunks if chunk.name in {b"IHDR", b"PLTE"}]
    stored = sum(chunk.length for chunk in chunks if chunk.name == b"IDAT")
    bare = bytearray(SIGNATURE + b"".join(kept))
    at = len(bare) + 8
    bare += bytes(8 + stored + 4)
    struct.pack_into(">I4s", bare, at - 8, stored, b"IDAT")
    checked = zlib.crc32(b"IDAT")
    for piece in idat_content(file, chunks):
        bare[at : at + len(piece)] = piece
        checked = zlib.crc32(piece, checked)
        at += len(piece)
    struct.pack_into(">I", bare, at, checked)
    bare += pack(b"IEND", b"")
    return bare


def _decode(data: bytearray, out: Pixels | None) -> Pixels:
    target = out[:, :, 0] if out is not None and out.shape[2] == 1 else out
    try:
        found = imagecodecs.png_decode(data, out=target)
    except (imagecodecs.PngError, ValueError) as problem:
        raise UnreadableFileError(
            "The PNG's pixels are damaged and cannot be decoded.", advice="Look for another copy of the file."
        ) from problem
    return np.asarray(found)


def _dpi(file: BinaryIO, chunks: list[Chunk]) -> tuple[float, float] | None:
    chunk = first(chunks, b"pHYs")
    if chunk is None or chunk.length != 9:
        return None
    horizontal, vertical, unit = struct.unpack(">IIB", content_of(file, chunk))
    return dots_per_inch(horizontal / 100, vertical / 100, centimetres=True) if unit == 1 else None


def _facts(file: BinaryIO, chunks: list[Chunk], header: Header) -> tuple[tuple[str, str], ...]:
    facts = [("Colour", _COLOURS[header.colour_type]), ("Bits a sample", str(header.bits)), ("Compression", "Deflate")]
    if header.interlaced:
        facts.append(("Interlaced", "Adam7"))
    if first(chunks, b"sRGB"):
        facts.append(("Colour space", "sRGB"))
    coded = first(chunks, b"cICP")
    if coded is not None and coded.length == 4:
        primaries, curve = content_of(file, coded)[:2]
        facts += colours_fact(primaries, curve)
    gamma = first(chunks, b"gAMA")
    if gamma is not None and gamma.length == 4 and (value := struct.unpack(">I", content_of(file, gamma))[0]):
        facts.append(("Gamma", f"{100000 / value:.3f}"))
    if first(chunks, b"tRNS") and header.colour_type != 3:
        facts.append(("Transparency", "one colour counts as transparent; it is shown as it is stored"))
    if first(chunks, b"acTL"):
        facts.append(("Animated", "yes"))
    elif (bound := bound_to_pixels(chunks)) is not None:
        facts.append((BOUND, printable(bound.name)))
    for chunk in chunks:
        if chunk.name == b"tEXt" and chunk.length < _SHORT and len(facts) < _MOST_FACTS:
            keyword, _, text = content_of(file, chunk).partition(b"\0")
            facts.append((printable(keyword)[:_KEYWORD] or "Text", printable(text)[:200]))
    return tuple(facts)


def _families(chunks: list[Chunk], exif: Exif, packet: bytes | None) -> tuple[str, ...]:
    names = {chunk.name for chunk in chunks}
    there = {
        "EXIF": b"eXIf" in names,
        "GPS": exif.has_position,
        "XMP": packet is not None,
        "ICC": b"iCCP" in names,
        "Text": bool(names & {b"tEXt", b"zTXt", b"iTXt"}),
    }
    return tuple(name for name, is_there in there.items() if is_there)
