"""The file panel: what the file is, how it will be saved, what it carries, page by page."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QVBoxLayout, QWidget

from restorer_app.ui.pieces import label


@dataclass(frozen=True, slots=True)
class FileWords:
    """Rows of name and value, and the pages to choose among."""

    rows: tuple[tuple[str, str], ...] = ()
    page: int = 0
    page_count: int = 1


class FilePanel(QWidget):
    """Facts in two columns; values can be selected and copied."""

    page_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._page = QComboBox()
        self._page.setAccessibleName(self.tr("Page"))
        self._page.activated.connect(self.page_chosen)
        self._form = QFormLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(5)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 4, 16, 16)
        outer.setSpacing(8)
        outer.addWidget(self._page)
        outer.addLayout(self._form)
        outer.addStretch(1)
        self.show_words(FileWords())

    def show_words(self, words: FileWords) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        for name, value in words.rows:
            text = label(value, wraps=True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            text.setAccessibleName(f"{name}: {value}")
            heading = label(name, rank="dim")
            heading.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            heading.setContentsMargins(0, 1, 0, 0)  # its smaller text stands on the line of the value
            self._form.addRow(heading, text)
        if not words.rows:
            self._form.addRow(label(self.tr("Nothing is open."), rank="dim"))
        self._show_pages(words)

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
