"""Lessons: clean crops turned into what a net sees and what it should answer, one function a task."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from restorer_app.engine.closing import close, close_twice
from restorer_app.engine.values import Floats, Hole
from restorer_app.training.damage import blur, holes, jpeg, noise
from restorer_app.training.damage.slopes import with_slopes
from restorer_app.training.photographs import Photographs

_NEXT_TO_NOTHING = 0.02  # of the noise that the guide tells


@dataclass(frozen=True)
class Lesson:
    """One batch: the damaged picture, its guide, the answer, and how much an error weighs."""

    picture: Tensor
    guide: Tensor
    answer: Tensor
    weight: Tensor
    start: Tensor | None = None  # what the net would begin with, where it was found before


@dataclass(frozen=True)
class Supplies:
    """What lessons are made of: photographs, and for repair a bank of holes."""

    photographs: Photographs
    holes: Tensor | None = None

    @property
    def device(self) -> torch.device:
        return self.photographs.starts.device

    def to(self, device: torch.device) -> "Supplies":
        """The same on a device, so that crops and damage are made there."""
        return Supplies(self.photographs.to(device), None if self.holes is None else self.holes.to(device))


Make = Callable[[Tensor, torch.Generator, Mapping[str, float], Supplies], Lesson]


def denoise(crops: Tensor, generator: torch.Generator, damage: Mapping[str, float], _: Supplies) -> Lesson:
    """Noise of every kind; errors weigh by what a good denoiser leaves at that level."""
    shares = noise.Shares()
    clean, is_slope = with_slopes(noise.some_grey(crops.float() / 255, generator, shares.grey), generator)
    picture, level = noise.noisy(clean, generator, shares=shares, most=damage["most"])
    # A person may ask for more than there is: then that must go, flat places must stay flat, and nothing be made up.
    chance = torch.rand(3, len(clean), generator=generator, device=clean.device)
    left = torch.where(chance[1] < 0.33, _NEXT_TO_NOTHING, _NEXT_TO_NOTHING ** chance[2])
    left = torch.where(chance[0] < 0.15, left, 1.0)
    left = torch.where(is_slope & (chance[0] < 0.5), _NEXT_TO_NOTHING, left)
    picture = clean + (picture - clean) * left[:, None, None, None]
    mean = level.mean((1, 2, 3), keepdim=True)
    known = (1 / left).clamp_max(10)[:, None, None, None]  # what is less noisy can be answered more exactly
    # 0.0123 · level^1.17 is the squared error of CBM3D on CBSD68; 1e-5 is 50 dB, for clean pictures.
    return Lesson(picture, level, clean, known / (0.0123 * mean.pow(1.17) + 1e-5))


def decompress(crops: Tensor, generator: torch.Generator, damage: Mapping[str, float], _: Supplies) -> Lesson:
    """JPEG of any quality, a tenth untouched; errors weigh by what JPEG of that quality costs."""
    clean, is_slope = with_slopes(noise.some_grey(crops.float() / 255, generator, 0.3), generator)
    chance = torch.rand(2, len(clean), generator=generator, device=clean.device)
    quality = damage["worst"] + (damage["best"] - damage["worst"]) * chance[0].pow(1.5)  # more of the bad ones
    quality = torch.where(chance[1] < 0.1, 100.0, quality.round())
    picture = jpeg.compressed(clean, quality, generator, aligned=damage.get("aligned", 0.0))
    level = (1 - quality / 100)[:, None, None, None]
    # 0.0045 · level^3 is about JPEG's squared error on photographs: 27.8 dB at quality 10, 31 at 30, 37 at 80.
    known = torch.where(is_slope, 30.0, 1.0)[:, None, None, None]  # beside photographs their errors are next to nothing
    return Lesson(picture, level.expand_as(clean[:, :1]), clean, known / (0.0045 * level.pow(3) + 3e-5))


def upscale(crops: Tensor, generator: torch.Generator, damage: Mapping[str, float], _: Supplies) -> Lesson:
    """Reduced crops; a share of them also blurred, noisy and compressed, and the guide says how much."""
    clean, is_slope = with_slopes(noise.some_grey(crops.float() / 255, generator, 0.2), generator)
    scale = int(damage["scale"])
    chance = torch.rand(4, len(clean), generator=generator, device=clean.device)
    worn = torch.where(chance[0] < damage["natural"], 0.1 + 0.9 * chance[1], 0.0)
    worn = worn.masked_fill(is_slope, 0.0)
    source = blur.blurred(clean, worn * chance[2] * 0.8 * scale) if worn.any() else clean
    steps = torch.where(is_slope, 65535, 255)  # a slope is as smooth as 16 bits can be
    small = blur.reduced(source, scale, steps_B=steps)
    if worn.any():
        rest = torch.randn(small.shape, generator=generator, device=small.device)
        small = small + rest * (worn * chance[3] * 6 / 255)[:, None, None, None]
        small = torch.where((worn > 0)[:, None, None, None], jpeg.compressed(small, 100 - 40 * worn, generator), small)
    guide = worn[:, None, None, None].expand_as(small[:, :1])
    # One unit of error is 4 of 255: below it errors count squared, above it by their size.
    weight = (255 / 4) ** 2 * torch.where(is_slope, 100.0, 1.0)
    return Lesson(small, guide, clean, weight[:, None, None, None])


def repair(crops: Tensor, generator: torch.Generator, damage: Mapping[str, float], supplies: Supplies) -> Lesson:
    """Crops with a hole that classical means closed; errors in it weigh by how badly those did."""
    assert supplies.holes is not None  # gathered for every repair
    clean = with_slopes(noise.some_grey(crops.float() / 255, generator, damage["grey"]), generator)[0]
    hole = holes.drawn(supplies.holes, len(clean), clean.shape[-1], generator)
    way = close_twice if damage.get("patches") else close
    pairs = zip(clean.cpu(), hole.cpu(), strict=True)
    closed = torch.stack([_closed(one, gap, way) for one, gap in pairs]).to(clean.device)
    share = hole.mean((1, 2, 3), keepdim=True).clamp_min(1e-3)
    missed = (closed[:, :3] - clean).square().mean((1, 2, 3), keepdim=True) / share
    # A crop that is all hole has nothing to close it from, and nothing is learnt from it.
    return Lesson(closed, hole, clean, hole * (share < 1) / (missed + 1e-4))


def _closed(clean_CHW: Tensor, hole_1HW: Tensor, way: Callable[[Floats, Hole], Floats]) -> Tensor:
    gap = hole_1HW[0].numpy() > 0
    picture = np.ascontiguousarray(clean_CHW.permute(1, 2, 0).numpy())
    closed = way(picture, np.zeros_like(gap) if gap.all() else gap)
    return torch.from_numpy(closed).permute(2, 0, 1)


LESSONS: Mapping[str, Make] = {"denoise": denoise, "decompress": decompress, "upscale": upscale, "repair": repair}
