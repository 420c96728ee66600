"""JPEG by the real encoder, its grid laid anywhere."""

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

# Pillow's names for 4:4:4 and 4:2:0; scans come in the first, cameras and the web in the second.
FULL_COLOUR, HALF_COLOUR = 0, 2


def compressed(clean_BCHW: Tensor, quality: Tensor, generator: torch.Generator, *, aligned: float = 0.0) -> Tensor:
    """Crops 0..1 that went through JPEG at a quality each; a quality of 100 stands for none at all.

    A share of them, `aligned`, has its grid begin in the corner.
    """
    count = len(clean_BCHW)
    draw = torch.randint(0, 8, (count, 2), generator=generator, device=generator.device).cpu()
    if aligned:
        draw[torch.rand(count, generator=generator, device=generator.device).cpu() < aligned] = 0
    halved = (torch.rand(count, generator=generator, device=generator.device) < 0.6).cpu()
    pixels = (clean_BCHW * 255).round().clamp(0, 255).to("cpu", torch.uint8)
    done = []
    for crop, value, (down, right), half in zip(
        pixels, quality.cpu().tolist(), draw.tolist(), halved.tolist(), strict=True
    ):
        done.append(
            crop if value >= 100 else _through(crop, round(value), (down, right), HALF_COLOUR if half else FULL_COLOUR)
        )
    return torch.stack(done).to(clean_BCHW.device).float() / 255


def _through(crop_CHW: Tensor, quality: int, offset: tuple[int, int], subsampling: int) -> Tensor:
    """One crop encoded and decoded, with up to seven rows and columns before it, so that the grid starts anywhere."""
    down, right = offset
    larger = F.pad(crop_CHW[None].float(), (right, 0, down, 0), mode="replicate")[0].to(torch.uint8)
    picture = Image.fromarray(larger.permute(1, 2, 0).numpy())
    if (crop_CHW[0] == crop_CHW[1]).all() and (crop_CHW[0] == crop_CHW[2]).all():
        picture = picture.convert("L")
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, subsampling=subsampling)
    decoded = np.array(Image.open(file).convert("RGB"))
    return torch.from_numpy(decoded).permute(2, 0, 1)[:, down:, right:]
