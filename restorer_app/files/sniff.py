"""What a file really is, by its content and never by its name."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import BinaryIO, Literal

from restorer_app.core.errors import UnreadableFileError
from restorer_app.files.rawtiff import is_camera_raw
from restorer_app.files.refusal import cannot_read

Kind = Literal["tiff", "bigtiff", "png", "jpeg", "jp2", "webp", "avif", "raw", "psd", "heic"]

_HEAD = 64
_CONVERT = "Convert it to TIFF or PNG first."

_PICTURES: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jp2"),
    (0, b"\xff\x4f\xff\x51", "jp2"),  # a bare codestream
    (0, b"8BPS", "psd"),
    (0, b"FUJIFILMCCD-RAW", "raw"),
    (0, b"IIU\x00", "raw"),  # Panasonic
    (0, b"IIRO", "raw"),  # Olympus
    (0, b"IIRS", "raw"),
    (0, b"MMOR", "raw"),
    (0, b"\x00MRM", "raw"),  # Minolta
    (0, b"FOVb", "raw"),  # Sigma
    (6, b"HEAPCCDR", "raw"),  # Canon CRW
)
_TIFF = (b"II*\x00", b"MM\x00*")
_BIGTIFF = (b"II+\x00", b"MM\x00+")
_AVIF = {b"avif", b"avis"}
_HEIC = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}

_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"GIF8", "a GIF picture"),
    (0, b"BM", "a BMP picture"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (0, b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (0, b"SQLite format 3", "a database"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a compressed archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"<svg", "an SVG drawing"),
    (0, b"<?xml", "an XML document"),
    (0, b"%!PS", "a PostScript document"),
    (0, b"II\xbc\x01", "a JPEG XR picture"),
    (0, b"P6", "a PNM picture"),
    (0, b"P5", "a PNM picture"),
    (0, b"P4", "a PNM picture"),
)


def sniff(path: Path) -> Kind:
    """The kind of a picture file; what is none, or cannot be read, is refused in a sentence."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            raise UnreadableFileError(
                f"{path.name} is {'a folder' if path.is_dir() else 'a device or a pipe'}, not a picture.",
                advice="Name a single picture.",
            )
        with path.open("rb") as file:
            return _sniff_open(file, path.name)
    except OSError as problem:
        raise cannot_read(path, problem) from problem
    except ValueError as problem:  # a name with a null byte
        raise UnreadableFileError("This is not the name of a file.", advice="Name a single picture.") from problem


def _sniff_open(file: BinaryIO, name: str) -> Kind:
    head = file.read(_HEAD)
    if not head:
        raise UnreadableFileError(f"{name} is empty.", advice="Copy it again from where it came from.")
    if head[:4] in _BIGTIFF:
        return "raw" if is_camera_raw(file) else "bigtiff"
    if head[:4] in _TIFF:
        return "raw" if is_camera_raw(file) else "tiff"
    for offset, magic, kind in _PICTURES:
        if head.startswith(magic, offset):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _sniff_boxes(head, name)
    for offset, magic, title in _OTHERS:
        if head.startswith(magic, offset):
            raise UnreadableFileError(f"{name} is {title}, which this program does not open.", advice=_CONVERT)
    raise UnreadableFileError(
        f"{name} is not a picture of a known kind, or its beginning is damaged.",
        advice="TIFF, PNG, JPEG, JPEG 2000, WebP, AVIF, RAW, PSD and HEIC can be opened.",
    )


def _sniff_boxes(head: bytes, name: str) -> Kind:
    """ISO base media: the major brand first, then the compatible ones (mif1 is shared by HEIC and AVIF)."""
    end = min(max(int.from_bytes(head[:4], "big"), 16), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]
    if brands[0] == b"crx ":
        return "raw"
    if brands[0] in {b"jp2 ", b"jpx "}:
        return "jp2"
    if _AVIF & set(brands):
        return "avif"
    if _HEIC & set(brands):
        return "heic"
    raise UnreadableFileError(
        f"{name} is a film or sound, not a picture.", advice="Save a single picture of it as TIFF or PNG."
    )
