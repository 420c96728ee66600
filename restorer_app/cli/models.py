"""restorer models: which trained models are here, what they measured, and whether they are whole."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from restorer_app.cli import options, telling
from restorer_app.core.errors import UnusableModelError
from restorer_app.files import cards
from restorer_app.files.cards import StoredModel


def add_parser(subparsers: Any) -> None:
    what = "list the trained models with their measured figures"
    parser = subparsers.add_parser("models", help=what, description=options.sentence(what))
    parser.add_argument(
        "--verify", action="store_true", help="read every byte of the weights and compare with the card"
    )
    options.add_json(parser)
    parser.set_defaults(run=_run, only_tells=True)


def _run(args: argparse.Namespace) -> int:
    stored = cards.list_models()
    problems = {model.folder: _problem_of(model, thoroughly=args.verify) for model in stored}
    fields = [_fields(model, problems[model.folder]) for model in stored]
    lines = [line for model in stored for line in _lines(model, problems[model.folder], verified=args.verify)]
    if any(model.card is not None and model.card.measured for model in stored):
        lines.append(_EXPLAINED)
    if not stored:
        lines = ["No trained model is here. The classical methods work without: see restorer repair --help."]
    telling.tell({"models": fields}, lines, as_json=args.json)
    return 1 if any(problems.values()) else 0


def _problem_of(model: StoredModel, *, thoroughly: bool) -> str:
    """Why a model cannot be used, or nothing."""
    try:
        if thoroughly:
            cards.verify(model)
    except UnusableModelError as problem:
        return str(problem)
    return str(model.problem) if model.problem else ""


def _fields(model: StoredModel, problem: str) -> dict[str, Any]:
    card = asdict(model.card) if model.card else {"id": model.folder.name}
    return card | {"folder": str(model.folder), "problem": problem or None}


def _lines(model: StoredModel, problem: str, *, verified: bool) -> list[str]:
    card = model.card
    if card is None or problem:
        return [f"{model.folder.name}: cannot be used. {problem}"]
    kept = "may add detail that was never there" if card.synthesises_detail else _KEPT.get(card.task, _KEPT_ELSE)
    size = telling.megabytes(model.weights.stat().st_size)
    facts = [f"version {card.version}", size, f"{card.licence} licence", f"trained by {card.trained_by}"]
    facts += ["every byte is as the card says"] if verified else []
    title = f"{card.id}: {_TASKS[card.task].format(scale=card.scale)}; {kept}"
    figures = [_figure(name, value) for name, value in card.measured.items() if _is_usual(name)]
    return [title, f"    {', '.join(facts)}", *(f"    {figure}" for figure in figures)]


_TASKS = {
    "repair": "fills painted damage from what surrounds it",
    "denoise": "takes noise away",
    "decompress": "takes away what JPEG compression left",
    "upscale": "enlarges ×{scale}",
}
_KEPT = {"repair": "adds what is likely there"}  # a hole holds nothing that could be kept
_KEPT_ELSE = "adds no detail of its own"
_GIVEN = "told"  # measured with the true strength given to it; a person with a scan has only the other figure
_NAMES = {
    "watched crops": "other pieces of the photographs it was trained on",
    "clean": "a clean picture",
    "halved: change": "which it should leave alone",
    "in the hole": "inside the damage",
    "luma": "brightness alone",
    "Y": "brightness alone",
    "auto": "",
    "cbsd68": "CBSD68",
    "kodak24": "Kodak24",
    "set5": "Set5",
    "set14": "Set14",
}
_EXPLAINED = (
    "The figures say how near results come to pictures that were damaged on purpose, as a mean over test pictures:\n"
    "6 dB more halve the error, and above 40 dB hardly an eye sees a difference. All of each card: --json."
)


def _is_usual(name: str) -> bool:
    """What a person gets who asks for nothing else; the rest of a card is for those who compare."""
    parts = name.split(", ")
    return _GIVEN not in parts and not parts[-1].endswith((" look", " looks"))


def _figure(name: str, value: Any) -> str:
    """A measurement in words; one of a kind that is not known here as the card has it."""
    words = ", ".join(word for part in name.split(", ") if (word := _NAMES.get(part, part)))
    if not isinstance(value, Mapping) or type(value.get("psnr")) not in {int, float}:
        return f"{words}: {value}"
    has_least = "pictures" in value and type(value.get("least")) in {int, float}
    least = f"; the worst of {value['pictures']}: {value['least']:.2f}" if has_least else ""
    return f"{value['psnr']:.2f} dB  {words}{least}"
