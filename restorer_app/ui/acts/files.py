"""What commands do with files: open, paste, pages, masks on disc, saving, closing."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage
from PySide6.QtWidgets import QDialog, QFileDialog

from restorer_app.core.raster import Raster
from restorer_app.files import places
from restorer_app.files.maskfile import read_mask, write_mask
from restorer_app.files.naming import default_target, derived_name, first_free
from restorer_app.files.reader import Reader
from restorer_app.files.tiff import holds_levels
from restorer_app.ui.choices import Choices
from restorer_app.ui.desk import Desk
from restorer_app.ui.dialogs.save import SaveDialog
from restorer_app.ui.dialogs.unsaved import Answer, ask_painted, ask_unsaved
from restorer_app.ui.document import Document, Painted
from restorer_app.ui.notice import Told
from restorer_app.ui.room import elsewhere, obstacle
from restorer_app.ui.saver import Saver
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


@dataclass(frozen=True, slots=True)
class Order:
    """How a picture is to be saved; by itself where nothing was said."""

    target: Path | None = None
    derives: bool = False
    carries_levels: bool | None = None


class FileActs(QObject):
    """Whatever would lose work asks first; everything else just happens."""

    def __init__(self, window: Window, desk: Desk, saver: Saver, *, choices: Choices, reader: Reader) -> None:
        super().__init__(window)
        self._window = window
        self._desk = desk
        self._saver = saver
        self._choices = choices
        self._reader = reader
        self._is_closing = False
        self._close_when_saved: list[Document] = []
        self._save_when_done: dict[Document, Order] = {}  # their jobs are still running
        self.ask: Callable[[list[str], bool], Answer] = lambda names, running: ask_unsaved(
            names, window, running=running, loose=any(document.loose for document in desk.unsaved)
        )
        self.ask_painted: Callable[[list[str], frozenset[Painted]], Answer] = lambda names, painted: ask_painted(
            names, painted, window
        )
        window.may_close = self.may_close
        saver.saved.connect(self._saved)
        saver.failed.connect(self._not_saved)
        desk.jobs.changed.connect(self._jobs_went_on)
        desk.jobs.failed.connect(lambda document, _event: self._not_saved(document))

    # ----------------------------------------------------------------------------------------- opening
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
            path = _own_copy(Path(told))
            found = _pictures_in(path) if path.is_dir() else [path]
            if not found:
                self._say(self.tr("There is no picture in the folder {name}.").format(name=path.name), warns=False)
            files += found
        self._desk.open(files)

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
        path.parent.mkdir(parents=True, exist_ok=True)
        path = first_free(path)  # the one of the same second may be open
        if not image.isNull() and image.save(str(path)):
            self._desk.open([path])
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

    # ------------------------------------------------------------------------------------------- masks
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
        chosen, _ = QFileDialog.getOpenFileName(self._window, title, folder, "*.png *.tif *.tiff")
        if chosen:
            take(Path(chosen))

    def _name_mask(self, title: str, what: str, take: Callable[[Path], None]) -> None:
        if self._desk.current is None:
            return
        path = self._desk.current.path
        suggested = str(path.with_name(f"{path.stem}_{what}.png"))
        chosen, _ = QFileDialog.getSaveFileName(self._window, title, suggested, "*.png")
        if chosen:
            take(Path(chosen))

    def _load(self, title: str, path: Path, *, protects: bool) -> None:
        document = self._desk.current
        if document is None:
            return
        orientation = document.picture.orientation

        def work(mask: Raster) -> Raster:
            # a mask is an untrusted file like any other, so the reader process opens it
            found = read_mask(path, bounds=mask.bounds, orientation=orientation, open_picture=self._reader.open)
            document.keep(found, protects=protects)
            return found

        self._desk.change_mask(title, work, protects=protects, slow=True)

    def _write_mask(self, path: Path, told: str, *, protects: bool) -> None:
        document = self._desk.current
        if document is None:
            return
        orientation = document.picture.orientation

        def write(mask: Raster) -> None:
            write_mask(path, mask, orientation=orientation)
            document.keep(mask, protects=protects)

        said = Told(told.format(name=path.name), warns=False, passes=True)
        self._desk.write_mask(write, said, protects=protects)

    # ------------------------------------------------------------------------------------------ saving
    def save(self) -> None:
        """Now, or as soon as nothing runs on the picture any more: what was asked for before belongs to it."""
        if self._desk.current is not None:
            self._save(self._desk.current)

    def save_as(self) -> None:
        document = self._desk.current
        if document is None:
            return
        if not document.session.is_changed and not document.session.pending:
            self._say(self.tr("Nothing was changed, so there is nothing to save."), warns=False)
            return
        order = self._ask_where(document)
        if order is not None:
            self._write(document, order)

    def _save(self, document: Document) -> None:
        """Beside the picture; where that cannot be, a person says where."""
        order: Order | None = Order()
        if document.saved is None and obstacle(document.picture):
            order = self._ask_where(document)
        if order is None:
            self._not_saved(document)
        else:
            self._write(document, order)

    def _write(self, document: Document, order: Order) -> None:
        if not document.session.pending:
            self._saver.save(document, target=order.target, derive=order.derives, pyramid=order.carries_levels)
            return
        self._save_when_done[document] = order
        told = self.tr("{name} is saved as soon as its job is finished.").format(name=document.name)
        self._window.notice.say(Told(told, warns=False, passes=True))

    def _ask_where(self, document: Document) -> Order | None:
        picture, session = document.picture, document.session
        is_enlarged = session.image.bounds != session.original.bounds
        will_be = is_enlarged or any(pending.changes_size for pending in session.pending)
        patchable = picture.patchable and not will_be
        why = obstacle(picture) if document.saved is None else ""
        beside = elsewhere() / picture.path.name if why else picture.path
        dialog = SaveDialog(
            document.path,
            default_target(beside, kind=picture.kind) if patchable else derived_name(beside),
            patchable=patchable,
            reason=f"{why} {picture.reason}".strip(),
            parent=self._window,
            ours=document.saved.path if document.saved else None,
            has_levels=patchable and holds_levels(picture),
            carries_levels=document.carries_levels,
        )
        if dialog.exec() != QDialog.DialogCode.Accepted:
            return None
        return Order(dialog.target, dialog.derives, dialog.carries_levels)

    def show_saved_file(self) -> None:
        document = self._desk.current
        if document is not None and document.saved is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(document.saved.path.parent)))

    # ----------------------------------------------------------------------------------------- closing
    def close_picture(self) -> None:
        if self._desk.current is not None:
            self.close_place(self._desk.documents.index(self._desk.current))

    def close_place(self, place: int) -> None:
        document = self._desk.documents[place]
        if document in self._desk.unsaved:
            answer = self.ask([document.name], bool(document.session.pending))
            if answer == "stay":
                self._not_saved(document)  # nor closed later by an earlier answer
                return
            if answer == "save":
                self._close_when_saved.append(document)
                self._save_when_done.setdefault(document, Order())
                self._jobs_went_on()
                return
        elif document.loose and self.ask_painted([document.name], document.loose) == "stay":
            return
        self._desk.close(self._desk.documents.index(document))

    def quit(self) -> None:
        self._window.close()

    def may_close(self) -> bool:
        """Asked by the window; saving goes on first where a person wants it, and then it closes itself."""
        unsaved = self._desk.unsaved
        if not unsaved:
            loose = [(each.name, each.loose) for each in self._desk.documents if each.loose]
            names = [name for name, _ in loose]
            return not loose or self.ask_painted(names, frozenset().union(*(each for _, each in loose))) == "discard"
        answer = self.ask([each.name for each in unsaved], any(each.session.pending for each in unsaved))
        if answer == "save":
            self._is_closing = True
            for each in unsaved:
                self._save_when_done.setdefault(each, Order())
            self._jobs_went_on()
        else:
            self._save_when_done = {}
            self._is_closing = False
        return answer == "discard"

    def _jobs_went_on(self) -> None:
        """What is to be saved and closed is saved when nothing runs on it any more."""
        for document in [each for each in self._save_when_done if not each.session.pending]:
            order = self._save_when_done.pop(document, None)
            if order is None or document not in self._desk.documents:
                continue  # a dialog was open, and it happened meanwhile
            if document.session.is_unsaved and order == Order():
                self._save(document)
            elif document.session.is_unsaved:
                self._write(document, order)
            else:  # its job was cancelled, and nothing is left to save
                self._close_what_is_saved(document)

    def _saved(self, document: Document, _saved: object) -> None:
        self._close_what_is_saved(document)

    def _close_what_is_saved(self, document: Document) -> None:
        if document in self._close_when_saved:
            self._close_when_saved.remove(document)
            if document in self._desk.documents and document not in self._desk.unsaved:
                self._desk.close(self._desk.documents.index(document))
        if self._is_closing and not self._desk.unsaved:
            self._is_closing = False
            self._window.close()

    def _not_saved(self, document: Document) -> None:
        """What could not be saved stays open."""
        self._is_closing = False
        self._save_when_done.pop(document, None)
        if document in self._close_when_saved:
            self._close_when_saved.remove(document)

    # --------------------------------------------------------------------------------------- the rest
    def _turn(self, by: int) -> None:
        if self._desk.current is not None:
            self._desk.show_page(self._desk.current.picture.page + by)

    def _say(self, text: str, *, warns: bool = True) -> None:
        self._window.notice.say(Told(text, warns=warns))
