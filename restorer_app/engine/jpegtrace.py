"""Which JPEG quality, and which squares, a picture's own coefficients betray."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from restorer_app.engine.values import Floats

Plane = NDArray[np.float64]
Blocks = NDArray[np.float64]  # N × 8 × 8
Place = tuple[int, int]  # row and column, in a square

# The standard's table for brightness (ITU T.81, annex K), which nearly all encoders scale by the quality.
_TABLE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
_PLACES = [(down, right) for down in range(8) for right in range(8)]
_LOW = [(u, v) for u in range(5) for v in range(5) if 0 < u + v < 5]  # the rest are nearly always zero
_SLANTING, _STRAIGHT = [at for at in _LOW if all(at)], [at for at in _LOW if not all(at)]
_QUALITIES = range(4, 96)  # above, most steps are 1 or 2, which rounding to 8 bits hides
_STEPS = np.arange(2, 256)
_SAME = 2  # qualities apart: of a table that is found
_GRID_BLOCKS = 8  # a side of the windows that the grid is looked for in
_GRID_WINDOWS = 9  # enough to see it by
_FLAT = 0.5  # of 255: neighbours that differ by less tell nothing
_MOST_BLOCKS = 1500
_FEWEST, _FEWEST_ELSEWHERE = 16, 80  # coefficients; fewer say nothing
_CERTAIN = 0.3  # noise alone stays below 0.1, a single JPEG compression lies between 0.5 and 1
_CERTAIN_ELSEWHERE = 0.45  # where squares are not expected: there are 62 such places to be wrong about
_CERTAIN_OF_ANY, _FEW_OF_ANY = 0.5, 40  # where 254 steps are tried, one fits by chance more often
_NEARLY = 0.75  # as good as the best; squares of smooth pictures also fit one pixel aside, but worse


@dataclass(frozen=True, slots=True)
class Trace:
    """What a JPEG encoder left behind."""

    quality: int | None  # None where no usual table fits
    grid: Place  # rows and columns before the first whole square; of a picture without squares, any


def trace_of(picture: Floats, quality: int | None = None) -> Trace:
    """The traces of the JPEG compression that cost the picture most, or of the one of a quality that is told.

    Coefficients that were compressed lie on multiples of their step: the mean cosine of their phases is near 1 for
    the right table, and near 0 for any other and for pictures that never were JPEG. What was cut and compressed once
    more, less, shows both compressions, each where its own squares start.
    """
    plane = _brightness(picture)
    windows = _detailed(plane)
    seen = {at: _coefficients(windows, at) for at in _PLACES}
    likely = max(_PLACES, key=lambda at: _zeros(seen[at])) if min(plane.shape) >= 16 else (0, 0)
    if quality is not None:
        fit, grid = max((_fit(seen[at], quality), at) for at in _PLACES)
        return Trace(quality, grid if fit > _CERTAIN else likely)
    # Where squares are expected all of the picture is asked; a chance find in one of the other places is likelier.
    fits = {at: _best(seen[at]) for at in _PLACES}
    asked = [at for at in _PLACES if fits[at][0] > _CERTAIN_ELSEWHERE]
    fits |= {at: _best(_coefficients(plane[None], at), _FEWEST_ELSEWHERE) for at in asked}
    fits |= {(0, 0): _best(_coefficients(plane[None], (0, 0))), likely: _told_by(_coefficients(plane[None], likely))}
    enough = {at: _CERTAIN if at in {(0, 0), likely} else _CERTAIN_ELSEWHERE for at in _PLACES}
    best = max(fit for fit, _ in fits.values())
    found = [(known, -fit, at) for at, (fit, known) in fits.items() if fit > max(enough[at], _NEARLY * best)]
    worst, _, grid = min(found, default=(None, 0.0, likely))
    is_pattern = worst is not None and all(_steps_of(_coefficients(plane[None], at))[0] for at in _aside(grid))
    return Trace(None, likely) if is_pattern else Trace(worst, grid)


def _aside(at: Place) -> list[Place]:
    """Other places: what lies on steps there, too, is a screen or a weave, and no square begins anywhere."""
    return [((at[0] + down) % 8, (at[1] + right) % 8) for down, right in ((4, 4), (3, 6))]


def _told_by(blocks: Blocks) -> tuple[float, int]:
    """How well the best quality fits, and which; of an encoder with tables of its own, the quality nearest to them.

    Its steps may be twice or three times those of a quality by chance, and so lie on multiples of these as well.
    """
    fit, usual = _best(blocks)
    steps, own_fit = _steps_of(blocks)
    if not steps:
        return fit, usual
    nearest = min(_QUALITIES, key=lambda quality: _distance(steps, quality))
    if fit > _CERTAIN and abs(nearest - usual) <= _SAME:
        return fit, usual
    return own_fit, nearest


def _best(blocks: Blocks, fewest: int = _FEWEST) -> tuple[float, int]:
    return max((_fit(blocks, quality, fewest), quality) for quality in _QUALITIES)


def _steps_of(blocks: Blocks) -> tuple[dict[Place, int], float]:
    """The steps that low coefficients lie on, whatever the table, and how well; none where too few lie on any."""
    found, fits = dict[Place, int](), list[float]()
    for at in _LOW:
        values = blocks[:, at[0], at[1], None]
        counts = np.abs(values) > 0.4 * _STEPS  # with those that would lie half way between two of twice the step
        among = counts.sum(0)
        fit = (np.cos(2 * np.pi * values / _STEPS) * counts).sum(0) / np.maximum(among, 1)
        fit[among < _FEW_OF_ANY] = 0
        if fit.max() > _CERTAIN_OF_ANY:
            last = int(np.flatnonzero(fit > _NEARLY * fit.max())[-1])  # parts of the step fit as well
            while last and fit[last - 1] >= fit[last]:
                last -= 1
            found[at] = int(_STEPS[last])
            fits.append(float(fit[last]))
    if sum(at in found for at in _SLANTING) < 2 or len(found) < 5:
        return {}, 0.0
    return found, sum(fits) / len(fits)


def _distance(steps: dict[Place, int], quality: int) -> float:
    """How far a quality's table is from these steps, as factors count."""
    table = _table(quality)
    return sum(abs(math.log(step / table[at])) for at, step in steps.items())


def _table(quality: int) -> NDArray[np.float64]:
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    return np.clip((_TABLE * scale + 50) // 100, 1, 255)


def _brightness(picture: Floats) -> Plane:
    pixels = picture[..., None] if picture.ndim == 2 else picture
    weights = [0.299, 0.587, 0.114] if pixels.shape[2] == 3 else [1.0]
    plane: Plane = np.asarray(pixels[..., : len(weights)], np.float64) @ np.array(weights) * 255 - 128
    return plane


def _detailed(plane: Plane) -> Plane:
    """The parts of it that show the most, N × rows × columns: what is blank has its squares anywhere."""
    rows, columns = (min(side, 8 * _GRID_BLOCKS + 7) for side in plane.shape)
    places = [
        (top, left)
        for top in range(0, plane.shape[0] - rows + 1, 8 * _GRID_BLOCKS)
        for left in range(0, plane.shape[1] - columns + 1, 8 * _GRID_BLOCKS)
    ]
    windows = [plane[top : top + rows, left : left + columns] for top, left in places]
    shows = [float((np.abs(np.diff(window)) > _FLAT).mean()) if columns > 1 else 0.0 for window in windows]
    return np.stack([windows[at] for at in np.argsort(shows, kind="stable")[-_GRID_WINDOWS:]])


def _zeros(blocks: Blocks) -> float:
    """The share of coefficients that are zero but for rounding: where squares start, most fine ones are."""
    return float((np.abs(blocks) < 0.5).mean()) if len(blocks) else 0.0


def _coefficients(planes: Plane, at: Place) -> Blocks:
    """The cosine transforms of all blocks from a place on, N × 8 × 8; not more than a few thousand."""
    planes = planes[:, at[0] :, at[1] :]
    rows, columns = (side // 8 for side in planes.shape[1:])
    blocks = planes[:, : rows * 8, : columns * 8].reshape(len(planes), rows, 8, columns, 8).swapaxes(2, 3)
    blocks = blocks.reshape(-1, 8, 8)
    blocks = blocks[:: max(1, len(blocks) // _MOST_BLOCKS)]
    index = np.arange(8)
    waves = np.cos(math.pi * (2 * index[None] + 1) * index[:, None] / 16) / 2
    waves[0] /= math.sqrt(2)
    found: Blocks = waves @ blocks @ waves.T
    return found


def _fit(blocks: Blocks, quality: int, fewest: int = _FEWEST) -> float:
    """How well the low coefficients lie on multiples of a quality's steps, from 0 to 1."""
    steps = _table(quality)
    # The edge of a scan and a straight scratch are the same in every block, and so are on multiples of some step by
    # chance; they have nothing that slants.
    slanting = _phases(blocks, steps, _SLANTING, fewest)
    if not slanting or sum(slanting) / len(slanting) < _CERTAIN:
        return 0.0
    fits = slanting + _phases(blocks, steps, _STRAIGHT, fewest)
    return sum(fits) / len(fits) if len(fits) >= 3 else 0.0


def _phases(blocks: Blocks, steps: NDArray[np.float64], places: Sequence[Place], fewest: int) -> list[float]:
    fits = list[float]()
    for u, v in places:
        values, step = blocks[:, u, v], steps[u, v]
        values = values[np.abs(values) > step / 2]
        if len(values) >= fewest:
            fits.append(float(np.cos(2 * np.pi * values / step).mean()))
    return fits
