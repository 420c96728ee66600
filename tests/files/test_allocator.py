"""What the allocator does with large buffers that became free."""

import platform
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from restorer_app.files.allocator import Keeping, _own_bytes, give_back_large_buffers, large_buffers_kept

_PAGES = 8192  # 32 MB
_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these thresholds")


def _pages_cleared() -> int:
    """Pages that the system had to find and clear for a buffer that is filled and dropped."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.empty(_PAGES * resource.getpagesize(), np.uint8).fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@_glibc
def test_kept_buffers_are_used_again() -> None:
    with large_buffers_kept():
        _pages_cleared()
        assert _pages_cleared() < _PAGES / 10


def afterwards_every_large_buffer_goes_back() -> None:
    with large_buffers_kept(), large_buffers_kept():
        _pages_cleared()
    _pages_cleared()
    assert _pages_cleared() > _PAGES / 1000 * 2  # huge pages clear 512 at a time


@_glibc
def test_afterwards_every_large_buffer_goes_back() -> None:
    """In a process of its own: in the heap that the tests before have left, a hole may be as large as the buffer."""
    words = "from tests.files.test_allocator import afterwards_every_large_buffer_goes_back as it; it()"
    subprocess.run([sys.executable, "-c", words], cwd=Path(__file__).parents[2], check=True)


@_glibc
def test_who_wants_buffers_back_waits_for_those_who_keep_them() -> None:
    with large_buffers_kept():
        assert not give_back_large_buffers()
        _pages_cleared()
        assert _pages_cleared() < _PAGES / 10
    assert give_back_large_buffers()


@_glibc
def test_free_memory_goes_back_before_there_is_too_much_of_it() -> None:
    with large_buffers_kept():
        kept = []
        for _ in range(40):  # something small that stays lies behind each of the large ones
            large = np.full(4 << 20, 1, np.uint8)
            kept.append(np.full(2000, 1, np.uint8))
            kept.append(large)
        before = _own_bytes()
        del large, kept[1::2]
        assert _own_bytes() > before - (20 << 20)
        keeping = Keeping(most=before - (80 << 20))
        assert keeping.look()
        assert _own_bytes() < before - (100 << 20)
        assert not keeping.look()
        assert len(kept) == 40


@_glibc
def test_memory_that_is_in_use_is_not_asked_for_again_and_again() -> None:
    keeping = Keeping(most=1)
    assert keeping.look()
    assert not keeping.look()
