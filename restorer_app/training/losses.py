"""How far an answer is from the right one."""

from torch import Tensor

# Of the error that the weight expects: who answers a crop 17 dB better than that has nothing to learn from it.
_NOTHING_LEFT = 0.02


def loss(kind: str, answer: Tensor, right: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean error: "square" and "log" aim at PSNR, "root" (pseudo-Huber) forgives what cannot be known.

    By squares the hardest crops rule; "log" is the mean of their PSNR, where they count, to which all add alike.
    """
    error = (answer - right).square() * weight
    if kind == "log":
        counts = (weight > 0).expand_as(error).flatten(1).sum(1)
        return (error.flatten(1).sum(1) / counts.clamp_min(1) + _NOTHING_LEFT).log().mean()
    return error.mean() if kind == "square" else ((error + 1).sqrt() - 1).mean()
