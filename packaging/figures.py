"""Writes the table of measured figures into README.md, from the cards of the shipped models.

Run it after `restorer bench quality --to-cards`: python packaging/figures.py
"""

from math import floor
from pathlib import Path

from restorer_app.bench.cases import CASES, Case
from restorer_app.bench.peers import kept_figures
from restorer_app.files import places
from restorer_app.files.cards import list_models

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- figures: begin, written by packaging/figures.py -->", "<!-- figures: end -->"
TITLES = {"cbsd68": "CBSD68", "kodak24": "Kodak24", "set14": "Set14", "set5": "Set5"}


def table() -> str:
    """One row for each figure of each shipped model, with what we want to reach and what others reached."""
    lines = ["| model | measured on | PSNR, dB | wanted at least | others |", "|---|---|---:|---:|---|"]
    for model in list_models(places.models()):
        assert model.card is not None, model.folder
        for name, case in CASES.items():
            values = _values(model.card.measured, case) if case.model == model.card.id else None
            if values is not None:
                reached = f"{floor(values['psnr'] * 100 + 1e-6) / 100:.2f}"  # never up: 32.998 is not yet 33.00
                wanted = f"{case.must:.2f}" if case.must is not None else "–"
                cells = (model.card.id, _where(case), reached, wanted, _others(name, case))
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def with_table(text: str) -> str:
    """The README with the table of today between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _values(measured: object, case: Case) -> dict[str, float] | None:
    """What the model reaches when it estimates the damage itself; where there is nothing to estimate, as it is."""
    assert isinstance(measured, dict)
    base = case.name if case.pictures in case.name else f"{case.name}, {case.pictures}"
    found = (measured.get(key) for key in (f"{base}, auto", base))
    return next((value for value in found if isinstance(value, dict)), None)


def _where(case: Case) -> str:
    title = TITLES[case.pictures]
    return case.name.replace(case.pictures, title) if case.pictures in case.name else f"{case.name}, {title}"


def _others(name: str, case: Case) -> str:
    kept = [f"{row.method} {row.psnr:.2f}" for row in kept_figures() if row.case == name]
    return "; ".join([*kept, *([case.published] if case.published else [])]) or "–"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
