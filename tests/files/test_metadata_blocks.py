"""EXIF and Photoshop blocks: what is there is told, and damage in them never hides the picture."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.files import photoshop
from restorer_app.files.boxes import orientation_of
from restorer_app.files.exif import Exif, dots_per_inch, read_exif
from restorer_app.files.opening import open_here
from restorer_app.files.orientation import upright
from tests.files import make

BLOCK = make.exif(orientation=6, thumbnail=True)
RESOURCE = b"8BIM" + struct.pack(">HHI", 1028, 0, 4) + b"IPTC" + b"8BIM" + struct.pack(">HHI", 1036, 0, 3) + b"jpg\0"


def test_an_exif_block_tells_its_facts():
    assert read_exif(BLOCK) == Exif(
        orientation=6, dpi=(300, 300), has_position=False, has_thumbnail=True, texts=(("Make", "Scanner"),)
    )
    assert read_exif(b"Exif\0\0" + BLOCK) == read_exif(BLOCK)


@given(st.data())
def test_a_damaged_exif_block_says_less_and_never_fails(data):
    block = bytearray(BLOCK)
    for _ in range(data.draw(st.integers(0, 8))):
        block[data.draw(st.integers(0, len(block) - 1))] = data.draw(st.integers(0, 255))
    found = read_exif(bytes(block[: data.draw(st.integers(0, len(block)))]))
    assert 1 <= found.orientation <= 8


@given(st.binary(max_size=200))
def test_no_bytes_make_the_readers_fail(block):
    for head in (b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        read_exif(head + block)
    for head in (b"", b"8BIM"):
        list(photoshop.resources(head + block))
        photoshop.dpi(head + block)


@given(st.integers(0, len(RESOURCE) - 1), st.integers(0, 255))
def test_damaged_resources_are_told_as_far_as_they_are_whole(at, value):
    block = bytearray(RESOURCE)
    block[at] = value
    assert len(list(photoshop.resources(bytes(block)))) <= 2


def test_photoshops_resources_are_told():
    assert photoshop.has_iptc(RESOURCE)
    assert photoshop.has_thumbnail(RESOURCE)
    assert not photoshop.has_iptc(RESOURCE[16:])


@pytest.mark.parametrize(("name", "start"), [("rgb16.png", b"eXIf"), ("plain.jpg", b"Exif\0\0")])
def test_damage_in_exif_does_not_hide_the_picture(tmp_path, name, start):
    content = bytearray(make.samples()[name])
    at = content.index(start) + len(start)
    content[at + 8 : at + 40] = b"\xff" * 32
    picture = open_here(make.write(tmp_path, name, bytes(content)))
    assert picture.source.read(picture.source.bounds).shape[2] == 3
    assert picture.orientation == 1


@pytest.mark.parametrize(
    ("dots", "centimetres", "told"),
    [((300, 300), False, (300, 300)), ((118.11, 118.11), True, (300, 300)), ((0, 0), False, None)],
)
def test_a_resolution_that_makes_no_sense_is_none(dots, centimetres, told):
    assert dots_per_inch(*dots, centimetres=centimetres) == told


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirror", [None, 0, 1])
def test_the_containers_turns_and_mirrors_become_one_orientation(turns, mirror):
    """irot turns to the left, imir mirrors up and down (0) or left and right (1), one after the other."""
    import numpy as np

    stored = np.arange(6).reshape(2, 3)
    shown = np.rot90(stored, turns)
    properties = [(b"irot", bytes([turns]))]
    if mirror is not None:
        shown = shown[:, ::-1] if mirror else shown[::-1]
        properties.append((b"imir", bytes([mirror])))
    assert np.array_equal(upright(stored, orientation_of(properties)), shown)
