"""Operations: what a person can ask for, each with its own few parameters."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, get_args

from restorer_app.core.errors import InvalidValueError

RepairMethod = Literal["faithful", "patch", "telea", "navier-stokes"]
DenoiseMethod = Literal["learned", "nlm", "guided"]
UpscaleMethod = Literal["learned", "lanczos"]
UpscaleMode = Literal["faithful", "natural"]
Looks = Literal[1, 2, 4]  # at a picture by a net, each time turned and moved; the mean of what it says counts
USUAL_LOOKS, THOROUGH_LOOKS = 2, 4


@dataclass(frozen=True, slots=True)
class Repair:
    """Fill what the mask covers from what surrounds it."""

    method: RepairMethod = "faithful"
    grain: float = 1.0  # how much of the surroundings' grain the fill carries; 0 for line art

    name: ClassVar[str] = "repair"
    title: ClassVar[str] = "Repair"
    needs_mask: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _one_of(self, "method", get_args(RepairMethod))
        _between(self, "grain", 0, 2)

    @property
    def task(self) -> str | None:
        return "repair" if self.method == "faithful" else None

    @property
    def scale(self) -> int:
        return 1


@dataclass(frozen=True, slots=True)
class Denoise:
    """Take noise away; without a strength, as much as the picture itself shows."""

    strength: float | None = None  # None: measured from the picture; 0 changes nothing, 1 the strongest
    method: DenoiseMethod = "learned"
    looks: int = 1  # of the learned method; all there was when records said nothing of it

    name: ClassVar[str] = "denoise"
    title: ClassVar[str] = "Denoise"
    needs_mask: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _one_of(self, "method", get_args(DenoiseMethod))
        _one_of(self, "looks", get_args(Looks))
        if self.strength is not None:
            _between(self, "strength", 0, 1)

    @property
    def task(self) -> str | None:
        return "denoise" if self.method == "learned" else None

    @property
    def scale(self) -> int:
        return 1


@dataclass(frozen=True, slots=True)
class Decompress:
    """Take the traces of JPEG compression away; without a quality, the one that the picture shows."""

    quality: int | None = None
    looks: int = 1

    name: ClassVar[str] = "decompress"
    title: ClassVar[str] = "Remove compression"
    needs_mask: ClassVar[bool] = False
    task: ClassVar[str] = "decompress"
    scale: ClassVar[int] = 1

    def __post_init__(self) -> None:
        _one_of(self, "looks", get_args(Looks))
        if self.quality is not None:
            _between(self, "quality", 1, 100)


@dataclass(frozen=True, slots=True)
class Upscale:
    """Make the picture 2 or 4 times as wide and high."""

    scale: int = 2
    method: UpscaleMethod = "learned"
    mode: UpscaleMode = "faithful"
    looks: int = 1

    name: ClassVar[str] = "upscale"
    title: ClassVar[str] = "Upscale"
    needs_mask: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _one_of(self, "method", get_args(UpscaleMethod))
        _one_of(self, "mode", get_args(UpscaleMode))
        _one_of(self, "looks", get_args(Looks))
        if self.scale not in (2, 4):
            raise InvalidValueError(f"A picture can be upscaled 2 or 4 times, not {self.scale} times.")

    @property
    def task(self) -> str | None:
        return "upscale" if self.method == "learned" else None


Operation = Repair | Denoise | Decompress | Upscale
OPERATIONS: tuple[type[Operation], ...] = (Repair, Denoise, Decompress, Upscale)


def to_fields(operation: Operation) -> dict[str, Any]:
    """Plain values for a record: the name and the parameters."""
    return {"name": operation.name} | {field.name: getattr(operation, field.name) for field in fields(operation)}


def from_fields(values: dict[str, Any]) -> Operation:
    """The operation that a record describes."""
    for kind in OPERATIONS:
        if kind.name == values.get("name"):
            known = {field.name for field in fields(kind)}
            unknown = values.keys() - known - {"name"}
            if unknown:
                raise InvalidValueError(f"The operation {kind.name} knows no {', '.join(sorted(unknown))}.")
            return kind(**{key: value for key, value in values.items() if key in known})
    raise InvalidValueError(f"There is no operation named {values.get('name')!r}.")


def _one_of(operation: Operation, name: str, allowed: tuple[object, ...]) -> None:
    value = getattr(operation, name)
    if not any(value == one and type(value) is type(one) for one in allowed):  # True is 1
        raise InvalidValueError(f"The {name} of {operation.name} can be {', '.join(map(str, allowed))}, not {value!r}.")


def _between(operation: Operation, name: str, least: float, most: float) -> None:
    value = getattr(operation, name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise InvalidValueError(f"The {name} of {operation.name} goes from {least} to {most}, but is {value!r}.")
