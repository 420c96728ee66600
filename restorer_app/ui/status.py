"""The status bar: which file, where the cursor is and what is there, zoom, how it is shown, engine, saving."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStatusBar, QWidget

from restorer_app.ui.pieces import label

MOST_NAME = 260  # of a file: archives have names of 120 letters, and a bar's words would widen the window


class StatusLine(QStatusBar):
    """Claims nothing that is not true: what is unknown is left empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._name = ""
        self._file = label(rank="strong")
        self._place = label()
        self._place.setMinimumWidth(250)
        self._zoom = label(rank="strong")
        self._view = label(rank="strong")
        self._engine = label()
        for part, name in (
            (self._file, self.tr("File")),
            (self._place, self.tr("Cursor")),
            (self._zoom, self.tr("Zoom")),
            (self._view, self.tr("How it is shown")),
            (self._engine, self.tr("Engine")),
        ):
            part.setAccessibleName(name)
            self.addWidget(part)
        self.addWidget(label(), 1)
        self._saved = label()
        self._saved.setAccessibleName(self.tr("Saving"))
        self.addPermanentWidget(self._saved)
        self.show_file("")
        self.show_view("")

    def show_file(self, name: str) -> None:
        self._name = name
        self._file.ensurePolished()
        shown = self._file.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, MOST_NAME)
        self._file.setText(shown)
        self._file.setToolTip(name if shown != name else "")
        for part in (self._file, self._place, self._zoom):
            part.setVisible(bool(name))  # without a picture their room would push the engine to nowhere

    def show_place(self, text: str) -> None:
        self._place.setText(text)

    def show_zoom(self, text: str) -> None:
        self._zoom.setText(text)

    def show_view(self, text: str, *, hint: str = "") -> None:
        """Whatever makes the picture look other than it is."""
        self._view.setText(text)
        self._view.setToolTip(hint)
        self._view.setVisible(bool(text))

    def show_engine(self, text: str, *, hint: str = "") -> None:
        self._engine.setText(text)
        self._engine.setToolTip(hint)

    def show_saved(self, text: str) -> None:
        self._saved.setText(text)

    @property
    def texts(self) -> dict[str, str]:
        parts = {
            "place": self._place, "zoom": self._zoom, "view": self._view, "engine": self._engine, "saved": self._saved
        }  # fmt: skip
        return {"file": self._name} | {name: part.text() for name, part in parts.items()}
