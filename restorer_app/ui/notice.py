"""A notice: what happened, what was kept, what to do, in a sentence or two above the picture."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from restorer_app.core.errors import RestorerError
from restorer_app.ui.icons import icon, pixmap
from restorer_app.ui.pieces import button, label
from restorer_app.ui.theme import Colours

LEAST = 44  # height
GOOD_NEWS_MS = 8000


@dataclass(frozen=True, slots=True)
class Told:
    """What a person should know: what happened, what was kept and what to do, and details for a report."""

    text: str
    advice: str = ""
    details: str = ""
    warns: bool = True
    passes: bool = False  # good news goes by itself
    refuses: bool = False  # of this moment: no longer true when something else was done
    about: str = ""  # a later word about the same thing takes the place of the earlier

    @property
    def may_go(self) -> bool:
        """Without having been dismissed."""
        return self.refuses or not self.warns

    def replaces(self, earlier: Told) -> bool:
        is_same = (self.text, self.advice) == (earlier.text, earlier.advice)
        return is_same or (self.about == earlier.about != "") or (self.refuses and earlier.refuses)

    @classmethod
    def of(cls, problem: RestorerError) -> Told:
        return cls(problem.message, problem.advice)

    @classmethod
    def refusal(cls, problem: RestorerError) -> Told:
        """Nothing broke: it cannot be done now, or not like this."""
        return cls(problem.message, problem.advice, refuses=True)


_MEANT_FOR_THE_PICTURE = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


class Passage:
    """A hand that has pressed on a notice: its stroke reaches the widget beneath as soon as it is one."""

    def __init__(self, beneath: QWidget | None, press: QMouseEvent) -> None:
        self._beneath = beneath if beneath is not None and beneath.isVisible() else None
        self._press = press
        # with a key held it is meant for the picture from the first: a source is chosen, something is erased
        self._is_stroke = self._beneath is not None and bool(press.modifiers() & _MEANT_FOR_THE_PICTURE)
        if self._is_stroke:
            self._hand_on(press)

    def move(self, event: QMouseEvent) -> bool:
        """True once it is a stroke."""
        way = (event.globalPosition() - self._press.globalPosition()).manhattanLength()
        if not self._is_stroke and self._beneath is not None and way >= QApplication.startDragDistance():
            self._is_stroke = True
            self._hand_on(self._press)
        if self._is_stroke:
            self._hand_on(event)
        return self._is_stroke

    def release(self, event: QMouseEvent) -> None:
        if self._is_stroke:
            self._hand_on(event)

    def _hand_on(self, event: QMouseEvent) -> None:
        assert self._beneath is not None  # strokes are those that have somewhere to go
        there = self._beneath.mapFromGlobal(event.globalPosition())
        buttons = (event.button(), event.buttons(), event.modifiers())
        QApplication.sendEvent(self._beneath, QMouseEvent(event.type(), there, event.globalPosition(), *buttons))


class Notice(QWidget):
    """One of those that stand: until it is dismissed, or its time is over."""

    copy_asked = Signal(str)
    gone = Signal()

    def __init__(self, told: Told, *, beneath: QWidget | None = None) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.told = told
        self._beneath = beneath  # what a stroke over good news is meant for
        self._passage: Passage | None = None
        self._icon = QLabel()
        self._icon.setFixedSize(20, 20)
        self._close = button("", rank="flat", hint=self.tr("Dismiss"))
        self._close.setAccessibleName(self.tr("Dismiss"))
        self._close.clicked.connect(self.gone)
        self.setAccessibleName(self.text)
        self._lay_out()
        self._timer = QTimer(self, singleShot=True, interval=GOOD_NEWS_MS)
        self._timer.timeout.connect(self.gone)
        if told.passes:
            self._timer.start()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(self.told.text, rank="strong", wraps=True))
        if self.told.advice:
            words.addWidget(label(self.told.advice, wraps=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(12)
        row.addWidget(self._icon)
        row.addLayout(words, 1)
        if self.told.details:
            copy = button(self.tr("Copy details"), rank="flat")
            copy.clicked.connect(lambda: self.copy_asked.emit(self.told.details))
            row.addWidget(copy)
        row.addWidget(self._close)

    @property
    def text(self) -> str:
        return " ".join(part for part in (self.told.text, self.told.advice) if part)

    @property
    def is_passing(self) -> bool:
        return self._timer.isActive()

    def wear(self, colours: Colours) -> None:
        name = "warning" if self.told.warns else "info"
        self._icon.setPixmap(pixmap(name, colours.text, size=20, ratio=self.devicePixelRatioF()))
        self._close.setIcon(icon("close", colours, colour=colours.dim))

    def height_for(self, width: int) -> int:
        layout = self.layout()
        assert layout is not None  # made with the notice
        layout.invalidate()
        return max(layout.totalHeightForWidth(width), LEAST)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click dismisses good news, a stroke goes through it to what lies beneath; a warning has its own cross."""
        self._passage = None if self.told.warns else Passage(self._beneath, QMouseEvent(event))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._passage is not None and self._passage.move(event):
            self.move(-self.width(), -self.height())  # hidden, it would lose the hand in the middle of the stroke

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._passage is not None:
            self._passage.release(event)
            self._passage = None
            self.gone.emit()
