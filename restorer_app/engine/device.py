"""Where and how exactly a net computes: device, dtype, threads; and the one timing that decides the dtype."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from restorer_app.core.errors import InvalidValueError
from restorer_app.engine.cores import threads
from restorer_app.engine.plan import DeviceFullError
from restorer_app.files import places

Precision = Literal["float32", "bfloat16"]

WORTH = 1.5  # bfloat16 must be this much faster: it costs accuracy, and emulated it is slower
_TURNS = 8
_FULL = ("out of memory", "allocate memory", "ALLOC_FAILED")  # CUDA and MPS, the CPU, cuBLAS and cuDNN


@dataclass(frozen=True, slots=True)
class Place:
    """One way to compute a job."""

    device: str = "cpu"
    dtype: Precision = "float32"
    deterministic: bool = False

    @property
    def on_cpu(self) -> bool:
        return self.device == "cpu"


def place_for(device: str, dtype: str, *, deterministic: bool, allowed: tuple[str, ...]) -> Place:
    """The place for a job; `allowed` are the types that the model can run in. Raises DeviceFullError."""
    if deterministic:
        return Place(deterministic=True)  # the reference for replays: float32, one thread, the CPU
    found = _best() if device == "auto" else _existing(device)
    if dtype == "bfloat16" and "bfloat16" not in allowed:
        raise InvalidValueError("This model runs in float32 only.")
    if dtype == "auto":
        return Place(found, fastest_dtype(found) if "bfloat16" in allowed else "float32")
    return Place(found, "bfloat16" if dtype == "bfloat16" else "float32")


def means_full(problem: RuntimeError) -> bool:
    """Whether an error of torch says that there is no memory; only one of its ways has a type of its own."""
    return isinstance(problem, torch.OutOfMemoryError) or any(said in str(problem) for said in _FULL)


def _best() -> str:
    """A graphics card that computes; one that is taken by others, broken or full is as good as none."""
    if not torch.cuda.is_available():
        return "cpu"
    try:
        torch.empty(1, device="cuda")
    except (RuntimeError, AssertionError):
        return "cpu"
    return "cuda"


def _existing(wanted: str) -> str:
    try:
        kind = torch.device(wanted).type
        if kind != "cpu":
            torch.empty(1, device=wanted)
    except (RuntimeError, AssertionError) as problem:  # torch asserts when it was built without CUDA
        if isinstance(problem, RuntimeError) and means_full(problem):
            raise DeviceFullError from None
        raise InvalidValueError(
            f"There is no device {wanted!r} that this program can compute on.", advice="Choose auto or cpu."
        ) from problem
    return wanted


def describe(place: Place) -> str:
    """For the record: which processor it was."""
    if place.device.startswith("cuda"):
        return f"{place.device} ({torch.cuda.get_device_name(place.device)})"
    return f"cpu ({cpu_model()})" if place.on_cpu else place.device


def use_threads(place: Place) -> None:
    """One thread where the same bytes are wanted everywhere, else as many as the processor has to spare."""
    wanted = 1 if place.deterministic else threads()
    if torch.get_num_threads() != wanted:
        torch.set_num_threads(wanted)


def cpu_model() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()


def fastest_dtype(device: str) -> Precision:
    """bfloat16 where a timing shows that it is worth it; made once a processor and torch version, then kept."""
    name = cpu_model() if device == "cpu" else describe(Place(device))
    key = f"{name} | torch {torch.__version__}"
    kept = _read_kept()
    if key not in kept:
        use_threads(Place(device))
        try:
            kept[key] = round(bfloat16_gain(device), 2)
        except RuntimeError as problem:
            if means_full(problem):
                raise DeviceFullError from None
            raise
        _keep(kept)
    return "bfloat16" if kept[key] > WORTH else "float32"


def bfloat16_gain(device: str) -> float:
    """How many times faster a 64-channel convolution is in bfloat16: the best of several turns of each."""
    x_BCHW = torch.rand(1, 64, 128, 128, device=device).contiguous(memory_format=torch.channels_last)
    weight = torch.rand(64, 64, 3, 3, device=device).contiguous(memory_format=torch.channels_last)
    types = (torch.float32, torch.bfloat16)
    best = dict.fromkeys(types, float("inf"))
    with torch.inference_mode():
        for turn in range(_TURNS):  # in turns, so that a busy neighbour disturbs both
            for dtype in types:
                best[dtype] = min(best[dtype], _seconds(device, x_BCHW.to(dtype), weight.to(dtype)))
            gain = best[torch.float32] / best[torch.bfloat16]
            if turn >= 1 and gain < WORTH / 2:  # emulated: more turns would take a second and change nothing
                break
    return gain


def _seconds(device: str, x_BCHW: torch.Tensor, weight: torch.Tensor) -> float:
    start = time.perf_counter()
    torch.nn.functional.conv2d(x_BCHW, weight, padding=1)
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    elif device.startswith("mps"):
        torch.mps.synchronize()
    return time.perf_counter() - start


def _kept_file() -> Path:
    return places.cache() / "bfloat16.json"


def _read_kept() -> dict[str, float]:
    try:
        told = json.loads(_kept_file().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(told, dict):
        return {}
    return {key: float(value) for key, value in told.items() if isinstance(value, (int, float))}


def _keep(gains: dict[str, float]) -> None:
    """Written beside and renamed; where the cache cannot be written the timing is made again next time."""
    path = _kept_file()
    beside = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(gains, indent=1), "utf-8")
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):  # where it could not be written there may be nothing to reach, either
            beside.unlink()
