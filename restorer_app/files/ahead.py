"""Work by several threads whose results come in order, with a bound on how much is underway."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

THREADS = min(4, os.cpu_count() or 1)

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], *, ahead: int, threads: int = THREADS
) -> Iterator[Result]:
    """Each item's result, in the order of the items; at most `ahead` of them are in memory."""
    ahead = max(1, ahead)
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(min(threads, ahead)) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # an error or a cancel leaves nothing running that nobody waits for
            for future in waiting:
                future.cancel()
