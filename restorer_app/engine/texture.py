"""Fine contrast: what a fill lacks of it, lent by patches, and how much room that leaves for grain."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from restorer_app.engine.grain import Grain, residue
from restorer_app.engine.values import Floats, Hole

_BAND = 3.0  # Gaussian: finer than this is texture; as coarse as the smoothing that grain is measured behind
_WINDOW = 3.0  # Gaussian over which contrast is compared
_RADIUS = 9  # of both
REACH = 2 * _RADIUS  # pixels around a place that decide about it

# Patches that agree with each other are smoother than the picture. On Kodak24 it has 1.3 to 1.7 times their contrast at
# strong edges, 3 and more in texture, and where there is only grain 1.6 to 2.1.
_LENT, _WITH_GRAIN = 1.4, 1.7
_AT_MOST = 2.4  # times the patches' contrast: rather more at the edge of something rough would be noise on a wall
_MOST = 1.8  # times what patches have

_QUIET_WITHIN = 33  # pixels: the side of the square in which the quietest place counts …
_QUIETER_BY = 1.4  # … which is by chance so much quieter than grain is on average


def with_detail(answer: Floats, patches: Floats, rough: Floats, hole: Hole, *, share: float) -> tuple[Floats, Floats]:
    """The answer with fine contrast of the patches where it is too smooth, and how much contrast belongs there.

    A net that is to err little answers with the mean of all that may have been, which is smooth. The light, and
    edges that it is sure of, stay; where patches agree with it nothing is added. `rough` is the power of fine contrast
    where the patches came from, which they lost among each other.
    """
    own, lent = fine(answer), fine(patches)
    have, there = _contrast(own, own, hole), _contrast(lent, lent, hole)
    alike = np.maximum(_contrast(own, lent, hole), 0)  # opposites are chance
    # So much of the patches that the sum has as much contrast as belongs there: |own + more · lent|².
    belongs = np.clip(rough, _LENT * there, _AT_MOST * there)
    rest = np.maximum(belongs - have, 0)
    more = (np.sqrt(alike * alike + there * rest) - alike) / np.maximum(there, 1e-9)
    added = share * more.clip(0, _MOST) * hole
    return answer + added[:, :, None] * lent, np.maximum(_WITH_GRAIN * there, belongs)


def lacking(fill: Floats, hole: Hole, belongs: Floats, grain: Grain) -> Floats:
    """How much of the grain each pixel of the hole still lacks, 0 to 1: none where more contrast than that is."""
    power = float(np.mean(np.square(grain.level)))
    if power == 0:
        return np.zeros(hole.shape, np.float32)
    own = fine(fill)
    rest = np.minimum(belongs, power) - _contrast(own, own, hole)
    lacks: Floats = np.sqrt(rest.clip(0) / power) * hole
    return lacks


def quiet_near(picture: Floats, hole: Hole) -> Floats:
    """The fine contrast of the quietest known place near each pixel: in a smooth wall there is no more grain than that.

    What is measured around a hole as a whole may be the roughness of bricks, where nothing around it is smooth.
    """
    seen = _blurred((~hole).astype(np.float32), _WINDOW)
    power = roughness(picture, hole)
    power[seen < 0.5] = 1.0  # as good as unknown: a full scale
    near: Floats = cv2.erode(power, np.ones((_QUIET_WITHIN, _QUIET_WITHIN), np.uint8)) * _QUIETER_BY
    return near


def roughness(picture: Floats, hole: Hole) -> Floats:
    """The fine contrast around each known pixel, as power."""
    known = (~hole).astype(np.float32)
    power = np.square(residue(picture, ~hole)).mean(2)
    near: Floats = _blurred(power, _WINDOW) / np.maximum(_blurred(known, _WINDOW), 1e-6)
    return near


def fine(picture: Floats) -> Floats:
    """What is finer than the band."""
    rest: Floats = picture - _blurred(picture, _BAND).reshape(picture.shape)
    return rest


def _contrast(one: Floats, other: Floats, hole: Hole) -> Any:
    """How strongly two go together around each pixel, in the hole alone, as a mean over channels."""
    inside = hole.astype(np.float32)
    return _blurred((one * other).mean(2) * inside, _WINDOW) / np.maximum(_blurred(inside, _WINDOW), 1e-6)


def _blurred(values: Floats, sigma: float) -> Any:
    return cv2.GaussianBlur(values, (2 * _RADIUS + 1,) * 2, sigma)
