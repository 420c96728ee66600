"""A TIFF's samples as the program has them: Lab without its signs; packed, signed, wide and palette made visible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.raster import Pixels
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.tiff_page import CIE_LAB, COLOUR_MAP, JPEG, LOG_L, LOG_LUV, Page
from restorer_app.files.tiff_structure import Structure, number_array

View = Callable[[Pixels], Pixels]


def stored(page: Page) -> np.dtype[Any]:
    """The type in which segments come out."""
    if page.dtype is not None:
        return page.dtype
    return np.dtype("u1" if page.bits <= 8 else "u2")


def is_exact(page: Page) -> bool:
    """Whether each shown value stands for one stored value, or for JPEG for one that its decoder gives."""
    colours = page.photometric not in {6, LOG_L, LOG_LUV} or (page.photometric == 6 and page.compression == JPEG)
    return colours and page.dtype is not None and page.dtype.name in {"uint8", "uint16", "float16", "float32"}


def view_of(file: FileBytes, structure: Structure, page: Page) -> View | None:
    if page.layout == "palette":
        return _palette_view(_colour_map(file, structure, page))
    if page.dtype is None:
        return _stretched(page.bits)
    if page.dtype.kind == "f":
        return None if page.bits == 32 else as_float32
    if page.dtype.kind == "i" and page.photometric == CIE_LAB and page.bits <= 16:
        return lambda pixels: _turned(pixels.view(f"u{pixels.itemsize}"))  # L has no sign whatever the file says
    if page.dtype.kind == "i" or page.bits > 16:
        return _as_unsigned(page.dtype)
    return (lambda pixels: without_signs(page, pixels)) if has_signs(page) else None


def as_float32(pixels: Pixels) -> Pixels:
    """Every value of 16 floating bits has its place among those of 32; most of those of 64 have none."""
    return pixels.astype(np.float32)


def has_signs(page: Page) -> bool:
    """Whether a and b are numbers with a sign in samples without one, as CIE Lab has them and ICC Lab has not."""
    return page.photometric == CIE_LAB and page.dtype is not None and page.dtype.kind == "u"


def without_signs(page: Page, pixels: Pixels) -> Pixels:
    """Stored Lab with grey in the middle of a and b instead of at both their ends; and the same back again.

    As stored, -1 is 65535 and lies beside 0: a mean of the two, and with it any repair, would be a bright colour.
    """
    return _turned(pixels) if has_signs(page) else pixels


def _turned(pixels: Pixels) -> Pixels:
    turned = pixels.copy()
    turned[..., 1:3] ^= pixels.dtype.type(1 << (8 * pixels.itemsize - 1))
    return turned


def _stretched(bits: int) -> View:
    """Packed samples on the full range of the next larger type."""
    most, white = (1 << bits) - 1, 255 if bits < 8 else 65535
    dtype = np.uint8 if bits < 8 else np.uint16
    return lambda pixels: (pixels.astype(np.uint32) * white // most).astype(dtype)


def _as_unsigned(dtype: np.dtype[Any]) -> View:
    """Signed and wide samples by their upper 16 bits (8 for 8-bit ones): for viewing."""
    half = 1 << (dtype.itemsize * 8 - 1)
    unsigned = np.dtype(f"u{dtype.itemsize}")
    out, shift = (np.dtype("u1"), 0) if dtype.itemsize == 1 else (np.dtype("u2"), dtype.itemsize * 8 - 16)

    def view(pixels: Pixels) -> Pixels:
        whole = pixels.view(unsigned)
        if dtype.kind == "i":
            whole = whole ^ unsigned.type(half)  # from the least negative number up
        return np.asarray(whole >> unsigned.type(shift)).astype(out)

    return view


def _colour_map(file: FileBytes, structure: Structure, page: Page) -> NDArray[np.uint8]:
    """256 or fewer colours × 3; some writers stored 8-bit values where 16 are meant."""
    entry = page.directory.entry(COLOUR_MAP)
    size = 1 << min(page.bits, 16)
    values = number_array(file, structure, entry, most=3 * size) if entry else np.empty(0, np.int64)
    if len(values) < 3 * size or page.bits > 16:
        raise UnreadableFileError(
            f"{file.path.name} has a palette that is damaged or missing.", advice="Compare it with another copy."
        )
    colours = values.reshape(3, size).T
    return (colours if colours.max() < 256 else colours >> 8).astype(np.uint8)


def _palette_view(colours: NDArray[np.uint8]) -> View:
    return lambda pixels: np.asarray(colours[pixels[..., 0]])
