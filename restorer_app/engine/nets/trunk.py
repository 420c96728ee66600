"""The trunk of denoise and decompress: plain convolutions at half size, a residual on the picture."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from restorer_app.engine.nets.layers import Conv, ExactConv, extended, start_weights


class Trunk(nn.Module):
    """Pixel-unshuffle 2, then `depth` 3×3 convolutions of `width` channels; reach 2 × `depth` + 2 pixels.

    The net sees the picture's detail in units of the damage and answers in them: it learns one thing for all levels,
    and where the guide is 0 the picture comes back untouched.
    """

    def __init__(self, width: int = 48, depth: int = 12) -> None:
        super().__init__()
        self.first = ExactConv(4 * (3 + 3 + 1), width)
        self.middle = nn.ModuleList(Conv(width, width) for _ in range(depth - 2))
        self.last = ExactConv(width, 4 * 3)
        start_weights(self, self.middle, self.last)

    def forward(self, picture_BCHW: Tensor, guide_BCHW: Tensor) -> Tensor:
        """The picture with its damage taken out; `guide_BCHW` says how much damage there is."""
        height, width = picture_BCHW.shape[-2:]
        picture, guide = extended(picture_BCHW.float(), 2), extended(guide_BCHW.float(), 2)
        smooth = F.avg_pool2d(picture, 5, stride=1, padding=2, count_include_pad=False)
        seen = torch.cat(((picture - smooth) / (guide + 0.02), picture - 0.5, guide), dim=1)
        features = self.first(F.pixel_unshuffle(seen, 2))
        for layer in self.middle:
            features = features + layer(F.relu(features))
        residual = F.pixel_shuffle(self.last(F.relu(features)), 2) * guide
        return (picture + residual)[..., :height, :width]
