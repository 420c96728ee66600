"""Origin: what a run began with, for the net and for the card."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from restorer_app.core.card import ModelCard
from restorer_app.core.errors import UnreadableFileError
from restorer_app.files.cards import CARD, WEIGHTS, StoredModel, read_card, verify
from restorer_app.training import checkpoint
from restorer_app.training.recipe import Recipe, recipe_of

FROM_NOTHING = "Trained from nothing"
MANIFEST = "manifest.csv"  # beside the weights


@dataclass(frozen=True)
class Origin:
    """Nothing, a checkpoint's whole state, or another model's weights with its card where there is one."""

    path: Path | None = None
    state: Mapping[str, Any] | None = None
    weights: Mapping[str, Tensor] = field(default_factory=dict)
    card: ModelCard | None = None
    taught: str = ""  # the manifest of what those weights have learnt from

    @property
    def is_warm(self) -> bool:
        """Whether the net was good already; a run that began so goes on at the lower rate that it began with."""
        return self.state["began"] != FROM_NOTHING if self.state is not None else bool(self.weights)

    @property
    def net_args(self) -> Mapping[str, Any]:
        """How its net was made, as far as that is known."""
        if self.state is not None:
            return dict(self.state.get("net_args", {}))
        return self.card.net_args if self.card else {}

    @property
    def recipe(self) -> Recipe | None:
        """By which a run was taught that goes on, as far as that is known."""
        told = self.state.get("recipe") if self.state is not None else None
        return recipe_of(told) if told else None

    @property
    def minutes(self) -> float:
        """How long its ancestors were trained, as far as that is known."""
        return self.card.minutes if self.card else 0.0

    @property
    def story(self) -> str:
        """The beginning of the sentence on the card."""
        if self.card is not None:
            return f"Fine-tuned from {self.card.id} {self.card.version} (weights {self.card.sha256[:12]})"
        return "Fine-tuned from weights without a card" if self.is_warm else FROM_NOTHING


def origin_of(start: Path | None) -> Origin:
    """Read a checkpoint, a weights file, a model folder, or the newest checkpoint of a run's folder."""
    if start is None:
        return Origin()
    if start.is_dir():
        newest = checkpoint.newest(start)
        start = newest or start / WEIGHTS
    if start.suffix == ".ckpt":
        return Origin(start, state=checkpoint.read(start))
    try:
        weights = load_file(start)
    except (OSError, SafetensorError) as error:
        raise UnreadableFileError(f"{start} holds no weights of a model.") from error
    if not weights:
        raise UnreadableFileError(f"{start} holds no weights of a model.")
    has_card = start.name == WEIGHTS and (start.parent / CARD).is_file()
    if has_card:  # the new card will name them by the hash on this one
        verify(StoredModel(start.parent, read_card(start.parent)))
    manifest = start.parent / MANIFEST
    return Origin(
        start,
        weights=weights,
        card=read_card(start.parent) if has_card else None,
        taught=manifest.read_text(encoding="utf-8", errors="surrogateescape") if manifest.is_file() else "",
    )
