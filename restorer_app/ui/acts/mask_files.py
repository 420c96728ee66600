"""What commands do with masks as files: load and save, the mask or the protection."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from restorer_app.core.raster import Raster
from restorer_app.files.maskfile import read_mask, write_mask
from restorer_app.files.reader import Reader
from restorer_app.ui.desk import Desk
from restorer_app.ui.editing import Editing
from restorer_app.ui.notice import Told
from restorer_app.ui.window import Window


class MaskFileActs(QObject):
    """Of the picture in hand; reading and writing happen on a thread."""

    def __init__(self, window: Window, desk: Desk, editing: Editing, reader: Reader) -> None:
        super().__init__(window)
        self._window = window
        self._desk = desk
        self._editing = editing
        self._reader = reader

    def load_mask(self) -> None:
        self._choose_mask(self.tr("Load a mask"), self.load_mask_from)

    def load_protection(self) -> None:
        self._choose_mask(self.tr("Load a protection"), self.load_protection_from)

    def save_mask(self) -> None:
        self._name_mask(self.tr("Save the mask"), "mask", self.save_mask_to)

    def save_protection(self) -> None:
        self._name_mask(self.tr("Save the protection"), "protection", self.save_protection_to)

    def load_mask_from(self, path: Path) -> None:
        self._load("Loaded mask", path, protects=False)

    def load_protection_from(self, path: Path) -> None:
        self._load("Loaded protection", path, protects=True)

    def save_mask_to(self, path: Path) -> None:
        self._write_mask(path, self.tr("The mask is saved as {name}."), protects=False)

    def save_protection_to(self, path: Path) -> None:
        self._write_mask(path, self.tr("The protection is saved as {name}."), protects=True)

    def _choose_mask(self, title: str, take: Callable[[Path], None]) -> None:
        if self._desk.current is None:
            return
        folder = str(self._desk.current.path.parent)
        chosen, _ = QFileDialog.getOpenFileName(self._window, title, folder, self.tr("Masks (*.png *.tif *.tiff)"))
        if chosen:
            take(Path(chosen))

    def _name_mask(self, title: str, what: str, take: Callable[[Path], None]) -> None:
        if self._desk.current is None:
            return
        path = self._desk.current.path
        suggested = str(path.with_name(f"{path.stem}_{what}.png"))
        chosen, _ = QFileDialog.getSaveFileName(self._window, title, suggested, self.tr("Masks (*.png *.tif *.tiff)"))
        if chosen:
            take(Path(chosen))

    def _load(self, title: str, path: Path, *, protects: bool) -> None:
        document = self._desk.current
        if document is None:
            return
        bounds, orientation = document.session.mask.bounds, document.picture.orientation

        @cache  # asked again where a job gave its mask back meanwhile: in the window's thread, which reads no file
        def found() -> Raster:
            # a mask is an untrusted file like any other, so the reader process opens it
            mask = read_mask(path, bounds=bounds, orientation=orientation, open_picture=self._reader.open)
            document.keep(mask, protects=protects)
            return mask

        def work(_mask: Raster) -> Raster:
            return found()

        self._editing.change_mask(title, work, protects=protects, slow=True)

    def _write_mask(self, path: Path, told: str, *, protects: bool) -> None:
        document = self._desk.current
        if document is None:
            return
        orientation = document.picture.orientation
        open_now = self._desk.documents
        spared = [each.path for each in open_now] + [each.saved.path for each in open_now if each.saved]

        def write(mask: Raster) -> None:
            write_mask(path, mask, orientation=orientation, spared=spared)
            document.keep(mask, protects=protects)

        said = Told(told.format(name=path.name), warns=False, passes=True)
        self._editing.write_mask(write, said, protects=protects)
