"""restorer bench: hands over to a benchmark in a process of its own."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from restorer_app.cli import options

_WINDOW = "restorer_app.ui.benchmark"  # the only one that needs Qt
_OTHERS = "restorer_app.bench"


def add_parser(subparsers: Any) -> None:
    """For the list of commands, and for words before it (--debug): those behind it are the benchmark's own."""
    what = "measure the program: core, files, speed, quality or window"
    parser = subparsers.add_parser("bench", help=what, description=options.sentence(what), add_help=False)
    parser.add_argument("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.set_defaults(run=lambda args: hand_over(args.words))


def hand_over(words: list[str]) -> int:
    """Runs a benchmark and gives its exit code.

    In a process of its own: what the command line has loaded costs neither memory nor time there, and the
    engine, which the command line reaches by one door only, is measured from inside.
    """
    module, rest = (_WINDOW, words[1:]) if words[:1] == ["window"] else (_OTHERS, words)
    root = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(path for path in (root, os.environ.get("PYTHONPATH", "")) if path)
    command = [sys.executable, "-m", module, *rest]
    child = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": paths})
    before = signal.signal(signal.SIGTERM, lambda *_: child.terminate())  # it would go on for hours by itself
    try:
        return _ended(child)
    finally:
        signal.signal(signal.SIGTERM, before)


def _ended(child: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            code = child.wait()
            return code if code >= 0 else 128 - code  # ended by a signal: as a shell says it
        except KeyboardInterrupt:  # Ctrl-C on a terminal goes to both; the benchmark ends by itself
            continue
