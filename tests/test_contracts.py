"""Who may import whom: every contract in pyproject.toml can fail, and the processes load only what is theirs."""

import importlib.util
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONTRACTS = {contract["id"]: contract["name"] for contract in SETTINGS["tool"]["importlinter"]["contracts"]}

BREACHES = [
    ("layers", "core/breach.py", "import restorer_app.files"),
    ("layers", "files/breach.py", "import restorer_app.engine"),
    ("layers", "engine/breach.py", "import restorer_app.session"),
    ("layers", "session/breach.py", "import restorer_app.bench"),
    ("layers", "bench/breach.py", "import restorer_app.training"),
    ("layers", "cli/breach.py", "import restorer_app.ui"),
    ("layers", "ui/breach.py", "def late():\n    import restorer_app.cli"),
    ("layers", "utils/__init__.py", ""),
    ("qt", "session/breach.py", "import PySide6.QtCore"),
    ("qt", "bench/breach.py", "def late():\n    import PySide6.QtGui"),
    ("torch", "ui/breach.py", "import torch"),
    ("torch", "session/breach.py", "import restorer_app.engine"),
    ("torch", "cli/breach.py", "def late():\n    import torch.nn"),
    ("ground", "files/breach.py", "import torch"),
    ("ground", "core/breach.py", "import torch"),
    ("opencv", "session/breach.py", "import cv2"),
    ("opencv", "core/breach.py", "import cv2"),
    ("opencv", "ui/panels/breach.py", "import cv2"),
    ("opencv", "cli/breach.py", "import cv2"),
]

STAY_OUT = [  # the process, what it imports first, what must not come along
    ("the window", "restorer_app.ui.app", ["torch", "restorer_app.engine"]),
    ("the engine process", "restorer_app.engine.server", ["PySide6", "shiboken6"]),
    ("the reader process", "restorer_app.files.reader", ["torch", "PySide6", "shiboken6"]),
    ("the command line", "restorer_app.cli.main", ["torch", "PySide6", "shiboken6"]),
]


def lint(folder: Path) -> str:
    run = [
        sys.executable,
        "-c",
        "import sys; from importlinter.cli import lint_imports_command as l; l()",
        "--no-cache",
    ]
    return subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "restorer_app", tmp_path / "restorer_app", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_package_keeps_every_contract(copy):
    told = lint(copy)
    assert f"{len(CONTRACTS)} kept, 0 broken" in told, told


@pytest.mark.parametrize(("contract", "file", "source"), BREACHES)
def test_a_breach_is_seen(copy, contract, file, source):
    target = copy / "restorer_app" / file
    target.parent.mkdir(exist_ok=True)
    target.write_text(f'"""A breach."""\n{source}\n', "utf-8")
    told = lint(copy)
    assert f"{CONTRACTS[contract]} BROKEN" in told, told


def test_every_contract_has_been_seen_to_fail():
    assert {contract for contract, _, _ in BREACHES} == set(CONTRACTS)


def test_only_two_imports_reach_down_past_the_contracts():
    """Each further exception would be a hole that the next reader takes for a door."""
    passed = {
        edge
        for contract in SETTINGS["tool"]["importlinter"]["contracts"]
        if contract["id"] != "opencv"  # its exceptions are the rule: where cv2 may be used
        for edge in contract.get("ignore_imports", [])
    }
    assert passed == {
        "restorer_app.session.runner -> restorer_app.engine.run",
        "restorer_app.cli.train -> restorer_app.training.loop",
    }


@pytest.mark.parametrize(("process", "module", "strangers"), STAY_OUT, ids=[row[0] for row in STAY_OUT])
def test_a_process_loads_only_what_is_its_own(process, module, strangers):
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not written yet")
    script = f"import sys, {module}; print(*[name for name in {strangers!r} if name in sys.modules])"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    assert child.stdout.strip() == "", f"{process} loaded {child.stdout.strip()}"


def test_blue_green_red_is_known_in_one_file_only():
    """OpenCV's colour order stays in engine/classical.py; elsewhere pixels are RGB."""
    knowing = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "restorer_app").rglob("*.py")
        if "BGR" in path.read_text("utf-8")
    ]
    assert knowing in ([], ["restorer_app/engine/classical.py"])
