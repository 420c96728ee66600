"""Kinds: whether plain values from a file are what the fields of a dataclass want."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

# A field's annotation, and what JSON and TOML give for it; bool is no number here.
_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, type(None)),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "Region": (list,),
    "tuple[str, ...]": (list,),
    "Mapping[str, Any]": (dict,),
    "Mapping[str, str]": (dict,),
}


def of_wrong_kind(values: Mapping[str, Any], wanted: type) -> list[str]:
    """The names of values that do not fit the field of the same name; what is missing or unknown is not judged."""
    kinds = {field.name: _KINDS[str(field.type)] for field in fields(wanted)}
    return [name for name, value in values.items() if name in kinds and type(value) not in kinds[name]]
