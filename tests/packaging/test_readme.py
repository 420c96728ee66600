"""The README says what the cards say."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_figures_of_the_readme_are_those_of_the_cards():
    spec = importlib.util.spec_from_file_location("figures", ROOT / "packaging" / "figures.py")
    figures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(figures)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert figures.table().count("\n") > 8
    assert figures.with_table(text) == text, "run python packaging/figures.py"
