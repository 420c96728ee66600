"""Learned methods: a loaded net over a batch of pictures, in the place that was chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from restorer_app.core.card import ModelCard
from restorer_app.core.errors import InvalidValueError, UnusableModelError
from restorer_app.engine import loading
from restorer_app.engine.device import Place, means_full, use_threads
from restorer_app.engine.neutral import kept_neutral
from restorer_app.engine.plan import DeviceFullError
from restorer_app.engine.tensors import from_batch, level_map, to_batch
from restorer_app.engine.values import Floats

CPU_BATCH = 1 << 17  # pixels: a batch gains little there, and the first result is wanted soon
GPU_BATCH = 1 << 20


class LearnedMethod:
    """A net with its card, ready to be called; holds no pixels between calls."""

    def __init__(self, card: ModelCard, place: Place, *, channels: int) -> None:
        if channels not in (1, 3):
            raise InvalidValueError(
                f"The model {card.id} works on grey and RGB pictures; this one has {channels} channels.",
                advice="A classical method works on any.",
            )
        self.card = card
        self.place = place
        self._channels = channels
        self.net: nn.Module = loading.load(card, place.device)

    @property
    def batch_pixels(self) -> int:
        return CPU_BATCH if self.place.on_cpu else GPU_BATCH

    def run(self, pictures: Sequence[Floats], guides: Sequence[Floats] | float) -> list[Floats]:
        """What the net makes of pictures of one shape; a guide each, or one level for all.

        A picture may be several, one behind the other in its channels.
        """
        layers = range(0, pictures[0].shape[2], self._channels)
        with computing(self.place):
            x_BCHW = torch.cat([self._layer(pictures, first) for first in layers], dim=1)
            guide_BCHW = (
                level_map(guides, x_BCHW)
                if isinstance(guides, float)
                else to_batch(guides, self.place.device, channels=1)
            )
            y_BCHW: Tensor = self.net(x_BCHW, guide_BCHW)
            found = from_batch(y_BCHW, channels=self._channels)
        self._must_be_sound(found, pictures)
        if self._channels == 1:
            return found
        return [kept_neutral(one, picture, self.card.scale) for one, picture in zip(found, pictures, strict=True)]

    def _layer(self, pictures: Sequence[Floats], first: int) -> Tensor:
        layer = [one[:, :, first : first + self._channels] for one in pictures]
        return to_batch(layer, self.place.device, channels=3)

    def _must_be_sound(self, found: Sequence[Floats], pictures: Sequence[Floats]) -> None:
        height, width = pictures[0].shape[:2]
        expected = (height * self.card.scale, width * self.card.scale, self._channels)
        if any(one.shape != expected for one in found):
            raise UnusableModelError(f"The model {self.card.id} does not do what its card says: {found[0].shape}.")
        if not all(np.isfinite(one).all() for one in found):
            raise UnusableModelError(
                f"The model {self.card.id} computed values that are no numbers, and nothing was changed.",
                advice="Try it with --dtype float32, or choose another method.",
            )


@contextmanager
def computing(place: Place) -> Iterator[None]:
    """Threads, types and algorithms of a place; what stands for "no memory" on any device becomes one error."""
    use_threads(place)
    kind = torch.device(place.device).type
    strict = torch.are_deterministic_algorithms_enabled()
    convolutions = torch.backends.cudnn.conv  # type: ignore[attr-defined]  # torch's own types miss it
    rounded = convolutions.fp32_precision
    try:
        torch.use_deterministic_algorithms(place.deterministic)
        # By itself cuDNN rounds what it multiplies to 10 bits (TF32): float32 is what the record says.
        convolutions.fp32_precision = "ieee"
        with torch.inference_mode(), torch.autocast(kind, torch.bfloat16, enabled=place.dtype == "bfloat16"):
            yield
    except RuntimeError as problem:
        if not means_full(problem):
            raise
        raise DeviceFullError from None  # the chain would keep the tensors of the failed tile alive
    finally:
        torch.use_deterministic_algorithms(strict)
        convolutions.fp32_precision = rounded
