"""Choices: the settings in use, told when they change, written a moment later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from restorer_app.core.errors import RestorerError
from restorer_app.session import settings as stored
from restorer_app.session.settings import Settings
from restorer_app.ui.notice import Told

WRITE_AFTER_MS = 800  # a slider in motion is one change


class Choices(QObject):
    """One value, exchanged whole."""

    changed = Signal(object, object)  # Settings after, Settings before
    told = Signal(object)  # Told

    def __init__(self, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file
        self.now = stored.load(file)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WRITE_AFTER_MS)
        self._timer.timeout.connect(self.write)

    def change(self, **values: Any) -> None:
        self.take(replace(self.now, **values))

    def take(self, settings: Settings) -> None:
        before, self.now = self.now, settings
        if before != settings:
            self._timer.start()
            self.changed.emit(settings, before)

    def write(self) -> None:
        self._timer.stop()
        try:
            stored.save(self._file, self.now)
        except RestorerError as problem:
            self.told.emit(Told.of(problem))
