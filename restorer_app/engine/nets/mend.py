"""The net of repair: dilated convolutions at half size, a correction of what classical means closed the hole with."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from restorer_app.engine.nets.layers import Conv, ExactConv, extended, start_weights

# Of the patches in what the net begins with: on Kodak24 half-way between the best share for scratches and for blobs.
_PATCHES = 0.4


class Mend(nn.Module):
    """Pixel-unshuffle 2, a dilated convolution for each of `reaches`; reach twice their sum and 8.

    With `patches` it is shown two closings, one behind the other in six channels: the smooth one, and one woven of
    patches. It begins with their mean, as neither errs where the other does; a picture of three channels stands for
    both.
    """

    def __init__(
        self, width: int = 48, reaches: Sequence[int] = (1, 2, 4, 8, 8, 4, 2, 1), *, patches: bool = False
    ) -> None:
        super().__init__()
        self.patches = patches
        self.reach = 2 * (sum(reaches) + 2) + 4
        self.first = ExactConv(4 * (3 + 3 + 1 + 3 * patches), width)
        self.middle = nn.ModuleList(Conv(width, width, dilation=reach) for reach in reaches)
        self.last = ExactConv(width, 4 * 3)
        start_weights(self, self.middle, self.last)

    def forward(self, picture_BCHW: Tensor, guide_BCHW: Tensor) -> Tensor:
        """The closed picture, better closed; the guide is 1 in the hole. Outside the hole nothing changes."""
        height, width = picture_BCHW.shape[-2:]
        closings, hole = extended(picture_BCHW.float(), 2), extended(guide_BCHW.float(), 2)
        picture = closings[:, :3]
        smooth = F.avg_pool2d(picture, 5, stride=1, padding=2, count_include_pad=False)
        seen = torch.cat(((picture - smooth) * 8, picture - 0.5, hole), dim=1)
        start = picture
        if self.patches:
            other = (closings[:, -3:] - picture) * hole
            seen = torch.cat((seen, other * 4), dim=1)
            start = picture + _PATCHES * other
        features = self.first(F.pixel_unshuffle(seen, 2))
        for layer in self.middle:
            # No ReLU right before the last layer: with one, a net that starts at "no correction" can die there.
            features = features + layer(F.leaky_relu(features, 0.1))
        residual = F.pixel_shuffle(self.last(features), 2) / 8 * hole
        return (start + residual)[..., :height, :width]
