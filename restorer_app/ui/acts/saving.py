"""What commands do to save pictures, and to close them: whatever would lose work asks first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog

from restorer_app.core.raster import Raster
from restorer_app.files.naming import target_of
from restorer_app.files.tiff import holds_levels
from restorer_app.session.saving import jpeg_would_undo
from restorer_app.ui.desk import Desk
from restorer_app.ui.dialogs.save import SaveDialog
from restorer_app.ui.dialogs.unsaved import Answer, ask_painted, ask_unsaved
from restorer_app.ui.document import Document, Painted
from restorer_app.ui.jobs import Jobs
from restorer_app.ui.notice import Told
from restorer_app.ui.room import elsewhere, obstacle
from restorer_app.ui.saver import Saver
from restorer_app.ui.window import Window


@dataclass(frozen=True, slots=True)
class Order:
    """How a picture is to be saved; by itself where nothing was said."""

    target: Path | None = None
    derives: bool = False
    carries_levels: bool | None = None


class SavingActs(QObject):
    """A picture on which a job runs is saved, or saved and closed, when the job is finished."""

    def __init__(self, window: Window, desk: Desk, jobs: Jobs, saver: Saver, settle: Callable[[], None]) -> None:
        super().__init__(window)
        self._window = window
        self._desk = desk
        self._saver = saver
        self._settle = settle  # a stroke may not have landed yet
        self._is_closing = False
        self._is_asking = False  # a dialog is open, and what it asks about is not begun
        self._close_when_saved: dict[Document, tuple[Raster, Raster]] = {}  # with what was painted at the answer
        self._save_when_done: dict[Document, Order] = {}  # their jobs are still running
        self.ask: Callable[[list[str], bool], Answer] = lambda names, running: ask_unsaved(
            names, window, running=running, loose=any(document.loose for document in desk.unsaved)
        )
        self.ask_painted: Callable[[list[str], frozenset[Painted]], Answer] = lambda names, painted: ask_painted(
            names, painted, window
        )
        window.may_close = self.may_close
        saver.failed.connect(self._not_saved)
        saver.changed.connect(self._work_went_on)
        jobs.changed.connect(self._work_went_on)
        jobs.failed.connect(lambda document, _event: self._not_saved(document))  # a preview that fails is no job

    # ------------------------------------------------------------------------------------------ saving
    def save(self) -> None:
        """Now, or as soon as nothing runs on the picture any more: what was asked for before belongs to it."""
        self._settle()
        if self._desk.current is not None:
            self._save(self._desk.current)

    def save_as(self) -> None:
        self._settle()
        document = self._desk.current
        if document is None:
            return
        if not document.session.is_changed and not document.session.pending:
            told = self.tr("Nothing was changed, so there is nothing to save.")
            self._window.notice.say(Told(told, warns=False))
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
        if not self._is_at_work(document):
            self._saver.save(
                document,
                target=order.target,
                derive=order.derives,
                pyramid=order.carries_levels,
                afresh=self._is_open_elsewhere(document),
            )
            return
        self._save_when_done[document] = order
        told = self.tr("{name} is saved as soon as its job is finished.")
        if not document.session.pending:
            told = self.tr("{name} is being saved; what was done since is saved after that.")
        self._window.notice.say(Told(told.format(name=document.name), warns=False, passes=True, about="saving"))

    def _is_at_work(self, document: Document) -> bool:
        return bool(document.session.pending) or document in self._saver.documents

    def _is_open_elsewhere(self, document: Document) -> bool:
        """What was saved of a picture was opened as one itself: it would be written over under that one's work."""
        saved = document.saved
        return saved is not None and any(
            each is not document and each.path == saved.path.absolute() for each in self._desk.documents
        )

    def _ask_where(self, document: Document) -> Order | None:
        picture, session = document.picture, document.session
        is_enlarged = session.image.bounds != session.original.bounds
        will_be = is_enlarged or any(pending.changes_size for pending in session.pending)
        done = [*(record.name for record in session.records), *(each.operation.name for each in session.pending)]
        undoes = jpeg_would_undo(picture, done)
        patchable = picture.patchable and not will_be and not undoes
        why = obstacle(picture) if document.saved is None else ""
        beside = elsewhere() / picture.path.name if why else picture.path
        dialog = SaveDialog(
            document.path,
            target_of(picture, derives=not patchable, beside=beside),
            patchable=patchable,
            reason=f"{why} {self._of_jpeg() if undoes else picture.reason}".strip(),
            parent=self._window,
            ours=document.saved.path if document.saved and not self._is_open_elsewhere(document) else None,
            has_levels=patchable and holds_levels(picture),
            carries_levels=document.carries_levels,
        )
        self._is_asking = True
        answer = dialog.exec()
        self._is_asking = False
        if answer != QDialog.DialogCode.Accepted:
            return None
        return Order(dialog.target, dialog.derives, dialog.carries_levels)

    def _of_jpeg(self) -> str:
        return self.tr("A JPEG's own tables would put back most of what was taken away; a new TIFF keeps the work.")

    def show_saved_file(self) -> None:
        document = self._desk.current
        if document is not None and document.saved is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(document.saved.path.parent)))

    # ----------------------------------------------------------------------------------------- closing
    def close_picture(self) -> None:
        if self._desk.current is not None:
            self.close_place(self._desk.documents.index(self._desk.current))

    def close_place(self, place: int) -> None:
        self._settle()
        document = self._desk.documents[place]
        answer = self._answer_on(document)
        if document not in self._desk.documents:
            return  # an earlier "save" has closed it while the question was open
        if answer == "stay":
            self._not_saved(document)  # nor closed later by an earlier answer
        elif answer == "save":
            self._close_when_saved[document] = (document.session.mask, document.session.protect)
            if document in self._desk.unsaved:
                self._save_when_done.setdefault(document, Order())
            self._work_went_on()
        else:
            self._desk.close(self._desk.documents.index(document))

    def _answer_on(self, document: Document) -> Answer:
        """What is to become of a picture that is to be closed; a save that was promised is waited for."""
        if document in self._desk.unsaved:
            return self.ask([document.name], bool(document.session.pending))
        if document.loose and self.ask_painted([document.name], document.loose) == "stay":
            return "stay"
        return "save" if document in self._owed else "discard"

    @property
    def _owed(self) -> set[Document]:
        """Pictures of which a save is going on or was promised."""
        return {*self._save_when_done, *self._saver.documents}

    def quit(self) -> None:
        self._window.close()

    def may_close(self) -> bool:
        """Asked by the window; saving goes on first where a person wants it, and then it closes itself."""
        self._settle()
        unsaved = self._desk.unsaved
        if not unsaved:
            return self._may_lose_what_is_painted() and not self._waits_for_what_is_owed()
        answer = self.ask([each.name for each in unsaved], any(each.session.pending for each in unsaved))
        if answer == "save":
            self._is_closing = True
            for each in unsaved:
                self._save_when_done.setdefault(each, Order())
            self._work_went_on()
        else:
            self._save_when_done = {}
            self._is_closing = False
        return answer == "discard" and self._may_lose_what_is_painted()

    def _waits_for_what_is_owed(self) -> bool:
        """All is saved, and more copies of it are being written: the window closes when they are there."""
        self._is_closing = bool(self._owed)
        if self._is_closing:
            told = self.tr("The window closes as soon as everything is saved.")
            self._window.notice.say(Told(told, warns=False, passes=True, about="saving"))
        return self._is_closing

    def _may_lose_what_is_painted(self) -> bool:
        """On pictures that the question about unsaved work does not speak of."""
        loose = [each for each in self._desk.documents if each.loose and each not in self._desk.unsaved]
        painted = frozenset().union(*(each.loose for each in loose))
        return not loose or self.ask_painted([each.name for each in loose], painted) == "discard"

    def _work_went_on(self) -> None:
        """What is to be saved and closed is saved when nothing runs on it any more."""
        for document in [each for each in self._save_when_done if not self._is_at_work(each)]:
            order = self._save_when_done.pop(document, None)
            if order is None or document not in self._desk.documents:
                continue  # a dialog was open, and it happened meanwhile
            if document.session.is_unsaved and order == Order():
                self._save(document)
            elif document.session.is_unsaved or (order.target is not None and document.session.is_changed):
                self._write(document, order)
        if self._is_asking:
            return
        for document in [each for each in self._close_when_saved if each not in self._owed]:
            self._close_what_is_saved(document)
        if self._is_closing and not self._owed:
            self._is_closing = False  # what came meanwhile keeps the window open, also when that is saved later
            if not self._desk.unsaved:
                self._window.close()

    def _close_what_is_saved(self, document: Document) -> None:
        """Unless there is more to lose than when it was asked for: a stroke by hand that lands now, a new mask."""
        self._settle()
        painted = self._close_when_saved.pop(document, None)
        if painted is None or document not in self._desk.documents:
            return
        session = document.session
        is_as_it_was = painted[0] is session.mask and painted[1] is session.protect
        if document in self._desk.unsaved or (document.loose and not is_as_it_was):
            told = self.tr("{name} stays open: more was done after it was to be saved and closed.")
            self._window.notice.say(Told(told.format(name=document.name), about="saving"))
        else:
            self._desk.close(self._desk.documents.index(document))

    def _not_saved(self, document: Document) -> None:
        """What could not be saved stays open."""
        self._is_closing = False
        self._save_when_done.pop(document, None)
        self._close_when_saved.pop(document, None)
