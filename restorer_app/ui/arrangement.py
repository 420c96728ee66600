"""Arrangement: which panels stand where and how high, and what of it is remembered."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QEvent, QObject, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QMainWindow, QScrollArea, QTabBar, QWidget

from restorer_app.ui.panels.dock import PanelDock

LAYOUT = 2  # raised when remembered dock places no longer fit the docks there are
_STEPS = 232  # height of the history: tabs, heading, three steps
_FRAME = QSize(16, 48)  # what a window manager may put around a window
_WIDTH = 320
_ROUNDS = 8  # Qt moves other things while it gives a height, and what was wanted is reached step by step
_SPARE = 36  # two lines: room that a shorter text gives back at once would come and go with every sentence


class Arrangement(QObject):
    """Heights follow the window and what panels hold until somebody drags a border; then its shares stay."""

    def __init__(self, window: QMainWindow, docks: Mapping[str, PanelDock], *, together: tuple[str, ...]) -> None:
        super().__init__(window)
        self._window = window
        self._docks = docks
        self._together = together  # one at a time, in one place
        self._first = window.saveState(LAYOUT)
        self._before_hiding: QByteArray | None = None
        self._chosen: dict[str, float] = {}  # shares of the column that a hand gave
        self._fitted: tuple[int, frozenset[str]] = (0, frozenset())  # to this height of the column, of these panels
        self._needed = {"one-click": 0, "proof": 0}  # what these needed then: the history takes what is left
        self._is_dragging = False
        self._rounds = 0  # that are left
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._fit_again)
        window.installEventFilter(self)
        for dock in docks.values():
            dock.visibilityChanged.connect(lambda _is_visible: self._soon.start())
        self._panels = {name: _panel_of(docks[name]) for name in self._needed}
        for panel in self._panels.values():
            panel.installEventFilter(self)

    # ------------------------------------------------------------------------------------ shown, hidden
    def toggle(self) -> None:
        """Hides all panels, or brings back those that were there, with heights and the tab in front."""
        if any(dock.isVisible() for dock in self._docks.values()):
            self._before_hiding = self._window.saveState(LAYOUT)
            for dock in self._docks.values():
                dock.hide()
        elif self._before_hiding is not None:
            self._lay_out(self._before_hiding)
        else:
            for dock in self._docks.values():
                dock.show()

    def reset(self) -> None:
        """As at the first start."""
        self._before_hiding, self._chosen = None, {}
        self._needed = dict.fromkeys(self._needed, 0)
        self._lay_out(self._first)
        self.fit()

    # ------------------------------------------------------------------------------------- remembering
    @property
    def remembered(self) -> tuple[str, str, str]:
        """Geometry, docks and the heights that a hand gave, as text for the settings."""
        geometry = self._window.saveGeometry().toBase64().data()
        docks = self._window.saveState(LAYOUT).toBase64().data()
        shares = " ".join(f"{name}={share:.4f}" for name, share in self._chosen.items())
        return bytes(geometry).decode(), bytes(docks).decode(), shares

    def restore(self, geometry: str, docks: str, shares: str = "") -> None:
        if geometry:
            self._window.restoreGeometry(QByteArray.fromBase64(geometry.encode()))
        else:
            self._fit_screen()
        if docks:
            self._lay_out(QByteArray.fromBase64(docks.encode()))
        self._chosen = _read(shares, self._docks)

    def _lay_out(self, state: QByteArray) -> None:
        """At once: heights that are still moving cannot be shared out."""
        is_animated = self._window.isAnimated()
        self._window.setAnimated(False)
        self._window.restoreState(state, LAYOUT)
        self._window.setAnimated(is_animated)

    def _fit_screen(self) -> None:
        room = self._window.screen().availableGeometry()  # the system's frame comes on top, and its size is known later
        self._window.resize(min(1600, room.width() - _FRAME.width()), min(1000, room.height() - _FRAME.height()))

    # ----------------------------------------------------------------------------------------- heights
    def fit(self) -> None:
        """Heights as the panels want them, or as a hand shared them out; Qt forgets what it is told before showing."""
        column = self._column()
        if "one-click" in column:
            self._window.resizeDocks([self._docks["one-click"]], [_WIDTH], Qt.Orientation.Horizontal)
        self._rounds = _ROUNDS
        self._fit_again()

    def _share_room(self, column: dict[str, PanelDock]) -> bool:
        """True where all of them had the heights that they should have."""
        room = sum(map(self._height, column.values()))
        wanted = self._wanted(column, room)
        self._remember_fit(column)
        if len(column) > 1:
            self._window.resizeDocks(list(column.values()), [wanted[name] for name in column], Qt.Orientation.Vertical)
        return all(abs(self._height(dock) - wanted[name]) <= len(column) for name, dock in column.items())

    def _wanted(self, column: Mapping[str, PanelDock], room: int) -> dict[str, int]:
        if self._chosen and set(self._chosen) == set(column):
            return {name: round(share * room) for name, share in self._chosen.items()}
        needs = self._needs()
        proof = min(needs["proof"], room // 2) if "proof" in column else 0
        left = room - proof
        one_click = min(needs["one-click"], max(left - _STEPS, left // 2)) if "one-click" in column else 0
        wanted = dict.fromkeys(column, left - one_click)
        return wanted | {"one-click": one_click, "proof": proof}

    def _column(self) -> dict[str, PanelDock]:
        """The panels that stand one above the other, by name; of those together, the first stands for all."""
        places = {
            name: next((dock for dock in map(self._docks.__getitem__, names) if _is_in_sight(dock)), None)
            for name, names in (
                ("one-click", ("one-click",)),
                (self._together[0], self._together),
                ("proof", ("proof",)),
            )
        }
        standing = {name: dock for name, dock in places.items() if dock is not None}
        lefts = {dock.x() for dock in standing.values()}
        return standing if len(lefts) == 1 else {}

    def _height(self, dock: PanelDock) -> int:
        """With the tabs above it, which Qt counts as well."""
        bars = self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        above = QRect(dock.x(), dock.y() - 2, dock.width(), 2)
        return dock.height() + sum(bar.height() for bar in bars if bar.isVisible() and bar.geometry().intersects(above))

    def _needs(self) -> dict[str, int]:
        """Heights with which no word of a panel is cut and nothing of it scrolls.

        The one-click panel keeps what it once needed: its slider comes and goes with the card that is chosen.
        """
        needs = {}
        for name, panel in self._panels.items():
            title = self._docks[name].titleBarWidget()
            needs[name] = panel.minimumSizeHint().height() + (title.sizeHint().height() if title else 0)
        return needs | {"one-click": max(needs["one-click"], self._needed["one-click"])}

    def _fit_again(self) -> None:
        """Another height of the column, other panels, other words in the proof: but never against a hand."""
        if self._is_dragging:
            return
        column, needs = self._column(), self._needs()
        has_other_words = any(
            needs[name] > needed or needs[name] < needed - _SPARE
            for name, needed in self._needed.items()
            if name in column
        )
        if self._fitted != self._fit_of(column) or (has_other_words and not self._chosen):
            self._rounds = _ROUNDS
        if self._rounds:
            self._rounds -= 1
            if not self._share_room(column) or self._rounds > _ROUNDS // 2:
                self._soon.start()
            else:
                self._rounds = 0

    def _fit_of(self, column: Mapping[str, PanelDock]) -> tuple[int, frozenset[str]]:
        return sum(map(self._height, column.values())), frozenset(column)

    def _remember_fit(self, column: Mapping[str, PanelDock]) -> None:
        self._fitted, self._needed = self._fit_of(column), self._needs()

    # ------------------------------------------------------------------------------------------ events
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched in self._panels.values():
            if kind in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):  # other words, or another width for them
                self._soon.start()
        elif kind == QEvent.Type.Resize:
            self._soon.start()
        elif kind == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            self._is_dragging = self._window.isSeparator(event.position().toPoint())
        elif kind == QEvent.Type.MouseButtonRelease and self._is_dragging:
            self._is_dragging = False
            QTimer.singleShot(0, self, self._take_shares)
        return False

    def _take_shares(self) -> None:
        """Somebody has dragged a border: in a window of another height each keeps its share."""
        column = self._column()
        room = sum(map(self._height, column.values()))
        if len(column) > 1:
            self._chosen = {name: self._height(dock) / room for name, dock in column.items()}
            self._remember_fit(column)


def _panel_of(dock: PanelDock) -> QWidget:
    """What the dock holds, also where it scrolls."""
    held = dock.widget()
    panel = held.widget() if isinstance(held, QScrollArea) else held
    assert panel is not None  # a scrolling dock is made around its panel
    return panel


def _is_in_sight(dock: PanelDock) -> bool:
    """Docked, and not behind another tab."""
    return dock.isVisible() and not dock.isFloating() and not dock.visibleRegion().isEmpty()


def _read(told: str, docks: Mapping[str, PanelDock]) -> dict[str, float]:
    """Shares as they were remembered; nothing where they make no sense."""
    try:
        shares = {name: float(share) for name, share in (part.split("=") for part in told.split())}
    except ValueError:
        return {}
    is_sound = set(shares) <= set(docks) and all(0 < share < 1 for share in shares.values())
    return shares if is_sound else {}
