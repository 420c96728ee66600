"""Holes to learn from: scratches, blobs, and the shapes of real hairs, dust and scratches."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

Mask = NDArray[np.bool_]
_LARGEST = 512  # pixels; whole frames are mostly empty
_ALPHA = 40  # of 255: where a real element hides what lies under it; what a person would paint over


@dataclass(frozen=True)
class Kinds:
    """How many of the holes are of which kind; the rest are drawn scratches."""

    real: float = 0.25
    blobs: float = 0.3


def bank(count: int, size: int, elements: Sequence[Path], cache: Path, *, seed: int, kinds: Kinds) -> Tensor:
    """Holes as uint8 N H W, made once and kept: cutting one out of the bank costs nothing."""
    named = [(file.name, file.stat().st_size) for file in elements]
    key = hashlib.sha256(repr((count, size, named, seed, kinds)).encode()).hexdigest()[:16]
    file = cache / f"holes-{key}.npy"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        found = [shape for shape in map(_shape, elements) if shape is not None]
        if len(found) < len(elements):
            print(
                f"{len(elements) - len(found)} of {len(elements)} pictures of damage cannot be read and are left out."
            )
        shapes = [shape for shape in found if max(shape.shape) <= _LARGEST]
        unfinished = file.with_suffix(f".{os.getpid()}.part")  # two runs may start at the same time
        with unfinished.open("wb") as out:
            np.save(out, np.stack([_hole(rng, size, shapes, kinds) for _ in range(count)]).astype(np.uint8))
        unfinished.replace(file)
    return torch.from_numpy(np.load(file))


def drawn(bank_NHW: Tensor, count: int, size: int, generator: torch.Generator) -> Tensor:
    """Holes of the bank as B 1 H W of 0 and 1, cut and mirrored at random."""
    device = bank_NHW.device
    which = torch.randint(0, len(bank_NHW), (count,), generator=generator, device=device)
    room = bank_NHW.shape[-1] - size
    at = torch.randint(0, room + 1, (2, count, 1), generator=generator, device=device)
    line = torch.arange(size, device=device)
    flip = torch.randint(0, 2, (2, count, 1), generator=generator, device=device).bool()
    rows, columns = (torch.where(flip[i], at[i] + size - 1 - line, at[i] + line) for i in range(2))
    return bank_NHW[which[:, None, None], rows[:, :, None], columns[:, None, :]][:, None].float()


def scratches(rng: np.random.Generator, size: tuple[int, int], count: int, *, widths: tuple[int, int] = (2, 8)) -> Mask:
    """Slightly wandering lines, `widths` pixels wide."""
    width, height = size
    sheet = Image.new("L", size)
    pen = ImageDraw.Draw(sheet)
    for _ in range(count):
        x, y, angle = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, 2 * np.pi)
        bend, points = rng.normal(0, 0.024), [(x, y)]
        for _ in range(int(rng.uniform(10, 58))):
            angle += bend + rng.normal(0, 0.05)
            x, y = x + 6 * np.cos(angle), y + 6 * np.sin(angle)
            points.append((x, y))
        pen.line(points, fill=255, width=int(rng.integers(widths[0], widths[1] + 1)), joint="curve")
    return np.asarray(sheet) > 0


def blobs(
    rng: np.random.Generator, size: tuple[int, int], count: int, *, radii: tuple[float, float] = (10, 30)
) -> Mask:
    """Roundish holes with an uneven edge."""
    width, height = size
    rows, columns = np.mgrid[0:height, 0:width]
    hole = np.zeros((height, width), bool)
    for _ in range(count):
        down, right = rows - rng.uniform(0, height), columns - rng.uniform(0, width)
        turn, edge = np.arctan2(down, right), np.ones((height, width))
        for wave in (2, 3, 4):
            edge += rng.uniform(0, 0.18) * np.cos(wave * turn + rng.uniform(0, 2 * np.pi))
        hole |= np.hypot(down, right) < edge * rng.uniform(*radii)
    return hole


def _hole(rng: np.random.Generator, size: int, shapes: Sequence[Mask], kinds: Kinds) -> Mask:
    kind, side = rng.random(), (size, size)
    hole, many = np.zeros(side[::-1], bool), max(1, size // 160)
    while not 0.01 < hole.mean() < 0.45:
        if kind < kinds.blobs:
            hole = blobs(rng, side, int(rng.integers(1, 1 + 3 * many)), radii=(6, 30))
        elif kind < kinds.blobs + kinds.real and shapes:
            hole = _pasted(rng, size, shapes)
        else:
            hole = scratches(rng, side, int(rng.integers(2, 2 + 5 * many)), widths=(2, 9))
    return hole


def _pasted(rng: np.random.Generator, size: int, shapes: Sequence[Mask]) -> Mask:
    """Three to ten real elements, smaller and turned, cut where they stand over the edge."""
    hole = np.zeros((2 * size, 2 * size), bool)
    for _ in range(int(rng.integers(3, 11))):
        shape = shapes[int(rng.integers(len(shapes)))]
        factor = rng.uniform(0.3, 1.0) * min(1.0, size / max(shape.shape))
        small = Image.fromarray(shape).resize([max(3, round(s * factor)) for s in shape.shape[::-1]])
        turned = np.rot90(np.asarray(small), int(rng.integers(4)))
        top, left = (int(rng.integers(size // 4, size * 3 // 2)) for _ in range(2))
        part = hole[top : top + turned.shape[0], left : left + turned.shape[1]]
        part |= turned[: part.shape[0], : part.shape[1]]
    grown = hole.copy()  # a brush goes a pixel over the edge
    for axis in (0, 1):
        grown |= np.roll(hole, 1, axis) | np.roll(hole, -1, axis)
    return grown[size // 2 : size // 2 + size, size // 2 : size // 2 + size]


def _shape(file: Path) -> Mask | None:
    """Where an element hides what lies under it, cut to its bounds; None of a file that is damaged."""
    try:
        with Image.open(file) as picture:
            dark = np.asarray(picture.convert("L")) > _ALPHA
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # what Pillow says of damaged files
        return None
    rows, columns = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
    return dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else np.ones((3, 3), bool)
