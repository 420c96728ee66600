"""The finished model: its folder, and the figures that training itself can measure."""

import hashlib
import math
import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from restorer_app.core import metrics
from restorer_app.core.card import ModelCard
from restorer_app.core.errors import RestorerError
from restorer_app.files.atomic import cannot_write
from restorer_app.files.cards import CARD, WEIGHTS
from restorer_app.files.toml import toml
from restorer_app.training.journal import plot
from restorer_app.training.learner import Learner
from restorer_app.training.lessons import Lesson
from restorer_app.training.listing import joined
from restorer_app.training.origin import MANIFEST
from restorer_app.training.recipe import recipe_toml

_HALVES_MAY_COST_DB = 0.02
_RECIPE, _PLOT = "recipe.toml", "plot.png"
_WRITTEN = {WEIGHTS, CARD, MANIFEST, _RECIPE, _PLOT}


def publish(
    learner: Learner,
    watched: Lesson,
    into: Path,
    *,
    photos: Sequence[Path],
    work: Path,
) -> Path:
    """Write the model's folder: weights, card, recipe, manifest, plot."""
    folder, recipe = into / learner.recipe.id, learner.recipe
    weights, figures = stored(learner, watched)
    if not math.isfinite(figures["psnr"]):
        raise RestorerError(
            "What was learnt answers with values that are no numbers; no model was written.",
            advice="Begin anew with a recipe of a lower rate.",
        )
    names = joined(learner.photographs, learner.taught_before).encode("utf-8", "surrogateescape")
    taught = ", ".join(photograph.resolve().name for photograph in photos)
    card = _card(learner, weights, names, figures, taught=taught)
    drawn = work / recipe.id / _PLOT
    plot(work / recipe.id / "journal.csv", drawn, title=recipe.id)
    files = {WEIGHTS: weights, MANIFEST: names, _RECIPE: recipe_toml(recipe).encode()}
    if drawn.is_file():
        files[_PLOT] = drawn.read_bytes()
    _lay_down(folder, files | {CARD: toml(asdict(card)).encode()})
    return folder


def _lay_down(folder: Path, files: Mapping[str, bytes]) -> None:
    """All of a model's folder or nothing of it: the one before, if there is one, is good until then.

    What a person keeps in it stays; of what training wrote there nothing does.
    """
    folder = folder.resolve()  # of a link, what it leads to
    fresh, aside = (folder.with_name(f".{folder.name}-{word}") for word in ("new", "before"))
    try:
        if aside.exists() and not folder.exists():
            aside.replace(folder)  # a run was killed between two steps
        shutil.rmtree(fresh, ignore_errors=True)  # what a run that was killed left behind
        fresh.mkdir(parents=True)
        for name, content in files.items():
            with (fresh / name).open("wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
        if folder.exists():
            _carry_over(folder, fresh)
            shutil.rmtree(aside, ignore_errors=True)
            folder.replace(aside)
        fresh.replace(folder)
    except OSError as problem:
        if aside.exists() and not folder.exists():
            aside.replace(folder)
        raise cannot_write(folder, problem) from problem
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(aside, ignore_errors=True)


def _carry_over(before: Path, fresh: Path) -> None:
    for kept in before.iterdir():
        if kept.name in _WRITTEN:
            continue
        if kept.is_dir() and not kept.is_symlink():
            shutil.copytree(kept, fresh / kept.name, symlinks=True)
        else:
            shutil.copy2(kept, fresh / kept.name, follow_symlinks=False)


def _card(learner: Learner, weights: bytes, names: bytes, figures: Mapping[str, float], *, taught: str) -> ModelCard:
    """What stands on the card of a model that has just been taught."""
    recipe = learner.recipe
    return ModelCard(
        id=recipe.id,
        version=datetime.now(UTC).strftime("%Y.%m.%d"),
        task=recipe.task,
        net=recipe.net,
        net_args=recipe.net_args,
        scale=recipe.scale,
        halo=_reach(learner.net),
        multiple_of=int(getattr(learner.net, "multiple_of", 1 if recipe.task == "upscale" else 2)),
        tiling=True,
        dtypes=("float32", "bfloat16"),
        sha256=hashlib.sha256(weights).hexdigest(),
        licence=learner.licence or "not stated",
        trained_by=learner.trained_by or "somebody who did not say",
        synthesises_detail=False,
        minutes=round(learner.seconds / 60 + learner.minutes_before, 1),
        machine=_machine(learner),
        data_sha256=hashlib.sha256(names).hexdigest(),
        measured={"watched crops": dict(figures)},
        notes=_story(learner, taught),
    )


def stored(learner: Learner, watched: Lesson) -> tuple[bytes, dict[str, float]]:
    """The weights as a file, in half precision where that costs next to nothing, and what that very file reaches."""
    whole = {name: w.contiguous() for name, w in learner.mean_weights().items()}
    halves = {name: w.half() for name, w in whole.items()}
    net = learner.mean_net()
    exact = figures_of(net, watched)
    net.load_state_dict({name: w.float() for name, w in halves.items()})
    rounded = figures_of(net, watched)
    cheap = exact["psnr"] - rounded["psnr"] <= _HALVES_MAY_COST_DB
    return save(halves if cheap else whole), rounded if cheap else exact


def figures_of(net: nn.Module, lesson: Lesson) -> dict[str, float]:
    """MSE, PSNR and SSIM of the answers to a lesson: means over its crops."""
    with torch.inference_mode():
        answer = net(lesson.picture.cpu(), lesson.guide.cpu())
    answer = torch.where(answer.isfinite(), answer, torch.nan).clamp(0, 1)  # an infinite value is no number either
    pairs = list(zip(_pixels(answer), _pixels(lesson.answer), strict=True))
    found = {
        "mse": [metrics.mse(a, b) for a, b in pairs],
        "psnr": [min(metrics.psnr(a, b), 100.0) for a, b in pairs],
        "ssim": [metrics.ssim(a, b) for a, b in pairs],
    }
    return {name: round(float(np.mean(values)), 6 if name == "mse" else 3) for name, values in found.items()}


def _pixels(x_BCHW: Tensor) -> list[Any]:
    return list(x_BCHW.cpu().permute(0, 2, 3, 1).contiguous().numpy())


def _machine(learner: Learner) -> str:
    device, threads = learner.mean[0].device, torch.get_num_threads()
    cores = "1 thread" if threads == 1 else f"{threads} threads"
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else cores
    return f"{platform.machine()}, {name}, torch {torch.__version__}"


def _story(learner: Learner, taught: str) -> str:
    """Where the model comes from, in a sentence."""
    recipe = learner.recipe
    pixels = learner.step * recipe.batch * recipe.crop**2 / 1e6
    return f"{learner.began} on the photographs in {taught}: {learner.step} steps, {pixels:.0f} megapixels."


def _reach(net: nn.Module) -> int:
    reach = net.reach
    assert isinstance(reach, int)  # every net says how far it sees
    return reach
