"""Shelf: holes closed once and kept in files, from which lessons are cut; closing takes longer than learning."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from restorer_app.engine.closing import close_thrice
from restorer_app.training.damage import holes, noise
from restorer_app.training.damage.slopes import slope
from restorer_app.training.lessons import Lesson, Supplies
from restorer_app.training.recipe import Recipe

Sheet = NDArray[np.float16]  # rows × columns × clean, hole, and the three closings
_CLEAN, _HOLE, _CLOSED = slice(3), slice(3, 4), slice(4, 13)
_LOOKED_AT = 1 << 16  # bytes of the photographs, to know them by
_SLOPES = 24  # one sheet in so many is a slope of colours
_PERMUTATIONS = torch.tensor([(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])


@dataclass(frozen=True)
class Shelf:
    """Sheets by number; one that is missing is made when it is first asked for. A function of recipe and number."""

    recipe: Recipe
    supplies: Supplies  # on the processor
    folder: Path
    device: torch.device  # where lessons are wanted

    @classmethod
    def of(cls, recipe: Recipe, supplies: Supplies, cache: Path, device: torch.device) -> Shelf:
        photographs = supplies.photographs
        assert supplies.holes is not None  # gathered for every repair
        sizes = torch.stack((photographs.heights, photographs.widths)).tolist()
        some = photographs.pixels[:: max(1, len(photographs.pixels) // _LOOKED_AT)]  # others may be of the same sizes
        made_of = hashlib.sha256(repr((recipe.context, recipe.seed, recipe.damage["grey"], sizes)).encode())
        for part in (some, supplies.holes):
            made_of.update(part.contiguous().numpy().tobytes())
        return cls(recipe, supplies, cache / f"closed-{made_of.hexdigest()[:16]}", device)

    def lessons(self, first: int) -> Iterator[Lesson]:
        """Lesson after lesson from a step on; the first ones take longest, until every sheet is there."""
        return map(self.lesson, itertools.count(first))

    def lesson(self, step: int) -> Lesson:
        """One batch, drawn by the step alone."""
        generator = self._generator(step)
        chosen = torch.randint(0, self.recipe.different, (self.recipe.batch,), generator=generator)
        return self._batch(chosen.tolist(), generator)

    def watched(self, count: int) -> Lesson:
        """Sheets that no lesson is cut from."""
        first = self.recipe.different
        return self._batch(range(first, first + count), self._generator(-1))

    def _batch(self, numbers: Sequence[int], generator: torch.Generator) -> Lesson:
        """Errors in a hole weigh by how badly smooth means closed it."""
        cuts = torch.stack([self._cut(number, generator) for number in numbers])
        clean, hole, closed = cuts[:, _CLEAN], cuts[:, _HOLE], cuts[:, _CLOSED]
        share = hole.mean((1, 2, 3), keepdim=True).clamp_min(1e-3)
        missed = ((closed[:, :3] - clean).square() * hole).mean((1, 2, 3), keepdim=True) / share
        seen = closed[:, : 3 * (1 + int(self.recipe.damage.get("patches", 0)))]
        parts = (seen, hole, clean, hole / (missed + 1e-4))
        return Lesson(*(part.to(self.device, memory_format=torch.channels_last) for part in parts))

    def sheet(self, number: int) -> Sheet:
        """A crop of a photograph with its closings, mapped."""
        file = self.folder / f"{number:06d}.npy"
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished = file.with_suffix(f".{os.getpid()}.part")  # two runs may fill one shelf
            with unfinished.open("wb") as out:
                np.save(out, self._made(number))
            unfinished.replace(file)
        found: Sheet = np.load(file, mmap_mode="r")
        return found

    def _made(self, number: int) -> Sheet:
        generator, side = self._generator(-1 - number), self.recipe.context
        crop = self.supplies.photographs.detailed_crops(1, side, generator).float() / 255
        clean = noise.some_grey(crop, generator, self.recipe.damage["grey"])
        if number % _SLOPES == 0:
            clean = slope(clean, generator)
        assert self.supplies.holes is not None  # gathered for every repair
        gap = np.zeros((side, side), np.bool_)
        while not gap.any():  # a cut out of the bank may lie beside its hole
            gap = holes.drawn(self.supplies.holes, 1, side, generator)[0, 0].numpy() > 0
        picture = np.ascontiguousarray(clean[0].permute(1, 2, 0).numpy())
        closed = close_thrice(picture, gap, seed=number)[:, :, :9]  # a net learns no roughness
        return np.concatenate((picture, gap[:, :, None], closed), axis=2).astype(np.float16)

    def _cut(self, number: int, generator: torch.Generator) -> Tensor:
        """Around a missing pixel, turned, mirrored, its colours exchanged."""
        sheet, side = self.sheet(number), self.recipe.crop
        draw = torch.rand(3, generator=generator, dtype=torch.float64).tolist()
        guise = torch.randint(0, 48, (1,), generator=generator).item()
        rows, columns = np.nonzero(sheet[:, :, 3])
        at = int(draw[0] * len(rows))
        top, left = (
            int(min(max(place - share * side, 0), self.recipe.context - side))
            for place, share in ((rows[at], draw[1]), (columns[at], draw[2]))
        )
        cut = torch.from_numpy(sheet[top : top + side, left : left + side].astype(np.float32)).permute(2, 0, 1)
        cut = torch.rot90(cut, int(guise % 4), (1, 2))
        cut = cut.flip(2) if guise // 4 % 2 else cut
        order = _PERMUTATIONS[int(guise // 8)]
        planes = torch.cat((order, torch.tensor([3]), *(start + order for start in (4, 7, 10))))
        return cut[planes]

    def _generator(self, position: int) -> torch.Generator:
        return torch.Generator().manual_seed((self.recipe.seed * 1_000_003 + position) % 2**62)
