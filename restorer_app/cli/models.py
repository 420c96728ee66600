"""restorer models: which trained models are here, what they measured, and whether they are whole."""

from __future__ import annotations

import argparse
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
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    stored = cards.list_models()
    problems = {model.folder: _problem_of(model, thoroughly=args.verify) for model in stored}
    fields = [_fields(model, problems[model.folder]) for model in stored]
    lines = [line for model in stored for line in _lines(model, problems[model.folder], verified=args.verify)]
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
    size = telling.megabytes(model.weights.stat().st_size)
    whole = ", weights verified" if verified else ""
    makes_up = ", synthesises detail" if card.synthesises_detail else ""
    lines = [f"{card.id} {card.version}: {card.task}, {card.net}, {size}, {card.licence}{makes_up}{whole}"]
    return lines + [f"    {name}: {_figure(value)}" for name, value in sorted(card.measured.items())]


def _figure(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_figure(one)}" for name, one in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)
