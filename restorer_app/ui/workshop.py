"""Workshop: everything behind the window, made after its first paint and taken down in order."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication

from restorer_app.files import cards, places
from restorer_app.files.budget import Budget
from restorer_app.files.reader import Reader
from restorer_app.files.scratch import Scratch, SpillStore
from restorer_app.session.change import Change
from restorer_app.session.session import Session
from restorer_app.session.settings import Settings
from restorer_app.ui import motion
from restorer_app.ui.actions import HeldKeys
from restorer_app.ui.acts.files import FileActs
from restorer_app.ui.acts.mask_files import MaskFileActs
from restorer_app.ui.acts.picture import PictureActs
from restorer_app.ui.acts.saving import SavingActs
from restorer_app.ui.acts.view import ViewActs
from restorer_app.ui.acts.windows import WindowActs
from restorer_app.ui.arrivals import Arrivals
from restorer_app.ui.binding import Binding
from restorer_app.ui.canvas.view import Canvas
from restorer_app.ui.choices import Choices
from restorer_app.ui.desk import Desk
from restorer_app.ui.editing import Editing
from restorer_app.ui.jobs import Jobs
from restorer_app.ui.loading import Loader
from restorer_app.ui.memory import memory_bytes
from restorer_app.ui.notice import Told
from restorer_app.ui.preview import Preview
from restorer_app.ui.progress import Progress
from restorer_app.ui.saver import Saver
from restorer_app.ui.stop import Stop
from restorer_app.ui.theme import Colours
from restorer_app.ui.window import Window
from restorer_app.ui.worker import EngineWorker

HISTORY_SHARE = 0.25  # of the memory that it may take; older tiles go to the disc
SPILL_BYTES = 32 * 2**30  # of the disc, for the history's tiles


class Workshop(QObject):
    """Makes the parts and ties them; decides nothing."""

    def __init__(self, window: Window, choices: Choices, colours: Colours) -> None:
        super().__init__(window)
        self.window = window
        self.choices = choices
        self.scratch = Scratch(chosen=choices.now.scratch)
        room = memory_bytes() * choices.now.memory_share
        self.reader = Reader(self.scratch, budget=Budget(memory=int(room)))
        self.worker = EngineWorker(self.scratch, self)
        self.loader = Loader(self.reader, self)
        self.jobs = Jobs(self.worker, self)
        stored = [model.card for model in cards.list_models() if model.card is not None]
        store = SpillStore(self.scratch, limit=SPILL_BYTES)
        self.desk = Desk(self)
        self.arrivals = Arrivals(
            self.desk,
            self.loader,
            lambda picture: Session(picture, store=store, history_bytes=int(room * HISTORY_SHARE)),
        )
        self.editing = Editing(self.desk, self.jobs, stored, self)
        self.saver = Saver(self)
        self.canvas = Canvas()
        self.acts = PictureActs(self.editing, choices, self)
        self.view = ViewActs(self.canvas, choices, self)
        self.files = FileActs(window, self.desk, self.arrivals, choices)
        self.mask_files = MaskFileActs(window, self.desk, self.editing, self.reader)
        self.saving = SavingActs(window, self.desk, self.jobs, self.saver, self.editing.settle)
        self.window_acts = WindowActs(window, stored, choices)
        self.preview = Preview(self.desk, self.jobs, self.canvas, self)
        self.stop_act = Stop(
            self.desk,
            self.canvas,
            editing=self.editing,
            jobs=self.jobs,
            saver=self.saver,
            preview=self.preview,
            panel=window.one_click,
            notice=window.notice,
        )
        self.binding = Binding(
            window,
            self.canvas,
            desk=self.desk,
            arrivals=self.arrivals,
            editing=self.editing,
            saver=self.saver,
            acts=self.acts,
            choices=choices,
        )
        self.window_acts.show_begin = self.binding.toggle_begin
        self.progress = Progress(window, self.desk, arrivals=self.arrivals, jobs=self.jobs, saver=self.saver)
        self._tie_desk()
        self._tie_canvas()
        self._tie_panels()
        self._tie_window()
        self.wear(colours)

    def start(self) -> None:
        """Processes that the first picture and the first repair would otherwise wait for."""
        self.worker.start()
        self.reader.start()

    def close(self) -> None:
        """In order: saves end, then readers, then the engine; scratch files last."""
        self._app().removeEventFilter(self._held)
        self.saver.wait()
        self.canvas.stop()  # otherwise its thread could start the reader again on the way out
        self.loader.stop()
        self.worker.stop()
        self.reader.close()
        self.canvas.end()
        self.desk.clear()
        self.scratch.close()

    def wear(self, colours: Colours) -> None:
        grey = self.choices.now.surround
        self.canvas.set_background(QColor(grey, grey, grey) if grey >= 0 else QColor(colours.surround))

    def _tie_desk(self) -> None:
        desk, jobs = self.desk, self.jobs
        desk.leaving.connect(self._end_preview)
        desk.closing.connect(self._end_preview)
        desk.changed.connect(self._end_preview_of_what_was)
        desk.closed.connect(jobs.forget)
        self.arrivals.read.connect(jobs.start_waiting)
        self.preview.told.connect(self.window.notice.say)

    def _tie_canvas(self) -> None:
        canvas, editing = self.canvas, self.editing
        self.window.notice.beneath = canvas

        def unless(done: bool) -> None:
            if not done:
                canvas.discard_preview()

        canvas.easel.stroke_finished.connect(lambda stroke: unless(self.acts.take_stroke(stroke)))
        canvas.easel.stroke_finished.connect(lambda _stroke: self.view.show_painted())
        canvas.easel.restore_finished.connect(lambda stroke: unless(editing.restore(stroke)))
        canvas.easel.clone_finished.connect(lambda stroke, dx, dy: unless(editing.clone(stroke, dx=dx, dy=dy)))
        editing.came_to_nothing.connect(canvas.discard_preview)
        canvas.easel.source_missing.connect(self._tell_what_is_missing)
        canvas.easel.source_chosen.connect(lambda _x, _y: self.window.options.show_hint(""))
        canvas.easel.source_chosen.connect(lambda _x, _y: self.window.notice.make_way())
        canvas.overview_completed.connect(self.desk.take_overview)
        canvas.easel.tool_changed.connect(self._show_what_is_missing)
        self.desk.current_changed.connect(self._show_what_is_missing)  # a source belongs to its picture
        canvas.easel.brush_changed.connect(lambda _brush: self._show_brush())
        self.view.changed.connect(self.binding.soon)
        # at once: the next stroke may already be on its way
        self.acts.changed.connect(lambda: canvas.easel.set_paints_protect(self.acts.protecting))
        self.acts.changed.connect(self.binding.soon)
        self.window_acts.changed.connect(self.binding.soon)
        self._show_brush()

    def _tie_panels(self) -> None:
        window, options = self.window, self.window.options
        options.size_chosen.connect(self.view.set_size)
        options.hardness_chosen.connect(self.view.set_hardness)
        options.pressure_chosen.connect(self.view.set_pressure)
        options.method_chosen.connect(self.acts.choose_method)
        options.after_each_stroke_chosen.connect(lambda on: self.choices.change(after_each_stroke=on))
        options.mask_step_chosen.connect(lambda pixels: self.choices.change(mask_step=pixels))
        options.left.connect(self.canvas.setFocus)
        window.history.step_chosen.connect(self.acts.go_to)
        window.history.step_chosen.connect(lambda _step: self.canvas.setFocus())  # Return repairs again
        window.one_click.run_asked.connect(lambda _way, _strength: self.canvas.setFocus())
        window.film.chosen.connect(self.desk.show)
        window.film.close_asked.connect(self.saving.close_place)
        window.file.page_chosen.connect(self.arrivals.show_page)
        window.proof.show_file_asked.connect(self.saving.show_saved_file)
        window.queue.cancel_asked.connect(self.jobs.cancel)
        window.one_click.run_asked.connect(self.acts.run_way)
        window.one_click.preview_asked.connect(self._preview)
        window.one_click.preview_ended.connect(self.preview.end)
        window.one_click.show_thorough(on=self.choices.now.thorough)
        window.one_click.thorough_chosen.connect(lambda on: self.choices.change(thorough=on))
        for part in (window.proof, window.record, window.notice):
            part.copy_asked.connect(lambda text: QGuiApplication.clipboard().setText(text))

    def _tie_window(self) -> None:
        window, first = self.window, self.window.first_run
        first.open_asked.connect(self.files.open)
        first.chosen.connect(lambda path: self.files.open_paths([path]))
        first.keys_asked.connect(self.window_acts.show_keys)
        window.dropped.connect(self.files.open_paths)
        window.image_dropped.connect(self.files.open_image)
        window.menu_row.recent_chosen.connect(lambda path: self.files.open_paths([path]))
        window.pill.cancel_asked.connect(self.stop_act.stop_work)
        self.worker.status_came.connect(self.progress.show_engine)
        self.choices.changed.connect(self._choices_changed)
        self.choices.told.connect(window.notice.say)
        for actor in (self.files, self.mask_files, self.saving, self.acts, self.view, self.window_acts, self.stop_act):
            window.actions_table.add_actor(actor)
        window.actions_table.listen_on(self.canvas)
        self._held = HeldKeys(self)
        self._held.pressed.connect(lambda _command: self.view.hold_original(True))
        self._held.released.connect(lambda _command: self.view.hold_original(False))
        self._app().installEventFilter(self._held)
        self.binding.show_samples(there=any(places.samples().glob("*.tif")))
        self.show_display_profile(self.choices.now)
        window.be_still(motion.is_unwanted(self.choices.now.motion))

    def show_display_profile(self, settings: Settings) -> None:
        try:
            icc = Path(settings.display_profile).read_bytes() if settings.display_profile else None
        except OSError:
            icc = None  # the profile is gone: sRGB, as without one
        self.canvas.set_display_profile(icc)

    @staticmethod
    def _app() -> QCoreApplication:
        app = QApplication.instance()
        assert app is not None  # a window is open
        return app

    def _preview(self, way_id: str, strength: float | None) -> None:
        for way in self.acts.ways:
            if way.id == way_id:
                now = self.choices.now
                self.preview.show(way, strength, thorough=now.thorough, device=now.device)

    def _end_preview(self) -> None:
        """Another picture is about to be in hand: the tick would stand beside one without a preview."""
        self.window.one_click.end_preview()
        self.preview.end()

    def _end_preview_of_what_was(self, change: Change) -> None:
        if change.what in ("image", "size") and self.preview.is_shown:
            self._end_preview()  # it was made of other pixels

    def _show_what_is_missing(self) -> None:
        """Said when the tool is taken, not only when it fails."""
        is_needed = self.canvas.easel.tool == "clone" and self.canvas.easel.source is None
        self.window.options.show_hint(self.tr("Alt+click or Ctrl+click the source first") if is_needed else "")

    def _tell_what_is_missing(self) -> None:
        """Where the hand is: nobody who draws looks at the bar above."""
        told = self.tr("First choose where to copy from: Ctrl+click or Alt+click there.")
        self.window.notice.say(Told(told, warns=False, passes=True))

    def _show_brush(self) -> None:
        brush = self.canvas.easel.brush
        self.window.options.show_brush(size=brush.diameter, hardness=brush.hardness, pressure=brush.pressure_sizes)

    def _choices_changed(self, now: Settings, before: Settings) -> None:
        self.view.show_overlay()
        self.window.one_click.show_thorough(on=now.thorough)
        self.window.be_still(motion.is_unwanted(now.motion))
        if now.display_profile != before.display_profile:
            self.show_display_profile(now)
        self.binding.soon()
