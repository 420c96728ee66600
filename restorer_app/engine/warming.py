"""Warming up: what takes time once, done before anybody waits for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np

from restorer_app.core.errors import RestorerError
from restorer_app.engine.plan import DeviceFullError
from restorer_app.files.cards import list_models
from restorer_app.files.exchange import Status

_FIRST = ("repair", "denoise")  # tasks that are likely to be asked for first
_SIDE = 128


def warm_up() -> Iterator[Status]:
    """Step by step, each a second or two: a job that arrives meanwhile waits for one of them only."""
    # Torch itself is the first step: a job that needs none, or an engine that was just restarted, does not wait for it.
    from restorer_app.engine.device import Place, describe, place_for  # noqa: PLC0415
    from restorer_app.engine.learned import LearnedMethod  # noqa: PLC0415

    yield Status("ready")
    place = Place()
    with contextlib.suppress(DeviceFullError):  # of a device that is full: jobs go to the CPU, and say so
        place = place_for("auto", "auto", deterministic=False, allowed=("float32", "bfloat16"))
    yield Status("ready", describe(place), place.dtype)
    cards = [model.card for model in list_models() if model.card is not None]
    for card in sorted((card for card in cards if card.task in _FIRST), key=lambda card: _FIRST.index(card.task)):
        with contextlib.suppress(RestorerError, DeviceFullError):  # said when the model is asked for, not now
            own = place_for("auto", "auto", deterministic=False, allowed=card.dtypes)
            picture = np.zeros((_SIDE, _SIDE, 3), np.float32)
            LearnedMethod(card, own, channels=3).run([picture], 0.0)
        yield Status("ready", describe(place), place.dtype)
