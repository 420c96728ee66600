"""Slopes of colours among the crops: no net may put texture there."""

import torch
from torch import Tensor

ONE_IN = 16  # crops; a slope is soon learnt, and each is a photograph less


def slope(like_BCHW: Tensor, generator: torch.Generator) -> Tensor:
    """One slope of colours as large as the crops, often flat, black or white: there a net's own shift would be seen."""
    height, width = like_BCHW.shape[-2:]
    draw = torch.rand(12, generator=generator, device=like_BCHW.device)
    ends = torch.where(draw[9] < 0.4, draw[:9].round(), draw[:9]).view(3, 3)
    ends = torch.where(draw[10] < 0.4, ends[:1].expand(3, 3), ends)  # flat
    ends = torch.where(draw[11] < 0.5, ends[:, :1].expand(3, 3), ends)  # grey
    down = torch.linspace(0, 1, height, device=draw.device)[:, None]
    right = torch.linspace(0, 1, width, device=draw.device)[None]
    found = ends[0, :, None, None] * (1 - down) + ends[1, :, None, None] * down
    found = found + 0.3 * (ends[2] - ends[0])[:, None, None] * right
    return found.clamp(0, 1)[None]


def with_slopes(clean_BCHW: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The crops, the first of them a slope as often as makes one in sixteen of all, and which of them are slopes.

    One in every batch was a third of all crops when batches became small.
    """
    count = len(clean_BCHW)
    made = slope(clean_BCHW, generator)
    is_slope = torch.rand(count, generator=generator, device=made.device) < count / ONE_IN
    is_slope[1:] = False
    return torch.where(is_slope[:, None, None, None], made, clean_BCHW), is_slope
