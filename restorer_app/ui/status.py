"""The status bar: which file, where the cursor is and what is there, zoom, engine, saving."""

from __future__ import annotations

from PySide6.QtWidgets import QStatusBar, QWidget

from restorer_app.ui.pieces import label


class StatusLine(QStatusBar):
    """Claims nothing that is not true: what is unknown is left empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._file = label(rank="strong")
        self._place = label()
        self._place.setMinimumWidth(250)
        self._zoom = label(rank="strong")
        self._engine = label()
        for part, name in (
            (self._file, self.tr("File")),
            (self._place, self.tr("Cursor")),
            (self._zoom, self.tr("Zoom")),
            (self._engine, self.tr("Engine")),
        ):
            part.setAccessibleName(name)
            self.addWidget(part)
        self.addWidget(label(), 1)
        self._saved = label()
        self._saved.setAccessibleName(self.tr("Saving"))
        self.addPermanentWidget(self._saved)

    def show_file(self, name: str) -> None:
        self._file.setText(name)

    def show_place(self, text: str) -> None:
        self._place.setText(text)

    def show_zoom(self, text: str) -> None:
        self._zoom.setText(text)

    def show_engine(self, text: str, *, hint: str = "") -> None:
        self._engine.setText(text)
        self._engine.setToolTip(hint)

    def show_saved(self, text: str) -> None:
        self._saved.setText(text)

    @property
    def texts(self) -> dict[str, str]:
        parts = {"file": self._file, "place": self._place, "zoom": self._zoom, "engine": self._engine}
        return {name: part.text() for name, part in parts.items()} | {"saved": self._saved.text()}
