"""What every benchmark shares: is the machine quiet enough, how long did it take, and a table of the figures."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

from restorer_app import __version__
from restorer_app.core.errors import RestorerError

BUSY_SHARE = 0.25  # of one core, taken by other programs: one more moves a median of five by some per cent
_LOOK_SECONDS = 0.4  # /proc/stat counts in hundredths of a second; shorter looks are coarse
_STAT = Path("/proc/stat")

Cell = str | int | float | bool | None


class BusyMachineError(RestorerError):
    """Times measured beside other work would be wrong, so they are not reported."""


@dataclass(frozen=True, slots=True)
class Table:
    """Figures under a title; every row has a value for every column."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.columns) for row in self.rows), f"a row of {self.title!r} is too short or long"

    def markdown(self) -> str:
        """The table as Markdown that is also readable as plain text: columns padded, numbers to the right."""
        cells = [[_shown(value) for value in row] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(self.columns, *cells, strict=True)]
        right = [_is_numeric([row[place] for row in self.rows]) for place in range(len(self.columns))]
        lines = [f"### {self.title}", "", _line(self.columns, widths, right), _rule(widths, right)]
        lines += [_line(row, widths, right) for row in cells]
        if self.note:
            lines += ["", self.note]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Report:
    """One run of one benchmark on one machine."""

    name: str
    machine: Mapping[str, Cell]
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()

    def markdown(self) -> str:
        machine = ", ".join(f"{key} {value}" for key, value in self.machine.items() if value is not None)
        parts = [f"## {self.name}", machine, *(table.markdown() for table in self.tables), *self.notes]
        return "\n\n".join(parts) + "\n"

    def json(self) -> str:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall-clock seconds of repeated runs of the same work."""

    seconds: tuple[float, ...] = field(repr=False)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def least(self) -> float:
        return min(self.seconds)

    @property
    def most(self) -> float:
        return max(self.seconds)


def timed(work: Callable[[], object], *, repeats: int = 5, warm_up: int = 1) -> Timing:
    """Runs the work a few times; the first runs fill caches and do not count."""
    for _ in range(warm_up):
        work()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return Timing(tuple(seconds))


def machine() -> dict[str, Cell]:
    """What the figures depend on, and how busy the machine is with other things right now."""
    libraries = {name: _version_of(name) for name in ("torch", "numpy", "opencv-python-headless")}
    return {
        "restorer": __version__,
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **libraries,
        "system": platform.system(),
        "other load in cores": _rounded(others_load()),
    }


def others_load(seconds: float = _LOOK_SECONDS) -> float | None:
    """How many cores' worth of work other programs do at this moment, or None where that cannot be seen.

    The load average would be simpler, but it remembers this program's own last minute.
    """
    if not _STAT.exists():
        return None
    busy, own, start = _busy_seconds(), time.process_time(), time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - start
    return max(0.0, (_busy_seconds() - busy - (time.process_time() - own)) / passed)


def must_be_quiet(*, patience_seconds: float = 10, anyway: bool = False) -> None:
    """Waits a little for a quiet machine and refuses to go on beside other work.

    Called before and after whatever is timed: a figure taken beside a compiler run is worse than none.
    """
    if anyway:
        return
    deadline = time.monotonic() + patience_seconds
    while (load := others_load()) is not None and load > BUSY_SHARE:
        if time.monotonic() >= deadline:
            raise BusyMachineError(
                f"Other programs keep {load:.1f} of {os.cpu_count()} cores busy, so times would be wrong.",
                advice="Stop them and run the benchmark again, or add --anyway to see figures that do not count.",
            )


def forget_peak() -> None:
    """Lets the peak begin anew where the system can; elsewhere it also counts what came before."""
    switch = Path("/proc/self/clear_refs")
    if switch.exists():
        switch.write_text("5")


def peak_memory_bytes() -> int | None:
    """The most memory this process has held, or None where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would tell the parent's peak as well: Linux carries it over into a started child
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - not there on Windows

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def say(what: str) -> None:
    """Tells a person who waits what is being measured; a whole run takes many minutes."""
    print(what, file=sys.stderr, flush=True)


def emit(report: Report, *, as_json: bool = False) -> None:
    """Prints a report as Markdown, or as JSON for programs."""
    print(report.json() if as_json else report.markdown())


def _busy_seconds() -> float:
    """Seconds that all cores together have worked since the machine started."""
    ticks = [int(word) for word in _STAT.read_text().splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version_of(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _shown(value: Cell) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1 else f"{value:,.2f}".replace(",", " ")
    if isinstance(value, int):
        return f"{value:,}".replace(",", " ")
    return value.replace("|", "\\|")


def _is_numeric(values: Sequence[Cell]) -> bool:
    return any(isinstance(value, (int, float)) for value in values)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        cell.rjust(width) if to_right else cell.ljust(width)
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    ]
    return f"| {' | '.join(padded)} |"


def _rule(widths: Sequence[int], right: Sequence[bool]) -> str:
    dashes = ["-" * (width + 1) + (":" if to_right else "-") for width, to_right in zip(widths, right, strict=True)]
    return f"|{'|'.join(dashes)}|"
