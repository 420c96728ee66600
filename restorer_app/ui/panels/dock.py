"""PanelDock: a dock with our own title: a heading, a fact beside it, and buttons that appear when needed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QScrollArea, QToolButton, QWidget

from restorer_app.ui.icons import icon
from restorer_app.ui.pieces import label
from restorer_app.ui.theme import Colours

WIDTH = 290  # below, the sentences of the panels would be cut


class PanelDock(QDockWidget):
    """Holds one panel; can be moved, closed, stacked, and says its title as a heading."""

    def __init__(self, name: str, title: str, panel: QWidget, *, scrolls: bool = False) -> None:
        super().__init__(title)
        self.setObjectName(f"dock-{name}")  # the window state is remembered by this name
        self.setWidget(_scrolling(panel) if scrolls else panel)
        self.setMinimumWidth(WIDTH)
        self._title = _Title(title, self)
        self.setTitleBarWidget(self._title)

    def set_fact(self, text: str) -> None:
        """A few dim words to the right of the heading."""
        self._title.fact.setText(text)

    def wear(self, colours: Colours) -> None:
        self._title.wear(colours)


def _scrolling(panel: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setMinimumHeight(72)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes the focus
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidget(panel)
    return area


class _Title(QWidget):
    """Quiet until the pointer comes: only then do the buttons show."""

    def __init__(self, title: str, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setObjectName("dockTitle")
        self.fact = label(rank="dim")
        self._float = _small_button(self.tr("Move {panel} out of the window").format(panel=title))
        self._close = _small_button(self.tr("Close {panel}").format(panel=title))
        self._float.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self._close.clicked.connect(dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 12, 4)
        row.setSpacing(4)
        row.addWidget(label(title, rank="heading"))
        row.addStretch(1)
        row.addWidget(self.fact)
        row.addWidget(self._float)
        row.addWidget(self._close)
        self._show_buttons(False)

    def wear(self, colours: Colours) -> None:
        self._float.setIcon(icon("float", colours, colour=colours.dim))
        self._close.setIcon(icon("close", colours, colour=colours.dim))

    def enterEvent(self, _event: QEnterEvent) -> None:
        self._show_buttons(True)

    def leaveEvent(self, _event: QEvent) -> None:
        self._show_buttons(False)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 34)

    def _show_buttons(self, shown: bool) -> None:
        self._float.setVisible(shown)
        self._close.setVisible(shown)
        self.fact.setVisible(not shown)


def _small_button(hint: str) -> QToolButton:
    made = QToolButton()
    made.setIconSize(QSize(14, 14))
    made.setFixedSize(22, 22)
    made.setToolTip(hint)
    made.setAccessibleName(hint)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the Window menu closes and shows panels by key
    return made
