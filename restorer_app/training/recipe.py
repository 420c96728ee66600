"""Recipe: everything that decides how a model is taught, but for the photographs and the time."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from restorer_app.core.card import is_model_id
from restorer_app.core.errors import InvalidValueError, UnreadableFileError
from restorer_app.engine.nets import NETS
from restorer_app.files.toml import toml
from restorer_app.training.clean import Rule

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

    def __post_init__(self) -> None:
        """Whatever a run could not be made with is said before its first hour, not after its last."""
        for each in fields(self):
            value, kinds = getattr(self, each.name), _KINDS.get(str(each.type), ())
            if kinds and type(value) not in kinds:
                raise InvalidValueError(f"A recipe's {each.name} cannot be {value!r}.")
        if not is_model_id(self.id):
            raise InvalidValueError(f"A model's id is lower case words joined by '-', not {self.id!r}.")
        _must_be_within_limits(self)
        _must_tell_of_the_damage(self)
        _must_make_a_net(self)


def _must_be_within_limits(recipe: Recipe) -> None:
    for name, (least, most) in _LIMITS.items():
        value = getattr(recipe, name)
        if not least <= value <= most:  # nor is what is no number
            raise InvalidValueError(f"A recipe's {name} lies between {least:g} and {most:g}, not at {value:g}.")
    for name, choices in _CHOICES.items():
        if getattr(recipe, name) not in choices:
            raise InvalidValueError(
                f"A recipe's {name} is one of {', '.join(map(str, choices))}, not {getattr(recipe, name)}."
            )


def _must_tell_of_the_damage(recipe: Recipe) -> None:
    missing = [name for name in _DAMAGE[recipe.task] if name not in recipe.damage]
    if missing:
        raise InvalidValueError(f"A recipe for {recipe.task} tells of the damage: {', '.join(missing)}.")
    bad = [name for name, value in recipe.damage.items() if type(value) not in {int, float}]
    if bad:
        raise InvalidValueError(f"What a recipe says of the damage's {', '.join(bad)} is no number.")


def _must_make_a_net(recipe: Recipe) -> None:
    try:
        with torch.device("meta"):  # no memory, and no draw of the random numbers that lessons go by
            NETS[recipe.net](**recipe.net_args)
    except (TypeError, ValueError, RuntimeError, IndexError, ZeroDivisionError) as problem:
        told = str(problem).splitlines()[0]
        raise InvalidValueError(f"There is no net {recipe.net} with {dict(recipe.net_args)}: {told}.") from problem


_KINDS: Mapping[str, tuple[type, ...]] = {
    "<class 'str'>": (str,),
    "<class 'int'>": (int,),
    "<class 'float'>": (int, float),
}
_DAMAGE: Mapping[str, tuple[str, ...]] = {
    "denoise": ("most",),
    "decompress": ("worst", "best"),
    "upscale": ("scale", "natural"),
    "repair": ("grey",),
}
_LIMITS: Mapping[str, tuple[float, float]] = {
    "crop": (16, 4096),  # what is measured of it needs eleven
    "batch": (1, 4096),
    "reuse": (1, 10_000),
    "different": (0, 10_000_000),
    "halvings": (0, 8),
    "context": (0, 8192),
    "rate": (1e-9, 1.0),
    "warm_up": (0.0, 0.9),
    "clip": (1e-6, 1e6),
    "ema": (0.0, 0.999999),
    "seed": (0, 2**40),
}
_CHOICES: Mapping[str, tuple[str | int, ...]] = {
    "task": ("denoise", "decompress", "upscale", "repair"),
    "net": tuple(NETS),
    "scale": (1, 2, 4),
    "optimiser": ("muon", "adam"),
    "loss": ("square", "root", "log"),
}


def read_recipe(file: Path) -> Recipe:
    """The recipe of a TOML file."""
    try:
        return recipe_of(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, AttributeError) as error:
        raise UnreadableFileError(f"{file} is no recipe: {error}.") from error
    except InvalidValueError as error:
        raise UnreadableFileError(f"{file} is no recipe. {error}") from error


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
    """A model's recipe, from a file as it stands there, or from the table.

    From the table the net is as large as the one it was `begun` with, and one that is good already learns more slowly.
    """
    if file is not None:
        recipe = replace(read_recipe(file), id=model)
        known = RECIPES.get(model, recipe)
        if (recipe.task, recipe.scale) != (known.task, known.scale):
            raise InvalidValueError(
                f"{file} is a recipe for {recipe.task} at ×{recipe.scale}, not for {model}.",
                advice=f"Teach it under another name than {model}.",
            )
        return recipe
    if model in RECIPES:
        known = RECIPES[model]
        sized = {"far": [], "blocks": 0, **begun} if begun else {}  # the card of a net without them says nothing of it
        sizes = {name: sized[name] for name in _SIZES if name in sized and name in known.net_args}
        recipe = replace(known, net_args={**known.net_args, **sizes})
        if recipe.damage.get("aligned") and not recipe.net_args["blocks"]:
            recipe = replace(recipe, damage={**recipe.damage, "aligned": 0.0})  # it is shown squares lying anywhere
    else:
        raise InvalidValueError(f"There is no recipe for {model}.", advice=f"There are {', '.join(sorted(RECIPES))}.")
    return replace(recipe, rate=recipe.rate * _WARM_RATE) if warm else recipe
