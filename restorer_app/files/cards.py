"""Model cards on disc: reading, listing, and seeing that the weights are the ones that the card describes."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from restorer_app.core.card import ModelCard
from restorer_app.core.errors import InvalidValueError, UnusableModelError
from restorer_app.core.kinds import of_wrong_kind
from restorer_app.files import places

CARD, WEIGHTS = "card.toml", "weights.safetensors"
_ADVICE = "Copy the model's folder again from where it came from."
_MOST_CARD = 1_000_000


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A folder of models/: its card, or why it cannot be used."""

    folder: Path
    card: ModelCard | None
    problem: UnusableModelError | None = None

    @property
    def weights(self) -> Path:
        return self.folder / WEIGHTS


def list_models(*folders: Path) -> list[StoredModel]:
    """Every model in the given folders, or in the person's own and the program's; the first of an id wins."""
    found: dict[str, StoredModel] = {}
    for model in all_models(*folders):
        found.setdefault(model.folder.name, model)
    return [found[name] for name in sorted(found)]


def all_models(*folders: Path) -> Iterator[StoredModel]:
    """The same with those that another of their name hides: what was done with them can be done again."""
    for parent in folders or (places.own_models(), places.models()):
        for folder in _model_folders(parent):
            yield _read_stored(folder)


def weights_of(card: ModelCard) -> Path:
    """Where the weights of a card should lie; another model of its name may stand before it."""
    its_own = (model.weights for model in all_models() if model.card is not None and model.card.sha256 == card.sha256)
    return next(its_own, None) or find_model(card.id).weights


def find_model(model_id: str, *folders: Path) -> StoredModel:
    """The model of an id, or a sentence that names those there are."""
    models = list_models(*folders)
    for model in models:
        if model.folder.name == model_id:
            if model.problem is not None:
                raise model.problem
            return model
    there = ", ".join(model.folder.name for model in models) or "none"
    raise UnusableModelError(f"There is no model {model_id}.", advice=f"These are here: {there}.")


def read_card(folder: Path) -> ModelCard:
    """The card in a model's folder; whatever is wrong with it is said in one sentence."""
    path, advice = folder / CARD, _advice_for(folder)
    try:
        with path.open("rb") as file:
            values = tomllib.loads(file.read(_MOST_CARD).decode("utf-8"))
        card = _card_from(values)
    except FileNotFoundError as problem:
        raise UnusableModelError(f"The model {folder.name} has no card.", advice=advice) from problem
    except OSError as problem:
        raise UnusableModelError(f"The card of {folder.name} cannot be read: {problem.strerror}.") from problem
    except InvalidValueError as problem:
        raise UnusableModelError(f"The card of {folder.name} makes no sense: {problem}", advice=advice) from problem
    except (ValueError, RecursionError) as problem:  # no TOML, no UTF-8, a number of thousands of digits
        raise UnusableModelError(f"The card of {folder.name} is damaged: {problem}.", advice=advice) from problem
    if card.id != folder.name:
        raise UnusableModelError(
            f"The card in {folder.name} is that of {card.id}.", advice=f"Rename the folder to {card.id}."
        )
    return card


def verify(model: StoredModel) -> None:
    """Reads every byte of the weights and compares with the card: a sentence for whatever does not fit."""
    if model.card is None:
        assert model.problem is not None  # a stored model has one or the other
        raise model.problem
    found = _digest(model)
    if found != model.card.sha256:
        raise UnusableModelError(
            f"The weights of {model.card.id} are not those that its card describes: "
            f"SHA-256 {found[:12]}… instead of {model.card.sha256[:12]}….",
            advice=_advice_for(model.folder),
        )


def _advice_for(folder: Path) -> str:
    """What a person taught was copied from nowhere."""
    if folder.parent == places.own_models():
        return f"Delete the folder {folder} to be back at the model that came with the program."
    return _ADVICE


def _model_folders(parent: Path) -> Iterator[Path]:
    """Folders that hold a card or weights; a half-copied model is listed with its problem."""
    try:
        folders = sorted(parent.iterdir())
    except OSError:  # a person need not have models of their own
        return
    for folder in folders:
        if folder.name.startswith("."):  # one that is being written
            continue
        if _is_there(folder / CARD) or _is_there(folder / WEIGHTS):
            yield folder


def _is_there(path: Path) -> bool:
    """What may not be looked at is not there."""
    try:
        return path.exists()
    except OSError:
        return False


def _read_stored(folder: Path) -> StoredModel:
    try:
        card = read_card(folder)
    except UnusableModelError as problem:
        return StoredModel(folder, None, problem)
    if not (folder / WEIGHTS).is_file():
        return StoredModel(
            folder, None, UnusableModelError(f"The model {folder.name} has a card but no weights.", advice=_ADVICE)
        )
    return StoredModel(folder, card)


def _card_from(values: dict[str, Any]) -> ModelCard:
    known = {field.name: field for field in fields(ModelCard)}
    unknown = sorted(values.keys() - known.keys())
    if unknown:
        raise InvalidValueError(f"it has the unknown entries {', '.join(unknown)}.")
    missing = [
        name
        for name, field in known.items()
        if field.default is MISSING and field.default_factory is MISSING and name not in values
    ]
    if missing:
        raise InvalidValueError(f"it lacks {', '.join(missing)}.")
    for name in of_wrong_kind(values, ModelCard):
        raise InvalidValueError(f"its entry {name} is of the wrong kind.")
    return ModelCard(**{**values, "dtypes": tuple(values["dtypes"])})


def _digest(model: StoredModel) -> str:
    try:
        with model.weights.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as problem:
        raise UnusableModelError(
            f"The weights of {model.folder.name} cannot be read: {problem.strerror}.", advice=_ADVICE
        ) from problem
