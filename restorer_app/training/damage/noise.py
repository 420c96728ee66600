"""Noise on clean crops: Gaussian, Poisson-like, uneven, grained, banded; never clipped."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Shares:
    """Which part of the crops gets which noise; the rest is plain Gaussian."""

    grain: float = 0.12
    poisson: float = 0.05
    uneven: float = 0.05
    banded: float = 0.02
    clean: float = 0.04  # so that a clean picture is left alone
    grey: float = 0.25


def noisy(clean_BCHW: Tensor, generator: torch.Generator, *, shares: Shares, most: float) -> tuple[Tensor, Tensor]:
    """Crops with noise of a level up to `most` (0..1), and the level of each pixel as one channel."""
    count, _, height, width = clean_BCHW.shape
    draw = _Draws(clean_BCHW.device, generator)
    level = draw.uniform(count, 1, 1, 1) * most
    kind = draw.uniform(count)
    noise = _mixed_channels(draw.normal(count, 3, height, width), clean_BCHW, draw)
    level = torch.where((kind > 1 - shares.clean)[:, None, None, None], level * 0.02, level)
    map_BCHW = level.expand(count, 1, height, width).clone()

    edges = torch.tensor([shares.grain, shares.poisson, shares.uneven, shares.banded]).cumsum(0).tolist()
    grain, rest = kind < edges[0], kind >= edges[0]
    noise = torch.where(grain[:, None, None, None], _blurred(noise, draw), noise)
    for low, high, change in ((edges[0], edges[1], _by_light), (edges[1], edges[2], _by_place)):
        chosen = (rest & (kind >= low) & (kind < high))[:, None, None, None]
        map_BCHW = torch.where(chosen, map_BCHW * change(clean_BCHW, draw), map_BCHW)
    banded = ((kind >= edges[2]) & (kind < edges[3]))[:, None, None, None]
    noise = torch.where(banded, noise * 0.8 + 0.6 * draw.normal(count, 1, height, 1), noise)
    # Half of the uneven ones are told their mean level only: that is all an estimate from the picture knows.
    told = draw.uniform(count, 1, 1, 1) < 0.5
    mean = map_BCHW.square().mean((1, 2, 3), keepdim=True).sqrt()
    return clean_BCHW + map_BCHW * noise, torch.where(told, map_BCHW, mean.expand_as(map_BCHW))


def some_grey(clean_BCHW: Tensor, generator: torch.Generator, share: float) -> Tensor:
    """The crops, a share of them grey."""
    chosen = torch.rand(len(clean_BCHW), generator=generator, device=clean_BCHW.device) < share
    luma = clean_BCHW.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    grey = (clean_BCHW * luma).sum(1, keepdim=True).expand_as(clean_BCHW)
    return torch.where(chosen[:, None, None, None], grey, clean_BCHW)


@dataclass(frozen=True)
class _Draws:
    device: torch.device
    generator: torch.Generator

    def uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self.generator, device=self.device)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self.generator, device=self.device)


def _mixed_channels(noise: Tensor, clean: Tensor, draw: _Draws) -> Tensor:
    """The same noise in all channels of a grey crop, and a part of it in common in a tenth of the others."""
    grey = (clean[:, 0] - clean[:, 2]).abs().amax((1, 2)) < 0.5 / 255
    share = torch.where(draw.uniform(len(noise)) < 0.1, draw.uniform(len(noise)), 0.0)
    share = share[:, None, None, None]
    if share.any():
        common = draw.normal(len(noise), 1, *noise.shape[-2:])  # one of the three would be as strong as two
        noise = noise * (1 - share).sqrt() + common * share.sqrt()
    return torch.where(grey[:, None, None, None], noise[:, :1], noise)


def _blurred(noise: Tensor, draw: _Draws) -> Tensor:
    """Noise blurred with a Gaussian of 0.3 to 1.1 pixels and brought back to unit strength: film grain."""
    count, channels = noise.shape[:2]
    sigma = 0.3 + 0.8 * draw.uniform(count, 1)
    at = torch.arange(-3, 4, device=noise.device)
    line = torch.exp(-0.5 * (at / sigma).square())
    line = line / line.square().sum(1, keepdim=True).sqrt()  # keeps the variance, not the mean
    rows = line.repeat_interleave(channels, 0)[:, None, :, None]
    x = F.pad(noise.reshape(1, count * channels, *noise.shape[-2:]), (3, 3, 3, 3), mode="reflect")
    x = F.conv2d(F.conv2d(x, rows, groups=count * channels), rows.transpose(2, 3), groups=count * channels)
    return x.view_as(noise)


def _by_light(clean: Tensor, draw: _Draws) -> Tensor:
    """Noise that grows with the root of the light, as photons do."""
    floor = 0.05 + 0.3 * draw.uniform(len(clean), 1, 1, 1)
    return (clean.mean(1, keepdim=True).clamp(0, 1) + floor).sqrt() / (0.45 + floor).sqrt()


def _by_place(clean: Tensor, draw: _Draws) -> Tensor:
    """A smooth map of 0 to 2 times the level."""
    coarse = 2 * draw.uniform(len(clean), 1, 3, 3)
    return F.interpolate(coarse, clean.shape[-2:], mode="bilinear", align_corners=True)
