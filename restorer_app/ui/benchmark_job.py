"""How evenly the whole window lives while the engine works: a part of restorer bench window."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tifffile
from PySide6.QtCore import QEvent, QEventLoop, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from restorer_app.bench.report import Cell, Table
from restorer_app.core.errors import RestorerError
from restorer_app.core.job import JobEvent, TileDone
from restorer_app.ui.app import Program

if TYPE_CHECKING:
    from restorer_app.core.raster import Pixels
    from restorer_app.ui.canvas.view import Canvas

TICK_MS = 5
SECONDS = 15.0  # of each row
_PATIENCE = 240.0  # the engine loads torch before its first tile
_STRENGTH = 0.3
_HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA")


def table(app: QApplication, pixels: Pixels, folder: Path, size: tuple[int, int]) -> Table:
    """Ticks of a timer while nothing runs, while a picture is denoised, and while a hand pans it meanwhile."""
    path = folder / "scan.tif"
    tifffile.imwrite(path, pixels, photometric="rgb", rowsperstrip=64, metadata=None)
    with _at_home_in(folder):
        program = Program(app, [str(path)])
        try:
            rows = list(_rows(program, size))
        finally:
            if program.workshop is not None:
                program.workshop.saving.ask = lambda _names, _running: "discard"
            program.window.close()
            program.close()
            program.window.deleteLater()
            app.setStyleSheet("")  # its pictures went with the program
    height, width, _ = pixels.shape
    return Table(
        f"The window while a job runs, {width * height / 1e6:.0f} MP, {pixels.dtype.itemsize * 8} bit",
        ("meanwhile", "ticks", "p50", "p95", "p99", "most", "tiles done"),
        tuple(rows),
        f"ms between ticks of {TICK_MS} ms, over {SECONDS:.0f} s each; wanted: p99 under 50 while a job runs.",
    )


def _rows(program: Program, size: tuple[int, int]) -> Iterator[tuple[Cell, ...]]:
    program.window.resize(*size)
    program.show()
    _wait(lambda: program.workshop is not None and bool(program.workshop.desk.documents), "The picture")
    workshop = program.workshop
    assert workshop is not None
    canvas = workshop.canvas
    _wait(lambda: canvas.is_settled and not workshop.arrivals.loading, "The whole picture")
    tiles: list[JobEvent] = []
    workshop.worker.event_came.connect(lambda event: tiles.append(event) if isinstance(event, TileDone) else None)
    yield _row("nothing runs", lambda: None, tiles)
    denoise = next((way for way in workshop.acts.ways if way.id.startswith("denoise")), None)
    if denoise is None:
        raise RestorerError("No way to denoise is installed.")
    workshop.acts.run_way(denoise.id, _STRENGTH)
    _wait(lambda: bool(tiles), "The first tile")
    yield _row("denoised, the whole in view", lambda: None, tiles)
    canvas.sight.zoom_to(1.0)
    yield _row("denoised, panned at 100 %", _Panning(canvas).go_on, tiles)


def _row(name: str, meanwhile: Callable[[], None], tiles: list[JobEvent]) -> tuple[Cell, ...]:
    ticks: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        meanwhile()
        now = time.perf_counter()
        ticks.append((now - last) * 1000)
        last = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    before = len(tiles)
    timer.start(TICK_MS)
    _let_live(SECONDS)
    timer.stop()
    shares = (round(float(np.percentile(ticks, share)), 1) for share in (50, 95, 99, 100))
    return name, len(ticks), *shares, len(tiles) - before


class _Panning:
    """A hand that draws the picture along a loop, a move every third tick, as a mouse does."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas, self._count = canvas, 0
        self._send(QEvent.Type.MouseButtonPress, Qt.MouseButton.MiddleButton)

    def go_on(self) -> None:
        self._count += 1
        if self._count % 3 == 0:
            self._send(QEvent.Type.MouseMove, Qt.MouseButton.NoButton)

    def _send(self, kind: QEvent.Type, button: Qt.MouseButton) -> None:
        angle = self._count / 90 * math.pi
        at = QPointF(self._canvas.width() / 2, self._canvas.height() / 2)
        at += QPointF(math.sin(angle), -math.cos(angle)) * 300
        held = Qt.MouseButton.MiddleButton
        QApplication.sendEvent(self._canvas, QMouseEvent(kind, at, at, button, held, Qt.KeyboardModifier.NoModifier))


def _let_live(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def _wait(fact: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _PATIENCE
    while not fact():
        if time.monotonic() > end:
            raise RestorerError(f"{what} did not come within {_PATIENCE:.0f} seconds.")
        _let_live(0.02)


@contextmanager
def _at_home_in(folder: Path) -> Iterator[None]:
    """Settings, caches and the list of recent files of whoever measures stay as they are."""
    before = dict(os.environ)
    for name in _HOMES:
        os.environ[name] = str(folder / "home")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
