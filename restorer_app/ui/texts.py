"""Texts: everything that can be translated, as a file for Qt's translators: `python -m restorer_app.ui.texts OUT.ts`.

Qt's lupdate reads texts that stand in a call. Those of tables, which session and command line use without Qt, are
written out for it first.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from restorer_app.session.commands import COMMANDS, GESTURES, GROUPS

FOLDER = Path(__file__).parent
STEPS = (  # titles of the history
    "Opened", "Painted mask", "Erased mask", "Painted protection", "Erased protection", "Cleared mask",
    "Reselected mask", "Loaded mask", "Masked everything", "Inverted mask", "Grew mask", "Shrank mask",
    "Feathered mask", "Cleared protection", "Loaded protection", "Protected everything", "Inverted protection",
    "Grew protection", "Shrank protection", "Feathered protection",
    "Repaired", "Denoised", "Removed compression", "Upscaled", "Restored original", "Cloned",
)  # fmt: skip


def of_tables() -> list[tuple[str, str]]:
    """Context and text of everything that is looked up at run time."""
    commands = [text for command in COMMANDS for text in (command.title, command.hint) if text]
    found = [*GROUPS.values(), *commands, *(text for gesture in GESTURES for text in gesture)]
    return [("commands", text) for text in found] + [("presenting", title) for title in STEPS]


def extract(target: Path) -> None:
    """Writes or renews a .ts file; translations that are in it already stay."""
    program = shutil.which("pyside6-lupdate", path=str(Path(sys.executable).parent)) or shutil.which("pyside6-lupdate")
    if program is None:
        sys.exit("pyside6-lupdate was not found; it comes with PySide6.")
    with tempfile.TemporaryDirectory(prefix="restorer-texts-") as folder:
        tables = Path(folder) / "tables.py"
        tables.write_text("".join(map(_line, of_tables())), "utf-8")
        sources = [*sorted(FOLDER.rglob("*.py")), tables]
        subprocess.run([program, *map(str, sources), "-ts", str(target)], check=True, stdout=subprocess.DEVNULL)


def _line(told: tuple[str, str]) -> str:
    context, text = (json.dumps(part, ensure_ascii=False) for part in told)
    return f"QT_TRANSLATE_NOOP({context}, {text})\n"


if __name__ == "__main__":
    extract(Path(sys.argv[1]))
