"""One photograph as a clean target: read as the program reads, so that what it repairs can be learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from restorer_app.core.errors import RestorerError
from restorer_app.core.raster import Pixels
from restorer_app.files.opening import open_here
from restorer_app.files.orientation import upright
from restorer_app.files.picture import Picture
from restorer_app.files.refusal import refusing_damage

SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".jp2", ".avif", ".psd"}
READ = "JPEG, PNG, TIFF, WebP, JPEG 2000, AVIF and PSD in grey or RGB"
_ROWS = 256  # read at a time: of a large scan of 16 bits only its 8 bits are held whole
_LEARNT = {"grey": 1, "rgb": 3}  # layouts and their channels; a palette's steps are no photograph


@dataclass(frozen=True)
class Rule:
    """How the photographs of a folder become clean targets."""

    folder: str  # a part of the path, as "historical"
    reduce: float = 1.0  # old prints are grained: reduced, they are clean
    grey: bool = False  # old colour composites are misregistered: grey, they are not


def clean(folder: Path, file: Path, rules: Sequence[Rule]) -> Image.Image | None:
    """One photograph as RGB of 8 bits, reduced and made grey as the rules say; None when it cannot be learnt from.

    A rule is for a folder that was given, or one in it; where these stand says nothing of what is in them.
    """
    try:
        picture = open_here(file)
        if picture.breaks_off or _LEARNT.get(picture.layout) != picture.source.channels:
            return None
        seen = refusing_damage(file, lambda: _eight_bits(picture))
    except RestorerError:
        return None
    if seen is None:
        return None
    found = Image.fromarray(seen[:, :, 0] if seen.shape[2] == 1 else seen)
    within = (folder.resolve().name, *file.relative_to(folder).parts)
    for rule in rules:
        if rule.folder not in within:
            continue
        smaller = max(1, round(found.width / rule.reduce)), max(1, round(found.height / rule.reduce))
        found = found if rule.reduce == 1.0 else found.resize(smaller, Image.Resampling.BOX)
        found = found.convert("L") if rule.grey else found
    return found.convert("RGB")


def _eight_bits(picture: Picture) -> NDArray[np.uint8] | None:
    """As it is seen, upright and never as its negative; None where the values are no brightness."""
    bounds = picture.source.bounds
    rows = np.empty((bounds.height, bounds.width, picture.source.channels), np.uint8)
    for part in bounds.divided(bounds.width, _ROWS):
        values = picture.source.read(part)
        if values.dtype.kind == "f" and not (values.min() >= 0 and values.max() <= 1):  # nor is what is no number
            return None
        rows[part.top : part.bottom] = _to_bytes(values)
    if picture.white_is_zero:
        np.subtract(255, rows, out=rows)
    return np.ascontiguousarray(upright(rows, picture.orientation))


def _to_bytes(values: Pixels) -> Pixels:
    if values.dtype == np.uint8:
        return values
    return np.rint(values / 257 if values.dtype == np.uint16 else values * 255)
