"""TOML for recipes and cards: plain values, lists and one level of tables more than needed."""

import json
from collections.abc import Mapping
from typing import Any


def toml(values: Mapping[str, Any], name: str = "") -> str:
    """Values as TOML, tables after plain entries."""
    plain = [f"{_key(key)} = {_value(value)}" for key, value in values.items() if not _is_table(value)]
    parts = [f"[{name}]"] * bool(name) + plain
    for key, value in values.items():
        inner = f"{name}.{_key(key)}" if name else _key(key)
        if isinstance(value, Mapping):
            parts += ["", toml(value, inner).rstrip()]
        elif _is_table(value):
            parts += [f"\n[[{inner}]]\n{toml(one).rstrip()}" for one in value]
    return "\n".join(parts) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, (list, tuple)) and any(isinstance(v, Mapping) for v in value)
    )


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else json.dumps(key)


def _value(value: Any) -> str:
    if isinstance(value, str):
        told = value.encode("utf-8", "replace").decode("utf-8")  # a folder's name may hold bytes that are no letters
        return json.dumps(told, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML wants it told
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return repr(value)
