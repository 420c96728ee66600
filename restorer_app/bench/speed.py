"""The engine's benchmark: how fast each model is, and what the engine adds to the bare net."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from restorer_app.bench.repairs import repairs
from restorer_app.bench.report import (
    Cell,
    Report,
    Table,
    forget_peak,
    machine,
    must_be_quiet,
    peak_memory_bytes,
    say,
    timed,
)
from restorer_app.core.card import ModelCard
from restorer_app.core.errors import UnusableModelError
from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken, Finished, Job
from restorer_app.core.operation import Decompress, Denoise, Operation, Upscale
from restorer_app.core.raster import Pixels, Raster
from restorer_app.engine.device import Place, Precision, describe, place_for, use_threads
from restorer_app.engine.learned import LearnedMethod, computing
from restorer_app.engine.methods import side_for
from restorer_app.engine.plan import Needs, plan_whole
from restorer_app.engine.run import run_job
from restorer_app.engine.tensors import level_map, to_batch
from restorer_app.files.cards import list_models

SIDES = (256, 512)
WHOLE = Region.of_size(6000, 4000)  # 24 MP, a few seconds on a GPU
WHOLE_ON_CPU = Region.of_size(3000, 2000)  # 6 MP, a minute or so
_LEVEL = 25 / 255  # of the guide
_CEILING_CHANNELS = 64
_REPEATS = 3


def run(*, anyway: bool = False, quick: bool = False, device: str = "auto") -> Report:
    """Every installed model that works on whole pictures; `quick` takes a sixteenth of the picture."""
    must_be_quiet(anyway=anyway)
    cards = [model.card for model in list_models() if model.card is not None]
    if not cards:
        raise UnusableModelError("No model is installed, so there is nothing to measure.")
    found = place_for(device, "auto", deterministic=False, allowed=("float32", "bfloat16"))
    types: tuple[Precision, ...] = ("float32", "bfloat16")
    ceilings = {dtype: ceiling(replace(found, dtype=dtype)) for dtype in types}
    tiles = Table(
        "Nets on tiles: megapixels of input a second",
        ("model", "dtype", "tile", "MP/s", "GFLOP/s", "share of the ceiling"),
        tuple(_rows_of(cards, found, ceilings)),
        note="Ceiling: one 64-channel 3×3 convolution of 256², "
        + ", ".join(f"{dtype} {rate:.0f} GFLOP/s" for dtype, rate in ceilings.items()),
    )
    whole = WHOLE_ON_CPU if found.device == "cpu" else WHOLE
    whole = Region.of_size(whole.width // 4, whole.height // 4) if quick else whole
    rows = tuple(_overhead(card, found, _smaller(whole, card.scale)) for card in cards if card.task != "repair")
    engine = Table(
        f"The engine around the net, {whole.area / 1e6:.3g} MP of result, 16 bits: seconds",
        ("model", "dtype", "MP", "bare net on the same tiles", "run_job", "engine adds", "MP/s", "peak memory, MB"),
        rows,
        note="One look. Reading, scaling, blending, hashing, and the record included. MP: of what goes in.",
    )
    say("Repairs")
    fills = repairs(next((card for card in cards if card.task == "repair"), None), device=found.device, quick=quick)
    must_be_quiet(anyway=anyway)
    return Report("speed", machine() | {"device": describe(found)}, (tiles, engine, fills))


def ceiling(place: Place) -> float:
    """GFLOP/s of the convolution that these nets are made of: what no net on this machine can exceed."""
    use_threads(place)
    dtype = torch.bfloat16 if place.dtype == "bfloat16" else torch.float32
    layout = torch.channels_last
    picture = torch.rand(1, _CEILING_CHANNELS, 256, 256, device=place.device, dtype=dtype).to(memory_format=layout)
    weight = torch.rand(_CEILING_CHANNELS, _CEILING_CHANNELS, 3, 3, device=place.device, dtype=dtype)
    weight = weight.to(memory_format=layout)

    def convolve() -> None:
        with torch.inference_mode():
            torch.nn.functional.conv2d(picture, weight, padding=1)
        _wait_for(place)

    flop = 2 * 9 * _CEILING_CHANNELS**2 * 256 * 256
    return flop / timed(convolve, repeats=7, warm_up=2).least / 1e9


def _rows_of(cards: Sequence[ModelCard], place: Place, ceilings: dict[Precision, float]) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for card in cards:
        for dtype, most in ceilings.items():
            if dtype in card.dtypes:
                method = LearnedMethod(card, replace(place, dtype=dtype), channels=3)
                say(f"{card.id}, {dtype}, tiles")
                rows += [_tile_row(method, side, most) for side in SIDES]
    return rows


def _tile_row(method: LearnedMethod, side: int, most: float) -> tuple[Cell, ...]:
    picture = np.random.default_rng(0).random((side, side, 3), np.float32)
    flop = _flop(lambda: method.run([picture], _LEVEL))

    def one() -> None:
        method.run([picture], _LEVEL)
        _wait_for(method.place)

    seconds = timed(one, repeats=_REPEATS).median
    rate = flop / seconds / 1e9
    speed = side * side / 1e6 / seconds
    return method.card.id, method.place.dtype, side, round(speed, 3), round(rate, 1), f"{rate / most:.0%}"


def _overhead(card: ModelCard, place: Place, whole: Region) -> tuple[Cell, ...]:
    """The same tiles through the net alone, and through run_job; in turns, since a machine warms up."""
    say(f"{card.id}, {whole.area / 1e6:.3g} MP")
    forget_peak()
    image = Raster.from_array(_picture(whole))
    dtype: Precision = place.dtype if place.dtype in card.dtypes else "float32"
    job = Job("bench", _operation(card), image, whole, model=card, device=place.device, dtype=dtype)
    method = LearnedMethod(card, replace(place, dtype=dtype), channels=3)
    tiles = plan_whole(whole, whole, Needs(card.halo, card.multiple_of, side_for(card)))
    shapes = {tile.window.shape for tile in tiles}
    inputs = {shape: to_batch([np.zeros((*shape, 3), np.float32)], place.device, channels=3) for shape in shapes}
    guides = {shape: level_map(_LEVEL, inputs[shape]) for shape in shapes}

    def bare() -> None:
        with computing(method.place):
            for tile in tiles:
                method.net(inputs[tile.window.shape], guides[tile.window.shape])
        _wait_for(place)

    with computing(method.place):
        method.net(inputs[tiles[0].window.shape], guides[tiles[0].window.shape])
    nets, engines = [], []
    for _ in range(2):
        nets.append(_seconds(bare))
        engines.append(_seconds(lambda: _finish(job)))
    net, engine = min(nets), min(engines)
    peak = peak_memory_bytes()
    added = f"{engine / net - 1:+.1%}"
    memory = None if peak is None else round(peak / 2**20)
    megapixels = whole.area / 1e6
    speed = round(megapixels / engine, 3)
    return card.id, dtype, round(megapixels, 2), round(net, 2), round(engine, 2), added, speed, memory


def _smaller(whole: Region, scale: int) -> Region:
    """A picture whose enlargement is as large as the whole: an enlarging net works on every pixel that comes out."""
    return Region.of_size(max(1, whole.width // scale), max(1, whole.height // scale))


def _operation(card: ModelCard) -> Operation:
    if card.task == "upscale":
        return Upscale(card.scale)
    return Denoise(0.5) if card.task == "denoise" else Decompress(50)


def _finish(job: Job) -> None:
    events = deque(run_job(job, CancelToken()), maxlen=1)  # tiles are let go as they come
    assert isinstance(events[0], Finished), events[0]


def _picture(whole: Region) -> Pixels:
    row = np.random.default_rng(0).integers(0, 65535, (64, whole.width, 3), dtype=np.uint16)
    return np.tile(row, (-(-whole.height // 64), 1, 1))[: whole.height]


def _flop(work: Callable[[], object]) -> float:
    with FlopCounterMode(display=False) as counter:
        work()
    return float(counter.get_total_flops())


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _wait_for(place: Place) -> None:
    if place.device.startswith("cuda"):
        torch.cuda.synchronize(place.device)
