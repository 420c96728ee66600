"""About: what the program is, which models are there, and under which licences."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QTextBrowser, QVBoxLayout, QWidget

import restorer_app
from restorer_app.core.card import ModelCard
from restorer_app.ui.icons import mark
from restorer_app.ui.pieces import label


class AboutDialog(QDialog):
    def __init__(self, cards: Sequence[ModelCard], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About"))
        picture = QLabel()
        picture.setPixmap(mark().pixmap(64, 64))
        words = QVBoxLayout()
        words.addWidget(label(f"Restorer {restorer_app.__version__}", rank="heading"))
        words.addWidget(
            label(
                self.tr("Repairs scanned photographs, changes only what it was told to change, and proves it."),
                wraps=True,
            )
        )
        words.addWidget(
            label(self.tr("MIT licence. It calls nobody: no network, no telemetry."), rank="dim", wraps=True)
        )
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(picture)
        top.addLayout(words, 1)
        models = QTextBrowser()
        models.setAccessibleName(self.tr("Models"))
        models.setPlainText("\n\n".join(self._about(card) for card in cards) or self.tr("No models are installed."))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(16)
        column.addLayout(top)
        column.addWidget(label(self.tr("Models"), rank="heading"))
        column.addWidget(models)
        column.addWidget(buttons)
        self.resize(560, 440)

    def _about(self, card: ModelCard) -> str:
        lines = [
            f"{card.id} {card.version} · {card.task}",
            self.tr("licence {licence}, trained by {who}").format(licence=card.licence, who=card.trained_by),
            self.tr("adds detail that may never have been there")
            if card.synthesises_detail
            else self.tr("adds no detail of its own"),
        ]
        return "\n".join(lines)
