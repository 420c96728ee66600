"""Room: whether a restored copy can be written beside its picture."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QStandardPaths

from restorer_app.files.picture import Picture
from restorer_app.files.saving import room_for
from restorer_app.ui.wording import amount

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated


def is_writable(folder: Path) -> bool:
    """As far as the system tells before it is tried."""
    return os.access(folder, os.W_OK)


def elsewhere() -> Path:
    """Where to propose a copy that cannot lie beside its picture."""
    pictures = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation))
    return pictures if pictures.is_dir() and is_writable(pictures) else Path.home()


def obstacle(picture: Picture) -> str:
    """Why saving beside the picture will fail, said before an hour of work and not after it; or nothing."""
    folder = picture.path.parent
    if not is_writable(folder):
        told = translate("room", "{name} lies in a folder that cannot be written to.")
        return told.format(name=picture.path.name)
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return ""  # nobody knows
    needed = room_for(picture.size_bytes)
    if free >= needed:
        return ""
    told = translate("room", "A restored copy of {name} has no room beside it: {needed} are needed, {free} are free.")
    return told.format(name=picture.path.name, needed=amount(needed), free=amount(free))
