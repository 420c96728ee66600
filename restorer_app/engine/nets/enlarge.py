"""The upscaler: convolutions at the small size, a sub-pixel residual on the bicubic enlargement."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from restorer_app.engine.nets.layers import Conv, ExactConv, start_weights


class Enlarge(nn.Module):
    """`depth` 3×3 convolutions of `width` channels at the small size; reach `depth` + 3 small pixels."""

    def __init__(self, scale: int = 2, width: int = 32, depth: int = 12) -> None:
        super().__init__()
        self.scale = scale
        self.reach = depth + 3
        self.first = ExactConv(3 + 3 + 1, width)
        self.middle = nn.ModuleList(Conv(width, width) for _ in range(depth - 2))
        self.last = ExactConv(width, 3 * scale * scale)
        start_weights(self, self.middle, self.last)

    def forward(self, picture_BCHW: Tensor, guide_BCHW: Tensor) -> Tensor:
        """The picture `scale` times as large; the guide is 0 for a clean picture, up to 1 for a worn one."""
        picture, guide = picture_BCHW.float(), guide_BCHW.float()
        smooth = F.avg_pool2d(picture, 5, stride=1, padding=2, count_include_pad=False)
        # Detail is small beside light: enlarged eightfold it is learnt from the first step on.
        features = self.first(torch.cat(((picture - smooth) * 8, picture - 0.5, guide), dim=1))
        for layer in self.middle:
            features += layer(F.relu(features))
        residual = F.pixel_shuffle(self.last(F.relu(features)), self.scale) / 8
        return F.interpolate(picture, scale_factor=self.scale, mode="bicubic", align_corners=False) + residual
