"""Binding: keeps canvas, panels and window showing what desk, jobs and saver know."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from restorer_app.files.transparency import transparency_of
from restorer_app.session.change import Change
from restorer_app.session.session import Session
from restorer_app.ui.acts.picture import PictureActs
from restorer_app.ui.arrivals import Arrivals
from restorer_app.ui.canvas.orientation import Turn
from restorer_app.ui.canvas.view import Canvas
from restorer_app.ui.canvas.work import Work
from restorer_app.ui.choices import Choices
from restorer_app.ui.desk import Desk
from restorer_app.ui.document import Document
from restorer_app.ui.editing import Editing
from restorer_app.ui.guidance import Guidance
from restorer_app.ui.offers import methods, offers, usable_method
from restorer_app.ui.presenting.pictures import file_words, frames, values_words, view_words
from restorer_app.ui.presenting.proof import changed_share, proof_words
from restorer_app.ui.presenting.records import record_rows
from restorer_app.ui.presenting.steps import StepRows
from restorer_app.ui.saver import Saver
from restorer_app.ui.situating import Situating
from restorer_app.ui.window import Window
from restorer_app.ui.wording import grouped, share, steps, zoom


def works(session: Session) -> list[Work]:
    """The jobs of a picture as its canvas sees them."""
    return [
        Work(
            pending.id,
            pending.touched,
            pending.region,
            is_running=pending.is_running,
            is_everywhere=pending.mask is None,
            finished=pending.finished,
        )
        for pending in session.pending
    ]


class Binding(QObject):
    """One direction only: from what is true to what is seen."""

    def __init__(
        self,
        window: Window,
        canvas: Canvas,
        *,
        desk: Desk,
        arrivals: Arrivals,
        editing: Editing,
        saver: Saver,
        acts: PictureActs,
        choices: Choices,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._canvas = canvas
        self._desk = desk
        self._arrivals = arrivals
        self._editing = editing
        self._acts = acts
        self._choices = choices
        self._situating = Situating(window, canvas, desk=desk, editing=editing, acts=acts, choices=choices)
        self._guidance = Guidance(self)
        self._guidance.told.connect(window.notice.say)
        self._step_rows: StepRows | None = None  # of the picture in hand
        self._shown: Document | None = None
        self._later = QTimer(self)  # many changes of one moment are shown once
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.show_all)
        desk.current_changed.connect(self._show_current)
        desk.documents_changed.connect(self.soon)
        desk.arrived.connect(self._remember)
        arrivals.not_opened.connect(self._forget)
        desk.frame_changed.connect(self.soon)
        editing.work_ended.connect(self.soon)
        arrivals.changed.connect(self._look_whether_it_came)
        desk.changed.connect(self._take)
        arrivals.told.connect(window.notice.say)
        editing.told.connect(window.notice.say)
        editing.asked.connect(window.notice.forget)
        # at once: Enter may already wait behind this stroke
        editing.work_began.connect(lambda: window.show_situation(self._situating.now()))
        saver.changed.connect(self.soon)
        canvas.easel.cursor_moved.connect(self._show_values)
        canvas.reading_failed.connect(self._guidance.tell_unreadable)
        canvas.easel.cursor_left.connect(lambda: window.status.show_place(""))
        canvas.sight.zoom_changed.connect(lambda factor: window.status.show_zoom(zoom(factor)))
        self._show_current()

    def soon(self) -> None:
        self._later.start(0)

    def toggle_begin(self) -> None:
        """The page on how to begin, also beside an open picture; asked again, the picture is back."""
        window = self._window
        is_there = window.shows(window.first_run)
        window.show_stage(self._canvas if is_there and self._desk.current is not None else window.first_run)

    def show_samples(self, *, there: bool) -> None:
        self._situating.has_samples = there
        self.soon()

    # -------------------------------------------------------------------------------------- what is seen
    def show_all(self) -> None:
        document = self._desk.current
        situation = self._situating.now()
        window = self._window
        window.show_situation(situation)
        window.film.show_frames(frames(self._desk.documents), current=self._place_of(document))
        window.one_click.show_offers(offers(self._acts.ways, masked=situation.masked, editable=situation.editable))
        window.options.show_after_each_stroke(on=situation.after_each_stroke)
        window.options.show_mask_step(self._choices.now.mask_step)
        cards = self._editing.cards
        layout = document.picture.layout if document else "rgb"
        window.options.show_methods(methods(cards, layout), usable_method(self._choices.now.method, cards))
        window.proof.show_words(proof_words(document))
        window.history.show_steps(
            self._step_rows.rows() if self._step_rows else [],
            cursor=document.session.history.cursor if document else 0,
            of=document,
        )
        self._show_facts(document)
        self._show_view()

    def _show_view(self) -> None:
        """Never a look that is not the picture's own without a word."""
        words = view_words(self._canvas.adjustment, self._choices.now.overlay) if self._desk.current else ""
        self._window.status.show_view(words, hint=self.tr("Only the view; Ctrl+Alt+0 and O bring the plain one back."))

    def _show_facts(self, document: Document | None) -> None:
        window = self._window
        session = document.session if document else None
        count = len(session.history) - 1 if session else 0
        window.docks["history"].set_fact(steps(count) if count else "")
        window.record.show_records(
            record_rows(session.records) if session else (),
            share=self.tr("{share} of the picture treated").format(share=share(changed_share(document)))
            if document and document.session.records
            else "",
        )
        name = document.name if document else ""
        window.status.show_file(name)
        mark = " •" if session and session.is_unsaved else ""
        window.setWindowTitle(f"{name}{mark} – Restorer" if name else "Restorer")
        window.menu_row.show_recent([Path(path) for path in self._choices.now.recent])

    def _show_current(self) -> None:
        """Another picture is in hand, or none."""
        document = self._desk.current
        if self._shown is not None:
            self._shown.view = self._canvas.sight.chosen
        self._shown = document
        self._step_rows = StepRows(document) if document is not None else None
        self._window.notice.turn_away()
        self._window.file.show_words(file_words(document.picture if document else None))
        if document is None:
            self._canvas.show_nothing()
            self._window.show_empty()
            self._window.first_run.show_recent([Path(path) for path in self._choices.now.recent])
            self._window.status.show_zoom("")
        else:
            self._show_picture(document)
            self._window.show_stage(self._canvas)
            self._window.status.show_zoom(zoom(self._canvas.sight.zoom))  # the canvas tells it only where it changed
            self._canvas.setFocus()
            self._remember(document)
            self._guidance.welcome(document)
        self.show_all()

    def _look_whether_it_came(self) -> None:
        if self._window.awaits_picture and not self._arrivals.loading:
            QTimer.singleShot(0, self._window.stop_awaiting)  # what was opened is shown a moment after it is there

    def _show_picture(self, document: Document) -> None:
        picture, session = document.picture, document.session
        self._canvas.show_picture(
            session.image,
            original=document.original,
            mask=session.mask,
            protect=session.protect,
            alpha=transparency_of(picture, session.image.bounds),
            layout=picture.layout,
            orientation=picture.orientation,
            icc=picture.icc,
            white_is_zero=picture.white_is_zero,
            overview=document.overview,
        )
        if document.view is not None:
            self._canvas.sight.come_back(document.view)
        self._canvas.show_works(works(session))
        self._canvas.easel.set_editable(picture.editable)
        self._guidance.tell_view_only(document)

    def _take(self, change: Change) -> None:
        document = self._desk.current
        assert document is not None  # only the picture in hand is told of
        session = document.session
        match change.what:
            case "image":
                self._canvas.update_image(session.image, change.region)
            case "mask":
                self._canvas.update_mask(session.mask, change.region)
            case "protect":
                self._canvas.update_protect(session.protect, change.region)
            case "size":
                document.view = self._canvas.sight.chosen
                self._show_picture(document)
        if change.what == "jobs":
            self._canvas.show_works(works(session))
        if change.what == "history":
            self._window.notice.make_way()
            if session.history.can_redo:
                self._canvas.easel.forget_last_point()
        if change.what in ("mask", "protect", "history", "saved"):
            self._window.show_situation(self._situating.now())  # at once: Enter may already wait behind this stroke
        if change.what in ("history", "saved", "jobs", "size"):
            self.soon()

    def _remember(self, document: Document) -> None:
        self._choices.take(self._choices.now.with_recent(document.path))

    def _forget(self, path: Path) -> None:
        """A file that is not there any more is not offered again; a drive that is away may come back."""
        if path.parent.is_dir() and not path.exists():
            self._choices.take(self._choices.now.without_recent(path))
            self._window.first_run.show_recent([Path(known) for known in self._choices.now.recent])
            self.soon()

    def _place_of(self, document: Document | None) -> int:
        return self._desk.documents.index(document) if document in self._desk.documents else -1

    def _show_values(self, x: int, y: int) -> None:
        values = self._canvas.values_at(x, y)
        document = self._desk.current
        if values is None or document is None:
            self._window.status.show_place("")
            return
        words = values_words(values, document.picture.layout)
        bounds = document.session.image.bounds
        across, down = Turn(bounds.width, bounds.height, document.picture.orientation).shown_pixel(x, y)
        self._window.status.show_place(f"x {grouped(across)}  y {grouped(down)}   {words}")
