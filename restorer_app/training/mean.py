"""The mean of models that were taught from the same start: often a little better than each of them.

python -m restorer_app.training.mean models/upscale-x2 runs/again/upscale-x2 --into models
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

import torch
from safetensors.torch import load, save
from torch import Tensor

from restorer_app.core.card import ModelCard
from restorer_app.core.errors import InvalidValueError, RestorerError, UnusableModelError
from restorer_app.files.cards import CARD, WEIGHTS, read_card
from restorer_app.files.toml import toml
from restorer_app.training.listing import joined
from restorer_app.training.origin import MANIFEST

_WITH_THEM = ("recipe.toml", "plot.png")  # of the last, which was taught last


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m restorer_app.training.mean", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="MODEL", help="folders of models, the oldest first")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="folder of models that gets the mean")
    args = parser.parse_args(argv)
    try:
        written = write_mean(args.folders, args.into)
    except RestorerError as problem:
        print(f"mean: {problem}", file=sys.stderr)
        return 1
    print(f"The model is in {written}; its figures are to be measured anew.")
    return 0


def write_mean(folders: Sequence[Path], into: Path) -> Path:
    """Writes the folder of a model whose weights are the mean of others', and whose card says so."""
    cards = [read_card(folder) for folder in folders]
    _must_be_alike(cards)
    weights = save(_mean([_weights(folder, card) for folder, card in zip(folders, cards, strict=True)]))
    last = cards[-1]
    told = " and ".join(card.sha256[:12] for card in cards)
    taught = _taught(folders)
    card = replace(
        last,
        version=datetime.now(UTC).strftime("%Y.%m.%d"),
        sha256=hashlib.sha256(weights).hexdigest(),
        data_sha256=hashlib.sha256(taught).hexdigest(),
        minutes=max(card.minutes for card in cards),
        measured={},
        notes=f"Mean of the weights {told}. The last: {last.notes}",
    )
    target = into / card.id
    target.mkdir(parents=True, exist_ok=True)
    for name in _WITH_THEM:
        if (folders[-1] / name).exists() and folders[-1].resolve() != target.resolve():
            shutil.copyfile(folders[-1] / name, target / name)
    (target / MANIFEST).write_bytes(taught)
    (target / WEIGHTS).write_bytes(weights)
    (target / CARD).write_text(toml(asdict(card)), encoding="utf-8")
    return target


def _taught(folders: Sequence[Path]) -> bytes:
    """The photographs that any of them has learnt from, those of the last first."""
    listed = [folder / MANIFEST for folder in reversed(folders)]
    return reduce(joined, (file.read_text(encoding="utf-8") for file in listed if file.exists()), "").encode()


def _weights(folder: Path, card: ModelCard) -> dict[str, Tensor]:
    stored = (folder / WEIGHTS).read_bytes()
    if hashlib.sha256(stored).hexdigest() != card.sha256:
        raise UnusableModelError(f"The weights in {folder} are not those that its card describes.")
    return load(stored)


def _must_be_alike(cards: Sequence[ModelCard]) -> None:
    if len(cards) < 2:
        raise InvalidValueError("A mean is of two models or more.")
    for card in cards[1:]:
        if (card.id, card.net, card.net_args) != (cards[0].id, cards[0].net, cards[0].net_args):
            raise InvalidValueError(f"{card.id} and {cards[0].id} are not the same net, so they have no mean.")


def _mean(weights: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """In the precision of the last."""
    return {
        name: torch.stack([one[name].float() for one in weights]).mean(0).to(last.dtype).contiguous()
        for name, last in weights[-1].items()
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
