"""Blur and reduction of clean crops."""

import torch
from torch import Tensor
from torch.nn import functional as F


def reduced(clean_BCHW: Tensor, scale: int, *, steps_B: Tensor) -> Tensor:
    """Smaller by antialiased bicubic, as Pillow does it, each rounded to the steps of a file."""
    size = (clean_BCHW.shape[-2] // scale, clean_BCHW.shape[-1] // scale)
    small = F.interpolate(clean_BCHW, size, mode="bicubic", antialias=True, align_corners=False)
    steps = steps_B[:, None, None, None]
    return (small.clamp(0, 1) * steps).round() / steps


def blurred(picture_BCHW: Tensor, sigma_B: Tensor) -> Tensor:
    """Each picture blurred by its own Gaussian; a sigma near 0 leaves it as it is."""
    count, channels = picture_BCHW.shape[:2]
    radius = 4
    at = torch.arange(-radius, radius + 1, device=sigma_B.device)
    line = torch.exp(-0.5 * (at / sigma_B.clamp_min(0.05)[:, None]).square())
    line = (line / line.sum(1, keepdim=True)).repeat_interleave(channels, 0)[:, None, :, None]
    x = F.pad(picture_BCHW.reshape(1, count * channels, *picture_BCHW.shape[-2:]), (radius,) * 4, mode="replicate")
    x = F.conv2d(F.conv2d(x, line, groups=count * channels), line.transpose(2, 3), groups=count * channels)
    return x.view_as(picture_BCHW)
