"""The core's benchmark: what a dab, a patch and a question cost at 24, 100 and 300 megapixels."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from restorer_app.bench.report import Cell, Report, Table, machine, must_be_quiet
from restorer_app.core import mask as masks
from restorer_app.core.geometry import Region
from restorer_app.core.history import History, Snapshot, Step
from restorer_app.core.raster import FlatSource, Raster
from restorer_app.core.stroke import Point, Stroke

SIZES = (("24 MP", 6000, 4000), ("100 MP", 12_000, 8_400), ("300 MP", 20_000, 15_000))
DEPTHS = ("uint8", "uint16")
EDITS = 100
_REPEATS = 200

# Reference points of a prototype on two cores at 100 MP, for comparison and never a verdict.
REFERENCE = "Prototype at 100 MP: dab 0.03 ms, patch 0.23 ms, changed cells 1.3 ms, 100 edits 176 MB."


def run(*, anyway: bool = False) -> Report:
    """Times the core on rasters that stand on no file, so that only the core is measured."""
    must_be_quiet(anyway=anyway)
    rows = tuple(_row(name, Region.of_size(width, height), depth) for name, width, height in SIZES for depth in DEPTHS)
    must_be_quiet(anyway=anyway)
    table = Table(
        "Core: milliseconds an edit, median",
        (
            "size",
            "depth",
            "dab 60 px",
            "stroke 60 px × 500",
            "patch 512²",
            "changed cells",
            "100 edits, MB",
            "copies, GB",
        ),
        rows,
        note=REFERENCE,
    )
    return Report("core", machine(), (table,))


def _row(name: str, bounds: Region, depth: str) -> tuple[Cell, ...]:
    image = Raster(FlatSource(bounds, np.dtype(depth), 3, value=100))
    edited, held = _edited(image)
    return (
        name,
        depth,
        _milliseconds(_dabs(bounds)),
        _milliseconds(_strokes(bounds), repeats=10),
        _milliseconds(_patches(image)),
        _milliseconds(lambda: edited.changed_cells(image)),
        round(held / 1e6, 1),
        round(EDITS * bounds.area * 3 * image.dtype.itemsize / 1e9, 1),
    )


def _milliseconds(work: Callable[[], object], *, repeats: int = _REPEATS) -> float:
    """The median of single calls: a mean would show the machine's other work."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken)) * 1e3


def _dabs(bounds: Region) -> Callable[[], object]:
    """One dab after another onto a mask that already carries a few."""
    mask, random = masks.blank(bounds), np.random.default_rng(1)

    def dab() -> None:
        nonlocal mask
        place = Point(random.uniform(0, bounds.right), random.uniform(0, bounds.bottom))
        mask, _ = masks.paint(mask, Stroke("brush", (place,), 60, hardness=0.8))

    return dab


def _strokes(bounds: Region) -> Callable[[], object]:
    """A whole gesture as it is committed on release: 500 points along a wave."""
    blank = masks.blank(bounds)
    points = tuple(Point(500 + 5 * i, 2000 + 200 * float(np.sin(i / 40))) for i in range(500))
    stroke = Stroke("brush", points, 60, hardness=0.8)
    return lambda: masks.paint(blank, stroke)


def _patches(image: Raster) -> Callable[[], object]:
    pixels, random = _pixels(image), np.random.default_rng(2)
    return lambda: image.with_patch(_somewhere(image, random), pixels)


def _edited(image: Raster) -> tuple[Raster, int]:
    """A raster after a hundred patches, and the bytes that a history of them all keeps."""
    blank, random = masks.blank(image.bounds), np.random.default_rng(3)
    history = History(Step("Opened", Snapshot(image, blank, blank)), byte_budget=2**40)
    for _ in range(EDITS):
        after = history.current.image.with_patch(_somewhere(image, random), _pixels(image))
        history.add(Step("Patched", Snapshot(after, blank, blank)))
    return history.current.image, history.memory_bytes()


def _pixels(image: Raster) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    return np.full((512, 512, image.channels), 7, image.dtype)


def _somewhere(image: Raster, random: np.random.Generator) -> Region:
    left = int(random.integers(0, image.bounds.right - 512))
    top = int(random.integers(0, image.bounds.bottom - 512))
    return Region(left, top, left + 512, top + 512)
