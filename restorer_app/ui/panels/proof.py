"""The proof panel: one sentence on what changed, before and after saving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from restorer_app.ui.icons import pixmap
from restorer_app.ui.pieces import LINK, Card, Column, button, label
from restorer_app.ui.theme import DARK, Colours

Verdict = Literal["none", "pending", "proved", "broken"]


@dataclass(frozen=True, slots=True)
class ProofWords:
    """The sentence in two parts, and what stands below it."""

    strong: str
    rest: str = ""
    detail: str = ""
    verdict: Verdict = "none"
    can_show_file: bool = False


class ProofPanel(Column):
    """A card with the sentence, and ways to see what was saved; its words are never cut."""

    show_file_asked = Signal()
    copy_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = DARK
        self._words = ProofWords("")
        self._icon = QLabel()
        self._icon.setFixedSize(20, 20)
        self._strong = label(rank="strong", wraps=True)
        self._rest = label(wraps=True)
        self._detail = label(rank="dim", wraps=True)
        self._show_file = button(self.tr("Show file"), rank="link")
        self._copy = button(self.tr("Copy"), rank="link")
        self._show_file.clicked.connect(self.show_file_asked)
        self._copy.clicked.connect(lambda: self.copy_asked.emit(self.sentence))
        self._lay_out()
        self.show_words(ProofWords(self.tr("Nothing is open"), verdict="none"))

    def _lay_out(self) -> None:
        card = Card()
        words = QVBoxLayout()
        words.setSpacing(2)
        for part in (self._strong, self._rest, self._detail):
            part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            part.setContentsMargins(LINK, 0, 0, 0)
            words.addWidget(part)
        links = QHBoxLayout()
        links.setSpacing(12)
        links.addWidget(self._show_file)
        links.addWidget(self._copy)
        links.addStretch(1)
        words.addLayout(links)
        row = QHBoxLayout(card)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(10 - LINK)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 4, 16, 16)
        outer.addWidget(card)
        outer.addStretch(1)
        self._card = card

    @property
    def sentence(self) -> str:
        return " ".join(part for part in (self._words.strong, self._words.rest) if part)

    def show_words(self, words: ProofWords) -> None:
        self._words = words
        for part, text in ((self._strong, words.strong), (self._rest, words.rest), (self._detail, words.detail)):
            part.setText(text)
            part.setVisible(bool(text))
        self._show_file.setVisible(words.can_show_file)
        self._copy.setVisible(words.verdict in ("proved", "broken"))
        self._card.setAccessibleName(self.sentence)
        self.wear(self._colours)

    def wear(self, colours: Colours) -> None:
        self._colours = colours
        names: dict[Verdict, str] = {"none": "info", "pending": "info", "proved": "protect", "broken": "warning"}
        colour = colours.accent if self._words.verdict in ("proved", "broken") else colours.dim
        self._icon.setPixmap(pixmap(names[self._words.verdict], colour, size=20, ratio=self.devicePixelRatioF()))
