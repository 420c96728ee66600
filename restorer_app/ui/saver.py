"""Saver: writes and proves on a thread of its own, while editing goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from restorer_app.core.errors import RestorerError
from restorer_app.core.job import CancelToken
from restorer_app.files.patching import SavingStoppedError
from restorer_app.files.saving import Saved
from restorer_app.session.saving import Saving
from restorer_app.ui.document import Document
from restorer_app.ui.notice import Told


class Saver(QObject):
    """At most one save a picture at a time."""

    changed = Signal()  # began, got on or ended
    saved = Signal(object, object)  # Document, Saved
    failed = Signal(object)  # Document
    told = Signal(object)  # Told

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: dict[Document, _Run] = {}

    @property
    def documents(self) -> tuple[Document, ...]:
        return tuple(self._runs)

    def doing(self, document: Document) -> str:
        return self._runs[document].what if document in self._runs else ""

    def save(
        self,
        document: Document,
        *,
        target: Path | None = None,
        derive: bool = False,
        pyramid: bool | None = None,
        afresh: bool = False,
    ) -> bool:
        """Begins to save; False where there is nothing to save, or a save is going on.

        `pyramid` carries the edit into the smaller copies inside a TIFF; where it is not said, as it was said before.
        `afresh` leaves what was saved before as it is, and takes the next name.
        """
        if document in self._runs:
            return False
        try:
            saving = document.session.saving()
        except RestorerError as problem:
            self.told.emit(Told.of(problem))
            self.failed.emit(document)
            return False
        derive = derive or saving.derives
        if afresh:
            saving = replace(saving, ours=None)
        if pyramid is not None:
            document.carries_levels = pyramid
        run = _Run(document, saving, target, derive=derive, pyramid=document.carries_levels, parent=self)
        # bound methods, so that they are called on our thread; lambdas need not be
        run.got_on.connect(self._got_on)
        run.wrote.connect(self._wrote)
        run.refused.connect(self._refused)
        run.finished.connect(self._look)
        self._runs[document] = run
        document.saving_share = 0.0
        run.start()
        self.changed.emit()
        return True

    def cancel(self, document: Document) -> bool:
        run = self._runs.get(document)
        if run is None:
            return False
        run.cancel.cancel()
        return True

    def wait(self) -> None:
        """Before the program ends: a save that was begun is finished or was cancelled."""
        for run in tuple(self._runs.values()):
            run.wait()

    def _got_on(self, document: Document, what: str, share: float) -> None:
        if document in self._runs:
            self._runs[document].what = what
            document.saving_share = share
            self.changed.emit()

    def _wrote(self, document: Document, saving: Saving, saved: Saved) -> None:
        document.saving_share = None
        document.remember_saved(saved)
        document.session.saved(saving, saved)
        self.saved.emit(document, saved)

    def _refused(self, document: Document, problem: RestorerError) -> None:
        document.saving_share = None
        self.told.emit(Told(problem.message, problem.advice, warns=not isinstance(problem, SavingStoppedError)))
        self.failed.emit(document)

    def _look(self) -> None:
        for document, run in tuple(self._runs.items()):
            if run.isFinished():
                del self._runs[document]
                document.saving_share = None
                run.deleteLater()
                if not run.has_told:  # a fault, which was told when it happened
                    self.failed.emit(document)
        self.changed.emit()


class _Run(QThread):
    got_on = Signal(object, str, float)  # Document, what, share
    wrote = Signal(object, object, object)  # Document, Saving, Saved
    refused = Signal(object, object)  # Document, RestorerError

    def __init__(
        self, document: Document, saving: Saving, target: Path | None, *, derive: bool, pyramid: bool, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._document = document
        self.cancel = CancelToken()
        self.what = ""
        self.has_told = False
        self._saving = saving
        self._target = target
        self._derive = derive
        self._pyramid = pyramid

    def run(self) -> None:
        try:
            saved = self._saving.run(
                self._target, derive=self._derive, progress=self._tell, cancel=self.cancel, pyramid=self._pyramid
            )
            self.wrote.emit(self._document, self._saving, saved)
        except RestorerError as problem:
            self.refused.emit(self._document, problem)
        except MemoryError:
            advice = "Close other pictures or programs, and save again."
            self.refused.emit(self._document, RestorerError("There is not enough memory to save this.", advice=advice))
        self.has_told = True

    def _tell(self, what: str, share: float) -> None:
        self.got_on.emit(self._document, what, share)
