"""The only crossing between numpy and torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from restorer_app.engine.values import Floats


def to_batch(pictures: Sequence[Floats], device: str, *, channels: int) -> Tensor:
    """Pictures of one shape as batch × channels × height × width, in the layout that convolutions like.

    Grey is repeated: every net sees three equal channels, and the mean of what it answers is the grey again.
    """
    x_BHWC = torch.from_numpy(np.stack(pictures)).to(device)
    x_BCHW = x_BHWC.permute(0, 3, 1, 2)
    if x_BCHW.shape[1] == 1 and channels > 1:
        x_BCHW = x_BCHW.expand(-1, channels, -1, -1)
    return x_BCHW.contiguous(memory_format=torch.channels_last)


def level_map(level: float, like_BCHW: Tensor) -> Tensor:
    """One number for every pixel of a batch."""
    shape = (like_BCHW.shape[0], 1, *like_BCHW.shape[2:])
    return torch.full(shape, level, dtype=torch.float32, device=like_BCHW.device)


def from_batch(y_BCHW: Tensor, *, channels: int) -> list[Floats]:
    """The pictures of a batch; three channels become grey again by their mean."""
    y_BCHW = y_BCHW.float()
    if channels == 1 and y_BCHW.shape[1] > 1:
        y_BCHW = y_BCHW.mean(dim=1, keepdim=True)
    y_BHWC = y_BCHW.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return list(y_BHWC)
