"""What commands do to open files: by dialog, by name, from the clipboard, another page."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

from restorer_app.files import places
from restorer_app.files.naming import first_free
from restorer_app.ui.arrivals import Arrivals
from restorer_app.ui.choices import Choices
from restorer_app.ui.desk import Desk
from restorer_app.ui.notice import Told
from restorer_app.ui.window import Window, local_files

PICTURES = "*.tif *.tiff *.png *.jpg *.jpeg *.jp2 *.webp *.avif *.dng *.cr2 *.nef *.arw *.psd *.heic"


def _pictures_in(folder: Path) -> list[Path]:
    """A dropped folder means its pictures; a file that is named is opened whatever it is called."""
    suffixes = PICTURES.replace("*", "").split()
    return sorted(each for each in folder.iterdir() if each.suffix.lower() in suffixes)


def _own_copy(path: Path) -> Path:
    """A sample is worked on as a copy in a place of the person's own: the program's folder may be read-only."""
    if path.parent != places.samples() or not path.is_file():
        return path
    copy = own_samples() / path.name
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return copy


def own_samples() -> Path:
    return places.state() / "samples"


class FileActs(QObject):
    """Opening asks nothing: a picture joins the strip, and one that is open already is shown."""

    def __init__(self, window: Window, desk: Desk, arrivals: Arrivals, choices: Choices) -> None:
        super().__init__(window)
        self._window = window
        self._desk = desk
        self._arrivals = arrivals
        self._choices = choices

    def open(self) -> None:
        last = self._choices.now.recent[0] if self._choices.now.recent else ""
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window,
            self.tr("Open pictures"),
            str(Path(last).parent) if last else "",
            f"{self.tr('Pictures')} ({PICTURES} {PICTURES.upper()});;{self.tr('All files')} (*)",
        )
        self.open_paths(chosen)

    def open_paths(self, paths: list[str]) -> None:
        files: list[Path] = []
        for told in paths:
            try:
                path = _own_copy(Path(told))
                found = _pictures_in(path) if path.is_dir() else [path]
            except OSError as problem:
                why = problem.strerror or str(problem)
                self._say(self.tr("{name} cannot be opened: {why}.").format(name=Path(told).name, why=why))
                continue
            if not found:
                self._say(self.tr("There is no picture in the folder {name}.").format(name=path.name), warns=False)
            files += found
        self._arrivals.open(files)

    def paste(self) -> None:
        data = QGuiApplication.clipboard().mimeData()
        files = local_files(data)
        if files:
            self.open_paths(files)
        elif data.hasImage():
            self.open_image(QImage(QGuiApplication.clipboard().image()))
        else:
            self._say(self.tr("There is no picture on the clipboard."), warns=False)

    def open_image(self, image: QImage) -> None:
        """A picture without a file becomes one, so that the original stays an original."""
        now = dt.datetime.now(dt.UTC).astimezone()
        path = places.state() / "pasted" / f"pasted {now:%Y-%m-%d %H.%M.%S}.png"
        with contextlib.suppress(OSError):  # then it cannot be written to either, which is said
            path.parent.mkdir(parents=True, exist_ok=True)
        path = first_free(path)  # the one of the same second may be open
        if not image.isNull() and image.save(str(path)):
            self._arrivals.open([path])
        else:
            self._say(self.tr("The picture could not be written to {path}.").format(path=path))

    def sample(self) -> None:
        found = sorted(path for path in places.samples().glob("*.tif"))
        if found:
            self.open_paths([str(found[0])])

    def next_picture(self) -> None:
        self._desk.show_beside(1)

    def previous_picture(self) -> None:
        self._desk.show_beside(-1)

    def next_page(self) -> None:
        self._turn(1)

    def previous_page(self) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        if self._desk.current is not None:
            self._arrivals.show_page(self._desk.current.picture.page + by)

    def _say(self, text: str, *, warns: bool = True) -> None:
        self._window.notice.say(Told(text, warns=warns))
