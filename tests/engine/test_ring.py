"""The ring of results: nothing is written over before it was taken."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.engine.ring import Ring
from restorer_app.files.scratch import Scratch, map_pixels


@pytest.fixture(scope="module")
def ring_file(tmp_path_factory):
    with Scratch(tmp_path_factory.mktemp("ring")) as scratch:
        yield scratch.create(4096)


@given(sizes=st.lists(st.integers(1, 1024), min_size=1, max_size=40), kept=st.integers(0, 3))
def test_what_is_taken_is_what_was_put(ring_file, sizes, kept):
    handle = ring_file.handle((4096, 1, 1), np.dtype(np.uint8))
    ring, reader = Ring(handle), np.asarray(map_pixels(handle)).reshape(-1)
    lying = []
    for number, size in enumerate(sizes):
        if len(lying) > kept:
            take(ring, reader, lying)
        pixels = np.full((1, size, 1), number % 251, np.uint8)
        offset = ring.put(pixels, given_up=lambda: True)
        while offset is None:  # full, which says so at once where it may give up
            take(ring, reader, lying)
            offset = ring.put(pixels, given_up=lambda: True)
        lying.append((offset, size, number % 251))
    while lying:
        take(ring, reader, lying)


def take(ring, reader, lying):
    offset, size, value = lying.pop(0)
    assert (reader[offset : offset + size] == value).all()
    ring.taken()


def test_a_full_ring_waits_until_there_is_room(ring_file):
    ring = Ring(ring_file.handle((4096, 1, 1), np.dtype(np.uint8)))
    pixels = np.zeros((1, 1024, 1), np.uint8)
    offsets = [ring.put(pixels, given_up=lambda: False) for _ in range(4)]
    threading.Timer(0.05, ring.taken).start()
    assert ring.put(pixels, given_up=lambda: False) == offsets[0]
