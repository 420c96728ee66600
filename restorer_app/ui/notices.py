"""Notices: those that stand above the picture, until each was read or is no longer true."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from restorer_app.ui.notice import Notice, Told
from restorer_app.ui.theme import DARK, Colours

MARGIN, GAP, MOST = 16, 8, 860
MOST_SEEN = 3


class Notices(QObject):
    """Over the upper edge of a widget, so that what it shows does not move; blocks nothing.

    A later notice stands below an earlier one, so that nobody loses the line that is being read; one about the same
    thing takes the place of the earlier. Where there is no more room a warning waits for its turn.
    """

    copy_asked = Signal(str)

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.beneath: QWidget | None = None  # what a stroke over good news is meant for
        self._over = over
        self._colours = DARK
        self._standing: list[Notice] = []
        self._placing = QTimer(self, singleShot=True, interval=0)
        self._placing.timeout.connect(self._place)
        over.installEventFilter(self)

    @property
    def standing(self) -> tuple[Notice, ...]:
        """The earliest first, with those that wait."""
        return tuple(self._standing)

    @property
    def text(self) -> str:
        """Of the latest."""
        return self._standing[-1].text if self._standing else ""

    @property
    def are_seen(self) -> bool:
        return any(notice.isVisible() for notice in self._standing)

    def say(self, told: Told) -> None:
        self._take_away(notice for notice in self._standing if told.replaces(notice.told))
        # of what is no warning only the latest few are of use to anybody
        quiet = [notice for notice in self._standing if not notice.told.warns]
        if len(self._standing) >= MOST_SEEN:
            self._take_away(quiet[:1])
        notice = Notice(told, beneath=self.beneath)
        notice.setParent(self._over)
        notice.copy_asked.connect(self.copy_asked)
        notice.gone.connect(lambda: self._take_away([notice]))
        notice.wear(self._colours)
        self._standing.append(notice)
        self._place()

    def clear(self) -> None:
        self._take_away(self._standing)

    def make_way(self) -> None:
        """Work goes on: what was no warning has been read, or was not wanted; and what was refused is past."""
        self._take_away(notice for notice in self._standing if notice.told.may_go)

    def turn_away(self) -> None:
        """Another picture is in hand: what stands here of the one before would be taken for its own."""
        self._take_away(notice for notice in self._standing if notice.told.may_go and not notice.is_passing)

    def forget(self, about: str) -> None:
        """It is being tried again: what went wrong with it before is past."""
        self._take_away(notice for notice in self._standing if notice.told.about == about)

    def dismiss_warning(self) -> bool:
        """The latest, as by its cross; False where none stands."""
        warnings = [notice for notice in self._standing if notice.told.warns and notice.isVisible()]
        self._take_away(warnings[-1:])
        return bool(warnings)

    def wear(self, colours: Colours) -> None:
        self._colours = colours
        for notice in self._standing:
            notice.wear(colours)

    def raise_(self) -> None:
        """Over a page that is new."""
        for notice in self._standing:
            notice.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _take_away(self, notices: Iterable[Notice]) -> None:
        gone = [notice for notice in notices if notice in self._standing]  # the stroke through it may have ended it
        for notice in gone:
            self._standing.remove(notice)
            notice.hide()
            notice.deleteLater()
        if gone:
            self._place()

    def _place(self) -> None:
        """One below the other; once more a moment later, when labels know the style's font."""
        width, top = min(self._over.width() - 2 * MARGIN, MOST), MARGIN
        is_new = False
        for place, notice in enumerate(self._standing):
            is_new = is_new or (place < MOST_SEEN and not notice.isVisibleTo(self._over))
            notice.setVisible(place < MOST_SEEN)
            height = notice.height_for(width)
            notice.setGeometry((self._over.width() - width) // 2, top, width, height)
            notice.raise_()
            top += height + GAP
        if is_new:
            self._placing.start()
