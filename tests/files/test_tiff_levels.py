"""Smaller copies of a page: carried along on request, proven, and never touched otherwise."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.files.opening import open_here
from restorer_app.files.saving import Saved, save
from restorer_app.files.tiff_levels import footprint
from restorer_app.files.verify import verify
from tests.files.make import noise
from tests.files.test_saving import record
from tests.files.tiffs import Dir, page, with_families, write

PLACE = Region(41, 37, 58, 60)
SMALLER = (3, [1])  # NewSubfileType


def pyramid(path: Path, *levels: Dir, base: Dir, hanging: bool, **how: object) -> Path:
    for level in levels:
        level.tags[254] = SMALLER
    if hanging:
        base.children[330] = list(levels)
        return write(path, base, page(noise(20, 20)), **how)
    return write(path, base, *levels, page(noise(20, 20)), **how)


def edited(path: Path, **how: object) -> tuple[Saved, Raster]:
    picture = open_here(path)
    new = noise(PLACE.height, PLACE.width, picture.source.channels, dtype=picture.source.dtype.name, seed=9)
    image = Raster(picture.source).with_patch(PLACE, new)
    mask = Raster.flat(image.bounds).with_patch(PLACE, np.full((*PLACE.shape, 1), 255, np.uint8))
    return save(picture, image, allowed=mask, records=[record()], **how), image


def pictures(path: Path) -> list[np.ndarray]:
    with tifffile.TiffFile(path) as file:
        return [each.asarray() for page in file.pages for each in (page, *(page.pages or ()))]


@pytest.mark.parametrize("hanging", [True, False])
@pytest.mark.parametrize(("order", "big"), [("<", False), (">", True)])
@pytest.mark.parametrize("coding", [("none", 1), ("deflate", 2), ("lzw", 2)])
def test_an_edit_reaches_every_level_as_the_mean_of_what_it_stands_for(tmp_path, hanging, order, big, coding):
    whole = noise(120, 160, 4, dtype="uint16")
    parts = [whole, whole[::2, ::2], whole[1::4, 1::4]]
    base, *levels = (
        page(np.ascontiguousarray(part), order=order, coding=coding, tile=(16, 32), extras=(2,)) for part in parts
    )
    path = pyramid(
        tmp_path / "a.tif", *levels, base=with_families(base, thumbnail=False), hanging=hanging, order=order, big=big
    )
    done, image = edited(path, pyramid=True)
    assert done.verdict.same, done.verdict
    assert "2 smaller copies" in done.verdict.metadata_changed
    assert done.notes == ("2 smaller copies of the picture in the file now show the edit.",)
    before, after = pictures(path), pictures(done.path)
    last = 3 if not hanging else -1
    np.testing.assert_array_equal(before[last], after[last])  # the page behind
    for old, new, step in zip(before[1:3], after[1:3], (2, 4), strict=True):
        height, width = old.shape[:2]
        large = image.read(image.bounds).astype(float).reshape(height, step, width, step, 3)
        touched = np.zeros(image.bounds.shape, bool)
        touched[PLACE.slices()] = True
        reached = touched.reshape(height, step, width, step).any(axis=(1, 3))
        np.testing.assert_array_equal(new[~reached], old[~reached])
        np.testing.assert_array_equal(new[reached][:, :3], np.rint(large.mean(axis=(1, 3)))[reached])
        np.testing.assert_array_equal(new[..., 3], old[..., 3])  # an alpha stays
    assert verify(path, done.path).same


def test_work_on_the_whole_picture_names_the_levels_it_reached(tmp_path):
    whole = noise(60, 80)
    path = pyramid(tmp_path / "a.tif", page(whole[::2, ::2].copy()), base=page(whole), hanging=True)
    picture = open_here(path)
    image = Raster(picture.source).with_patch(picture.source.bounds, 255 - whole)
    done = save(picture, image, allowed=None, records=[record("denoise")], pyramid=True)
    assert done.verdict.sentence.endswith("all else in the file but the record of it and a smaller copy is as it was.")
    mean = (255.0 - whole).reshape(30, 2, 40, 2, 3).mean(axis=(1, 3))
    np.testing.assert_array_equal(pictures(done.path)[1], np.rint(mean))


def test_without_being_asked_levels_stay_as_they_are_and_are_named(tmp_path):
    whole = noise(120, 160)
    path = pyramid(tmp_path / "a.tif", page(whole[::2, ::2].copy()), base=page(whole), hanging=True)
    done, _ = edited(path)
    assert "will still show it before the edit" in done.notes[0]
    np.testing.assert_array_equal(pictures(done.path)[1], pictures(path)[1])


def test_what_is_no_level_stays_old_and_is_counted(tmp_path):
    whole = noise(120, 160, dtype="uint16")
    thumbnail, cut = page(noise(12, 16)), page(whole[:30, ::2].copy())  # of another depth; of another shape
    path = pyramid(tmp_path / "a.tif", page(whole[::2, ::2].copy()), thumbnail, cut, base=page(whole), hanging=False)
    done, _ = edited(path, pyramid=True)
    assert done.verdict.same
    assert "holds 2 smaller copies" in done.notes[0]
    assert "One smaller copy of the picture in the file now shows the edit." in done.notes
    before, after = pictures(path), pictures(done.path)
    assert [np.array_equal(a, b) for a, b in zip(before, after, strict=True)] == [False, False, True, True, True]


def test_the_proof_sees_a_level_that_changed_outside_the_mask(tmp_path):
    whole = noise(120, 160)
    path = pyramid(tmp_path / "a.tif", page(whole[::2, ::2].copy()), base=page(whole), hanging=True)
    done, _ = edited(path, pyramid=True)
    with tifffile.TiffFile(done.path) as file:
        at = file.pages[0].pages[0].dataoffsets[0]
    content = bytearray(done.path.read_bytes())
    content[at] ^= 1
    done.path.write_bytes(content)
    verdict = verify(path, done.path)
    assert not verdict.same
    assert any("SubIFD" in difference for difference in verdict.metadata_differences)


@given(
    long=st.tuples(st.integers(2, 70), st.integers(2, 70)),
    share=st.tuples(st.floats(0.05, 1), st.floats(0.05, 1)),
    seed=st.integers(0, 9),
)
def test_sums_and_places_are_those_of_a_plain_loop(long, share, seed):
    short = tuple(max(1, int(length * part)) for length, part in zip(long, share, strict=True))
    large, small = Region.of_size(long[1], long[0]), Region.of_size(short[1], short[0])
    places = footprint(large, small)
    pixels = np.random.default_rng(seed).integers(0, 9, (*large.shape, 2))
    part = Region(small.right // 3, small.bottom // 3, small.right, small.bottom)
    under = places.under(part)
    sums, areas = places.sums(pixels[under.slices()], part), places.areas(part)
    (top, bottom), (left, right) = places.rows, places.columns
    for y in range(part.top, part.bottom):
        for x in range(part.left, part.right):
            own = pixels[top[y] : bottom[y], left[x] : right[x]]
            assert own.size
            assert np.array_equal(sums[y - part.top, x - part.left], own.sum(axis=(0, 1)))
            assert areas[y - part.top, x - part.left, 0] == own.size // 2
    point = Region(seed % large.right, seed % large.bottom, seed % large.right + 1, seed % large.bottom + 1)
    shown = {(y, x) for y in range(small.bottom) for x in range(small.right)
             if top[y] <= point.top < bottom[y] and left[x] <= point.left < right[x]}  # fmt: skip
    over = places.over(point)
    assert shown == (
        {(y, x) for y in range(over.top, over.bottom) for x in range(over.left, over.right)} if over else set()
    )


def test_floats_that_are_no_numbers_spoil_their_own_pixel_alone(tmp_path):
    whole = noise(120, 160, dtype="float32")
    whole[PLACE.top + 2, PLACE.left - 1, 0] = np.nan  # beside the edit, under the same pixel of the level
    path = pyramid(tmp_path / "a.tif", page(whole[::2, ::2].copy(), coding=("zstd", 2)), base=page(whole), hanging=True)
    done, _ = edited(path, pyramid=True)
    assert done.verdict.same
    assert np.argwhere(np.isnan(pictures(done.path)[1])).tolist() == [[(PLACE.top + 2) // 2, PLACE.left // 2, 0]]
