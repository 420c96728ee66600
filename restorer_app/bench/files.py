"""The files' benchmark: a patched save and its proof in a 100 MP TIFF, beside what other libraries do."""

from __future__ import annotations

import functools
import hashlib
import importlib
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer_app.bench.report import Cell, Report, Table, forget_peak, machine, must_be_quiet, peak_memory_bytes, say
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.files.patching import silent
from restorer_app.files.saving import save
from restorer_app.files.tiff import open_tiff
from restorer_app.files.tiff_proof import compare_tiff

SIDE = 10_000  # 100 MP, as a 35 mm frame at 7000 dpi or a sheet at 800
EDIT = 1024
REPEATS = 5
LAYOUTS = ("tiles of 256²", "strips of 16 rows", "strips of 16 MB")
CODINGS = ("none", "lzw", "deflate", "zstd")
LIMIT_SAVE, LIMIT_PROOF, LIMIT_MB = 1.5, 1.0, 120
_CHUNK = 1 << 20
Work = Callable[[Path, Path], object]


@dataclass(frozen=True, slots=True)
class Spent:
    """Time by the clock, and by the processor: other work on the machine disturbs the second less."""

    seconds: float
    processor: float


@dataclass(frozen=True, slots=True)
class Cost:
    spent: Spent
    megabytes: float
    note: str = ""


def run(
    *,
    anyway: bool = False,
    side: int = SIDE,
    repeats: int = REPEATS,
    peers: bool = True,
    codings: Sequence[str] = (),
) -> Report:
    """Makes each file in a temporary folder, measures on it, and takes it away before the next."""
    must_be_quiet(anyway=anyway)
    rows: list[tuple[Cell, ...]] = []
    others: list[tuple[Cell, ...]] = []
    with tempfile.TemporaryDirectory(prefix="restorer-bench-") as name:
        folder = Path(name)
        for coding in codings or CODINGS:
            for layout in LAYOUTS:
                began = time.perf_counter()
                master = make(folder / "master.tif", coding=coding, layout=layout, side=side)
                rows.append(_row(master, coding, layout, repeats))
                _tell(rows[-1], time.perf_counter() - began)
                if peers and layout == LAYOUTS[0]:
                    others += [(coding, *each) for each in _peers(master)]
                master.unlink()
    must_be_quiet(anyway=anyway)
    note = (
        f"Reference: buffered read, SHA-256, write and fsync of the same file. Wanted: save ≤ {LIMIT_SAVE} ×, "
        f"proof ≤ {LIMIT_PROOF} ×, under {LIMIT_MB} MB. Medians of {repeats}. × processor: of processor seconds, which "
        "other work on the machine disturbs less than the clock's."
    )
    title = f"Patched save of a {EDIT}² edit, {side * side / 1e6:.0f} MP of 16-bit RGB"
    columns = (
        "coding", "layout", "MB", "reference s", "save s", "× reference", "proof s", "× reference", "peak MB",
        "save, × processor", "proof, × processor",
    )  # fmt: skip
    tables = [Table(title, columns, tuple(rows), note=note)]
    if others:
        headings = ("coding", "library", "seconds", "peak MB", "what it did")
        tables.append(Table("The same edit by load, edit and save, tiles of 256²", headings, tuple(others)))
    return Report("files", machine(), tuple(tables))


def _tell(row: tuple[Cell, ...], seconds: float) -> None:
    """What is measured is said at once, and is not lost when the run is stopped."""
    said = f"{row[0]}, {row[1]}: save {row[5]} × the reference, proof {row[7]} ×, {row[8]} MB, in {seconds:.0f} s"
    say(said)


def make(path: Path, *, coding: str, layout: str, side: int) -> Path:
    tifffile = importlib.import_module("tifffile")
    tall = max(1, (16 << 20) // (side * 6)) if layout == LAYOUTS[2] else 16
    tile = (256, 256) if layout == LAYOUTS[0] else None
    tifffile.imwrite(
        path, _scan(side), photometric="rgb", compression=None if coding == "none" else coding,
        predictor=coding != "none", tile=tile, rowsperstrip=None if tile else tall, metadata=None,
        maxworkers=os.cpu_count(),
    )  # fmt: skip
    return path


@functools.lru_cache(maxsize=1)
def _scan(side: int) -> NDArray[np.uint16]:
    """Smooth light with grain, as a scan has it: it compresses like one, and no grain of it comes twice."""
    random = np.random.default_rng(5)
    columns = np.cos(np.arange(side, dtype=np.float32) / 90)
    pixels = np.empty((side, side, 3), np.uint16)
    for top in range(0, side, 500):
        rows = np.arange(top, min(top + 500, side), dtype=np.float32)[:, None] / 90
        light = 30000 + 14000 * np.sin(rows + columns)[:, :, None]
        grain = 60 * random.standard_normal((*light.shape[:2], 3), np.float32)
        pixels[top : top + 500] = np.clip(light + grain, 0, 65535)
    return pixels


def _row(master: Path, coding: str, layout: str, repeats: int) -> tuple[Cell, ...]:
    """A save proves itself; the proof alone is measured again, and taken off.

    In turns: drives and processors are faster in one minute than in the next.
    """
    reference, saves, proofs = [], [], []
    for _ in range(repeats):
        reference.append(in_child(reference_copy, master))
        saves.append(in_child(patched_save, master, keep=True))
        proofs.append(in_child(proof_again, master, keep=True))
    master.with_name("out.tif").unlink()
    base, whole, proof = (_median(costs) for costs in (reference, saves, proofs))
    save_seconds, save_processor = whole.seconds - proof.seconds, whole.processor - proof.processor
    peak = max(cost.megabytes for cost in (*saves, *proofs))
    size = master.stat().st_size / 1e6
    return (
        coding, layout, round(size), round(base.seconds, 2), round(save_seconds, 2),
        round(save_seconds / base.seconds, 2), round(proof.seconds, 2), round(proof.seconds / base.seconds, 2),
        round(peak), round(save_processor / base.processor, 2), round(proof.processor / base.processor, 2),
    )  # fmt: skip


def _median(costs: list[Cost]) -> Spent:
    return Spent(
        statistics.median(cost.spent.seconds for cost in costs),
        statistics.median(cost.spent.processor for cost in costs),
    )


def in_child(work: Work, master: Path, *, keep: bool = False) -> Cost:
    """Seconds and peak memory of one piece of work in a process that did nothing else."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        cost: Cost = pool.apply(_measured, (work, master, keep))
    return cost


def _measured(work: Work, master: Path, keep: bool) -> Cost:  # noqa: FBT001 (a pool hands over positions)
    target = master.with_name("out.tif")
    if not keep or work is patched_save:
        target.unlink(missing_ok=True)
    clock = _clock()
    said = work(master, target)
    spent = said if isinstance(said, Spent) else clock()
    if not keep:
        target.unlink(missing_ok=True)
    return Cost(spent, (peak_memory_bytes() or 0) / 1e6, said if isinstance(said, str) else "")


def _clock() -> Callable[[], Spent]:
    """What has been spent since now, by all threads of this process."""
    start, processor = time.perf_counter(), time.process_time()
    return lambda: Spent(time.perf_counter() - start, time.process_time() - processor)


def reference_copy(master: Path, target: Path) -> None:
    """What any save that hashes has to do at least, done one after the other."""
    digest = hashlib.sha256()
    with master.open("rb") as source, target.open("wb") as out:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())


def patched_save(master: Path, target: Path) -> Spent:
    """Saves and proves an edit; opening and editing come before and do not count."""
    picture = open_tiff(master)
    image, mask = _edited(Raster(picture.source))
    picture = open_tiff(master)  # without what reading for the edit left in memory
    image = Raster(picture.source, image.tiles)
    forget_peak()
    clock = _clock()
    save(picture, image, allowed=mask, records=[], target=target)
    return clock()


def proof_again(master: Path, target: Path) -> Spent:
    """The proof that is part of the save, alone."""
    mask = _edited(Raster.flat(open_tiff(master).source.bounds, dtype="uint16", channels=3))[1]
    forget_peak()
    clock = _clock()
    verdict = compare_tiff(master, target, page=0, allowed=mask, progress=silent, cancel=None)
    assert verdict.same
    return clock()


def _edited(image: Raster) -> tuple[Raster, Raster]:
    left = image.bounds.width // 3 + 37
    place = Region(left, left, left + EDIT, left + EDIT).intersect(image.bounds) or image.bounds
    pixels = image.read(place).astype(np.int32)
    noisy = np.clip(pixels + np.random.default_rng(1).integers(-300, 300, pixels.shape), 0, 65535).astype(np.uint16)
    mask = Raster.flat(image.bounds).with_patch(place, np.full((*place.shape, 1), 255, np.uint8))
    return image.with_patch(place, noisy), mask


def _peers(master: Path) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for work in (with_tifffile, with_opencv, with_pillow, with_pyvips):
        cost = in_child(work, master)
        if cost.note:
            rows.append((work.__name__.removeprefix("with_"), None, None, cost.note))
        else:
            rows.append(
                (work.__name__.removeprefix("with_"), round(cost.spent.seconds, 2), round(cost.megabytes), "saved it")
            )
    return rows


def with_tifffile(master: Path, target: Path) -> str:
    tifffile = importlib.import_module("tifffile")
    with tifffile.TiffFile(master) as file:
        page = file.pages[0]
        pixels = page.asarray()
        _scribble(pixels)
        coding = None if page.compression == 1 else page.compression
        tifffile.imwrite(
            target, pixels, photometric="rgb", compression=coding, predictor=page.predictor != 1, tile=(256, 256)
        )
    return ""


def with_opencv(master: Path, target: Path) -> str:
    cv2: Any = importlib.import_module("cv2")
    pixels = cv2.imread(str(master), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        return "cannot read it"
    _scribble(pixels)
    return "" if cv2.imwrite(str(target), pixels) else "cannot write it"


def with_pillow(master: Path, target: Path) -> str:
    image_module: Any = importlib.import_module("PIL.Image")
    image_module.MAX_IMAGE_PIXELS = None
    try:
        with image_module.open(master) as image:
            pixels = np.array(image)
    except (OSError, ValueError):
        return "cannot read it"
    if pixels.dtype != np.uint16:
        return "gives 8 bits"
    _scribble(pixels)
    image_module.fromarray(pixels).save(target)
    return ""


def with_pyvips(master: Path, target: Path) -> str:
    try:
        vips: Any = importlib.import_module("pyvips")
    except ImportError:
        return "not installed"
    try:
        image = vips.Image.new_from_file(str(master), access="sequential", fail_on="warning")
        left = image.width // 3
        image.insert(image.crop(left, left, EDIT, EDIT).invert(), left, left).tiffsave(str(target), tile=True)
    except vips.Error:
        return "cannot read it"
    return ""


def _scribble(pixels: NDArray[Any]) -> None:
    left = pixels.shape[0] // 3
    pixels[left : left + EDIT, left : left + EDIT] ^= 255
