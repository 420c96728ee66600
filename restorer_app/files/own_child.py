"""The program itself as a child process: how it is started, what it finds around it, how it ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_DEBUG = "RESTORER_DEBUG"  # set, a child writes its tracebacks to our standard error


def command(switch: str) -> list[str]:
    """How the program is started with a hidden switch, from Python or frozen."""
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "restorer_app"]
    return [*program, switch]


def started(words: Sequence[str], **surroundings: str) -> subprocess.Popen[bytes]:
    """The running child, with a pipe each way; it finds the package where we found it, whatever folder this is."""
    package = Path(__file__).resolve().parents[2]
    known = [path for path in (os.environ.get("PYTHONPATH"),) if path]
    return subprocess.Popen(
        list(words),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if os.environ.get(_DEBUG) else subprocess.DEVNULL,
        env=os.environ | surroundings | {"PYTHONPATH": os.pathsep.join([str(package), *known])},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def close_pipes(child: subprocess.Popen[bytes]) -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what was not sent cannot be sent any more
                pipe.close()


def was_ended_by_others(code: int | None) -> bool:
    """Whether the system or a person ended it, which says nothing about what it was doing."""
    names = ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT")
    return code is not None and -code in {getattr(signal, name) for name in names if hasattr(signal, name)}


def how_it_ended(code: int) -> str:
    """In words, for a child that is gone and should not be."""
    if code == -signal.SIGKILL:
        return "was killed, perhaps because memory ran out"
    if was_ended_by_others(code):
        return "was ended from outside"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"crashed ({signal.Signals(-code).name})"
    return f"ended unexpectedly (code {code})"
