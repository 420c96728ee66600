"""What our models are measured beside: classical methods, and a table of those too slow to run each time."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from restorer_app.core.errors import RestorerError
from restorer_app.engine import classical, closing, patchmatch
from restorer_app.engine.values import Floats, Hole

TABLE = Path(__file__).with_name("peers.toml")
MASKS = Path(__file__).with_name("masks")


@dataclass(frozen=True, slots=True)
class Trial:
    """One damaged picture, what it was, and what a method may know: the level of the damage, or the hole."""

    seen: Floats
    truth: Floats
    level: float = 0.0
    hole: Hole | None = None
    scale: int = 1


Method = Callable[[Trial], Floats]


@dataclass(frozen=True, slots=True)
class Peer:
    """A method that is not ours, whose version decides its figures; slow ones come from the table."""

    name: str
    run: Method
    package: str
    slow: bool = False

    @property
    def version(self) -> str:
        try:
            return f"{self.package} {metadata.version(self.package)}"
        except metadata.PackageNotFoundError:
            return self.package


@dataclass(frozen=True, slots=True)
class Kept:
    """Figures of a slow peer as they were measured once, on exactly these pictures."""

    case: str
    method: str
    version: str
    pictures: str
    psnr: float
    median: float
    least: float
    ssim: float


def kept_figures(file: Path = TABLE) -> tuple[Kept, ...]:
    """The committed table."""
    return tuple(Kept(**row) for row in tomllib.loads(file.read_text(encoding="utf-8")).get("peer", []))


def table_of(rows: Sequence[Kept]) -> str:
    """The table as it is committed."""
    parts = []
    for row in rows:
        values = ((name, getattr(row, name)) for name in Kept.__slots__)
        lines = [f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}" for name, value in values]
        parts.append("\n".join(["[[peer]]", *lines]))
    return "\n\n".join(parts) + "\n"


def merged(rows: Sequence[Kept], newer: Sequence[Kept]) -> tuple[Kept, ...]:
    """The table with newer rows in place of those for the same case, method and pictures."""
    table = {(row.case, row.method, row.pictures): row for row in (*rows, *newer)}
    return tuple(table.values())


def pictures_hash(pictures: Sequence[Floats]) -> str:
    """Which pictures these are, by their pixels, however they are stored."""
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(repr(picture.shape).encode() + np.ascontiguousarray(picture).tobytes())
    return digest.hexdigest()[:16]


def _filled(way: Callable[[Floats, Hole], Floats]) -> Method:
    def fill(trial: Trial) -> Floats:
        assert trial.hole is not None  # only repair has these peers
        return way(trial.seen, trial.hole)

    return fill


def _bm3d(trial: Trial) -> Floats:
    """BM3D of its authors; their package is free for non-commercial use only, so it is never a dependency."""
    try:
        import bm3d  # noqa: PLC0415 - optional
    except ImportError as missing:
        raise RestorerError("BM3D is not installed.", advice="pip install bm3d") from missing
    way = bm3d.bm3d_rgb if trial.seen.shape[2] == 3 else bm3d.bm3d
    return np.asarray(way(trial.seen, trial.level), np.float32).reshape(trial.seen.shape)


def _patchmatch(picture: Floats, hole: Hole) -> Floats:
    return patchmatch.fill(picture, hole, seed=0)


OPENCV, OWN = "opencv-python-headless", "restorer"
DENOISERS = (
    Peer("as it is", lambda trial: trial.seen, OWN),
    Peer("guided filter", lambda trial: classical.guided(trial.seen, trial.level), OPENCV),
    Peer("NLM", lambda trial: classical.nlm(trial.seen, trial.level), OWN, slow=True),
    Peer("BM3D", _bm3d, "bm3d", slow=True),
)
JPEGS = (Peer("as it is", lambda trial: trial.seen, OWN),)
SCALERS = (
    Peer("bicubic", lambda trial: classical.bicubic(trial.seen, trial.scale), "pillow"),
    Peer("Lanczos", lambda trial: classical.lanczos(trial.seen, trial.scale), "pillow"),
)
FILLERS = (
    Peer("Telea", _filled(classical.telea), OPENCV),
    Peer("Navier–Stokes", _filled(classical.navier_stokes), OPENCV),
    Peer("NS + biharmonic", _filled(closing.close), OWN),
    Peer("PatchMatch", _filled(_patchmatch), OWN, slow=True),
)
