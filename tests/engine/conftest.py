"""Small models with seeded random weights, stored as real ones are, of nets that stay as they are."""

import hashlib

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn
from torch.nn import functional

from restorer_app.core.card import ModelCard
from restorer_app.core.job import CancelToken, Job, TileDone
from restorer_app.core.raster import Raster
from restorer_app.engine.nets import NETS
from restorer_app.engine.nets.layers import Conv, ExactConv, extended
from restorer_app.files import places

REACH = 10  # of Small: two unshuffled pixels for each of five convolutions


class Small(nn.Module):
    """What every net of this program is: exact at both ends, half the size between, a residual on the picture."""

    def __init__(self, scale=1, holes=False):
        super().__init__()
        self.scale, self.holes = scale, holes
        self.first = ExactConv(4 * (3 + 1), 8)
        self.middle = nn.ModuleList(Conv(8, 8) for _ in range(3))
        self.last = ExactConv(8, 4 * 3 * scale * scale)

    def forward(self, picture_BCHW, guide_BCHW):
        height, width = picture_BCHW.shape[-2:]
        seen = extended(torch.cat((picture_BCHW - 0.5, guide_BCHW), dim=1), 2)
        features = self.first(functional.pixel_unshuffle(seen, 2))
        for layer in self.middle:
            features = features + layer(functional.relu(features))
        residual = functional.pixel_shuffle(self.last(features), 2 * self.scale)
        residual = residual[..., : height * self.scale, : width * self.scale]
        if self.scale > 1:
            return functional.interpolate(picture_BCHW, scale_factor=self.scale) + residual * 0.1
        return picture_BCHW + residual * (guide_BCHW if self.holes else guide_BCHW * 0.5)


@pytest.fixture
def small_net(monkeypatch):
    monkeypatch.setitem(NETS, "small", Small)


@pytest.fixture
def model(home, small_net):
    """Writes a model into the person's own folder and gives its card."""

    def write(task="denoise", *, seed=0, strength=1.0, **changes):
        arguments = {"scale": 2 if task == "upscale" else 1, "holes": task == "repair"}
        torch.manual_seed(seed)
        net = Small(**arguments)
        with torch.no_grad():
            net.last.weight.mul_(strength)
        stored = save({key: value.contiguous() for key, value in net.state_dict().items()})
        values = {
            "id": f"{task}-small",
            "version": "1",
            "task": task,
            "net": "small",
            "net_args": arguments,
            "scale": arguments["scale"],
            "halo": REACH,
            "multiple_of": 2,
            "tiling": True,
            "dtypes": ["float32", "bfloat16"],
            "sha256": hashlib.sha256(stored).hexdigest(),
            "licence": "CC0-1.0",
            "trained_by": "nobody",
            "synthesises_detail": task == "repair",
        } | changes
        folder = places.own_models() / values["id"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "weights.safetensors").write_bytes(stored)
        (folder / "card.toml").write_text(_toml(values), "utf-8")
        return ModelCard(**values)

    return write


def _toml(values):
    def one(value):
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{key} = {one(item)}" for key, item in value.items()) + " }"
        return repr(value) if not isinstance(value, str) else f'"{value}"'

    return "".join(f"{key} = {one(value)}\n" for key, value in values.items())


@pytest.fixture
def run():
    """Runs a job to its end: the events, and the result as a raster."""
    from restorer_app.engine.run import run_job

    def through(job: Job, cancel=None):
        events = list(run_job(job, cancel or CancelToken()))
        return events, result_of(job, events)

    return through


def result_of(job, events):
    result = job.image
    if job.operation.scale > 1:
        grown = job.image.bounds.scaled(job.operation.scale)
        result = Raster.flat(grown, dtype=job.image.dtype.name, channels=job.image.channels)
    for event in events:
        if isinstance(event, TileDone):
            result = result.with_patch(event.region, event.pixels)
    return result


def photograph(height, width, channels=3, dtype="uint16", *, seed=0):
    """Something with soft light, edges and grain, in any depth."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    light = 0.5 + 0.3 * np.sin(columns / 23.0) * np.cos(rows / 31.0)
    light = light + 0.15 * ((rows // 40 + columns // 56) % 2)
    picture = light[:, :, None] + 0.03 * rng.standard_normal((height, width, channels))
    if dtype == "float32":
        return picture.astype(np.float32)
    most = np.iinfo(dtype).max
    return np.rint(np.clip(picture, 0, 1) * most).astype(dtype)
