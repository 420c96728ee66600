"""Small widgets that several panels are built from: labels by rank, cards, buttons."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QFrame,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QToolTip,
    QWidget,
)

_LONG_WORD = re.compile(r"\S{25,}")
_PARTS = re.compile(r"[^_./\\-]{0,24}[_./\\-]|[^_./\\-]{1,24}")
LINK = 5  # what a link keeps around itself for its focus: the words beside it start where its own do


def label(text: str = "", *, rank: str = "", wraps: bool = False, parent: QWidget | None = None) -> QLabel:
    """A label; its rank (dim, heading, strong, title) gives it its look."""
    made = WrappingLabel(text, parent) if wraps else QLabel(text, parent)
    if rank:
        made.setProperty(rank, True)
    if wraps:
        made.setWordWrap(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        made.setSizePolicy(policy)
    return made


def button(text: str, *, rank: str = "", hint: str = "", parent: QWidget | None = None) -> QPushButton:
    """A button; its rank (primary, outlined, compact, flat, link) gives it its look."""
    made = QPushButton(text, parent)
    if rank:
        made.setProperty(rank, True)
    if hint:
        made.setToolTip(hint)
        made.setAccessibleDescription(hint)
    made.setAutoDefault(False)
    made.setCursor(Qt.CursorShape.PointingHandCursor if rank == "link" else Qt.CursorShape.ArrowCursor)
    return made


def set_rank(widget: QWidget, rank: str, *, on: bool) -> None:
    """Changes a property that the style sheet looks at, and has the widget look again."""
    if widget.property(rank) == on:
        return
    widget.setProperty(rank, on)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def make_primary(buttons: QDialogButtonBox, which: QDialogButtonBox.StandardButton) -> None:
    """The button that Return presses looks like it."""
    chosen = buttons.button(which)
    chosen.setProperty("primary", True)
    chosen.setDefault(True)


class Card(QFrame):
    """A raised surface; the current one carries the accent."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)

    def set_current(self, current: bool) -> None:
        set_rank(self, "current", on=current)


class Column(QWidget):
    """What a dock holds: as high as its words need at its width, and not as a layout guesses for the narrowest."""

    def minimumSizeHint(self) -> QSize:
        layout, least = self.layout(), super().minimumSizeHint()
        if layout is None or not layout.hasHeightForWidth():
            return least
        return QSize(least.width(), layout.totalHeightForWidth(max(self.width(), least.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


class WrappingLabel(QLabel):
    """Words that flow; one as long as an archive's file name may break inside, so that it widens no panel."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plain = text
        self.setText(text)

    def setText(self, text: str) -> None:
        self._plain = text
        super().setText(_LONG_WORD.sub(lambda found: _with_breaks(found[0]), text))

    def text(self) -> str:
        return self._plain


def _with_breaks(word: str) -> str:
    """Invisible places to break at: behind what joins the parts of a name, and anyhow after so many letters."""
    return "\u200b".join(_PARTS.findall(word))


class ElidedLabel(QLabel):
    """One line that gives way: shortened in the middle where there is no room, whole in its tooltip."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = text
        self.setText(text)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_whole(self, text: str) -> None:
        self._whole = text
        self._shorten()

    def minimumSizeHint(self) -> QSize:
        return QSize(40, super().minimumSizeHint().height())

    def resizeEvent(self, _event: object) -> None:
        self._shorten()

    def _shorten(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, max(self.width() - 2, 20))
        if shown != self.text():
            self.setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")


class GivingCheckBox(QCheckBox):
    """A box to tick whose words are shortened where there is no room; whole in its tooltip and for screen readers."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(26, super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and not self.toolTip():
            if self._shown_words() != self.text():
                QToolTip.showText(event.globalPos(), self.text(), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = self._shown_words()
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_CheckBox, option)

    def _shown_words(self) -> str:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxContents, option, self).width()
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room + 1)
        return shown if len(shown) > 2 else ""  # a letter says nothing
