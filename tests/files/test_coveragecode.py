"""The mask of a step goes into the file and comes out the same, and a text that was tampered with is a sentence."""

import base64
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core import mask as masks
from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import CELL, Raster
from restorer_app.core.stroke import Point, Stroke
from restorer_app.files.coveragecode import decode_coverage, encode_coverage

BOUNDS = Region.of_size(2 * CELL + 30, CELL + 7)


@given(
    dabs=st.lists(
        st.tuples(st.integers(0, BOUNDS.width), st.integers(0, BOUNDS.height), st.integers(1, 400), st.floats(0, 1))
    ),
    inverted=st.booleans(),
)
def test_every_value_comes_back(dabs, inverted):
    mask = masks.full(BOUNDS) if inverted else masks.blank(BOUNDS)
    for x, y, size, hardness in dabs:
        mask, _ = masks.paint(mask, Stroke("brush", (Point(x, y),), size, hardness=hardness, erase=inverted))
    back = decode_coverage(encode_coverage(mask, most=1 << 20), BOUNDS)
    assert np.array_equal(back.read(BOUNDS), mask.read(BOUNDS))
    assert masks.digest(back) == masks.digest(mask)


def test_a_mask_that_is_an_array_comes_back():
    values = np.random.default_rng(1).integers(0, 256, (*BOUNDS.shape, 1), np.uint8)
    back = decode_coverage(encode_coverage(Raster.from_array(values), most=1 << 24), BOUNDS)
    assert np.array_equal(back.read(BOUNDS), values)
    assert encode_coverage(Raster.from_array(values), most=1000) == "", "there was no room for it"


def coded(*parts):
    return " ".join(base64.b64encode(zlib.compress(part)).decode() for part in parts)


ENTRY = bytes([0, 0, 0, 0, 0, 0])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cells",
        f"runs 542 263 0 {coded(bytes(4), b'')}",
        f"cells 541 263 0 {coded(bytes(4), b'')}",
        f"cells 542 263 256 {coded(bytes(4), b'')}",
        f"cells 542 263 -1 {coded(bytes(4), b'')}",
        f"cells 542 263 0 {coded(bytes(2), b'')}",
        "cells 542 263 0 !!! ???",
        f"cells 542 263 0 {coded(b'%c%c%c%c' % (9, 0, 0, 0), b'')}",
        f"cells 542 263 0 {coded(bytes([1, 0, 0, 0]) + ENTRY, bytes(100))}",
        f"cells 542 263 0 {coded(bytes([1, 0, 0, 0, 9, 9, 9, 9, 0, 0]), b'')}",
        f"cells 542 263 0 {coded(bytes([1, 0, 0, 0]) + ENTRY, bytes(CELL * CELL + 1))}",
    ],
)
def test_a_text_that_was_tampered_with_is_refused(text):
    assert (BOUNDS.width, BOUNDS.height) == (542, 263)
    with pytest.raises(InvalidValueError, match="mask in the record"):
        decode_coverage(text, BOUNDS)


def test_a_text_that_unpacks_without_end_fills_no_memory():
    bomb = coded(bytes([1, 0, 0, 0]) + ENTRY, bytes(200 << 20))
    tracemalloc.start()
    with pytest.raises(InvalidValueError):
        decode_coverage(f"cells 542 263 0 {bomb}", BOUNDS)
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
