"""The window: composes menus, tools, panels, stage and status; what they do is decided elsewhere."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage, QPaintEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from restorer_app.session.command import Situation
from restorer_app.ui.actions import Actions
from restorer_app.ui.arrangement import Arrangement
from restorer_app.ui.drop_hint import DropHint
from restorer_app.ui.first_run import FirstRun
from restorer_app.ui.focus import focus_next
from restorer_app.ui.icons import mark
from restorer_app.ui.menus import MenuRow
from restorer_app.ui.notices import Notices
from restorer_app.ui.palette_dialog import Palette
from restorer_app.ui.panels.dock import PanelDock
from restorer_app.ui.panels.file_facts import FilePanel
from restorer_app.ui.panels.film import FilmStrip
from restorer_app.ui.panels.history import HistoryPanel
from restorer_app.ui.panels.one_click import OneClickPanel
from restorer_app.ui.panels.options import OptionsBar
from restorer_app.ui.panels.proof import ProofPanel
from restorer_app.ui.panels.queue import QueuePanel
from restorer_app.ui.panels.record import RecordPanel
from restorer_app.ui.pill import Pill
from restorer_app.ui.status import StatusLine
from restorer_app.ui.theme import Colours
from restorer_app.ui.tools_bar import ToolsBar

_TOGETHER = ("history", "file", "record", "queue")  # one at a time, so that each can be seen whole
_MASK_BUTTONS = (
    "mask.erase",
    "mask.protect",
    "mask.grow",
    "mask.shrink",
    "mask.feather",
    "mask.invert",
    "mask.load",
    "mask.save",
    "mask.load_protection",
    "mask.save_protection",
)


class _Wears(Protocol):
    def wear(self, colours: Colours) -> None: ...


class Window(QMainWindow):
    """Everything a person sees, without a picture in it yet."""

    first_painted = Signal()
    dropped = Signal(list)  # paths
    image_dropped = Signal(object)  # QImage, as browsers hand one over
    closing_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("Restorer")
        self.setWindowIcon(mark())
        self.setAcceptDrops(True)
        self.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AnimatedDocks
        )
        self.may_close: Callable[[], bool] = lambda: True
        self.awaits_picture = False
        self._painted = False
        self.actions_table = Actions(self)
        self.menu_row = MenuRow(self.actions_table)
        self.options = OptionsBar()
        self.options.set_repair_action(self.actions_table["restore.repair"])
        self.options.add_mask_actions([self.actions_table[known] for known in _MASK_BUTTONS])
        self.tools = ToolsBar(self.actions_table)
        self.status = StatusLine()
        self.palette_popup = Palette(self, self.actions_table)
        self.setMenuWidget(self.menu_row)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self.options)
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.tools)
        self.setStatusBar(self.status)
        self._make_stage()
        self._make_panels()
        self.arrangement = Arrangement(self, self.docks, together=_TOGETHER)
        self.menu_row.search_asked.connect(self.find_command)
        self.palette_popup.chosen.connect(self.actions_table.trigger)
        self.show_situation(Situation())
        self.first_run.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.first_run.setFocus()

    def sizeHint(self) -> QSize:
        return QSize(1440, 900)

    # ------------------------------------------------------------------------------------- what it shows
    def show_situation(self, situation: Situation) -> None:
        self.actions_table.show_situation(situation)
        self.menu_row.show_savable(savable=situation.savable)
        self.options.show_tool(situation.tool if situation.open else "")
        self.options.show_editable(editable=situation.editable)
        self.options.show_protecting(on=situation.protecting)
        self.film.setVisible(situation.open)

    def show_stage(self, widget: QWidget) -> None:
        """The empty state, or the canvas."""
        if self._stage.indexOf(widget) < 0:
            self._stage.addWidget(widget)
        self._stage.setCurrentWidget(widget)
        self.notice.raise_()  # a page that is new to the stack lies over them
        self.pill.raise_()

    def await_picture(self, name: str) -> None:
        """A file is about to be opened: the page for beginners would only flash up before it."""
        self.awaits_picture = True
        self.show_stage(self._waiting)
        self.pill.say(self.tr("Opening {name}").format(name=name), can_cancel=False)

    def stop_awaiting(self) -> None:
        """It came, or it will not."""
        self.awaits_picture = False
        if self.shows(self._waiting):
            self.pill.fall_silent()
            self.show_empty()

    def show_empty(self) -> None:
        """How to begin; but not for the moment until a picture comes that was asked for."""
        if not self.awaits_picture:
            self.show_stage(self.first_run)

    def shows(self, widget: QWidget) -> bool:
        return self._stage.currentWidget() is widget

    def wear(self, colours: Colours) -> None:
        """The colours of a theme, wherever the style sheet does not reach."""
        parts: tuple[_Wears, ...] = (
            self.actions_table, self.palette_popup, self.first_run, self.notice, self.pill, self.drop_hint, self.film,
            self.one_click, self.history, self.proof, *self.docks.values(),
        )  # fmt: skip
        for part in parts:
            part.wear(colours)

    def be_still(self, still: bool) -> None:
        """Nothing moves but what a hand moves."""
        self.setAnimated(not still)
        self.pill.be_still(still)

    def find_command(self) -> None:
        self.palette_popup.open_over(self)

    def focus_next_part(self) -> None:
        """Out of the picture, where Tab has another meaning, and round to it again."""
        focus_next([self._stage.currentWidget() or self._stage, self.film, self.options, *self.docks.values()])

    # --------------------------------------------------------------------------------------------- events
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            self.arrangement.fit()
            self.first_painted.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.may_close():
            event.ignore()
            return
        self.closing_asked.emit()
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Only what can be opened: an address somewhere on the net is not fetched."""
        files = local_files(event.mimeData())
        if files or event.mimeData().hasImage():
            _copy(event)
            self.drop_hint.say(len(files))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.drop_hint.hide()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.drop_hint.hide()
        paths = local_files(event.mimeData())
        if not paths and not event.mimeData().hasImage():
            return
        _copy(event)
        if paths:
            self.dropped.emit(paths)
        else:
            self.image_dropped.emit(QImage(event.mimeData().imageData()))

    # --------------------------------------------------------------------------------------------- making
    def _make_stage(self) -> None:
        self.first_run = FirstRun()
        self.film = FilmStrip()
        self._stage = QStackedWidget()
        self._waiting = QWidget()
        self._waiting.setObjectName("waiting")
        self._waiting.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._waiting.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._waiting.setAccessibleName(self.tr("Opening"))
        self._stage.addWidget(self.first_run)
        self._stage.addWidget(self._waiting)
        self.pill = Pill(self._stage)
        self.notice = Notices(self._stage)
        self.drop_hint = DropHint(self._stage)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._stage, 1)
        column.addWidget(self.film)
        self.setCentralWidget(centre)

    def _make_panels(self) -> None:
        self.one_click = OneClickPanel()
        self.history = HistoryPanel()
        self.proof = ProofPanel()
        self.file = FilePanel()
        self.record = RecordPanel()
        self.queue = QueuePanel()
        self.docks = {
            "one-click": PanelDock("one-click", self.tr("One click"), self.one_click, scrolls=True),
            "history": PanelDock("history", self.tr("History"), self.history),
            "file": PanelDock("file", self.tr("File"), self.file, scrolls=True),
            "record": PanelDock("record", self.tr("Record"), self.record, scrolls=True),
            "queue": PanelDock("queue", self.tr("Queue"), self.queue, scrolls=True),
            "proof": PanelDock("proof", self.tr("Proof"), self.proof),
        }
        right = Qt.DockWidgetArea.RightDockWidgetArea
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        menu = self.menu_row.menus["window"]
        menu.addSeparator()
        for dock in self.docks.values():
            self.addDockWidget(right, dock)
            menu.addAction(dock.toggleViewAction())
        for one, other in itertools.pairwise(_TOGETHER):
            self.tabifyDockWidget(self.docks[one], self.docks[other])
        self.docks[_TOGETHER[0]].raise_()


def local_files(data: QMimeData) -> list[str]:
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def _copy(event: QDropEvent) -> None:
    """Whatever a file manager proposes: one that moved the file would delete the original afterwards."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
