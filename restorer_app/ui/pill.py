"""The pill over the picture: what is being done, how much is left, Esc."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from restorer_app.ui.theme import DARK, Colours

MARGIN = 16
LEAST = 60  # of its words in the narrowest window


class Pill(QWidget):
    """Floats at the lower edge of its parent; `say` shows it, `fall_silent` takes it away."""

    cancel_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._colours = DARK
        self._said = ""
        self._text = QLabel()
        self._bar = _Bar()
        self._cancel = QPushButton(self.tr("Esc"))
        self._cancel.setAccessibleName(self.tr("Cancel"))
        self._cancel.setToolTip(self.tr("Cancel (Esc)"))
        self._cancel.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Esc does it, and the picture keeps the focus
        self._cancel.setCursor(Qt.CursorShape.PointingHandCursor)
        self._cancel.clicked.connect(self.cancel_asked)
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 0, 8, 0)
        row.setSpacing(14)
        for part in (self._text, self._bar, self._cancel):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        parent.installEventFilter(self)
        self.wear(DARK)
        self.hide()

    @property
    def text(self) -> str:
        return self._said

    def say(self, text: str, *, share: float | None = None, can_cancel: bool = True) -> None:
        """Shows a sentence; a share from 0 to 1 is drawn, None moves to and fro."""
        self._said = text
        self._bar.show_share(share)
        self._cancel.setVisible(can_cancel)
        self.setAccessibleName(text)
        self._place()
        self.show()
        self.raise_()

    def fall_silent(self) -> None:
        self._bar.show_share(0.0)
        self.hide()

    def be_still(self, still: bool) -> None:
        self._bar.be_still(still)

    def wear(self, colours: Colours) -> None:
        self._colours = colours
        self._bar.colours = colours
        self._text.setStyleSheet(f"color: {colours.pill_text}; background: transparent;")
        self._cancel.setStyleSheet(
            f"QPushButton {{ color: {colours.pill_dim}; background: transparent; border: none; border-radius: 10px;"
            f" padding: 4px 10px; }} QPushButton:hover {{ color: {colours.pill_text}; background: #3a3a3a; }}"
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), 38)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parent() and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            ground = QColor(self._colours.pill)
            ground.setAlphaF(0.92)
            painter.setBrush(ground)
            painter.drawRoundedRect(self.rect(), self.height() / 2, self.height() / 2)

    def _place(self) -> None:
        parent = self.parentWidget()
        assert parent is not None  # a pill lives over something
        around = self.sizeHint().width() - self._text.sizeHint().width()
        room = max(parent.width() - 2 * MARGIN - around, LEAST)
        # a file's name can be longer than the window is wide
        self._text.setText(self._text.fontMetrics().elidedText(self._said, Qt.TextElideMode.ElideMiddle, room))
        self.adjustSize()
        self.move((parent.width() - self.width()) // 2, parent.height() - self.height() - MARGIN)


class _Bar(QWidget):
    """A thin bar; without a known share a piece of it wanders."""

    def __init__(self) -> None:
        super().__init__()
        self.colours = DARK
        self._share: float | None = 0.0
        self._place = 0
        self._timer = 0
        self._is_still = False
        self.setFixedSize(72, 6)

    def show_share(self, share: float | None) -> None:
        self._share = share
        moves = share is None and not self._is_still
        if moves and not self._timer:
            self._timer = self.startTimer(40)
        elif not moves and self._timer:
            self.killTimer(self._timer)
            self._timer = 0
        self.update()

    @property
    def moves(self) -> bool:
        return bool(self._timer)

    def be_still(self, still: bool) -> None:
        self._is_still = still
        self.show_share(self._share)

    def timerEvent(self, _event: QEvent) -> None:
        self._place = (self._place + 2) % (2 * self.width())
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor("#4a4a4a"))
            painter.drawRoundedRect(self.rect(), 3, 3)
            painter.setBrush(QColor(DARK.accent))  # the pill is dark in both themes
            if self._share is None and self._is_still:
                painter.setOpacity(0.45)  # full and faint: something goes on, and nobody knows how far it is
                painter.drawRoundedRect(self.rect(), 3, 3)
            elif self._share is None:
                at = min(self._place, 2 * self.width() - self._place)
                painter.drawRoundedRect(at * (self.width() - 20) // self.width(), 0, 20, self.height(), 3, 3)
            elif self._share > 0:
                painter.drawRoundedRect(0, 0, max(6, round(self.width() * self._share)), self.height(), 3, 3)
