"""A few small photographs, a small recipe, and orders for runs of seconds."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from restorer_app.training.loop import Order, gathered
from restorer_app.training.recipe import RECIPES


@pytest.fixture(autouse=True)
def one_thread():
    """The order of sums, and so the last bit, depends on the number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def photos(tmp_path) -> Path:
    """Four photographs of soft shapes and fine grain of their own."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(4):
        rng = np.random.default_rng(number)
        coarse = Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8))
        coarse.resize((160, 120), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def recipe():
    return replace(RECIPES["denoise"], net_args={"width": 8, "depth": 4}, crop=32, batch=4)


@pytest.fixture
def order(photos, tmp_path) -> Order:
    return Order("denoise", (photos,), tmp_path / "models", tmp_path / "work", steps=8)


@pytest.fixture
def supplies(order, recipe):
    return gathered(order, recipe)
