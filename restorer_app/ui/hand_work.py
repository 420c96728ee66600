"""Work by hand on a thread, one stroke after the other: what lies under it may have to be read from a file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from restorer_app.core.errors import RestorerError
from restorer_app.session.by_hand import Handiwork, Handwork
from restorer_app.session.session import Session
from restorer_app.ui.slow_work import SlowWork

Attempt = Callable[[Session, Callable[[Session], object]], bool]  # tells a refusal, and is False then


@dataclass(frozen=True)
class ByHand:
    """One stroke: what asks a session for it, and what is to be said where it changes nothing."""

    session: Session
    asking: Callable[[Session], Handiwork]
    nothing: str = ""


class HandWork(QObject):
    """Strokes wait for the one before, since each begins with the picture that that one has left."""

    began = Signal()
    ended = Signal()
    refused = Signal(object)  # RestorerError
    came_to_nothing = Signal(str)  # a stroke is over and changed nothing: its preview goes

    def __init__(self, attempt: Attempt, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._attempt = attempt
        self._work = SlowWork(self)
        self._work.ended.connect(self.ended)
        self._work.refused.connect(self._take_refusal)
        self._waiting: deque[ByHand] = deque()

    @property
    def is_busy(self) -> bool:
        return self._work.is_busy

    def settle(self) -> None:
        """Waits for all that were asked for."""
        while self._work.is_busy:
            self._work.settle()

    def do(self, stroke: ByHand) -> bool:
        """False where it is refused at once."""
        if self._work.is_busy:
            self._waiting.append(stroke)
            return True
        return self._attempt(stroke.session, partial(self._begin, stroke))

    def _begin(self, stroke: ByHand, session: Session) -> None:
        asked = stroke.asking(session)
        self._work.begin(lambda: asked.work(asked.image), partial(self._land, stroke, asked))
        self.began.emit()

    def _land(self, stroke: ByHand, asked: Handiwork, done: Handwork | None) -> None:
        def add(session: Session) -> None:
            if session.history.current.image is not asked.image:
                self._begin(stroke, session)  # a job has ended meanwhile: once more, and not in this thread
            elif session.add_handwork(asked, done) is None:
                self.came_to_nothing.emit(stroke.nothing)

        if not self._attempt(stroke.session, add):
            self.came_to_nothing.emit("")
        self._begin_next()

    def _take_refusal(self, problem: RestorerError) -> None:
        self.refused.emit(problem)
        self.came_to_nothing.emit("")
        self._begin_next()

    def _begin_next(self) -> None:
        while self._waiting and not self._work.is_busy:
            if not self.do(self._waiting.popleft()):
                self.came_to_nothing.emit("")
