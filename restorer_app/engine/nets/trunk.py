"""The trunk of denoise and decompress: plain convolutions at half size that correct a cosine transform's answer."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from restorer_app.engine.nets.layers import Blockwise, Conv, ExactConv, FarConv, extended, framed, start_weights
from restorer_app.engine.nets.shrink import Shrink

# Pixels mirrored beyond the edge: +0.05 dB on CBSD68, and flat borders err by 1 of 255 instead of 6.
_FRAME = 16
_BLOCK = 8  # pixels, of JPEG's squares
_MIXED = 4  # times the width: about as many as a square of JPEG has coefficients that are not zero


class Trunk(nn.Module):
    """Pixel-unshuffle 2, then `depth` 3×3 convolutions of `width` channels; reach 2 × `depth` + 24 pixels.

    Between them stands one convolution more for each of `far`, its dilation: strong noise hides what is coarse, too,
    and each adds twice its dilation to the reach. For pictures that were JPEG, `blocks` layers mix the encoder's
    squares, each within itself: the first of them begins in the picture's corner.
    The guide becomes a noise level: `strength` · guide^`power`. The net sees detail in units of it and answers in
    them: it learns one thing for all levels, and where the guide is 0 the picture comes back untouched.
    """

    def __init__(
        self,
        width: int = 48,
        depth: int = 12,
        strength: float = 1.0,
        power: float = 1.0,
        far: Sequence[int] = (),
        *,
        blocks: int = 0,
    ) -> None:
        super().__init__()
        self.strength, self.power = strength, power
        # the convolutions, the patches of the transform, and where a pair of pixels begins
        self.reach = 2 * (depth + sum(far)) + 24 + _BLOCK * blocks
        self.multiple_of = _BLOCK if blocks else 2
        self.shrink = Shrink()
        self.first = ExactConv(4 * (3 + 3 + 3 + 1), width)
        self.middle = nn.ModuleList(Conv(width, width) for _ in range(depth - 2))
        self.far = nn.ModuleList(FarConv(width, width, dilation=each) for each in far)
        self.blocks = nn.ModuleList(Blockwise(width, _MIXED * width, _BLOCK // 2) for _ in range(blocks))
        self.last = ExactConv(width, 4 * 3)
        start_weights(self, nn.ModuleList([*self.middle, *self.far]), self.last)

    def forward(self, picture_BCHW: Tensor, guide_BCHW: Tensor, start_BCHW: Tensor | None = None) -> Tensor:
        """The picture with its damage taken out; `guide_BCHW` says how much damage there is.

        Crops that bring their start along, which are of even sides, get no frame: it costs half as much again.
        """
        height, width = picture_BCHW.shape[-2:]
        margin = _FRAME if start_BCHW is None else 0
        picture, guide = (framed(extended(x.float(), self.multiple_of), margin) for x in (picture_BCHW, guide_BCHW))
        level = self._level(guide)
        start = self.shrink(picture, level) if start_BCHW is None else start_BCHW
        smooth = F.avg_pool2d(picture, 5, stride=1, padding=2, count_include_pad=False)
        unit = level + 0.02
        seen = torch.cat(((picture - smooth) / unit, start - 0.5, level, (picture - start) / unit), dim=1)
        features = self.first(F.pixel_unshuffle(seen, 2))
        half = len(self.middle) // 2
        layers = (*self.middle[:half], *self.far, *self.middle[half:])
        ahead = {each * len(layers) // len(self.blocks): block for each, block in enumerate(self.blocks)}
        for number, layer in enumerate(layers):
            if number in ahead:
                features = features + ahead[number](features)
            features += layer(F.relu(features))
        residual = F.pixel_shuffle(self.last(F.relu(features)), 2) * level
        answer: Tensor = (start + residual)[..., margin : margin + height, margin : margin + width]
        return answer

    def start(self, picture_BCHW: Tensor, guide_BCHW: Tensor) -> Tensor:
        """What the transform makes of a picture of even sides. Nothing of it is learnt, and it takes its time."""
        return self.shrink(picture_BCHW.float(), self._level(guide_BCHW.float()))  # type: ignore[no-any-return]

    def _level(self, guide: Tensor) -> Tensor:
        return self.strength * (guide if self.power == 1 else guide**self.power)
