"""What can be done here: operations joined with the models there are, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from restorer_app.core.card import ModelCard, models_know
from restorer_app.core.operation import (
    OPERATIONS,
    THOROUGH_LOOKS,
    USUAL_LOOKS,
    Decompress,
    Denoise,
    Operation,
    Upscale,
)
from restorer_app.ui.panels.one_click import Offer
from restorer_app.ui.panels.options import Method

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated

_SCALES = (2, 4)
_ICONS = {"denoise": "denoise", "decompress": "decompress", "upscale": "upscale"}


@dataclass(frozen=True)
class Way:
    """One way to carry an operation out: by a model, or by arithmetic where `card` is None."""

    id: str
    kind: type[Operation]
    scale: int
    card: ModelCard | None

    def operation(self, strength: float | None, *, thorough: bool = False) -> Operation:
        looks = (THOROUGH_LOOKS if thorough else USUAL_LOOKS) if self.card else 1
        if self.kind is Denoise:
            return Denoise(strength=strength, method="learned" if self.card else "nlm", looks=looks)
        if self.kind is Decompress:
            quality = None if strength is None else max(1, round(100 * (1 - strength)))
            return Decompress(quality=quality, looks=looks)
        assert self.kind is Upscale, self.kind  # repairs are asked for by painting
        return Upscale(scale=self.scale, method="learned" if self.card else "lanczos", looks=looks)


def ways(cards: Sequence[ModelCard]) -> tuple[Way, ...]:
    """Every operation that needs no mask, once for each model that can do it; by arithmetic where none can."""
    found: list[Way] = []
    for kind in OPERATIONS:
        if kind.needs_mask:
            continue
        for scale in _SCALES if kind is Upscale else (1,):
            found += _ways_of(kind, scale, cards)
    return tuple(found)


def _ways_of(kind: type[Operation], scale: int, cards: Sequence[ModelCard]) -> list[Way]:
    name = f"{kind.name}-{scale}" if kind is Upscale else kind.name
    fitting = [card for card in cards if card.task == kind.name and card.scale == scale]
    if len(fitting) == 1:
        return [Way(name, kind, scale, fitting[0])]
    if fitting:
        return [Way(f"{name}:{card.id}", kind, scale, card) for card in fitting]
    return [] if kind is Decompress else [Way(name, kind, scale, None)]  # there is no arithmetic that undoes JPEG


def offers(found: Sequence[Way], *, masked: bool, editable: bool) -> tuple[Offer, ...]:
    return tuple(_offer(way, masked=masked, editable=editable) for way in found)


def _offer(way: Way, *, masked: bool, editable: bool) -> Offer:
    title = {
        "denoise": translate("offers", "Denoise"),
        "decompress": translate("offers", "Remove compression"),
        "upscale": translate("offers", "Upscale ×{scale}").format(scale=way.scale),
    }[way.kind.name]
    return Offer(
        way.id,
        title,
        _detail(way),
        icon=_ICONS[way.kind.name],
        hint=_hint(way),
        available=editable,
        has_strength=way.kind is not Upscale,
        looks=way.card is not None,
        button=translate("offers", "In mask") if masked and way.kind is not Upscale else "",
    )


def _detail(way: Way) -> str:
    if way.card is None:
        return {
            "denoise": translate("offers", "classical · non-local"),
            "upscale": translate("offers", "classical · Lanczos"),
        }[way.kind.name]
    if ":" in way.id:
        return way.card.id
    return (
        translate("offers", "adds plausible detail")
        if way.card.synthesises_detail
        else translate("offers", "faithful · adds no detail")
    )


def _hint(way: Way) -> str:
    if way.card is None:
        return translate("offers", "Computed from this picture alone, by arithmetic that can be looked up.")
    if way.card.synthesises_detail:
        return translate(
            "offers", "A trained network (“{model}”) that adds detail which looks right and may never have been there."
        ).format(model=way.card.id)
    return translate(
        "offers", "A trained network (“{model}”) that keeps to what the picture holds; the record names it."
    ).format(model=way.card.id)


def _why_none(layout: str) -> str:
    if models_know(layout):
        return translate("offers", "No repair model is installed.")
    name = {"cmyk": "CMYK", "lab": "Lab"}[layout]
    return translate("offers", "Learned methods know grey and RGB, and this picture is {name}.").format(name=name)


def usable_method(chosen: str, cards: Sequence[ModelCard]) -> str:
    """The chosen way to repair, or the first that can be had here."""
    found = methods(cards)
    usable = [method.id for method in found if method.available]
    return chosen if chosen in usable else usable[0]


def methods(cards: Sequence[ModelCard], layout: str = "rgb") -> tuple[Method, ...]:
    """Ways to repair a picture of that layout, with a sentence on what each does to the evidence."""
    has_model = any(card.task == "repair" for card in cards)
    faithful = translate(
        "offers",
        "A network trained on other photographs joins a smooth fill with similar places of this picture, as it finds "
        "likely. What it puts there is a guess, not evidence; the record says where, and which model made it.",
    )
    return (
        Method(
            "faithful",
            translate("offers", "Faithful"),
            faithful if has_model else _why_none(layout),
            available=has_model,
        ),
        Method(
            "patch",
            translate("offers", "Patch"),
            translate(
                "offers",
                "Copies matching places of this same picture: every pixel was really taken, but somewhere else.",
            ),
        ),
        Method(
            "telea",
            translate("offers", "Smooth"),
            translate(
                "offers",
                "Spreads the edge inwards (Telea). Good for thin scratches in even areas; it invents no texture.",
            ),
        ),
        Method(
            "navier-stokes",
            translate("offers", "Lines"),
            translate("offers", "Continues lines across narrow damage (Navier–Stokes); it invents no texture."),
        ),
    )
