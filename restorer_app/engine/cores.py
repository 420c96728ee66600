"""How many threads computing may use; free of torch."""

from __future__ import annotations

import os
from pathlib import Path

_TOPOLOGY = Path("/sys/devices/system/cpu")


def threads() -> int:
    """Physical cores less one: with a busy neighbour two threads were five times slower than one."""
    if os.environ.get("OMP_NUM_THREADS", "").isdecimal():
        return max(1, int(os.environ["OMP_NUM_THREADS"]))  # a person's own choice
    return max(1, physical_cores() - 1)


def physical_cores() -> int:
    """Cores that this process may use, two threads of one core counted once."""
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
    siblings = [_TOPOLOGY / f"cpu{number}/topology/thread_siblings_list" for number in usable]
    try:
        return len({path.read_text("ascii") for path in siblings})
    except OSError:
        return len(usable)
