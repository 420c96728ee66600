"""The queue panel: what runs and what waits, each with its progress, remaining time and Cancel."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from restorer_app.ui.pieces import Card, Column, ElidedLabel, button, label
from restorer_app.ui.wording import left, progressed


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job as the panel and the pill show it."""

    id: str
    title: str  # "Repairing"
    picture: str = ""
    done: int = 0
    total: int = 0  # 0: not planned yet
    seconds_left: float | None = None
    waiting: bool = False
    note: str = ""


class QueuePanel(Column):
    """A card for each job."""

    cancel_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: dict[str, _JobCard] = {}
        self._column = QVBoxLayout()
        self._column.setSpacing(8)
        self._nothing = label(self.tr("Nothing runs, nothing waits."), rank="dim", wraps=True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 4, 16, 16)
        outer.addWidget(self._nothing)
        outer.addLayout(self._column)
        outer.addStretch(1)

    def show_jobs(self, rows: tuple[JobRow, ...]) -> None:
        wanted = {row.id for row in rows}
        for gone in [known for known in self._cards if known not in wanted]:
            card = self._cards.pop(gone)
            self._column.removeWidget(card)
            card.deleteLater()
        for row in rows:
            if row.id not in self._cards:
                self._cards[row.id] = _JobCard(row.id)
                self._cards[row.id].cancel_asked.connect(self.cancel_asked)
                self._column.addWidget(self._cards[row.id])
            self._cards[row.id].show_row(row)
        self._nothing.setVisible(not rows)

    @property
    def count(self) -> int:
        return len(self._cards)


class _JobCard(Card):
    cancel_asked = Signal(str)

    def __init__(self, job_id: str) -> None:
        super().__init__()
        self._title = ElidedLabel()
        self._detail = label(rank="dim", wraps=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        cancel = self._cancel = button(self.tr("Cancel"), rank="flat")
        cancel.clicked.connect(lambda: self.cancel_asked.emit(job_id))
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 8, 10)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self._bar)
        column.addWidget(self._detail)

    def show_row(self, row: JobRow) -> None:
        title = f"{row.title} · {row.picture}" if row.picture else row.title
        self._title.set_whole(title)
        self._cancel.setAccessibleName(self.tr("Cancel: {title}").format(title=title))
        self._bar.setAccessibleName(title)
        self._bar.setMaximum(row.total if row.total or row.waiting else 0)
        self._bar.setValue(row.done)
        self._bar.setVisible(not row.waiting)
        self._detail.setText(self.detail(row))

    def detail(self, row: JobRow) -> str:
        if row.waiting:
            return self.tr("waits for its turn")
        counted = progressed(row.done, row.total) if row.total else ""
        parts = [counted or self.tr("getting ready"), left(row.seconds_left), row.note]
        return " · ".join(part for part in parts if part)
