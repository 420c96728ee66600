"""Model files: what fits is loaded once, what does not is said in one sentence."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from restorer_app.core.errors import UnusableModelError
from restorer_app.engine import loading
from restorer_app.files import places


@pytest.fixture(autouse=True)
def nothing_is_loaded():
    loading.forget_all()
    yield
    loading.forget_all()


def weights_of(card):
    return places.own_models() / card.id / "weights.safetensors"


def test_a_model_is_loaded_once_and_in_float32(model):
    card = model()
    net = loading.load(card, "cpu")
    assert loading.load(card, "cpu") is net
    assert all(weights.dtype == torch.float32 and not weights.requires_grad for weights in net.parameters())


def test_half_precision_weights_run_in_float32(model):
    from safetensors.torch import load_file, save_file

    card = model()
    halves = {name: value.half() for name, value in load_file(weights_of(card)).items()}
    save_file(halves, weights_of(card))
    from hashlib import sha256

    stored = replace(card, sha256=sha256(weights_of(card).read_bytes()).hexdigest())
    net = loading.load(stored, "cpu")
    assert next(net.parameters()).dtype == torch.float32
    assert np.isfinite(loading.loaded_bytes())


def test_one_changed_byte_is_refused(model):
    card = model()
    path = weights_of(card)
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(UnusableModelError, match="damaged"):
        loading.load(card, "cpu")


def test_missing_weights_are_said(model):
    card = model()
    weights_of(card).unlink()
    with pytest.raises(UnusableModelError, match="no weights"):
        loading.load(card, "cpu")


def test_weights_of_another_net_are_refused(model):
    card = model()
    with pytest.raises(UnusableModelError, match="do not fit"):
        loading.load(replace(card, net_args={"scale": 2}), "cpu")


@pytest.mark.parametrize("changes", [{"net": "unknown"}, {"net_args": {"depth": 3}}, {"net_args": {"width": -8}}])
def test_a_card_that_describes_no_net_is_refused(model, changes):
    card = model()
    with pytest.raises(UnusableModelError):
        loading.load(replace(card, **changes), "cpu")


def test_the_cache_is_bounded_in_bytes(model, monkeypatch):
    monkeypatch.setattr(loading, "CACHE_BYTES", 1)
    first = model(seed=1)
    net = loading.load(first, "cpu")
    size = loading.loaded_bytes()
    loading.load(model(seed=2), "cpu")
    assert loading.loaded_bytes() == size, "only the latest stays"
    assert loading.load(model(seed=1), "cpu") is not net
