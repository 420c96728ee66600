"""Editing: what is asked of the picture in hand: strokes, masks, operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from restorer_app.core import mask as masks
from restorer_app.core.card import ModelCard, models_know
from restorer_app.core.errors import InvalidValueError, RestorerError
from restorer_app.core.job import Failed
from restorer_app.core.operation import Operation
from restorer_app.core.raster import CELL, Raster
from restorer_app.core.stroke import Stroke
from restorer_app.session.by_hand import Handiwork
from restorer_app.session.session import Session
from restorer_app.ui.desk import Desk
from restorer_app.ui.document import Document
from restorer_app.ui.hand_work import ByHand, HandWork
from restorer_app.ui.jobs import Jobs
from restorer_app.ui.notice import Told
from restorer_app.ui.slow_work import SlowWork

Work = Callable[[Raster], Raster]

LARGE = 4_000_000  # pixels of mask work that fit into a frame; more goes to a thread
LONG = 60  # points of a stroke that do: each takes a quarter of a millisecond


class Editing(QObject):
    """Between hands and a session. What is refused changes nothing, and is told, never raised."""

    told = Signal(object)  # Told
    asked = Signal(str)  # what a notice about this picture's jobs is about
    work_began = Signal()  # on a thread; what is asked of its outcome waits
    work_ended = Signal()
    came_to_nothing = Signal()  # a stroke by hand is over and changed nothing: its preview goes

    def __init__(self, desk: Desk, jobs: Jobs, cards: Sequence[ModelCard], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cards = cards
        self._desk = desk
        self._jobs = jobs
        self._mask_work = SlowWork(self)
        self._hand_work = HandWork(self._attempt_on, self)
        self._hand_work.began.connect(self.work_began)
        self._hand_work.came_to_nothing.connect(self._tell_nothing)
        for work in (self._mask_work, self._hand_work):
            work.refused.connect(self._tell_refusal)
            work.ended.connect(self.work_ended)
        self._hand_work.came_to_nothing.connect(lambda _why: self.came_to_nothing.emit())
        desk.closing.connect(self.settle)
        jobs.failed.connect(self._job_failed)
        jobs.preview_failed.connect(self._preview_failed)

    # ------------------------------------------------------------------------------------------- strokes
    def stroke(self, stroke: Stroke, *, protects: bool = False) -> bool:
        """A large one is computed on a thread; the canvas shows its preview meanwhile."""
        current = self._desk.current
        extent = stroke.extent(current.session.mask.bounds) if current is not None else None
        if extent is None or (extent.area <= LARGE and len(stroke.points) <= LONG):
            return self.attempt(lambda session: session.stroke(stroke, protects=protects))
        verb = "Erased" if stroke.erase else "Painted"
        title = f"{verb} {'protection' if protects else 'mask'}"
        return self.attempt(lambda _session: self._begin(title, lambda mask: masks.paint(mask, stroke)[0], protects))

    def restore(self, stroke: Stroke) -> bool:
        """False where it is refused at once: then its preview goes."""
        nothing = self.tr("Here the picture is as it was opened: there is nothing to bring back.")
        return self._by_hand(lambda session: session.restoring(stroke), nothing)

    def clone(self, stroke: Stroke, *, dx: int, dy: int) -> bool:
        nothing = self.tr("Nothing was cloned: the source is outside of the picture, or this place is protected.")
        return self._by_hand(lambda session: session.cloning(stroke, dx=dx, dy=dy), nothing)

    def _by_hand(self, asking: Callable[[Session], Handiwork], nothing: str) -> bool:
        self._mask_work.settle()
        current = self._desk.current
        if current is None or not self._is_read():
            return False
        return self._hand_work.do(ByHand(current.session, asking, nothing))

    def _tell_refusal(self, problem: RestorerError) -> None:
        """What does not fit is past when something else was done; what broke stands until it was read."""
        self.told.emit(Told.refusal(problem) if isinstance(problem, InvalidValueError) else Told.of(problem))

    def _tell_nothing(self, why: str) -> None:
        if why:  # otherwise a refusal was told
            self.told.emit(Told(why, warns=False, passes=True))

    def _is_read(self) -> bool:
        """What takes pixels at once must not wait for a file in the window's thread."""
        current = self._desk.current
        if current is None or not current.is_reading:
            return True
        told = self.tr("{name} is still being read.").format(name=current.name)
        self.told.emit(Told(told, self.tr("Masks can be painted already; the rest in a moment."), warns=False))
        return False

    # --------------------------------------------------------------------------------------------- masks
    @property
    def is_masking(self) -> bool:
        """A mask is being computed; whatever is asked of it waits."""
        return self._mask_work.is_busy

    @property
    def is_at_hand(self) -> bool:
        """Work by hand is being computed: it will be there to undo and to save."""
        return self._hand_work.is_busy

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

        def begin(session: Session) -> None:
            mask = session.protect if protects else session.mask
            self._mask_work.begin(lambda: write(mask), lambda _nothing: self.told.emit(told))

        self.attempt(begin)

    def _begin(self, title: str, work: Work, protects: bool) -> None:
        assert self._desk.current is not None  # attempt() has a picture in hand
        session = self._desk.current.session
        if not self._desk.current.picture.editable:
            raise RestorerError(self._desk.current.picture.reason)

        before = session.protect if protects else session.mask

        def land(after: Raster) -> None:
            now = session.protect if protects else session.mask
            if now is not before:  # a job was given up meanwhile and has brought its mask back
                after = work(now)
            self._attempt_on(session, lambda each: each.set_mask(title, after, protects=protects))

        self._mask_work.begin(lambda: work(before), land)
        self.work_began.emit()

    # ---------------------------------------------------------------------------------------- operations
    def ask(
        self, operation: Operation, *, card: ModelCard | None = None, device: str = "auto", joined: bool = False
    ) -> bool:
        """Puts an operation into the queue; the mask moves into it. Without a card the first that fits is taken."""
        self.settle()
        document = self._desk.current
        if document is None:
            return False
        card = card or self.card_for(operation)
        if operation.task is not None and card is None:
            told = self.tr("{title} by a learned method needs a model, and none is installed.")
            advice = self.tr("Choose another method in the bar above the picture.")
            self.told.emit(Told(told.format(title=operation.title), advice))
            return False
        try:
            pending = document.session.ask(operation, model=card, device=device, joined=joined)
        except RestorerError as problem:
            self.told.emit(Told.refusal(problem))
            return False
        self._jobs.enter(document, pending)
        self.asked.emit(_work_on(document))
        return True

    @property
    def cards(self) -> Sequence[ModelCard]:
        """The models that can be asked about the picture in hand: none knows inks or Lab."""
        document = self._desk.current
        return self._cards if document is None or models_know(document.picture.layout) else ()

    def card_for(self, operation: Operation) -> ModelCard | None:
        return next(
            (card for card in self._cards if card.task == operation.task and card.scale == operation.scale), None
        )

    def _job_failed(self, document: Document, event: Failed) -> None:
        has_mask = not masks.is_empty(document.session.mask)
        kept = self.tr("{name} was left as it was, and the mask was brought back.")
        advice = kept if has_mask else self.tr("{name} was left as it was.")
        said = Told(event.message, advice.format(name=document.name), event.traceback, about=_work_on(document))
        self.told.emit(said)

    def _preview_failed(self, document: Document, event: Failed) -> None:
        self.told.emit(Told(event.message, "", event.traceback, about=_work_on(document)))

    # ---------------------------------------------------------------------------------------- everything
    def attempt(self, work: Callable[[Session], object]) -> bool:
        """Does something with the session in hand; a refusal is told and changes nothing."""
        self.settle()
        current = self._desk.current
        return current is not None and self._attempt_on(current.session, work)

    def settle(self) -> None:
        """Waits until whatever was asked for is there."""
        self._mask_work.settle()
        self._hand_work.settle()

    def _attempt_on(self, session: Session, work: Callable[[Session], object]) -> bool:
        try:
            work(session)
        except RestorerError as problem:
            self.told.emit(Told.refusal(problem))
            return False
        self._jobs.look_again()
        return True


def _work_on(document: Document) -> str:
    return f"work on {id(document)}"
