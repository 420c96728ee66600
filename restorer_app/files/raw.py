"""Opening RAW and DNG: developed by LibRaw, where the person has installed it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.raster import Pixels
from restorer_app.files.budget import Budget
from restorer_app.files.picture import Picture
from restorer_app.files.whole import WholePicture

_ORIENTATIONS = {0: 1, 3: 3, 5: 8, 6: 6}  # LibRaw's turns as EXIF's numbers
_REASON = "A raw picture is developed, never changed; saving writes a TIFF of 16 bits beside it."


def open_raw(path: Path, *, page: int, budget: Budget) -> Picture:
    rawpy = _rawpy(path)
    budget.allow_page(page, 1)
    try:
        with rawpy.imread(str(path)) as raw:
            sizes = raw.sizes
            width, height, flip = int(sizes.width), int(sizes.height), int(sizes.flip)
            if sizes.pixel_aspect not in {0, 1.0}:  # development squares the pixels
                developed = raw.postprocess(half_size=False, output_bps=8, user_flip=0, no_auto_bright=True)
                height, width = developed.shape[:2]
    except rawpy.LibRawError as problem:
        raise _refused(path) from problem
    status = path.stat()
    budget.allow_pixels(width, height, 6, stored=status.st_size)
    whole = WholePicture(
        path, (width, height), "uint16", channels=3, alpha=False, decode=lambda _out: _develop(rawpy, path)
    )
    return Picture(
        path=path,
        kind="raw",
        page=0,
        page_count=1,
        layout="rgb",
        source=whole.source,
        bits=16,
        orientation=_ORIENTATIONS.get(flip, 1),
        reason=_REASON,
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        facts=(("Developed", "camera's white balance, sRGB colours, 16 bits, no automatic brightness"),),
    )


def _rawpy(path: Path) -> Any:
    try:
        return importlib.import_module("rawpy")
    except ImportError as problem:
        raise UnreadableFileError(
            f"{path.name} is a camera's raw picture, which needs LibRaw.",
            advice=f"Install rawpy beside this program: {sys.executable} -m pip install rawpy",
        ) from problem


def _develop(rawpy: Any, path: Path) -> Pixels:
    try:
        with rawpy.imread(str(path)) as raw:
            return np.asarray(
                raw.postprocess(
                    use_camera_wb=True, no_auto_bright=True, output_bps=16, user_flip=0
                )  # stored orientation
            )
    except rawpy.LibRawError as problem:
        raise _refused(path) from problem


def _refused(path: Path) -> UnreadableFileError:
    return UnreadableFileError(
        f"{path.name} is a raw picture that LibRaw cannot develop: an unknown camera, or a damaged file.",
        advice="Convert it to DNG or TIFF with the camera maker's program.",
    )
