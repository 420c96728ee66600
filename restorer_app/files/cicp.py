"""Colours told by numbers (CICP) instead of a profile: what they say where it is not plain sRGB."""

from __future__ import annotations

COLOURS_BY_NUMBER = "Colours by number"  # the name of a fact
_PRIMARIES = {1: "", 2: "", 9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}
_CURVES = {1: "", 2: "", 6: "", 13: "", 14: "", 15: "", 8: "linear", 16: "PQ", 18: "HLG"}


def colours_fact(primaries: int, curve: int) -> tuple[tuple[str, str], ...]:
    """A fact where a picture is meant for other colours than sRGB; nothing where it is not."""
    names = _PRIMARIES.get(primaries, f"primaries {primaries}"), _CURVES.get(curve, f"curve {curve}")
    text = ", ".join(name for name in names if name)
    return ((COLOURS_BY_NUMBER, text),) if text else ()
