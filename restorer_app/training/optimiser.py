"""AdamW for vectors and end layers, Muon for the square inner convolutions."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

_INNER = ("middle", "far", "blocks")  # parts of nets whose convolutions have as many channels behind as before


class Muon(torch.optim.Optimizer):
    """Momentum whose step is made orthogonal by five Newton–Schulz rounds (Jordan 2024), as large as AdamW's."""

    def __init__(
        self, params: Iterable[Tensor], *, lr: float = 1e-3, momentum: float = 0.95, decay: float = 0.0
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]  # no closure here
        """One step on every parameter that has a gradient."""
        assert closure is None
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[Tensor]] = {}
            for weight in group["params"]:
                if weight.grad is not None:
                    by_shape.setdefault(weight.shape, []).append(weight)
            for weights in by_shape.values():
                self._step_alike(weights, group)

    def _step_alike(self, weights: list[Tensor], group: dict[str, Any]) -> None:
        """One step on weights of one shape, together: ten small products cost more than one of ten."""
        aheads = []
        for weight in weights:
            assert weight.grad is not None  # those without were left out
            state = self.state[weight]
            if not state:
                state["momentum"] = torch.zeros_like(weight)
            state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
            aheads.append(weight.grad.lerp(state["momentum"], group["momentum"]).flatten(1))
        steps = orthogonal(torch.stack(aheads))
        # 0.2 · sqrt(larger side) gives the step AdamW's size, so that both share one rate (Liu et al. 2025).
        size = 0.2 * max(steps.shape[1:]) ** 0.5
        for weight, step in zip(weights, steps, strict=True):
            weight.mul_(1 - group["lr"] * group["decay"])
            weight.add_(step.view(weight.shape), alpha=-group["lr"] * size)


def orthogonal(matrices: Tensor) -> Tensor:
    """The nearest half-orthogonal matrices, roughly: singular values come out between 0.7 and 1.2."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
    for _ in range(5):
        gram = x @ x.mT
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    found: Tensor = x.mT if tall else x
    return found


def optimisers(net: nn.Module, *, kind: str, rate: float) -> list[torch.optim.Optimizer]:
    """AdamW for everything, or Muon for the inner convolutions and AdamW for the rest."""
    named = [(name.split(".")[0], weight) for name, weight in net.named_parameters()]
    inner = [w for part, w in named if kind == "muon" and w.ndim == 4 and part in _INNER]
    taken = {id(w) for w in inner}
    rest = [w for w in net.parameters() if id(w) not in taken]
    adam = torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.99), weight_decay=0.0)
    return [adam, Muon(inner, lr=rate)] if inner else [adam]
