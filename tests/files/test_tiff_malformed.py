"""Whatever a TIFF says: a picture, or one RestorerError; never a traceback, a hang or a silent loss."""

import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restorer_app.core.errors import RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.files.opening import open_here
from restorer_app.files.patching import silent
from restorer_app.files.saving import save
from restorer_app.files.tiff import open_tiff
from restorer_app.files.tiff_proof import compare_tiff
from tests.files.make import noise
from tests.files.tiffs import CODINGS, Dir, build, page, with_families, write

SMALL = {
    (order, big, coding): build(
        with_families(page(noise(20, 24, dtype="uint16"), order=order, coding=coding, rows=8)),
        page(noise(9, 7), order=order),
        order=order,
        big=big,
    )
    for order in "<>"
    for big in (False, True)
    for coding in CODINGS
}
careful = settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


def must_be_calm(path: Path) -> None:
    """Opens every page, reads it, edits it, saves it: each may be refused in a sentence."""
    try:
        count = open_here(path).page_count
    except RestorerError:
        return
    for number in range(min(count, 4)):
        try:
            picture = open_here(path, page=number)
            if picture.width * picture.height > 1 << 20:
                continue
            pixels = picture.source.read(picture.source.bounds)
            picture.source.overview(2)
            assert pixels.shape == (picture.height, picture.width, picture.source.channels)
            must_save_truly(path, number, picture)
        except RestorerError:
            continue


def must_save_truly(path: Path, number: int, picture) -> None:
    if not picture.editable:
        return
    place = Region(0, 0, min(3, picture.width), min(3, picture.height))
    image = Raster(picture.source)
    image = image.with_patch(place, (1 - image.read(place)).astype(image.dtype))
    mask = Raster.flat(image.bounds).with_patch(place, np.full((*place.shape, 1), 255, np.uint8))
    for old in path.parent.glob("out*"):
        old.unlink()
    saved = save(picture, image, allowed=mask, records=[], derive=not picture.patchable, target=path.parent / "out.tif")
    again = open_tiff(saved.path, page=number if saved.patched else 0)
    shown = again.source.read(image.bounds)
    expected = image.read(image.bounds)
    np.testing.assert_array_equal(
        shown.view(f"u{shown.itemsize}"), np.ascontiguousarray(expected).view(f"u{shown.itemsize}")
    )


@careful
@given(
    key=st.sampled_from(sorted(SMALL)),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.one_of(st.none(), st.floats(0, 1)),
)
def test_any_bytes_may_be_wrong(tmp_path, key, changes, cut):
    data = bytearray(SMALL[key])
    for share, value in changes:
        data[int(share * len(data))] = value
    path = tmp_path / "a.tif"
    path.write_bytes(data[: int(cut * len(data))] if cut is not None else data)
    must_be_calm(path)


def entries_of(data: bytes, order: str, big: bool) -> list[int]:
    """Where each entry of the first directory lies."""
    at = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)[0]
    count = struct.unpack_from(order + ("Q" if big else "H"), data, at)[0]
    return [at + (8 if big else 2) + number * (20 if big else 12) for number in range(count)]


NUMBERS = st.one_of(
    st.integers(0, 70000), st.sampled_from([0, 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1, 65535, 65536, 8, 16, 5, 7])
)


@careful
@given(
    key=st.sampled_from(sorted(SMALL)),
    which=st.integers(0, 100),
    tag=st.one_of(
        st.none(), st.sampled_from([256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 317, 320, 322, 330, 339])
    ),
    kind=st.one_of(st.none(), st.integers(0, 20)),
    count=st.one_of(st.none(), NUMBERS),
    value=st.one_of(st.none(), NUMBERS),
)
def test_any_tag_may_lie(tmp_path, *, key, which, tag, kind, count, value):
    order, big, _ = key
    data = bytearray(SMALL[key])
    entries = entries_of(data, order, big)
    at = entries[which % len(entries)]
    wide = "Q" if big else "I"
    if tag is not None:
        struct.pack_into(order + "H", data, at, tag)
    if kind is not None:
        struct.pack_into(order + "H", data, at + 2, kind)
    limit = 1 << (64 if big else 32)
    if count is not None:
        struct.pack_into(order + wide, data, at + 4, count % limit)
    if value is not None:
        struct.pack_into(order + wide, data, at + (12 if big else 8), value % limit)
    path = tmp_path / "a.tif"
    path.write_bytes(data)
    must_be_calm(path)


@careful
@given(data=st.binary(max_size=300), head=st.sampled_from([b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0"]))
def test_noise_behind_a_header_is_refused(tmp_path, data, head):
    path = tmp_path / "a.tif"
    path.write_bytes(head + data)
    must_be_calm(path)


def loop_to(target: str) -> bytes:
    data = bytearray(build(page(noise(9, 7)), page(noise(9, 7))))
    first = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, first)[0]
    second = struct.unpack_from("<I", data, first + 2 + 12 * count)[0]
    following = second + 2 + 12 * struct.unpack_from("<H", data, second)[0]
    struct.pack_into("<I", data, following, {"first": first, "itself": second, "nowhere": 2**32 - 1}[target])
    return bytes(data)


@pytest.mark.parametrize("target", ["first", "itself", "nowhere"])
def test_a_chain_of_directories_that_never_ends_is_cut_and_not_patched(tmp_path, target):
    path = tmp_path / "a.tif"
    path.write_bytes(loop_to(target))
    picture = open_tiff(path)
    assert picture.page_count == 2
    assert not picture.patchable
    assert "damaged" in picture.reason
    must_be_calm(path)


def test_a_subifd_that_leads_back_to_its_page_is_cut(tmp_path):
    one = page(noise(9, 7))
    one.children[330] = [Dir({256: (4, [3])})]
    data = bytearray(build(one))
    first = struct.unpack_from("<I", data, 4)[0]
    at = data.index(struct.pack("<HHI", 330, 13, 1), first)
    struct.pack_into("<I", data, at + 8, first)
    path = tmp_path / "a.tif"
    path.write_bytes(data)
    assert not open_tiff(path).patchable


def test_a_hundred_thousand_pages_are_refused(tmp_path):
    empty = Dir({256: (4, [1]), 257: (4, [1])})
    data = build(*[empty] * 5000)
    path = tmp_path / "a.tif"
    path.write_bytes(data)
    must_be_calm(path)


def test_a_proof_of_files_that_are_none_says_that_it_could_not_be_judged(tmp_path):
    master = write(tmp_path / "a.tif", page(noise(30, 20), coding=("lzw", 2)))
    cut = tmp_path / "b.tif"
    shutil.copyfile(master, cut)
    with cut.open("r+b") as file:
        file.truncate(200)
    verdict = compare_tiff(master, cut, page=0, allowed=None, progress=silent, cancel=None)
    assert not verdict.judged
    assert not verdict.same
    assert "could not be judged" in verdict.sentence
