"""Patches written into a copy that is still being made: in front of its edge, across it, behind it."""

import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.files import copying
from restorer_app.files.copying import Copy, takes_holes

SIZE = 60
STEPS = st.lists(
    st.one_of(
        st.integers(1, 25),  # the copying goes on by so many bytes
        st.tuples(st.integers(0, SIZE + 20), st.binary(max_size=30)),  # a patch
    ),
    max_size=25,
)


def copied(path: Path, master: bytes, steps: list[int | tuple[int, bytes]]) -> bytes:
    """The copy after all steps, and the rest of the master behind the last of them."""
    path.write_bytes(b"")
    at = 0
    with Copy(path, size=len(master)) as copy:
        for step in [*steps, len(master)]:
            if isinstance(step, int):
                copy.follow(memoryview(master)[at : at + step])
                at = min(len(master), at + step)
            else:
                copy.patch(*step)
    return path.read_bytes()


def expected(master: bytes, steps: list[int | tuple[int, bytes]]) -> bytes:
    """What a plain array says: the master, and every patch over it in its turn."""
    whole = bytearray(master)
    for step in steps:
        if isinstance(step, tuple) and step[1]:
            at, data = step
            whole += bytes(max(0, at + len(data) - len(whole)))
            whole[at : at + len(data)] = data
    return bytes(whole)


@given(steps=STEPS)
def test_a_copy_is_the_master_with_every_patch_over_it_whenever_that_came(tmp_path, steps):
    master = bytes(range(1, SIZE + 1))
    assert copied(tmp_path / "a.part", master, steps) == expected(master, steps)


@pytest.mark.parametrize("at", [0, 18, 25, 40, 58, 70], ids=["behind", "across", "edge", "front", "end", "beyond"])
def test_a_patch_stays_wherever_the_copying_is(tmp_path, at):
    master = bytes(range(1, SIZE + 1))
    steps = [20, (at, b"patched"), 10]
    assert copied(tmp_path / "a.part", master, steps) == expected(master, steps)


def test_patches_from_several_threads_beside_the_copying_all_stay(tmp_path):
    rng = np.random.default_rng(4)
    master = rng.integers(0, 256, 400_000, np.uint8).tobytes()
    places = rng.permutation(np.arange(0, len(master) + 20_000, 100))  # each has room for a patch of its own
    whole = bytearray(master) + bytes(20_000)
    path = tmp_path / "a.part"
    path.write_bytes(b"")
    ready = threading.Barrier(4)

    def patch(mine: np.ndarray) -> None:
        ready.wait()
        for at in mine.tolist():
            copy.patch(at, at.to_bytes(8, "little"))

    with Copy(path, size=len(master)) as copy:
        threads = [threading.Thread(target=patch, args=[places[number::3]]) for number in range(3)]
        for thread in threads:
            thread.start()
        ready.wait()
        for at in range(0, len(master), 1000):
            copy.follow(memoryview(master)[at : at + 1000])
        for thread in threads:
            thread.join()
    for at in places.tolist():
        whole[at : at + 8] = at.to_bytes(8, "little")
    assert path.read_bytes() == whole[: max(places) + 8]


def test_a_copy_that_is_there_already_is_patched_in_place(tmp_path):
    path = tmp_path / "a.part"
    path.write_bytes(b"0123456789")
    with Copy(path) as copy:
        assert copy.size == 10
        copy.patch(4, b"xy")
        copy.patch(10, b"!")
    assert path.read_bytes() == b"0123xy6789!"


@pytest.mark.skipif(sys.platform == "win32", reason="looks at blocks")
def test_a_file_system_is_asked_for_holes_and_nothing_of_that_stays(tmp_path, monkeypatch):
    path = tmp_path / "a.part"
    path.write_bytes(b"")
    takes_holes(path)
    assert path.stat().st_size == 0

    for status in (SimpleNamespace(st_blocks=(1 << 20) // 512 + 8), SimpleNamespace()):
        monkeypatch.setattr(copying, "os", SimpleNamespace(fstat=lambda _, said=status: said))
        assert not takes_holes(path)
