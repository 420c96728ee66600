"""From a model card to a net that is ready to run; the cache of such nets, bounded in bytes."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse_weights
from torch import nn

from restorer_app.core.card import ModelCard
from restorer_app.core.errors import UnusableModelError
from restorer_app.engine.device import means_full
from restorer_app.engine.nets import NETS
from restorer_app.engine.plan import DeviceFullError
from restorer_app.files.cards import weights_of

CACHE_BYTES = 512 * 1024 * 1024  # of weights; the least recently used go first

# What a net says to sizes that are none: below zero, or none at all where there must be some.
_NO_NET = (TypeError, ValueError, RuntimeError, IndexError, ZeroDivisionError)

_Key = tuple[str, str, str]  # id, sha256, device
_loaded: OrderedDict[_Key, nn.Module] = OrderedDict()
_ADVICE = "Install the program again, or choose another method."


def load(card: ModelCard, device: str) -> nn.Module:
    """The net of a card on a device, in float32; bfloat16 is a matter of how it is run."""
    key = (card.id, card.sha256, device)
    if key in _loaded:
        _loaded.move_to_end(key)
        return _loaded[key]
    net = _build(card)
    _fill(net, card, read_weights(card))
    try:
        net.eval().requires_grad_(requires_grad=False)
        net.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's own types miss it
    except RuntimeError as problem:
        if not means_full(problem):
            raise
        raise DeviceFullError from None
    _loaded[key] = net
    _forget_oldest()
    return net


def read_weights(card: ModelCard) -> bytes:
    """The stored weights, judged by the SHA-256 on the card: nothing else is ever parsed."""
    try:
        stored = weights_of(card).read_bytes()
    except OSError as problem:
        raise UnusableModelError(
            f"The weights of the model {card.id} cannot be read: {problem.strerror}.", advice=_ADVICE
        ) from problem
    if hashlib.sha256(stored).hexdigest() != card.sha256:
        raise UnusableModelError(
            f"The weights of the model {card.id} are damaged or not those of its card.", advice=_ADVICE
        )
    return stored


def forget_all() -> None:
    """Gives the memory of every loaded net back."""
    _loaded.clear()


def loaded_bytes() -> int:
    return sum(_size(net) for net in _loaded.values())


def _build(card: ModelCard) -> nn.Module:
    if card.net not in NETS:
        raise UnusableModelError(
            f"The model {card.id} needs a net named {card.net!r}, which this version does not have.",
            advice="A newer version of the program may have it.",
        )
    try:
        net: nn.Module = NETS[card.net](**card.net_args)
        return net
    except _NO_NET as problem:
        raise UnusableModelError(
            f"The card of the model {card.id} describes no net that can be built: {problem}.", advice=_ADVICE
        ) from problem


def _fill(net: nn.Module, card: ModelCard, stored: bytes) -> None:
    try:
        weights = parse_weights(stored)
        net.load_state_dict({name: value.float() for name, value in weights.items()})
    except (SafetensorError, RuntimeError) as problem:
        raise UnusableModelError(
            f"The weights of the model {card.id} do not fit the net on its card.", advice=_ADVICE
        ) from problem


def _forget_oldest() -> None:
    while len(_loaded) > 1 and loaded_bytes() > CACHE_BYTES:
        _loaded.popitem(last=False)


def _size(net: nn.Module) -> int:
    return sum(weights.numel() * weights.element_size() for weights in net.parameters())
