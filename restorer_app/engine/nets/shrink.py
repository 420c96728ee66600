"""Denoising without learning: overlapping 8×8 cosine transforms, thresholded, then weighed by Wiener's rule."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_SIDE = 8
_THRESHOLD = 2.7  # in units of the noise; of 2.4, 2.7 and 3.0 the best on photographs, as the literature says
_TOGETHER = 1 << 16  # pixels on a processor
_LEAST = 1e-3  # noise below a quarter of a grey level is none; also keeps the division sane

# Brightness and two colour differences at right angles: noise stays white, colour detail becomes sparse.
_OPPONENT = ((3**-0.5,) * 3, (2**-0.5, 0.0, -(2**-0.5)), (6**-0.5, -2 * 6**-0.5, 6**-0.5))


class Shrink(nn.Module):
    """Patches on every second row and column; reach 14 pixels, and 7 more to see whether a place is grey.

    Thresholding drops small coefficients; the result then tells Wiener's rule how much of each to keep, which adds
    0.35 dB on CBSD68 at any noise. A net that starts from here learns in an hour of one core what it cannot from the
    noisy picture.
    """

    forth: Tensor
    back: Tensor
    opponent: Tensor

    def __init__(self) -> None:
        super().__init__()
        basis = F.pixel_unshuffle(_cosines(), 2)  # stride 2 becomes stride 1 on four channels: four times faster
        self.register_buffer("forth", basis, persistent=False)
        self.register_buffer("back", basis.transpose(0, 1).flip(2, 3), persistent=False)
        self.register_buffer("opponent", torch.tensor(_OPPONENT), persistent=False)

    def forward(self, picture_BCHW: Tensor, noise_B1HW: Tensor) -> Tensor:
        """The picture of even sides with noise of the given level taken out, in float32; without noise, itself."""
        with torch.autocast(picture_BCHW.device.type, enabled=False):
            level = noise_B1HW.clamp_min(_LEAST) * _common(picture_BCHW)
            count, channels, height, width = picture_BCHW.shape
            mixed = torch.einsum("oc,bchw->bohw", self.opponent, picture_BCHW / level)
            planes = F.pad(mixed, (_SIDE,) * 4, mode="replicate").flatten(0, 1)[:, None]
            parts = torch.split(planes, _together(planes))
            clean = torch.cat([self._cleaned(part) for part in parts]).view(count, channels, *planes.shape[-2:])
            inner = clean[..., _SIDE : _SIDE + height, _SIDE : _SIDE + width]
            found = torch.einsum("co,bchw->bohw", self.opponent, inner) * level
            return picture_BCHW + (found - picture_BCHW) * (noise_B1HW / _LEAST).clamp_max(1)

    def _cleaned(self, planes: Tensor) -> Tensor:
        values = self._transformed(planes)
        # The mean of a patch, its first coefficient, is never touched. Lifting the picture by a constant instead does
        # the same but takes the last digits of float32: tiled and whole were 7/65535 apart, and so are 0.05/65535.
        kept = F.hardshrink(values, _THRESHOLD)
        kept[:, :1] = values[:, :1]
        weight = 1 / (2 + (kept[:, 1:] != 0).sum(1, keepdim=True).float())
        first = self._joined(kept, weight)
        share = self._transformed(first).square_()
        share.div_(share + 1)
        share[:, :1] = 1
        weight = 1 / share.square().sum(1, keepdim=True)
        return self._joined(values.mul_(share), weight)

    def _transformed(self, planes: Tensor) -> Tensor:
        fours = F.pixel_unshuffle(planes, 2).contiguous(memory_format=torch.channels_last)
        return F.conv2d(fours, self.forth)

    def _joined(self, values: Tensor, weight: Tensor) -> Tensor:
        """Patches laid back over each other, each with its weight; `values` are used up."""
        margin = _SIDE // 2 - 1
        total = F.conv2d(values.mul_(weight), self.back, padding=margin)
        share = F.avg_pool2d(F.pad(weight, (margin,) * 4), _SIDE // 2, stride=1) * (_SIDE // 2) ** 2
        return F.pixel_shuffle(total / share, 2)


def _common(picture_BCHW: Tensor) -> Tensor:
    """√3 where the picture is grey: equal noise in three channels adds up in their brightness, else 1."""
    steps = (picture_BCHW[:, 1:] - picture_BCHW[:, :-1]).abs().sum(1, keepdim=True)
    across = F.max_pool2d(steps, (1, 15), stride=1, padding=(0, 7))  # one way and then the other: a seventh of the work
    colour = F.max_pool2d(across, (15, 1), stride=1, padding=(7, 0))
    return 1 + (math.sqrt(3) - 1) * (colour == 0).to(picture_BCHW.dtype)


def _together(planes_N1HW: Tensor) -> int:
    """How many planes go through together: on a processor few, whose 64 coefficients a pixel need less memory."""
    pixels = planes_N1HW.shape[-2] * planes_N1HW.shape[-1]
    return len(planes_N1HW) if planes_N1HW.is_cuda else max(1, _TOGETHER // pixels)


def _cosines() -> Tensor:
    """The 64 patterns of the cosine transform, 64 × 1 × 8 × 8, at right angles and of length one."""
    at = torch.arange(_SIDE, dtype=torch.float64)
    waves = torch.cos(math.pi * (2 * at[None] + 1) * at[:, None] / (2 * _SIDE)) * math.sqrt(2 / _SIDE)
    waves[0] /= math.sqrt(2)
    return (waves[:, None, :, None] * waves[None, :, None, :]).reshape(-1, 1, _SIDE, _SIDE).float()
