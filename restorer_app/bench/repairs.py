"""How long repairs take: ten specks, a blob, a hairline across a large scan; by every method."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from restorer_app.bench.report import Cell, Table
from restorer_app.core.card import ModelCard
from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken, Failed, Job, TileDone
from restorer_app.core.operation import Repair, RepairMethod
from restorer_app.core.raster import Raster
from restorer_app.engine.run import run_job

METHODS: tuple[RepairMethod, ...] = ("faithful", "patch", "telea", "navier-stokes")


@dataclass(frozen=True, slots=True)
class Damage:
    """What is repaired, on a scan of which size, and within how many seconds the first result should be there."""

    what: str
    scan: Region
    holes: tuple[Region, ...]
    target: float

    @property
    def name(self) -> str:
        return f"{self.what} on {self.scan.area / 1e6:.3g} MP"

    def scaled(self, divisor: int) -> Damage:
        """As much of it, and as large, on a smaller scan, for a quick look; a line across is shorter."""
        scan = Region.of_size(self.scan.width // divisor, self.scan.height // divisor)
        nearer = [hole.shifted(hole.left // divisor - hole.left, hole.top // divisor - hole.top) for hole in self.holes]
        cut = [hole.intersect(scan) for hole in nearer]
        return Damage(self.what, scan, tuple(hole for hole in cut if hole is not None), self.target)


_LARGE, _MIDDLE = Region.of_size(12000, 8400), Region.of_size(6000, 4000)
DAMAGES = (
    Damage(
        "ten specks of 30 pixels",
        _LARGE,
        tuple(Region(x, y, x + 30, y + 30) for x, y in ((100 + 1180 * i, 130 + 733 * (7 * i % 10)) for i in range(10))),
        1.0,
    ),
    Damage("a blob of 60 pixels", _MIDDLE, (Region(700, 500, 760, 560),), 2.0),
    Damage("a hairline of 4 pixels from edge to edge", _MIDDLE, (Region(0, 640, 6000, 644),), 10.0),
)


def repairs(card: ModelCard | None, *, device: str, quick: bool = False, damages: Sequence[Damage] = DAMAGES) -> Table:
    """Seconds until the first finished piece and until the end, once everything is loaded."""
    rows: list[tuple[Cell, ...]] = []
    for damage in [damage.scaled(4) for damage in damages] if quick else damages:
        image, mask = Raster.from_array(_grained(damage.scan)), _mask(damage)
        for method in METHODS:
            operation = Repair(method)
            model = card if operation.task else None
            if operation.task and model is None:
                continue
            job = Job("bench", operation, image, damage.scan, model=model, mask=mask, seed=1, device=device)
            first, whole = _timed(job)
            rows.append((damage.name, method, first, whole, damage.target, "yes" if first <= damage.target else "no"))
    columns = ("damage", "method", "first result, s", "all, s", "wanted, s", "first within")
    return Table("Repairs, 16 bits, warm", columns, tuple(rows))


def _timed(job: Job) -> tuple[float, float]:
    for _ in range(2):  # the first time loads the model
        start, first = time.perf_counter(), None
        for event in run_job(job, CancelToken()):
            assert not isinstance(event, Failed), event.message
            if isinstance(event, TileDone) and first is None:
                first = time.perf_counter() - start
        whole = time.perf_counter() - start
    assert first is not None  # a repair that finished has a piece
    return round(first, 2), round(whole, 2)


def _mask(damage: Damage) -> Raster:
    mask = Raster.flat(damage.scan)
    for hole in damage.holes:
        mask = mask.with_patch(hole, np.full((*hole.shape, 1), 255, np.uint8))
    return mask


def _grained(scan: Region) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    """Waves and grain: something to look for, of which no two places are the same."""
    rng = np.random.default_rng(0)
    side = 1024
    rows, columns = np.mgrid[:side, :side]
    waves = 30000 + 8000 * np.sin(rows / 9) * np.sin(columns / 13) + 6000 * np.sin((rows + 2 * columns) / 97)
    tile = (waves[:, :, None] + rng.normal(0, 1500, (side, side, 3))).astype(np.uint16)
    return np.tile(tile, (-(-scan.height // side), -(-scan.width // side), 1))[: scan.height, : scan.width]
