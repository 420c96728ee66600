"""The questions before work is lost: a picture that is not saved, a mask or protection painted and not used."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Literal

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from restorer_app.ui.document import Painted
from restorer_app.ui.pieces import button, label

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated

Answer = Literal["save", "discard", "stay"]

_WIDTH, _SIDE = 500, 24


class Question(QDialog):
    """One sentence, what follows from each answer, and the answers; Esc and the window's cross change nothing."""

    def __init__(self, told: str, advice: str, *, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("unsaved")
        self.setWindowTitle(translate("unsaved", "Unsaved work"))
        self.answer: Answer = "stay"
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self._row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(_SIDE, 20, _SIDE, 16)
        column.setSpacing(8)
        column.addWidget(label(told, rank="heading", wraps=True))
        column.addWidget(label(advice, rank="dim", wraps=True))
        column.addSpacing(12)
        column.addLayout(self._row)
        self.setMinimumWidth(_WIDTH)

    def showEvent(self, event: QShowEvent) -> None:
        """As high as the words need at this width: a layout guesses for a narrower one."""
        super().showEvent(event)
        for told in self.findChildren(QLabel):
            told.setFixedHeight(told.heightForWidth(_WIDTH - 2 * _SIDE))
        self.setFixedSize(_WIDTH, self.minimumSizeHint().height())

    def offer(self, answer: Answer, text: str, *, safe: bool = False, apart: bool = False) -> None:
        """Another answer to the right; the safe one is what Return gives, and what loses work stands apart."""
        made = button(text, rank="primary" if safe else "")
        made.clicked.connect(lambda: self._give(answer))
        if apart:
            self._row.insertWidget(0, made)
        else:
            self._row.addWidget(made)
        if safe:
            made.setDefault(True)
            made.setFocus()

    def _give(self, answer: Answer) -> None:
        self.answer = answer
        self.accept()


def ask_unsaved(names: list[str], parent: QWidget, *, running: bool, loose: bool = False) -> Answer:
    """Closing throws work away, so it asks; the safe answers are the easy ones."""
    told = translate("unsaved", "The work on {name} is not saved.").format(name=names[0])
    if len(names) > 1:
        told = translate("unsaved", "The work on {count} pictures is not saved.").format(count=len(names))
    saving = translate("unsaved", "Saving writes a copy beside the original and proves it.")
    if running:
        saving = translate("unsaved", "A job is still running; saving waits for it, then writes a copy and proves it.")
    advice = [saving, translate("unsaved", "Discarding cannot be undone.")]
    if loose:
        advice.insert(1, translate("unsaved", "What is painted and was not used yet is not saved with it."))
    question = Question(told, " ".join(advice), parent=parent)
    question.offer("discard", translate("unsaved", "Discard"), apart=True)
    question.offer("stay", translate("unsaved", "Go on working"))
    question.offer("save", translate("unsaved", "Save"), safe=True)
    question.exec()
    return question.answer


def ask_painted(names: list[str], painted: AbstractSet[Painted], parent: QWidget) -> Answer:
    """What is painted is work too: an hour of it, on a badly scratched plate."""
    if painted == {"protection"}:
        told = translate("unsaved", "The protection painted on {name} was not used by any repair.")
        advice = translate(
            "unsaved", "It says what a repair must leave alone; Mask ▸ Save protection… keeps it as a file."
        )
        discard = translate("unsaved", "Discard the protection")
    elif painted == {"mask"}:
        told = translate("unsaved", "The mask painted on {name} was not used and is not saved.")
        advice = translate("unsaved", "Enter repairs what it covers; Mask ▸ Save mask… keeps it as a file.")
        discard = translate("unsaved", "Discard the mask")
    else:
        told = translate("unsaved", "The mask and the protection painted on {name} were not used and are not saved.")
        advice = translate("unsaved", "Mask ▸ Save mask… and Save protection… keep them as files.")
        discard = translate("unsaved", "Discard both")
    if len(names) > 1:
        told = translate("unsaved", "What is painted on {count} pictures was not used and is not saved.")
        discard = translate("unsaved", "Discard it")
    question = Question(told.format(name=names[0], count=len(names)), advice, parent=parent)
    question.offer("discard", discard, apart=True)
    question.offer("stay", translate("unsaved", "Go on working"), safe=True)
    question.exec()
    return question.answer
