"""restorer bench: hands over to a benchmark in a process of its own."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

NAMES = ("core", "files", "speed", "quality", "window")


def add_parser(subparsers: Any) -> None:
    what = "measure the program: " + ", ".join(NAMES)
    parser = subparsers.add_parser("bench", help=what, description=what.capitalize() + ".", add_help=False)
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    # A process of its own: what the command line has loaded neither costs memory nor time there, and the
    # engine, which the command line reaches by one door only, is measured from inside.
    root = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(path for path in (root, os.environ.get("PYTHONPATH", "")) if path)
    command = [sys.executable, "-m", "restorer_app.bench", *args.rest]
    return subprocess.run(command, env=os.environ | {"PYTHONPATH": paths}, check=False).returncode
