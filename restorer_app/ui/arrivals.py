"""Arrivals: files that were asked for, until they lie on the desk or it was told why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from restorer_app.core.errors import RestorerError
from restorer_app.core.raster import Pixels
from restorer_app.files.picture import Picture
from restorer_app.session.session import Session
from restorer_app.ui.desk import Desk
from restorer_app.ui.document import Document
from restorer_app.ui.loading import Loader, Opened, Opening
from restorer_app.ui.notice import Told

_MOST_NAMED, _MOST_EXPLAINED = 4, 3  # files in one sentence, and those of which each has its own besides


class Batch:
    """Files that were asked for together: the first that can be opened is shown.

    Later ones only join the strip: somebody may paint on the first by then.
    """

    def __init__(self) -> None:
        self._is_shown = False

    def takes_the_hand(self) -> bool:
        """True once."""
        first, self._is_shown = not self._is_shown, True
        return first


class Arrivals(QObject):
    """Between the loader and the desk. Refusals are told, never raised."""

    changed = Signal()  # what is being opened, or how far it is
    read = Signal()  # all pixels of a picture that is shown already are there
    not_opened = Signal(object)  # Path
    told = Signal(object)  # Told

    def __init__(
        self, desk: Desk, loader: Loader, new_session: Callable[[Picture], Session], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.loading: list[Opening] = []
        self.share: float | None = None  # of the file that is being read, where it can be told
        self._desk = desk
        self._loader = loader
        self._new_session = new_session
        self._refused: list[tuple[Opening, RestorerError]] = []  # of the files that are being opened now
        self._batches: dict[Opening, Batch] = {}
        self._turned_from: dict[Opening, Document] = {}  # the page of the same file that was in hand
        loader.opened.connect(self._opened)
        loader.refused.connect(self._not_opened)
        loader.progressed.connect(self._went_on)
        loader.read.connect(self._read)
        loader.lost.connect(self._lost)

    # ------------------------------------------------------------------------------------------ asking
    def open(self, paths: list[Path], *, page: int = 0) -> None:
        """Asks for files; one that is open already is shown instead."""
        batch = Batch()
        for path in paths:
            known = next((one for one in self._desk.documents if one.path == path.absolute()), None)
            if known is not None and page in (0, known.picture.page):
                if batch.takes_the_hand():
                    self._desk.show(self._desk.documents.index(known))
                continue
            opening = Opening(path.absolute(), page)
            if opening not in self.loading:  # an impatient second click asks for nothing new
                self._batches[opening] = batch
                self._ask(opening)

    def show_page(self, page: int) -> None:
        """Another page of the file in hand, beside this one where this one has unsaved work."""
        desk, document = self._desk, self._desk.current
        if document is None or page == document.picture.page or not 0 <= page < document.picture.page_count:
            return
        same = [one for one in desk.documents if one.path == document.path and one.picture.page == page]
        if same:
            desk.show(desk.documents.index(same[0]))
            return
        opening = Opening(document.path, page)
        if opening not in self.loading:
            self._turned_from[opening] = document
            self._ask(opening)

    def _ask(self, opening: Opening) -> None:
        self.loading.append(opening)
        self.changed.emit()
        self._loader.ask(opening)

    # ---------------------------------------------------------------------------------------- answers
    def _opened(self, opened: Opened) -> None:
        self._no_longer_loading(opened.opening)
        document = Document.of(opened.picture, self._new_session(opened.picture), opened.overview)
        document.is_reading = not opened.is_whole
        self._desk.lay(document, page_beside=self._turned_from.pop(opened.opening, None))
        batch = self._batches.pop(opened.opening, None)
        if batch is None or batch.takes_the_hand() or self._desk.current is None:
            self._desk.show(self._desk.documents.index(document))
        self._desk.arrived.emit(document)

    def _not_opened(self, opening: Opening, problem: RestorerError) -> None:
        self._turned_from.pop(opening, None)
        self._batches.pop(opening, None)
        self._refused.append((opening, problem))
        self.told.emit(self._refusal())
        self.not_opened.emit(opening.path)
        self._no_longer_loading(opening)

    def _refusal(self) -> Told:
        """One sentence for all files that were refused together: a later one must not hide an earlier."""
        if len(self._refused) == 1:
            return replace(Told.of(self._refused[0][1]), about="opening")
        names = ", ".join(opening.path.name for opening, _ in self._refused[:_MOST_NAMED])
        more = len(self._refused) - _MOST_NAMED
        names += self.tr(" and {count} more").format(count=more) if more > 0 else ""
        told = self.tr("{count} files could not be opened: {names}.").format(count=len(self._refused), names=names)
        why = (
            "\n".join(problem.message for _, problem in self._refused) if len(self._refused) <= _MOST_EXPLAINED else ""
        )
        return Told(told, why, details="\n".join(str(problem) for _, problem in self._refused), about="opening")

    def _went_on(self, _opening: Opening, share: float) -> None:
        self.share = share
        self.changed.emit()

    def _read(self, opened: Opened, overview: Pixels) -> None:
        """All pixels of a picture that is shown already are there."""
        self.share = None
        document = self._desk.document_of(opened.picture)
        if document is not None:
            document.is_reading = False
            document.take_overview(overview)
            self._desk.frame_changed.emit()
            self.read.emit()
        self.changed.emit()

    def _lost(self, opened: Opened, problem: RestorerError) -> None:
        """The small picture could be shown, but the file breaks off further on."""
        self.share = None
        document = self._desk.document_of(opened.picture)
        if document is not None:
            self._desk.close(self._desk.documents.index(document))
        self.changed.emit()
        self.told.emit(Told.of(problem))

    def _no_longer_loading(self, opening: Opening) -> None:
        if opening in self.loading:
            self.loading.remove(opening)
        if not self.loading:
            self._refused = []
            self.share = None
        self.changed.emit()
