"""Pictures of the program made by the program: `python -m restorer_app.ui.screenshots FOLDER`."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QWidget

from restorer_app.core.stroke import Point, Stroke
from restorer_app.files import places
from restorer_app.ui.app import Program
from restorer_app.ui.document import Document
from restorer_app.ui.shortcuts_sheet import ShortcutsSheet
from restorer_app.ui.workshop import Workshop

WIDTH, HEIGHT = 1600, 1000
QUALITY = 88
PATIENCE = 1200.0  # seconds for a repair on a busy machine
STROKE = 9  # pixels: twice as wide as the scratch
LINE = 0.7  # of the view, where the picture is compared: most of the damage is to its left
SCRATCH_POINTS = ((0.5548, 0.0), (0.5560, 0.18), (0.5574, 0.33))  # in the sky, in shares of the sample


def main(folder: Path) -> None:
    """A home of its own, so that nobody's settings show and nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="restorer-screenshots-") as home:
        for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA"):
            os.environ[name] = str(Path(home) / name)
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        _take_all(folder, Path(home))


def _take_all(folder: Path, home: Path) -> None:
    app = QApplication(["restorer"])
    program = Program(app, [])
    camera = _Camera(program, folder)
    program.choices.change(theme="light")
    program.window.resize(WIDTH, HEIGHT)
    program.show()
    camera.until(lambda: program.workshop is not None)
    camera.take("first-run")
    names = ("daguerreotype.jpg", "ferryman.png", "backyard.tif")
    pictures = [str(shutil.copy(places.samples() / name, home)) for name in names]
    _story(program, camera, pictures, places.samples() / "backyard_mask.png")
    program.window.may_close = lambda: True
    program.window.close()
    program.close()


def _story(program: Program, camera: _Camera, pictures: list[str], mask: Path) -> None:
    workshop = program.workshop
    assert workshop is not None  # _take_all has waited for it
    program.choices.change(theme="dark")
    document = _open(workshop, camera, pictures)
    workshop.view.set_size(STROKE)
    _paint(workshop, document)
    camera.take("painting")
    workshop.acts.repair()
    camera.rest(0.3)
    camera.take("repairing")
    camera.until(lambda: workshop.jobs.is_empty)
    workshop.mask_files.load_mask_from(mask)
    camera.rest()
    workshop.acts.repair()
    camera.until(lambda: workshop.jobs.is_empty)
    workshop.view.cycle_compare()
    workshop.canvas.sight.set_split(LINE)
    camera.take("before-after")
    for _ in range(3):  # on to no comparison
        workshop.view.cycle_compare()
    program.choices.change(theme="light")
    workshop.saving.save()
    camera.until(lambda: document.saved is not None)
    camera.take("saved")
    _take_helpers(program, camera)


def _open(workshop: Workshop, camera: _Camera, pictures: list[str]) -> Document:
    for number, path in enumerate(pictures, 1):
        workshop.files.open_paths([path])
        camera.until(lambda number=number: len(workshop.desk.documents) == number)  # type: ignore[misc]  # a default
    camera.rest()
    assert workshop.desk.current is not None  # just opened
    return workshop.desk.current


def _take_helpers(program: Program, camera: _Camera) -> None:
    program.choices.change(theme="dark")
    program.window.notice.clear()
    program.window.find_command()
    camera.take("palette", of=program.window.palette_popup)
    program.window.palette_popup.close()
    sheet = ShortcutsSheet(program.window, room=QSize(WIDTH, HEIGHT))  # no screen that is not there bounds it
    sheet.show()
    camera.take("keys", of=sheet)
    sheet.close()


def _paint(workshop: Workshop, document: Document) -> None:
    """The stroke that a hand would paint over the long scratch."""
    bounds = document.session.mask.bounds
    points = tuple(Point(x * bounds.width, y * bounds.height) for x, y in SCRATCH_POINTS)
    workshop.acts.take_stroke(Stroke("brush", points, diameter=STROKE, hardness=0.8))


class _Camera:
    """Waits until everything stands still, then takes the picture."""

    def __init__(self, program: Program, folder: Path) -> None:
        self._program = program
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def until(self, fact: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not fact():
            if time.monotonic() > end:
                sys.exit("The program did not get there in time.")
            self._live()

    def rest(self, seconds: float = 0.8) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._live()

    def take(self, name: str, *, of: QWidget | None = None) -> None:
        self.rest()
        (of or self._program.window).grab().save(str(self._folder / f"{name}.jpg"), quality=QUALITY)

    def _live(self) -> None:
        QApplication.processEvents()
        time.sleep(0.01)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
