"""How numbers, sizes, times and shares are written for people."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated

THIN = "\u202f"  # narrow no-break space: groups digits and stands before units


def grouped(number: int) -> str:
    return f"{number:,}".replace(",", THIN)


def pixels(width: int, height: int) -> str:
    return f"{grouped(width)} × {grouped(height)}"


def progressed(done: int, total: int) -> str:
    """How far work is, in whole per cent: what is counted (pixels, rows) means nothing to a person."""
    return f"{100 * done // max(1, total)}{THIN}%"


def share(part: float) -> str:
    """A share of the picture: as many digits as it takes to tell it from nothing."""
    per_cent = part * 100
    if part <= 0:
        return f"0{THIN}%"
    if per_cent < 0.01:
        return translate("wording", "under {share}").format(share=f"0.01{THIN}%")
    return f"{per_cent:.2f}{THIN}%" if per_cent < 10 else f"{per_cent:.0f}{THIN}%"


def shortened(name: str, most: int = 48) -> str:
    """A file's name where there is one line for it: both ends tell more than the middle."""
    if len(name) <= most:
        return name
    half = (most - 1) // 2
    return f"{name[: most - 1 - half]}…{name[-half:]}"


def steps(count: int) -> str:
    return (
        translate("wording", "1 step")
        if count == 1
        else translate("wording", "{count} steps").format(count=grouped(count))
    )


def amount(size_bytes: float) -> str:
    for limit, unit in ((1e3, "B"), (1e6, "kB"), (1e9, "MB"), (1e12, "GB")):
        if size_bytes < limit:
            value = size_bytes / (limit / 1e3)
            return f"{value:.0f}{THIN}{unit}" if value >= 10 or unit == "B" else f"{value:.1f}{THIN}{unit}"
    return f"{size_bytes / 1e12:.1f}{THIN}TB"


def left(seconds: float | None) -> str:
    """Remaining time, no more exact than it can be known."""
    if seconds is None:
        return ""
    if seconds < 1.5:
        return translate("wording", "1 s left")
    if seconds < 90:
        return translate("wording", "{number} s left").format(number=round(seconds))
    if seconds < 5400:
        return translate("wording", "{number} min left").format(number=round(seconds / 60))
    return translate("wording", "{number} h left").format(number=round(seconds / 3600))


def ago(seconds: float) -> str:
    if seconds < 60:
        return translate("wording", "just now")
    if seconds < 5400:
        return translate("wording", "{number} min ago").format(number=round(seconds / 60))
    return translate("wording", "{number} h ago").format(number=round(seconds / 3600))


def zoom(factor: float) -> str:
    return f"{factor * 100:.0f}{THIN}%" if factor >= 0.1 else f"{factor * 100:.1f}{THIN}%"


def device(told: str) -> str:
    """What computes, as short as a status bar wants it: the processor's full name is for its tooltip."""
    name = told.partition(" (")[0]
    return translate("wording", "CPU") if name == "cpu" else told


def stops(exposure: float) -> str:
    """Exposure of the view, as photographers count it."""
    words = translate("wording", "{count} EV lighter") if exposure > 0 else translate("wording", "{count} EV darker")
    return words.format(count=f"{abs(exposure):g}")
