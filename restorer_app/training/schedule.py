"""How long a run is, and how fast it learns at each point of it."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Length:
    """So many steps, or so many minutes of training."""

    steps: int | None = None
    minutes: float | None = None

    def progress(self, step: int, seconds: float) -> float:
        """How much of the run lies behind, 0 to 1; minutes are training time, kept in the checkpoint."""
        if self.steps is not None:
            return step / self.steps
        assert self.minutes is not None
        return seconds / (60 * self.minutes)


def rate_at(progress: float, warm_up: float) -> float:
    """Up in a straight line, then down along a cosine to nothing."""
    if progress < warm_up:
        return 0.05 + 0.95 * progress / warm_up
    return 0.5 + 0.5 * math.cos(math.pi * min((progress - warm_up) / (1 - warm_up), 1))
