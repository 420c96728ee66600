"""Opening PSD and PSB: the merged picture that Photoshop stores behind the layers."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import imagecodecs
import numpy as np

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.raster import Pixels
from restorer_app.files import photoshop
from restorer_app.files.budget import Budget
from restorer_app.files.picture import Layout, Picture
from restorer_app.files.whole import WholePicture

_BITMAP, _GREY, _INDEXED, _RGB, _CMYK, _DUOTONE, _LAB = 0, 1, 2, 3, 4, 8, 9
_MODES: dict[int, tuple[Layout, int]] = {
    _BITMAP: ("bilevel", 1),
    _INDEXED: ("palette", 1),
    _GREY: ("grey", 1),
    _RGB: ("rgb", 3),
    _CMYK: ("cmyk", 4),
    _DUOTONE: ("grey", 1),
    _LAB: ("lab", 3),
}
_NAMES = {_BITMAP: "black and white", _INDEXED: "indexed colours"}
_MULTICHANNEL = 7
LAYERS, FURTHER_CHANNELS = "Layers", "Further channels"  # names of facts: what a merged picture is without
_BITS = {_BITMAP: {1}, _INDEXED: {8}}  # of the modes that are for viewing
_RAW, _RLE, _ZIP, _ZIP_PREDICTED = range(4)
_ICC, _XMP, _EXIF, _VERSION = 1039, 1060, 1058, 1057
_MOST_RESOURCES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Header:
    big: bool  # PSB
    channels: int
    width: int
    height: int
    bits: int
    mode: int
    table: bytes  # the colours of an index: all red, all green, all blue

    @property
    def colours(self) -> int:
        """Planes that make the picture."""
        return _MODES[self.mode][1]

    @property
    def shown(self) -> int:
        """Channels that these planes give once decoded."""
        return 3 if self.mode == _INDEXED else self.colours

    @property
    def editable(self) -> bool:
        return self.mode not in _BITS

    @property
    def row(self) -> int:
        """Bytes of a row of one plane."""
        return -(-self.width * self.bits // 8)


def open_psd(path: Path, *, page: int, budget: Budget) -> Picture:
    with path.open("rb") as file:
        header = _read_header(file)
        resources = _section(file, "I")
        start, layers = _behind_layers(file, big=header.big)
    alpha = layers < 0 and header.editable and header.channels > header.colours
    budget.allow_page(page, 1)
    status = path.stat()
    stored = status.st_size - start
    pixel_bytes = max(1, (header.shown + alpha) * header.bits // 8)
    budget.allow_pixels(header.width, header.height, pixel_bytes, stored=stored)
    by_code = dict(photoshop.resources(resources))
    if by_code.get(_VERSION, b"\0\0\0\0\1")[4:5] == b"\0":
        raise UnreadableFileError(
            "This PSD was saved without its merged picture.",
            advice="Open it in Photoshop and save it with 'Maximize compatibility'.",
        )
    whole = _whole(path, header, start, alpha=alpha)
    families = {"EXIF": _EXIF, "XMP": _XMP, "ICC": _ICC, "IPTC": 1028}
    return Picture(
        path=path,
        kind="psd",
        page=0,
        page_count=1,
        layout=_MODES[header.mode][0],
        source=whole.source,
        alpha=whole.alpha,
        bits=header.bits,
        icc=by_code.get(_ICC),
        dpi=photoshop.dpi(resources),
        editable=header.editable,
        reason=_reason(header),
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        xmp=by_code.get(_XMP),
        facts=_facts(header, layers=abs(layers), further=header.channels - header.colours - alpha),
        metadata=tuple(name for name, code in families.items() if code in by_code),
    )


def _whole(path: Path, header: _Header, start: int, *, alpha: bool) -> WholePicture:
    return WholePicture(
        path,
        (header.width, header.height),
        {16: "uint16", 32: "float32"}.get(header.bits, "uint8"),
        channels=header.shown,
        alpha=alpha,
        decode=lambda _out: _decode(path, header, start, alpha=alpha),
    )


def _read_header(file: BinaryIO) -> _Header:
    head = file.read(26)
    if len(head) < 26:
        raise _too_short()
    version, channels, height, width, bits, mode = struct.unpack(">4xH6xHIIHH", head)
    if mode == _MULTICHANNEL:
        raise UnreadableFileError(
            "A Photoshop document in multichannel mode is not read here: its channels are inks of any colour.",
            advice="Convert it to RGB or CMYK in Photoshop.",
        )
    if mode not in _MODES or bits not in _BITS.get(mode, {8, 16, 32}) or version not in {1, 2}:
        what = _NAMES.get(mode, f"kind {mode} with {bits} bits")
        raise UnreadableFileError(f"A Photoshop document in {what} is not read here.", advice="Convert it to RGB.")
    table = _section(file, "I", keep=mode == _INDEXED)
    header = _Header(version == 2, channels, width, height, bits, mode, table)
    if channels < header.colours or (mode == _INDEXED and len(table) < 768):
        raise UnreadableFileError(
            "The Photoshop document lacks a channel or its colours; it is damaged.",
            advice="Look for another copy of the file.",
        )
    return header


def _reason(header: _Header) -> str:
    if not header.editable:
        what = _NAMES[header.mode]
        return f"A Photoshop document in {what} is for viewing; convert it to RGB to repair it."
    return "A Photoshop document is not patched; saving writes a TIFF of its merged picture beside it."


def _section(file: BinaryIO, form: str, *, keep: bool = True) -> bytes:
    """The content of a section that begins with its length; the file stands behind it afterwards."""
    head = file.read(struct.calcsize(f">{form}"))
    if len(head) < struct.calcsize(f">{form}"):
        raise _too_short()
    length = struct.unpack(f">{form}", head)[0]
    start = file.tell()
    if start + length > file.seek(0, 2):
        raise _too_short()
    file.seek(start)
    content = file.read(length) if keep and length <= _MOST_RESOURCES else b""
    file.seek(start + length)
    return content


def _behind_layers(file: BinaryIO, *, big: bool) -> tuple[int, int]:
    """Where the merged picture begins, and the number of layers: below 0 if it has their transparency with it."""
    form = ">Q" if big else ">I"
    size = struct.calcsize(form)
    start = file.tell()
    head = file.read(2 * size + 2)
    length = struct.unpack_from(form, head)[0] if len(head) >= size else 0
    layers = 0
    if length and len(head) == 2 * size + 2 and struct.unpack_from(form, head, size)[0]:
        layers = struct.unpack_from(">h", head, 2 * size)[0]
    begin = start + size + length
    if begin + 2 > file.seek(0, 2):
        raise _too_short()
    return begin, layers


def _facts(header: _Header, *, layers: int, further: int) -> tuple[tuple[str, str], ...]:
    facts = [("Container", "PSB" if header.big else "PSD"), ("Channels", str(header.channels))]
    facts += [(name, str(count)) for name, count in ((LAYERS, layers), (FURTHER_CHANNELS, further)) if count > 0]
    return tuple(facts)


def _decode(path: Path, header: _Header, start: int, *, alpha: bool) -> Pixels:
    with path.open("rb") as file:
        file.seek(start)
        packing = struct.unpack(">H", file.read(2))[0]
        rest = file.read()
    wanted = header.colours + alpha
    found = _unpacked(rest, packing, header, wanted)
    planes = np.frombuffer(found, np.uint8, header.row * header.height * wanted)
    if header.mode == _BITMAP:
        black = np.unpackbits(planes.reshape(header.height, header.row), axis=1, count=header.width)
        return ((1 - black) * np.uint8(255))[..., None]
    stored = {8: ">u1", 16: ">u2", 32: ">f4"}[header.bits]
    pixels = planes.view(stored).reshape(wanted, header.height, header.width)
    if packing == _ZIP_PREDICTED and header.bits < 32:
        pixels = np.cumsum(pixels, axis=2, dtype=pixels.dtype.newbyteorder("="))
    pixels = np.moveaxis(pixels, 0, 2).astype(pixels.dtype.newbyteorder("="))
    if header.mode == _INDEXED:
        colours: Pixels = np.frombuffer(header.table, np.uint8, 768).reshape(3, 256).T[pixels[..., 0]]
        return colours
    if header.mode == _CMYK:
        pixels[:, :, : header.colours] = np.iinfo(pixels.dtype).max - pixels[:, :, : header.colours]  # as TIFF has ink
    return pixels


def _unpacked(rest: bytes, packing: int, header: _Header, wanted: int) -> bytes:
    """The rows of the first planes, at least as many as wanted."""
    whole = header.row * header.height * header.channels
    if packing == _RAW:
        return rest
    if packing == _RLE:
        count = header.height * header.channels
        lengths = np.frombuffer(rest, ">u4" if header.big else ">u2", count)
        at = lengths.nbytes
        rows = bytearray()
        for length in lengths[: header.height * wanted].tolist():
            packed = rest[at : at + length]
            at += length
            rows += _unpack_row(packed, header.row)
        return bytes(rows)
    if packing == _ZIP or (packing == _ZIP_PREDICTED and header.bits < 32):
        try:
            return zlib.decompressobj().decompress(rest, whole)
        except zlib.error as problem:
            raise UnreadableFileError(
                "The Photoshop document's pixels are damaged.", advice="Look for another copy of the file."
            ) from problem
    raise UnreadableFileError(
        "The Photoshop document's pixels are packed in a way that is not read here.",
        advice="Save it as TIFF in Photoshop.",
    )


def _unpack_row(packed: bytes, row: int) -> bytes:
    try:
        found = bytes(imagecodecs.packbits_decode(packed))
    except (imagecodecs.PackbitsError, ValueError) as problem:
        raise UnreadableFileError(
            "The Photoshop document's pixels are damaged.", advice="Look for another copy of the file."
        ) from problem
    if len(found) < row:  # a header that lies about the width would otherwise cost a gigabyte of nothing
        raise UnreadableFileError(
            "The Photoshop document's pixels do not fit its size; it is damaged.",
            advice="Look for another copy of the file.",
        )
    return found[:row]


def _too_short() -> UnreadableFileError:
    return UnreadableFileError(
        "The Photoshop document ends too early; part of it is missing.", advice="Look for a complete copy."
    )
