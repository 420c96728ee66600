"""Stop: what Esc does, one thing at a time, the most recent first."""

from __future__ import annotations

from PySide6.QtCore import QObject

from restorer_app.ui.canvas.view import Canvas
from restorer_app.ui.desk import Desk
from restorer_app.ui.editing import Editing
from restorer_app.ui.jobs import Jobs
from restorer_app.ui.notices import Notices
from restorer_app.ui.panels.one_click import OneClickPanel
from restorer_app.ui.preview import Preview
from restorer_app.ui.saver import Saver


class Stop(QObject):
    """A gesture, a preview, a save, a job, a warning that stands; then the mask, which can be brought back."""

    def __init__(
        self,
        desk: Desk,
        canvas: Canvas,
        *,
        editing: Editing,
        jobs: Jobs,
        saver: Saver,
        preview: Preview,
        panel: OneClickPanel,
        notice: Notices,
    ) -> None:
        super().__init__(desk)
        self._desk = desk
        self._canvas = canvas
        self._editing = editing
        self._jobs = jobs
        self._saver = saver
        self._preview = preview
        self._panel = panel
        self._notice = notice

    def stop(self) -> None:
        if self._canvas.easel.hands.let_go() or self.stop_work() or self._notice.dismiss_warning():
            return
        self._editing.attempt(lambda session: session.clear_mask())

    def stop_work(self) -> bool:
        """Ends what the pill speaks of; False where nothing goes on."""
        document = self._desk.current
        if self._preview.is_shown:
            self._panel.end_preview()
            self._preview.end()
            return True
        if document is None:
            return False
        return self._saver.cancel(document) or self._jobs.cancel_of(document)
