"""restorer bench window: how long the canvas takes from a hand's move to the paint, at any size of picture."""

from __future__ import annotations

import argparse
import gc
import math
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from restorer_app.bench.report import Cell, Report, Table, emit, machine, must_be_quiet
from restorer_app.core import mask as masks
from restorer_app.core.errors import RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import CELL, Pixels, Raster
from restorer_app.files.handle import MappedHandle
from restorer_app.files.scratch import MappedSource
from restorer_app.ui import benchmark_job
from restorer_app.ui.canvas.settings import Brush
from restorer_app.ui.canvas.view import Canvas

VIEW = (1600, 1000)
SIZES = {24: (6000, 4000), 100: (12000, 8400), 300: (20000, 15000)}
RADII = (5, 50, 300, 2500)  # the largest brush is 5000 pixels wide
MOVES = 40
_JOB_TILE = 512
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Times:
    """From an event to its paint, in milliseconds: on the clock, and of this thread's own work."""

    wall: list[float]
    cpu: list[float]

    def row(self) -> tuple[Cell, ...]:
        return tuple(
            round(float(np.percentile(each, share)), 1) for each in (self.wall, self.cpu) for share in (50, 95, 100)
        )


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="restorer bench window", description="Measures the canvas on this machine.")
    parser.add_argument("--megapixels", type=int, choices=SIZES, nargs="*", default=[24, 100])
    parser.add_argument("--bits", type=int, choices=(8, 16), nargs="*", default=[8, 16])
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, for programs")
    parser.add_argument(
        "--anyway", action="store_true", help="measure also beside other work; such figures do not count"
    )
    args = parser.parse_args(argv)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    try:
        kinds = [(megapixels, bits) for megapixels in args.megapixels for bits in args.bits]
        tables = [_of_picture(app, *kind, anyway=args.anyway) for kind in kinds]
        tables += [_beside_a_job(app, *kind, anyway=args.anyway) for kind in kinds]
    except RestorerError as problem:
        print(f"restorer bench: {problem}", file=sys.stderr)
        return 1
    note = "ms from event to paint; wanted: brush p95 under 8, pan and zoom p95 under 16, no handler over 30 of CPU."
    emit(Report("window", machine(), tuple(tables), (note,)), as_json=args.json)
    return 0


def _of_picture(app: QApplication, megapixels: int, bits: int, *, anyway: bool) -> Table:
    """One picture's table: each row one kind of movement."""
    rows: list[tuple[Cell, ...]] = []
    with tempfile.TemporaryDirectory(prefix="restorer-bench-") as folder:
        image = Raster(MappedSource(_mapped_pixels(Path(folder) / "pixels", *SIZES[megapixels], bits)))
        must_be_quiet(anyway=anyway)
        before = _anonymous_bytes()
        canvas = Canvas()
        canvas.resize(*VIEW)
        canvas.show()
        app.processEvents()
        opening = _shown(app, canvas, image)
        gc.freeze()  # as the program does once it stands
        rows += [_row(name, times) for name, times in _movements(app, canvas)]
        rows += [_row(name, times) for name, times in _arrivals(app, canvas, image)]
        held = _anonymous_bytes()
        canvas.end()
        canvas.deleteLater()
        app.processEvents()
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # no event loop runs here that would do it
        gc.unfreeze()
        gc.collect()  # what this picture held is not counted with the next
        must_be_quiet(anyway=anyway)
    megabytes = image.bounds.area * image.channels * bits / 8e6
    note = (
        f"first paint {opening.first:.2f} s, complete {opening.whole:.2f} s, anonymous memory {held / 1e6:.0f} MB, "
        f"grown by {(held - before) / 1e6:.0f} MB for {megabytes:.0f} MB of pixels"
    )
    columns = ("movement", "wall p50", "wall p95", "wall most", "cpu p50", "cpu p95", "cpu most")
    return Table(f"{megapixels} MP, {bits} bit, {VIEW[0]} × {VIEW[1]}", columns, tuple(rows), note)


def _beside_a_job(app: QApplication, megapixels: int, bits: int, *, anyway: bool) -> Table:
    """The whole program with its engine process, as a person has it."""
    with tempfile.TemporaryDirectory(prefix="restorer-bench-") as folder:
        must_be_quiet(anyway=anyway)
        handle = _mapped_pixels(Path(folder) / "pixels", *SIZES[megapixels], bits)
        pixels: Pixels = np.memmap(handle.path, handle.dtype, "r", shape=handle.shape)
        return benchmark_job.table(app, pixels, Path(folder), VIEW)


def _row(name: str, times: Times) -> tuple[Cell, ...]:
    return name, *times.row()


def _mapped_pixels(path: Path, width: int, height: int, bits: int) -> MappedHandle:
    """Grainy pixels in a file that is mapped, as the reader process leaves them."""
    handle = MappedHandle(path, 0, (height, width, 3), f"uint{bits}")
    pixels: Pixels = np.memmap(path, handle.dtype, "w+", shape=handle.shape)
    band = np.random.default_rng(1).normal(0.5, 0.15, (200, width, 3)).clip(0, 1)
    band = (band * np.iinfo(handle.dtype).max).astype(handle.dtype)
    for top in range(0, height, len(band)):
        pixels[top : top + len(band)] = band[: height - top]
    return handle


def _third_covered(bounds: Region) -> Raster:
    """A soft spot over a third of every cell: nothing is flat, so nothing is skipped."""
    y, x = np.mgrid[0:CELL, 0:CELL] - CELL / 2 + 0.5
    spot = np.clip((CELL * math.sqrt(0.3 / math.pi) - np.hypot(x, y)) * 8 + 128, 0, 255).astype(np.uint8)
    blank = masks.blank(bounds)
    whole = [cell for cell in bounds.cells(CELL) if blank.cell_region(cell).area == CELL * CELL]
    return Raster(blank.source, dict.fromkeys(whole, spot[:, :, None]))


@dataclass(frozen=True, slots=True)
class Opening:
    """Seconds until something of the picture is painted, and until all of it is."""

    first: float
    whole: float


def _shown(app: QApplication, canvas: Canvas, image: Raster) -> Opening:
    mask = _third_covered(image.bounds)
    start = time.perf_counter()
    canvas.show_picture(image, original=image, mask=mask, protect=masks.blank(image.bounds))
    canvas.repaint()
    first = 0.0
    while not canvas.is_settled:
        app.processEvents()
        if not first and canvas.has_pixels:
            first = time.perf_counter() - start
        time.sleep(0.001)
    return Opening(first, time.perf_counter() - start)


def _movements(app: QApplication, canvas: Canvas) -> Iterator[tuple[str, Times]]:
    yield "zoom by the wheel, fit to 800 % and back", _timed(canvas, _wheel_turns(canvas), app)
    for name, zoom in (("fit", 0.0), ("30 %", 0.3), ("100 %", 1.0), ("800 %", 8.0)):
        _look(app, canvas, zoom)
        yield f"pan at {name}, cold tiles", _timed(canvas, _drags(canvas, Qt.MouseButton.MiddleButton, 90), app)
    for name, zoom in (("fit", 0.0), ("100 %", 1.0), ("800 %", 8.0)):
        for radius in RADII:
            _look(app, canvas, zoom)
            canvas.easel.set_brush(Brush(min(2 * radius, 5000), 0.8))
            strokes = _drags(canvas, Qt.MouseButton.LeftButton, 24)
            yield f"brush of radius {radius} at {name}", _timed(canvas, strokes, app)


def _arrivals(app: QApplication, canvas: Canvas, image: Raster) -> Iterator[tuple[str, Times]]:
    """What a running job costs the window: a finished tile every few milliseconds, far more than any model gives."""
    for name, zoom in (("fit", 0.0), ("100 %", 1.0)):
        _look(app, canvas, zoom)
        seen = canvas.sight.visible_region or image.bounds
        tiles = [tile for tile in seen.aligned(CELL).divided(_JOB_TILE) if image.bounds.contains(tile)][:MOVES]
        times = Times([], [])
        for tile in tiles:
            pixels = image.read(tile) // 2
            wall, cpu = time.perf_counter(), time.thread_time()
            image = image.with_patch(tile, pixels)
            canvas.update_image(image, tile)
            app.processEvents()
            times.wall.append((time.perf_counter() - wall) * 1000)
            times.cpu.append((time.thread_time() - cpu) * 1000)
            time.sleep(0.004)
        yield f"tiles of a job at {name}", times


def _look(app: QApplication, canvas: Canvas, zoom: float) -> None:
    canvas.sight.zoom_to_fit() if not zoom else canvas.sight.zoom_to(zoom)
    until = time.monotonic() + 20
    while not canvas.is_settled and time.monotonic() < until:
        app.processEvents()
        time.sleep(0.001)


def _timed(canvas: Canvas, events: Iterator[QEvent], app: QApplication) -> Times:
    times = Times([], [])
    for event in events:
        wall, cpu = time.perf_counter(), time.thread_time()
        QApplication.sendEvent(canvas, event)
        _paint(canvas)
        times.wall.append((time.perf_counter() - wall) * 1000)
        times.cpu.append((time.thread_time() - cpu) * 1000)
        app.processEvents()  # tiles that came meanwhile
        time.sleep(0.004)
    canvas.easel.hands.let_go()
    canvas.discard_preview()
    return times


def _paint(canvas: Canvas) -> None:
    """What was marked for a repaint, at once; `repaint()` would paint everything."""
    QApplication.sendPostedEvents(canvas.window(), QEvent.Type.UpdateRequest.value)


def _drags(canvas: Canvas, button: Qt.MouseButton, step: int) -> Iterator[QEvent]:
    """A press, then moves along a loop, `step` pixels each; the press counts as well."""
    centre, at = QPointF(canvas.width() / 2, canvas.height() / 2), QPointF(canvas.width() / 2, canvas.height() / 4)
    yield _mouse(QEvent.Type.MouseButtonPress, at, button, button)
    for move in range(MOVES):
        angle = move * 2 * math.pi / MOVES
        at = centre + QPointF(math.sin(angle), -math.cos(angle)) * (step * MOVES / 2 / math.pi)
        yield _mouse(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, button)


def _wheel_turns(canvas: Canvas) -> Iterator[QEvent]:
    at = QPointF(canvas.width() / 3, canvas.height() / 3)
    for notch in [120] * 25 + [-120] * 25:
        yield QWheelEvent(
            at,
            at,
            QPointF(0, 0).toPoint(),
            QPointF(0, notch).toPoint(),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )


def _mouse(kind: QEvent.Type, at: QPointF, button: Qt.MouseButton, buttons: Qt.MouseButton) -> QMouseEvent:
    return QMouseEvent(kind, at, at, button, buttons, Qt.KeyboardModifier.NoModifier)


def _anonymous_bytes() -> int:
    """Memory that is in no file, where the system tells."""
    if not _STATUS.exists():
        return 0
    lines = dict(line.split(":", 1) for line in _STATUS.read_text("utf-8").splitlines() if ":" in line)
    return int(lines["RssAnon"].split()[0]) * 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
