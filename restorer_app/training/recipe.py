"""Recipe: everything that decides how a model is taught, but for the photographs and the time."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from restorer_app.core.errors import UnreadableFileError
from restorer_app.training.photographs import Rule

HISTORICAL = Rule("historical", reduce=2.0, grey=True)


@dataclass(frozen=True)
class Recipe:
    """What is taught (task, net), with what damage, and how (crops, rate, loss)."""

    id: str
    task: str
    net: str
    net_args: Mapping[str, int]
    scale: int = 1
    crop: int = 64  # of the clean photograph
    batch: int = 6
    rate: float = 1e-3
    optimiser: str = "muon"
    warm_up: float = 0.02  # share of the whole run
    clip: float = 5.0
    ema: float = 0.999
    loss: str = "square"
    seed: int = 20261120
    damage: Mapping[str, float] = field(default_factory=dict)
    rules: tuple[Rule, ...] = (HISTORICAL,)


def read_recipe(file: Path) -> Recipe:
    """The recipe of a TOML file."""
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
        rules = tuple(Rule(**rule) for rule in values.pop("rules", []))
        return Recipe(**values, rules=rules)
    except (OSError, tomllib.TOMLDecodeError, TypeError) as error:
        raise UnreadableFileError(f"{file} is no recipe: {error}.") from error


def recipe_toml(recipe: Recipe) -> str:
    """The recipe as TOML; `read_recipe` reads it back equal."""
    plain: dict[str, Any] = asdict(recipe)
    rules, tables = plain.pop("rules"), {name: plain.pop(name) for name in ("net_args", "damage")}
    lines = [f"{name} = {_value(value)}" for name, value in plain.items()]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in table.items())]
    for rule in rules:
        lines += ["", "[[rules]]", *(f"{key} = {_value(value)}" for key, value in rule.items())]
    return "\n".join(lines) + "\n"


def _value(value: str | float | bool) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else repr(value)


_DENOISE = Recipe(
    id="denoise", task="denoise", net="trunk", net_args={"width": 48, "depth": 12}, rate=5e-3, damage={"most": 60 / 255}
)

_UPSCALE = Recipe(
    id="upscale-x2",
    task="upscale",
    net="enlarge",
    net_args={"scale": 2, "width": 32, "depth": 12},
    scale=2,
    crop=80,
    batch=8,
    rate=4e-3,
    loss="root",
    damage={"scale": 2, "natural": 0.2},
)

# One explicit table: what `restorer train ID` knows without a recipe file.
RECIPES: Mapping[str, Recipe] = {
    "denoise": _DENOISE,
    "decompress": replace(_DENOISE, id="decompress", task="decompress", rate=2e-3, damage={"worst": 5, "best": 95}),
    "upscale-x2": _UPSCALE,
    "upscale-x4": replace(
        _UPSCALE,
        id="upscale-x4",
        net_args={"scale": 4, "width": 32, "depth": 12},
        scale=4,
        crop=128,
        damage={"scale": 4, "natural": 0.2},
    ),
}
