"""The look: colours of dark and light, one accent, and the style sheet made from them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from restorer_app.files import places

STYLE = places.resources() / "style"
ICONS = places.resources() / "icons"


@dataclass(frozen=True, slots=True)
class Colours:
    """One theme. Text stands on window, panel and raised; nothing but the accent is coloured."""

    name: str
    surround: str  # neutral grey around the picture
    window: str
    panel: str
    raised: str
    hover: str
    line: str
    text: str
    dim: str
    accent: str
    accent_text: str  # on the accent
    accent_soft: str  # behind the current step and the active tool
    accent_hover: str
    pill: str
    pill_text: str
    pill_dim: str


DARK = Colours(
    name="dark",
    surround="#5c5c5c",
    window="#232323",
    panel="#2b2b2b",
    raised="#363636",
    hover="#3d3d3d",
    line="#1a1a1a",
    text="#e8e8e6",
    dim="#a8a8a4",
    accent="#d9a441",
    accent_text="#211a0b",
    accent_soft="#453a24",
    accent_hover="#e6b659",
    pill="#161616",
    pill_text="#f2f2f0",
    pill_dim="#b4b4b0",
)
LIGHT = Colours(
    name="light",
    surround="#8d8d8d",
    window="#e4e4e2",
    panel="#f2f2f0",
    raised="#ffffff",
    hover="#e8e8e5",
    line="#cfcfcb",
    text="#1d1d1b",
    dim="#5f5f5b",
    accent="#8a5600",
    accent_text="#ffffff",
    accent_soft="#f2e3c8",
    accent_hover="#744800",
    pill="#1f1f1e",
    pill_text="#f6f6f4",
    pill_dim="#b8b8b4",
)


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def system_is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() != Qt.ColorScheme.Light


def chosen(theme: str) -> Colours:
    """The colours of "dark", "light" or "system"."""
    if theme == "system":
        return DARK if system_is_dark() else LIGHT
    return LIGHT if theme == "light" else DARK


def apply(app: QApplication, colours: Colours, *, glyphs: Path) -> None:
    """Fusion, our palette and our style sheet: the same on every platform and at every scale.

    `glyphs` is a folder with the few icons that the style sheet names, in these colours.
    """
    app.setStyle(QStyleFactory.create("Fusion"))
    app.setPalette(_palette(colours))
    app.setStyleSheet(style_sheet(colours, glyphs=glyphs))


def style_sheet(colours: Colours, *, glyphs: Path) -> str:
    template = Template((STYLE / "restorer.qss").read_text("utf-8"))
    return template.substitute(asdict(colours), glyphs=glyphs.as_posix())


def _palette(colours: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for where, colour in (
        (role.Window, colours.panel),
        (role.WindowText, colours.text),
        (role.Base, colours.raised),
        (role.AlternateBase, colours.panel),
        (role.Text, colours.text),
        (role.PlaceholderText, colours.dim),
        (role.Button, colours.raised),
        (role.ButtonText, colours.text),
        (role.BrightText, colours.text),
        (role.ToolTipBase, colours.raised),
        (role.ToolTipText, colours.text),
        (role.Highlight, colours.accent),
        (role.HighlightedText, colours.accent_text),
        (role.Link, colours.accent),
        (role.Light, colours.hover),
        (role.Mid, colours.line),
        (role.Dark, colours.line),
    ):
        palette.setColor(where, QColor(colour))
    for where in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, _between(colours.dim, colours.panel, 0.55))
    return palette


def _between(one: str, other: str, share: float) -> QColor:
    first, second = QColor(one), QColor(other)
    return QColor(
        *(
            round(a * share + b * (1 - share))
            for a, b in (
                (first.red(), second.red()),
                (first.green(), second.green()),
                (first.blue(), second.blue()),
            )
        )
    )
