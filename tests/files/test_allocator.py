"""What the allocator does with large buffers that became free."""

import platform
import resource

import numpy as np
import pytest

from restorer_app.files.allocator import give_back_large_buffers, large_buffers_kept

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


@_glibc
def test_afterwards_every_large_buffer_goes_back() -> None:
    with large_buffers_kept(), large_buffers_kept():
        _pages_cleared()
    _pages_cleared()
    assert _pages_cleared() > _PAGES / 1000 * 2  # huge pages clear 512 at a time


@_glibc
def test_who_wants_buffers_back_waits_for_those_who_keep_them() -> None:
    with large_buffers_kept():
        assert not give_back_large_buffers()
        _pages_cleared()
        assert _pages_cleared() < _PAGES / 10
    assert give_back_large_buffers()
