"""The file panel: what the file is, how it will be saved, what it carries, page by page."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QVBoxLayout, QWidget

from restorer_app.ui.pieces import Column, label


@dataclass(frozen=True, slots=True)
class FileWords:
    """Rows of name and value, and the pages to choose among."""

    rows: tuple[tuple[str, str], ...] = ()
    page: int = 0
    page_count: int = 1


class FilePanel(Column):
    """Facts in two columns; values can be selected and copied."""

    page_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._page = QComboBox()
        self._page.setAccessibleName(self.tr("Page"))
        self._page.activated.connect(self.page_chosen)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(1, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 4, 16, 16)
        outer.setSpacing(8)
        outer.addWidget(self._page)
        outer.addLayout(self._grid)
        outer.addStretch(1)
        self.show_words(FileWords())

    def show_words(self, words: FileWords) -> None:
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()  # it lives until the next round of events
                widget.deleteLater()
        for row, (name, value) in enumerate(words.rows):
            self._add(row, name, value)
        if not words.rows:
            self._grid.addWidget(label(self.tr("Nothing is open."), rank="dim"), 0, 0, 1, 2)
        self._show_pages(words)

    def _add(self, row: int, name: str, value: str) -> None:
        text = label(value, wraps=True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.setAccessibleName(f"{name}: {value}")
        heading = label(name, rank="dim")
        heading.setContentsMargins(0, 1, 0, 0)  # its smaller text stands on the line of the value
        top = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        for part in (text, heading):
            part.setAlignment(top)
        self._grid.addWidget(heading, row, 0, top)
        self._grid.addWidget(text, row, 1)

    def _show_pages(self, words: FileWords) -> None:
        self._page.setVisible(words.page_count > 1)
        self._page.clear()
        self._page.addItems(
            [
                self.tr("Page {number} of {count}").format(number=number + 1, count=words.page_count)
                for number in range(words.page_count)
            ]
        )
        self._page.setCurrentIndex(words.page)
