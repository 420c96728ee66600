"""The application: shows the window first, then brings everything else."""

from __future__ import annotations

import gc
import sys
import tempfile
import traceback
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

import restorer_app
from restorer_app.core.errors import RestorerError
from restorer_app.files import places
from restorer_app.ui import icons, theme
from restorer_app.ui.actions import TypingGuard
from restorer_app.ui.choices import Choices
from restorer_app.ui.ending import Ending
from restorer_app.ui.first_run import Sample
from restorer_app.ui.notice import Told
from restorer_app.ui.window import Window

if TYPE_CHECKING:
    from restorer_app.ui.workshop import Workshop


def run(files: list[str]) -> int:
    """The window, until it is closed. Files are opened as soon as it stands."""
    app = QApplication.instance() or QApplication(["restorer"])
    assert isinstance(app, QApplication)
    app.setApplicationName("restorer")
    app.setApplicationDisplayName("Restorer")
    app.setApplicationVersion(restorer_app.__version__)
    app.setDesktopFileName("restorer")
    program = Program(app, files)
    ending = Ending(program)
    ending.asked.connect(program.end)
    app.aboutToQuit.connect(ending.close)
    program.show()
    return int(app.exec())


class Program(QObject):
    """The window's life: shown at once, its workshop after the first paint, everything ended in order."""

    _found_bug = Signal(object)  # Told; a signal, for it may happen on any thread

    def __init__(self, app: QApplication, files: list[str]) -> None:
        super().__init__(app)
        self._app = app
        self._files = files
        self._glyphs = tempfile.TemporaryDirectory(prefix="restorer-style-")
        self.choices = Choices(places.settings_file(), self)
        self.colours = theme.chosen(self.choices.now.theme)
        self._wear_app()
        self.window = Window()
        self.window.wear(self.colours)
        now = self.choices.now
        self.window.arrangement.restore(now.geometry, now.docks, now.panel_shares)
        self.window.first_run.show_samples(samples())
        self.window.first_run.show_recent([Path(path) for path in self.choices.now.recent])
        self.workshop: Workshop | None = None
        if files:
            self.window.await_picture(Path(files[0]).name)
        self.window.first_painted.connect(lambda: QTimer.singleShot(0, self._bring_workshop))
        self.window.closing_asked.connect(self._remember)
        self.choices.changed.connect(lambda now, before: self.wear() if now.theme != before.theme else None)
        app.styleHints().colorSchemeChanged.connect(lambda _scheme: self.wear())
        self._guard = TypingGuard(self)
        app.installEventFilter(self._guard)
        app.aboutToQuit.connect(self.close)
        self._is_ending = False
        self._found_bug.connect(self.window.notice.say)
        self._hook_before = sys.excepthook
        sys.excepthook = self._tell_bug

    def show(self) -> None:
        self.window.show()

    def wear(self) -> None:
        """Another theme, at once."""
        self.colours = theme.chosen(self.choices.now.theme)
        self._wear_app()
        self.window.wear(self.colours)
        if self.workshop is not None:
            self.workshop.wear(self.colours)

    def close(self) -> None:
        sys.excepthook = self._hook_before
        self._app.removeEventFilter(self._guard)
        self.choices.write()
        if self.workshop is not None:
            self.workshop.close()
            self.workshop = None
        self._glyphs.cleanup()

    def _bring_workshop(self) -> None:
        # Late: numpy, OpenCV and the codecs cost 0.3 s that the first paint need not wait for.
        from restorer_app.ui.workshop import Workshop  # noqa: PLC0415

        try:
            self.workshop = Workshop(self.window, self.choices, self.colours)
        except RestorerError as problem:  # no room for scratch files: said, and the settings can still be read
            self.window.stop_awaiting()
            self.window.notice.say(Told.of(problem))
            return
        self.workshop.start()
        gc.freeze()  # what stays for good is not looked through again: that took 20 ms in the middle of a zoom
        if self._files:
            self.workshop.files.open_paths(self._files)
            if not self.workshop.arrivals.loading:  # an empty folder
                self.window.stop_awaiting()

    def _wear_app(self) -> None:
        folder = Path(self._glyphs.name)
        icons.write_for_style(folder, self.colours)
        theme.apply(self._app, self.colours, glyphs=folder)

    def end(self) -> None:
        """As by the window's cross, which asks about unsaved work; who asks again while it asks means it."""
        if self._is_ending:
            self._app.exit(1)
            return
        self._is_ending = True
        self.window.close()
        self._is_ending = False

    def _remember(self) -> None:
        geometry, docks, shares = self.window.arrangement.remembered
        self.choices.change(geometry=geometry, docks=docks, panel_shares=shares)

    def _tell_bug(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """What nobody foresaw: said with a way to copy it; the window and the pictures stay."""
        details = "".join(traceback.format_exception(kind, error, trace))
        print(details, file=sys.stderr, end="")  # noqa: T201  # whoever started us from a terminal sees it as well
        self._found_bug.emit(
            Told(
                self.tr("Something went wrong that should not have: {error}").format(error=error or kind.__name__),
                self.tr("Your pictures and every finished step are still here. Please copy the details for a report."),
                details=details,
            )
        )


def samples() -> tuple[Sample, ...]:
    """The photographs that come with the program, with the small pictures that stand beside the icons."""
    folder = places.resources() / "first-run"
    titles = {
        "backyard": QCoreApplication.translate("samples", "Milwaukee, 1936"),
        "daguerreotype": QCoreApplication.translate("samples", "Daguerreotype, about 1850"),
        "ferryman": QCoreApplication.translate("samples", "Chernigov, 1909"),
    }
    return tuple(
        Sample(path, titles.get(thumb.stem, thumb.stem), thumb)
        for thumb in sorted(folder.glob("*.jpg"))
        for path in sorted(places.samples().glob(f"{thumb.stem}.*"))
        if path.suffix in (".tif", ".png", ".jpg")
    )
