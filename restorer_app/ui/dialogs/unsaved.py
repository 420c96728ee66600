"""The question before work is lost: save, discard, or stay."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox, QWidget

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated

Answer = Literal["save", "discard", "stay"]


def ask_unsaved(names: list[str], parent: QWidget, *, running: bool) -> Answer:
    """Closing throws work away, so it asks; the safe answers are the easy ones."""
    box = QMessageBox(parent)
    box.setObjectName("unsaved")
    box.setIcon(QMessageBox.Icon.NoIcon)
    box.setWindowTitle(translate("unsaved", "Unsaved work"))
    if len(names) == 1:
        box.setText(translate("unsaved", "The work on {name} is not saved.").format(name=names[0]))
    else:
        box.setText(translate("unsaved", "The work on {count} pictures is not saved.").format(count=len(names)))
    saving = translate("unsaved", "Saving writes a copy beside the original and proves it.")
    if running:
        saving = translate("unsaved", "A job is still running; saving waits for it, then writes a copy and proves it.")
    box.setInformativeText(" ".join([saving, translate("unsaved", "Discarding cannot be undone.")]))
    save = box.addButton(translate("unsaved", "Save"), QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton(translate("unsaved", "Discard"), QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton(translate("unsaved", "Go on working"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(save)
    box.setEscapeButton(stay)
    box.exec()
    if box.clickedButton() is save:
        return "save"
    return "discard" if box.clickedButton() is discard else "stay"
