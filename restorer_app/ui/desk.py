"""Desk: the open pictures, the one in hand, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from restorer_app.core import mask as masks
from restorer_app.core.card import ModelCard
from restorer_app.core.errors import RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.history import Store
from restorer_app.core.job import Failed
from restorer_app.core.operation import Operation
from restorer_app.core.raster import CELL, Pixels, Raster, Source
from restorer_app.core.stroke import Stroke
from restorer_app.files.picture import Picture
from restorer_app.session.change import Change
from restorer_app.session.session import HISTORY_BYTES, Session
from restorer_app.ui.document import Document
from restorer_app.ui.jobs import Jobs
from restorer_app.ui.loading import Loader, Opened, Opening
from restorer_app.ui.mask_work import MaskWork, Work
from restorer_app.ui.notice import Told

LARGE = 4_000_000  # pixels of mask work that fit into a frame; more goes to a thread
_MOST_NAMED = 4  # files in one sentence
LONG = 60  # points of a stroke that do: each takes a quarter of a millisecond


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


class Desk(QObject):
    """Connects sessions, loader and jobs; knows no widget. Refusals come out as `refused`, never as exceptions."""

    documents_changed = Signal()
    current_changed = Signal()
    arrived = Signal(object)  # Document
    not_opened = Signal(object)  # Path
    changed = Signal(object)  # Change of the picture in hand
    frame_changed = Signal()  # a thumbnail or a mark of the film strip
    told = Signal(object)  # Told
    loading_changed = Signal()
    mask_work_began = Signal()

    def __init__(
        self,
        loader: Loader,
        jobs: Jobs,
        *,
        store: Store | None,
        cards: list[ModelCard],
        history_bytes: int = HISTORY_BYTES,
    ) -> None:
        super().__init__()
        self.jobs = jobs
        self.cards = cards
        self.documents: list[Document] = []
        self.current: Document | None = None
        self.loading: list[Opening] = []
        self._refused: list[tuple[Opening, RestorerError]] = []  # of the files that are being opened now
        self.loading_share: float | None = None  # of the file that is being read, where it can be told
        self._mask_work = MaskWork(self)
        self._mask_work.refused.connect(lambda problem: self.told.emit(Told.of(problem)))
        self._mask_work.ended.connect(self.frame_changed)
        self._loader = loader
        self._store = store
        self._history_bytes = history_bytes
        self._batches: dict[Opening, Batch] = {}
        self._replacing: dict[Opening, Document] = {}  # another page of an open file takes its place
        loader.opened.connect(self._opened)
        loader.refused.connect(self._not_opened)
        loader.progressed.connect(self._loading_went_on)
        loader.read.connect(self._read)
        loader.lost.connect(self._lost)
        jobs.failed.connect(self._job_failed)

    # -------------------------------------------------------------------------------------- the pictures
    def open(self, paths: list[Path], *, page: int = 0) -> None:
        """Asks for files; one that is open already is shown instead."""
        batch = Batch()
        for path in paths:
            known = next((one for one in self.documents if one.path == path.absolute()), None)
            if known is not None and page in (0, known.picture.page):
                if batch.takes_the_hand():
                    self.show(self.documents.index(known))
                continue
            opening = Opening(path.absolute(), page)
            if opening not in self.loading:  # an impatient second click asks for nothing new
                self._batches[opening] = batch
                self._ask(opening)

    def show_page(self, page: int) -> None:
        """Another page of the file in hand, beside this one where this one has unsaved work."""
        document = self.current
        if document is None or page == document.picture.page or not 0 <= page < document.picture.page_count:
            return
        same = [one for one in self.documents if one.path == document.path and one.picture.page == page]
        if same:
            self.show(self.documents.index(same[0]))
            return
        opening = Opening(document.path, page)
        if not document.session.is_changed:
            self._replacing[opening] = document
        self._ask(opening)

    def show(self, place: int) -> None:
        if 0 <= place < len(self.documents) and self.documents[place] is not self.current:
            self.jobs.end_preview()
            self.current = self.documents[place]
            self.current_changed.emit()

    def show_beside(self, by: int) -> None:
        if self.current is not None and self.documents:
            self.show((self.documents.index(self.current) + by) % len(self.documents))

    def close(self, place: int) -> None:
        """Lets a picture go; whoever calls has asked about unsaved work."""
        self._mask_work.settle()
        document = self.documents.pop(place)
        self.jobs.forget(document)
        if document is self.current:
            left = min(place, len(self.documents) - 1)
            self.current = self.documents[left] if left >= 0 else None
            self.current_changed.emit()
        self.documents_changed.emit()

    @property
    def unsaved(self) -> list[Document]:
        return [document for document in self.documents if document.session.is_unsaved or document.session.pending]

    # -------------------------------------------------------------------------------------- what is asked
    def stroke(self, stroke: Stroke, *, protects: bool = False) -> bool:
        """A large one is computed on a thread; the canvas shows its preview meanwhile."""
        extent = stroke.extent(self.current.session.mask.bounds) if self.current is not None else None
        if extent is None or (extent.area <= LARGE and len(stroke.points) <= LONG):
            return self.attempt(lambda session: session.stroke(stroke, protects=protects))
        verb = "Erased" if stroke.erase else "Painted"
        title = f"{verb} {'protection' if protects else 'mask'}"
        return self.attempt(lambda _session: self._begin(title, lambda mask: masks.paint(mask, stroke)[0], protects))

    def change_mask(self, title: str, work: Work, *, protects: bool = False, slow: bool = False) -> bool:
        """Another mask made from the one in hand, as one step; on a thread where it is large or known to be slow."""

        def change(session: Session) -> None:
            mask = session.protect if protects else session.mask
            if slow or len(mask.tiles) * CELL * CELL > LARGE:
                self._begin(title, work, protects)
            else:
                session.set_mask(title, work(mask), protects=protects)

        return self.attempt(change)

    def write_mask(self, write: Callable[[Raster], None], told: Told, *, protects: bool = False) -> None:
        """Puts the mask in hand, or the protection, somewhere, on a thread, and tells when it is there."""

        def work(mask: Raster) -> Raster:
            write(mask)
            return mask

        def begin(session: Session) -> None:
            mask = session.protect if protects else session.mask
            self._mask_work.begin(mask, work, lambda _before, _after: self.told.emit(told))

        self.attempt(begin)

    def _begin(self, title: str, work: Work, protects: bool) -> None:
        assert self.current is not None  # attempt() has a picture in hand
        session = self.current.session
        if not self.current.picture.editable:
            raise RestorerError(self.current.picture.reason)

        def land(before: Raster, after: Raster) -> None:
            now = session.protect if protects else session.mask
            if now is not before:  # a job was given up meanwhile and has brought its mask back
                after = work(now)
            if after.changed_cells(now):
                self.attempt_on(session, lambda each: each.set_mask(title, after, protects=protects))

        self._mask_work.begin(session.protect if protects else session.mask, work, land)
        self.mask_work_began.emit()

    @property
    def is_masking(self) -> bool:
        """A mask is being computed; whatever is asked of it waits."""
        return self._mask_work.is_busy

    def restore(self, stroke: Stroke) -> bool:
        """False where nothing came of it: then its preview goes."""
        painted: list[Region | None] = []
        if not self._is_read() or not self.attempt(lambda session: painted.append(session.restore(stroke))):
            return False
        if painted == [None]:
            told = self.tr("Here the picture is as it was opened: there is nothing to bring back.")
            self.told.emit(Told(told, warns=False, passes=True))
        return painted != [None]

    def clone(self, stroke: Stroke, *, dx: int, dy: int) -> bool:
        painted: list[Region | None] = []
        return (
            self._is_read()
            and self.attempt(lambda session: painted.append(session.clone(stroke, dx=dx, dy=dy)))
            and painted != [None]
        )

    def _is_read(self) -> bool:
        """What takes pixels at once must not wait for a file in the window's thread."""
        if self.current is None or not self.current.is_reading:
            return True
        told = self.tr("{name} is still being read.").format(name=self.current.name)
        self.told.emit(Told(told, self.tr("Masks can be painted already; the rest in a moment."), warns=False))
        return False

    def ask(
        self, operation: Operation, *, card: ModelCard | None = None, device: str = "auto", joined: bool = False
    ) -> bool:
        """Puts an operation into the queue; the mask moves into it. Without a card the first that fits is taken."""
        self._mask_work.settle()
        document = self.current
        if document is None:
            return False
        card = card or self.card_for(operation)
        if operation.task is not None and card is None:
            self.told.emit(
                Told(
                    self.tr("{title} by a learned method needs a model, and none is installed.").format(
                        title=operation.title
                    ),
                    self.tr("Choose another method in the bar above the picture."),
                )
            )
            return False
        try:
            pending = document.session.ask(operation, model=card, device=device, joined=joined)
        except RestorerError as problem:
            self.told.emit(Told.refusal(problem))
            return False
        self.jobs.enter(document, pending)
        return True

    def card_for(self, operation: Operation) -> ModelCard | None:
        return next(
            (card for card in self.cards if card.task == operation.task and card.scale == operation.scale), None
        )

    def attempt(self, work: Callable[[Session], object]) -> bool:
        """Does something with the session in hand; a refusal is told and changes nothing."""
        self._mask_work.settle()
        return self.current is not None and self.attempt_on(self.current.session, work)

    def attempt_on(self, session: Session, work: Callable[[Session], object]) -> bool:
        try:
            work(session)
        except RestorerError as problem:
            self.told.emit(Told.refusal(problem))
            return False
        self.jobs.look_again()
        return True

    # ------------------------------------------------------------------------------------------- listening
    def _ask(self, opening: Opening) -> None:
        self.loading.append(opening)
        self.loading_changed.emit()
        self._loader.ask(opening)

    def _opened(self, opened: Opened) -> None:
        self._no_longer_loading(opened.opening)
        session = Session(opened.picture, store=self._store, history_bytes=self._history_bytes)
        document = Document.of(opened.picture, session, opened.overview)
        document.is_reading = not opened.is_whole
        session.listen(lambda change: self._session_changed(document, change))
        replaced = self._replacing.pop(opened.opening, None)
        if replaced is not None and replaced in self.documents and not replaced.session.is_changed:
            self.documents[self.documents.index(replaced)] = document
        else:
            self.documents.append(document)
        self.documents_changed.emit()
        batch = self._batches.pop(opened.opening, None)
        if batch is None or batch.takes_the_hand() or self.current is None:
            self.show(self.documents.index(document))
        self.arrived.emit(document)

    def _not_opened(self, opening: Opening, problem: RestorerError) -> None:
        self._replacing.pop(opening, None)
        self._batches.pop(opening, None)
        self._refused.append((opening, problem))
        self.told.emit(self._refusal())
        self.not_opened.emit(opening.path)
        self._no_longer_loading(opening)

    def _refusal(self) -> Told:
        """One sentence for all files that were refused together: a later one must not hide an earlier."""
        if len(self._refused) == 1:
            return Told.of(self._refused[0][1])
        names = ", ".join(opening.path.name for opening, _ in self._refused[:_MOST_NAMED])
        more = len(self._refused) - _MOST_NAMED
        names += self.tr(" and {count} more").format(count=more) if more > 0 else ""
        told = self.tr("{count} files could not be opened: {names}.").format(count=len(self._refused), names=names)
        return Told(told, details="\n".join(str(problem) for _, problem in self._refused))

    def _loading_went_on(self, _opening: Opening, share: float) -> None:
        self.loading_share = share
        self.loading_changed.emit()

    def _read(self, opened: Opened, overview: Pixels) -> None:
        """All pixels of a picture that is shown already are there."""
        self.loading_share = None
        document = self._document_of(opened.picture)
        if document is not None:
            document.is_reading = False
            document.take_overview(overview)
            self.frame_changed.emit()
            self.jobs.start_waiting()
        self.loading_changed.emit()

    def _lost(self, opened: Opened, problem: RestorerError) -> None:
        """The small picture could be shown, but the file breaks off further on."""
        self.loading_share = None
        document = self._document_of(opened.picture)
        if document is not None:
            self.close(self.documents.index(document))
        self.loading_changed.emit()
        self.told.emit(Told.of(problem))

    def _document_of(self, picture: Picture) -> Document | None:
        return next((one for one in self.documents if one.picture is picture), None)

    def take_overview(self, source: Source, overview: Pixels) -> None:
        """The canvas has seen all of a source: thumbnails need no guess any more."""
        for document in self.documents:
            if document.picture.source is source:
                document.take_overview(overview)
                self.frame_changed.emit()

    def _no_longer_loading(self, opening: Opening) -> None:
        if opening in self.loading:
            self.loading.remove(opening)
        if not self.loading:
            self._refused = []
            self.loading_share = None
        self.loading_changed.emit()

    def _session_changed(self, document: Document, change: Change) -> None:
        if change.what in ("history", "saved"):
            self.frame_changed.emit()
        if document is self.current:
            self.changed.emit(change)

    def _job_failed(self, document: Document, event: Failed) -> None:
        has_mask = not masks.is_empty(document.session.mask)
        kept = self.tr("{name} is as it was before, and the mask is back.")
        advice = kept if has_mask else self.tr("{name} is as it was before.")
        self.told.emit(Told(event.message, advice.format(name=document.name), details=event.traceback))
