"""How far an answer is from the right one."""

from torch import Tensor


def loss(kind: str, answer: Tensor, right: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean error: "square" aims at PSNR, "root" (pseudo-Huber) forgives what cannot be known."""
    error = (answer - right).square() * weight
    return error.mean() if kind == "square" else ((error + 1).sqrt() - 1).mean()
