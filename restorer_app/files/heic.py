"""Opening HEIC: decoded by libheif, where the person has installed it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.raster import Pixels
from restorer_app.files.budget import Budget
from restorer_app.files.depth import bits_fact, dtype_for, spread
from restorer_app.files.exif import Exif, read_exif
from restorer_app.files.picture import Picture
from restorer_app.files.whole import WholePicture


def open_heic(path: Path, *, page: int, budget: Budget) -> Picture:
    heif = _pillow_heif(path)
    image, count = _image(heif, path, page, budget)
    status = path.stat()
    channels, alpha = len(image.mode.split(";")[0].rstrip("A")), image.mode.split(";")[0].endswith("A")
    bits = int(image.info.get("bit_depth", 8))
    budget.allow_pixels(image.size[0], image.size[1], (channels + 1) * (2 if bits > 8 else 1), stored=status.st_size)
    whole = WholePicture(
        path,
        image.size,
        dtype_for(bits),
        channels=1 if channels == 1 else 3,
        alpha=alpha,
        decode=lambda _out: _decode(heif, path, page, budget),
    )
    exif = read_exif(image.info["exif"]) if image.info.get("exif") else Exif()
    families = {"EXIF": image.info.get("exif"), "GPS": exif.has_position, "XMP": image.info.get("xmp")}
    return Picture(
        path=path,
        kind="heic",
        page=page,
        page_count=count,
        layout="grey" if channels == 1 else "rgb",
        source=whole.source,
        alpha=whole.alpha,
        bits=bits,
        icc=image.info.get("icc_profile") or None,
        dpi=exif.dpi,
        reason="A HEIC is not patched; saving writes a TIFF beside it.",
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        xmp=image.info.get("xmp") or None,
        facts=(("Compression", "HEVC"), bits_fact(bits), *exif.texts),
        metadata=tuple(name for name, is_there in families.items() if is_there),
    )


def _image(heif: Any, path: Path, page: int, budget: Budget) -> tuple[Any, int]:
    """The header of a page, upright: libheif turns as the container asks."""
    try:
        file = heif.open_heif(path, convert_hdr_to_8bit=False)
        budget.allow_page(page, len(file))
        return file[page], len(file)
    except (ValueError, RuntimeError, EOFError, SyntaxError) as problem:
        raise _damaged(path) from problem


def _decode(heif: Any, path: Path, page: int, budget: Budget) -> Pixels:
    image, _ = _image(heif, path, page, budget)
    try:
        found = np.asarray(image)
    except (ValueError, RuntimeError, EOFError, SyntaxError) as problem:
        raise _damaged(path) from problem
    bits = int(image.info.get("bit_depth", 8))
    return spread(found >> (16 - bits), bits) if 8 < bits < 16 else found  # libheif puts 10 bits at the top of 16


def _damaged(path: Path) -> UnreadableFileError:
    return UnreadableFileError(
        f"{path.name} is a damaged HEIC, or of a kind that libheif does not know.", advice="Look for another copy."
    )


def _pillow_heif(path: Path) -> Any:
    try:
        return importlib.import_module("pillow_heif")
    except ImportError as problem:
        raise UnreadableFileError(
            f"{path.name} is a HEIC, which needs libheif.",
            advice=f"Install pillow-heif beside this program: {sys.executable} -m pip install pillow-heif",
        ) from problem
