"""The record panel: what was done, with what, to what; as it will stand in the saved file."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

from restorer_app.ui.pieces import ElidedLabel, button


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One finished operation in words."""

    title: str
    lines: tuple[str, ...]


class RecordPanel(QWidget):
    """The records in order, as text that can be read, selected and copied."""

    copy_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QTextBrowser()
        self._text.setAccessibleName(self.tr("Record of what was done"))
        self._text.setMinimumHeight(80)
        # one line: a label that wraps would have the dock scroll the whole panel beside the text's own scroll bar
        self._share = ElidedLabel()
        self._share.setProperty("dim", True)
        self._copy = button(self.tr("Copy"), rank="link")
        self._copy.setAccessibleName(self.tr("Copy the record"))
        self._copy.clicked.connect(lambda: self.copy_asked.emit(self._text.toPlainText()))
        row = QHBoxLayout()
        row.addWidget(self._share, 1)
        row.addWidget(self._copy)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 4, 16, 16)
        outer.setSpacing(8)
        outer.addLayout(row)  # above, where it is seen however little room there is
        outer.addWidget(self._text, 1)
        outer.addStretch()
        self.show_records((), share="")

    def show_records(self, rows: tuple[RecordRow, ...], *, share: str) -> None:
        self._share.set_whole(share or self.tr("Nothing has been done yet."))
        self._text.setVisible(bool(rows))
        self._copy.setVisible(bool(rows))
        parts = [f"{number}. {row.title}\n" + "\n".join(row.lines) + "\n" for number, row in enumerate(rows, 1)]
        self._text.setPlainText("\n".join(parts).rstrip())

    @property
    def text(self) -> str:
        return self._text.toPlainText()
