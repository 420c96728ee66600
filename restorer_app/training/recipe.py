"""Recipe: everything that decides how a model is taught, but for the photographs and the time."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from restorer_app.core.errors import InvalidValueError, UnreadableFileError
from restorer_app.training.photographs import Rule
from restorer_app.training.toml import toml

HISTORICAL = Rule("historical", reduce=2.0, grey=True)


@dataclass(frozen=True)
class Recipe:
    """What is taught (task, net), with what damage, and how (crops, rate, loss)."""

    id: str
    task: str
    net: str
    net_args: Mapping[str, Any]
    scale: int = 1
    crop: int = 64  # of the clean photograph
    batch: int = 6
    reuse: int = 1  # how often a lesson is learnt from, each time turned by a quarter
    different: int = 0  # lessons, when making one costs much: then they come again in other guises; 0: ever new ones
    halvings: int = 1  # how often each photograph is halved: smaller ones hold more detail to the pixel
    context: int = 0  # pixels of the crops in which holes are closed once and kept, if lessons are cut from such
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
        return recipe_of(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, TypeError) as error:
        raise UnreadableFileError(f"{file} is no recipe: {error}.") from error


def recipe_of(text: str) -> Recipe:
    """The recipe that a TOML text is."""
    values = tomllib.loads(text)
    rules = tuple(Rule(**rule) for rule in values.pop("rules", []))
    return Recipe(**values, rules=rules)


def recipe_toml(recipe: Recipe) -> str:
    """The recipe as TOML; `read_recipe` reads it back equal."""
    return toml(asdict(recipe))


_DENOISE = Recipe(
    id="denoise",
    task="denoise",
    net="trunk",
    net_args={"width": 48, "depth": 12, "far": [4, 8, 4]},
    rate=3e-3,
    loss="root",  # squared errors of grain would drown those of plain noise
    damage={"most": 60 / 255},
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
    "decompress": replace(
        _DENOISE,
        id="decompress",
        task="decompress",
        # 0.067 · guide^1.5 is the root of JPEG's squared error on photographs.
        net_args={"width": 48, "depth": 12, "far": [4, 8, 4], "blocks": 4, "strength": 0.067, "power": 1.5},
        crop=128,  # a multiple of the encoder's squares, and not all edge
        batch=3,
        rate=2e-3,
        damage={"worst": 5, "best": 95, "aligned": 0.92},  # the rest: squares that were looked for in vain
    ),
    "upscale-x2": _UPSCALE,
    "upscale-x4": replace(
        _UPSCALE,
        id="upscale-x4",
        net_args={"scale": 4, "width": 32, "depth": 12},
        scale=4,
        crop=128,
        damage={"scale": 4, "natural": 0.2},
    ),
    "repair": Recipe(
        id="repair",
        task="repair",
        net="mend",
        net_args={"width": 48, "patches": True},
        crop=96,
        batch=4,
        reuse=4,  # weaving patches takes a second a lesson
        rate=1.5e-3,
        loss="root",
        damage={"grey": 0.25, "patches": 1.0},
    ),
}

# Of the usual rate, for a model that is already good: a higher one would first unlearn.
_WARM_RATE = 0.3


# What says how large a net is; the rest of its arguments belong to the task.
_SIZES = ("width", "depth", "far", "blocks")


def recipe_for(model: str, file: Path | None, *, warm: bool, begun: Mapping[str, Any] = MappingProxyType({})) -> Recipe:
    """A model's recipe, from a file or the table; without a file the net is as large as the one it was `begun` with."""
    if file is not None:
        recipe = replace(read_recipe(file), id=model)
    elif model in RECIPES:
        known = RECIPES[model]
        sized = {"far": [], "blocks": 0, **begun} if begun else {}  # the card of a net without them says nothing of it
        sizes = {name: sized[name] for name in _SIZES if name in sized and name in known.net_args}
        recipe = replace(known, net_args={**known.net_args, **sizes})
        if recipe.damage.get("aligned") and not recipe.net_args["blocks"]:
            recipe = replace(recipe, damage={**recipe.damage, "aligned": 0.0})  # it is shown squares lying anywhere
    else:
        raise InvalidValueError(f"There is no recipe for {model}.", advice=f"There are {', '.join(sorted(RECIPES))}.")
    return replace(recipe, rate=recipe.rate * _WARM_RATE) if warm else recipe
