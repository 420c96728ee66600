import re
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QSize, QSizeF

from restorer_app.ui import icons, theme
from restorer_app.ui.theme import DARK, ICONS, LIGHT, Colours, contrast

GROUNDS = ("window", "panel", "raised", "hover")
THEMES = pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # the lightest grey that passes on white


@given(st.integers(0, 0xFFFFFF), st.integers(0, 0xFFFFFF))
def test_contrast_does_not_ask_which_colour_is_on_top(one, other):
    first, second = f"#{one:06x}", f"#{other:06x}"
    assert contrast(first, second) == contrast(second, first)
    assert 1 <= contrast(first, second) <= 21


@THEMES
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", ["text", "dim"])
def test_text_can_be_read_on_every_ground(colours: Colours, ground, ink):
    assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5


@THEMES
def test_text_on_the_accent_and_the_accent_as_text_can_be_read(colours: Colours):
    assert contrast(colours.accent_text, colours.accent) >= 4.5
    assert contrast(colours.accent_text, colours.accent_hover) >= 4.5
    assert contrast(colours.text, colours.accent_soft) >= 4.5
    for ground in ("panel", "raised", "accent_soft"):
        assert contrast(colours.accent, getattr(colours, ground)) >= 4.5
    for ink in ("pill_text", "pill_dim"):
        assert contrast(getattr(colours, ink), colours.pill) >= 4.5


@THEMES
def test_nothing_near_the_picture_is_coloured(colours: Colours):
    assert len({colours.surround[place : place + 2] for place in (1, 3, 5)}) == 1
    for name in (*GROUNDS, "line", "text", "dim"):
        value = getattr(colours, name)
        parts = [int(value[place : place + 2], 16) for place in (1, 3, 5)]
        assert max(parts) - min(parts) <= 8, name


@THEMES
def test_the_style_sheet_names_only_colours_and_files_that_there_are(colours: Colours, tmp_path):
    icons.write_for_style(tmp_path, colours)
    sheet = theme.style_sheet(colours, glyphs=tmp_path)
    assert "$" not in sheet
    for name in re.findall(r"url\(([^)]+)\)", sheet):
        assert (tmp_path / name.rpartition("/")[2]).is_file()
    known = set(asdict(colours).values())
    assert set(re.findall(r"#[0-9a-f]{6}\b", sheet)) <= known


@pytest.mark.parametrize("file", sorted(ICONS.glob("*.svg")), ids=lambda file: file.stem)
def test_an_icon_is_drawn_on_the_grid_in_one_colour(file, qapp):
    text = file.read_text("utf-8")
    drawn = icons.pixmap(file.stem, "#ff0000", size=20, ratio=2).toImage()
    assert any(drawn.pixelColor(x, y).alpha() for x in range(40) for y in range(40)), "nothing was drawn"
    if file.stem != icons.MARK:
        assert 'viewBox="0 0 20 20"' in text
        assert 'stroke-width="1.5"' in text
        assert not re.findall(r"#[0-9a-fA-F]{3,6}", text), "icons take their colour from the theme"


def test_an_icon_is_sharp_at_any_scale(qapp):
    """Twice the pixels show twice the detail, not the same pixels twice."""
    small = icons.pixmap("brush", "#000000", size=20, ratio=1).toImage()
    large = icons.pixmap("brush", "#000000", size=20, ratio=4).toImage()
    blown_up = small.scaled(large.size())
    assert any(
        abs(large.pixelColor(x, y).alpha() - blown_up.pixelColor(x, y).alpha()) > 100
        for x in range(80)
        for y in range(80)
    )


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_an_icon_has_as_many_pixels_as_the_screen_asks_for(qapp, ratio):
    drawn = icons.icon("brush", theme.DARK).pixmap(QSize(20, 20), ratio)
    assert drawn.size() == QSize(20, 20) * ratio
    assert drawn.devicePixelRatio() == ratio
    assert drawn.deviceIndependentSize() == QSizeF(20, 20)
