"""The notice: one sentence above the picture on what happened, what was kept, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from restorer_app.core.errors import RestorerError
from restorer_app.ui.icons import icon, pixmap
from restorer_app.ui.pieces import button, label
from restorer_app.ui.theme import DARK, Colours

MARGIN, MOST = 16, 860
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

    @classmethod
    def of(cls, problem: RestorerError) -> Told:
        return cls(problem.message, problem.advice)

    @classmethod
    def refusal(cls, problem: RestorerError) -> Told:
        """Nothing broke: it cannot be done now, or not like this."""
        return cls(problem.message, problem.advice, refuses=True)


class Passage:
    """A hand that has pressed on a notice: its stroke reaches the widget beneath as soon as it is one."""

    def __init__(self, beneath: QWidget | None, press: QMouseEvent) -> None:
        self._beneath = beneath if beneath is not None and beneath.isVisible() else None
        self._press = press
        self._is_stroke = False

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
    """Stays until it is dismissed or something better is known; blocks nothing."""

    copy_asked = Signal(str)
    dismissed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.beneath: QWidget | None = None  # what a stroke over good news is meant for
        self._passage: Passage | None = None
        self._details = ""
        self._warns = True
        self._may_go = False
        self._colours = DARK
        self._icon = QLabel()
        self._icon.setFixedSize(20, 20)
        self._text = label(rank="strong", wraps=True)
        self._advice = label(wraps=True)
        self._copy = button(self.tr("Copy details"), rank="flat")
        self._copy.clicked.connect(lambda: self.copy_asked.emit(self._details))
        self._close = button("", rank="flat", hint=self.tr("Dismiss"))
        self._close.setAccessibleName(self.tr("Dismiss"))
        self._close.clicked.connect(self._dismiss)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._text)
        words.addWidget(self._advice)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(12)
        row.addWidget(self._icon)
        row.addLayout(words, 1)
        row.addWidget(self._copy)
        row.addWidget(self._close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(GOOD_NEWS_MS)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        return " ".join(part.text() for part in (self._text, self._advice) if part.text())

    def say(self, told: Told) -> None:
        self._details = told.details
        self._warns = told.warns
        self._may_go = told.refuses or not told.warns
        self._text.setText(told.text)
        self._advice.setText(told.advice)
        self._advice.setVisible(bool(told.advice))
        self._copy.setVisible(bool(told.details))
        self.setAccessibleName(self.text)
        self.wear(self._colours)
        self._place()
        QTimer.singleShot(0, self, self._place)  # once more when the labels know the style's font
        self.show()
        self.raise_()
        if told.passes:
            self._timer.start()
        else:
            self._timer.stop()

    def make_way(self) -> None:
        """Work goes on: what was no warning has been read, or was not wanted; and what was refused is past."""
        if self._may_go:
            self.hide()

    def dismiss_warning(self) -> bool:
        """As by its cross; False where none stands."""
        is_warning = self.isVisible() and self._warns
        if is_warning:
            self._dismiss()
        return is_warning

    def turn_away(self) -> None:
        """Another picture is in hand: what stands here of the one before would be taken for its own."""
        if self._may_go and not self._timer.isActive():
            self.hide()

    def wear(self, colours: Colours) -> None:
        self._colours = colours
        name = "warning" if self._warns else "info"
        self._icon.setPixmap(pixmap(name, colours.text, size=20, ratio=self.devicePixelRatioF()))
        self._close.setIcon(icon("close", colours, colour=colours.dim))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click dismisses good news, a stroke goes through it to what lies beneath; a warning has its own cross."""
        self._passage = None if self._warns else Passage(self.beneath, QMouseEvent(event))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._passage is not None and self._passage.move(event):
            self.move(-self.width(), -self.height())  # hidden, it would lose the hand in the middle of the stroke

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._passage is not None:
            self._passage.release(event)
            self._passage = None
            self._dismiss()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parent() and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        """Over the upper edge of the picture, so that the picture does not move."""
        parent = self.parentWidget()
        assert parent is not None  # a notice lies over something
        width = min(parent.width() - 2 * MARGIN, MOST)
        self.setGeometry((parent.width() - width) // 2, MARGIN, width, max(self._height_for(width), 44))

    def _height_for(self, width: int) -> int:
        layout = self.layout()
        assert layout is not None  # made with the notice
        layout.invalidate()
        return layout.totalHeightForWidth(width)

    def _dismiss(self) -> None:
        self.hide()
        self.dismissed.emit()
