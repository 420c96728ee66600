"""Learner: a net with its optimisers and running mean, and how far it has come."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from restorer_app.engine.nets import NETS
from restorer_app.training.lessons import Lesson
from restorer_app.training.losses import loss
from restorer_app.training.optimiser import optimisers
from restorer_app.training.origin import FROM_NOTHING
from restorer_app.training.recipe import Recipe, recipe_toml


class Learner:
    """Changes with every lesson; everything it is made of goes into a checkpoint."""

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.device = device
        self.net = _built(recipe).to(device)
        self.mean = [p.detach().clone() for p in self.net.parameters()]
        self.optimisers = optimisers(self.net, kind=recipe.optimiser, rate=recipe.rate)
        self.step, self.seconds = 0, 0.0
        self.began, self.minutes_before, self.taught_before = FROM_NOTHING, 0.0, ""  # ancestors count
        self.photographs = ""  # the list of what is learnt from
        self.trained_by, self.licence = "", ""  # for the card

    def learn(self, lesson: Lesson, rate: float) -> Tensor:
        """One step: look, answer, be told, change a little."""
        given = () if lesson.start is None else (lesson.start,)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=_halves_pay(self.device)):
            answer = self.net(lesson.picture, lesson.guide, *given)
        error = loss(self.recipe.loss, answer.float(), lesson.answer, lesson.weight)
        error.backward()  # type: ignore[no-untyped-call]  # torch's own
        nn.utils.clip_grad_norm_(self.net.parameters(), self.recipe.clip)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate * self.recipe.rate
            optimiser.step()
            optimiser.zero_grad()
        self.step += 1
        # A short mean at first: the weights of the first steps are worth nothing.
        decay = min(self.recipe.ema, self.step / (self.step + 9))
        torch._foreach_lerp_(self.mean, [p.detach() for p in self.net.parameters()], 1 - decay)
        return error.detach()

    def state(self) -> dict[str, Any]:
        """Everything, for a checkpoint. Crops and damage are drawn from seed and step: the step is their position."""
        return {
            "id": self.recipe.id,
            "net_args": dict(self.recipe.net_args),
            "recipe": recipe_toml(self.recipe),
            "net": self.net.state_dict(),
            "mean": self.mean_weights(),
            "optimisers": [o.state_dict() for o in self.optimisers],
            "random": torch.get_rng_state(),
            "step": self.step,
            "seconds": self.seconds,
            "began": self.began,
            "minutes_before": self.minutes_before,
            "taught_before": self.taught_before,
            "photographs": self.photographs,
            "trained_by": self.trained_by,
            "licence": self.licence,
        }

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Stand exactly where the checkpoint stood."""
        self.net.load_state_dict(state["net"])
        with torch.no_grad():
            for mean, name in zip(self.mean, self._names(), strict=True):
                mean.copy_(state["mean"][name])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        torch.set_rng_state(state["random"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.began, self.minutes_before = state["began"], state["minutes_before"]
        # checkpoints of old know nothing of these
        self.taught_before = state.get("taught_before", "")
        self.photographs = state.get("photographs", "")
        self.trained_by, self.licence = state.get("trained_by", ""), state.get("licence", "")

    def start_warm(self, weights: Mapping[str, Tensor]) -> int:
        """Begin with another model's weights, a smaller net's too; answers how many found a place."""
        own = self.net.state_dict()
        weights = _in_their_places(weights, own)
        fits = {name: w for name, w in weights.items() if name in own and _holds(own[name], w)}
        if fits:
            self.net.load_state_dict({name: _begun(name, w, fits) for name, w in own.items()})
        with torch.no_grad():
            for mean, weight in zip(self.mean, self.net.parameters(), strict=True):
                mean.copy_(weight)
        return len(fits)

    def mean_weights(self) -> dict[str, Tensor]:
        """The running mean of the weights: what is measured and shipped."""
        return {name: mean.detach().cpu() for name, mean in zip(self._names(), self.mean, strict=True)}

    def mean_net(self) -> nn.Module:
        """The net with the running mean of its weights, on the processor."""
        net = _built(self.recipe)
        net.load_state_dict(self.mean_weights())
        return net.eval()

    def _names(self) -> list[str]:
        return [name for name, _ in self.net.named_parameters()]


def _halves_pay(device: torch.device) -> bool:
    """Is bfloat16 faster here: on a GPU, and on a processor that multiplies it (with AMX 3 times, with AVX-512 1.4)."""
    if device.type == "cpu":
        return torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return device.type == "cuda"


def _in_their_places(weights: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """In a deeper net the far layers stand later, and what stood behind them stays behind them."""
    before, now = (sum(name.startswith("middle.") and name.endswith(".weight") for name in w) for w in (weights, own))
    moved = now // 2 - before // 2 if any(name.startswith("far.") for name in own) else 0

    def place(name: str) -> str:
        part, _, rest = name.partition(".")
        number, _, rest = rest.partition(".")
        if part != "middle" or not number.isdigit() or int(number) < before // 2:
            return name
        return f"{part}.{int(number) + moved}.{rest}"

    return {place(name): weight for name, weight in weights.items()}


def _holds(own: Tensor, smaller: Tensor) -> bool:
    """Is there room: as many sides, none shorter, and a kernel of the same size."""
    sides = list(zip(own.shape, smaller.shape, strict=False))
    return own.ndim == smaller.ndim and all(a >= b for a, b in sides) and all(a == b for a, b in sides[2:])


def _begun(name: str, own: Tensor, fits: Mapping[str, Tensor]) -> Tensor:
    """Layers over squares add nothing by themselves at first, and would learn nothing if all of them were zero."""
    return own if name.startswith("blocks.") and name not in fits else _grown(own, fits.get(name))


def _grown(own: Tensor, smaller: Tensor | None) -> Tensor:
    """A smaller net's weights in the corner, nothing on the way from the new channels to the old ones.

    The net then answers at first as the smaller one did. A layer that it did not have starts at zero: it is skipped.
    """
    grown = torch.zeros_like(own)
    if smaller is not None:
        outs = smaller.shape[0]
        grown[outs:] = own[outs:]
        grown[tuple(slice(side) for side in smaller.shape)] = smaller.float()
    return grown


def _built(recipe: Recipe) -> nn.Module:
    net: nn.Module = NETS[recipe.net](**recipe.net_args)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's own types miss it
    return net
