import shutil

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.files.opening import open_here
from restorer_app.files.saving import save
from restorer_app.files.verify import verify
from tests.files import make
from tests.files.make import noise
from tests.files.test_saving import PLACE, edited, mask, record
from tests.files.tiffs import build, page, with_families, write


@pytest.fixture
def pair(tmp_path):
    one = page(noise(90, 80, dtype="uint16"), coding=("deflate", 2), tile=(32, 32))
    master = write(tmp_path / "scan.tif", with_families(one))
    picture = open_here(master)
    done = save(picture, edited(picture), allowed=mask(picture), records=[record()])
    return master, done.path


def test_the_record_in_the_derivative_is_enough(pair):
    verdict = verify(*pair)
    assert verdict.same
    assert verdict.judged_by == "record"
    assert verdict.inside_changed > 0
    assert verdict.to_fields()["same"] is True
    assert verdict.master_sha256


def test_a_mask_goes_before_the_record(pair):
    picture = open_here(pair[0])
    assert verify(*pair, allowed=mask(picture)).same
    nothing = Raster.flat(picture.source.bounds)
    verdict = verify(*pair, allowed=nothing)
    assert not verdict.same
    assert verdict.outside_changed > 0


def test_without_mask_and_record_any_difference_counts(pair, tmp_path):
    master, _ = pair
    copy = tmp_path / "copy.tif"
    shutil.copyfile(master, copy)
    assert verify(master, copy).same
    assert verify(master, copy).judged_by == "nothing may differ"
    pixels = noise(90, 80, dtype="uint16")
    pixels[3, 4, 1] ^= 1
    other = write(copy, with_families(page(pixels, coding=("deflate", 2), tile=(32, 32))))
    verdict = verify(master, other)
    assert verdict.outside_changed == 1
    assert "in the whole picture" in verdict.sentence


def test_the_same_picture_stored_another_way_is_the_same_samples(pair, tmp_path):
    master, _ = pair
    pixels = noise(90, 80, dtype="uint16")
    again = with_families(page(pixels, order=">", coding=("lzw", 1), rows=7))
    verdict = verify(master, write(tmp_path / "other.tif", again, order=">"))
    assert verdict.judged
    assert verdict.outside_changed == 0
    assert any("Compression" in one for one in verdict.metadata_differences)


def test_a_record_counts_only_for_its_own_master(pair, tmp_path):
    master, derivative = pair
    data = bytearray(master.read_bytes())
    data[data.index(b"private")] ^= 1
    other = tmp_path / "other.tif"
    other.write_bytes(data)
    verdict = verify(other, derivative)
    assert not verdict.same
    assert verdict.sentence.startswith("The record names another master")
    assert not any("master" in one for one in verdict.metadata_differences)


def test_two_files_given_the_wrong_way_round_are_told(pair):
    master, derivative = pair
    verdict = verify(derivative, master)
    assert not verdict.same
    assert verdict.sentence.startswith("These look swapped: it is scan_restored_v01.tif that was made from scan.tif.")


def test_a_spoilt_sample_outside_the_record_is_found(pair):
    master, derivative = pair
    picture = open_here(derivative)
    raw = bytearray(derivative.read_bytes())
    offset = int(picture.source.segments.page.offsets[0])  # the tile in the corner, untouched by the edit
    fresh = noise(32, 32, dtype="uint16", seed=5)
    replacement = page(fresh, coding=("deflate", 2), tile=(32, 32)).segments[0]
    count = int(picture.source.segments.page.counts[0])
    replacement = replacement[:count].ljust(count, b"\0")
    raw[offset : offset + count] = replacement
    derivative.write_bytes(raw)
    verdict = verify(master, derivative)
    assert not verdict.same
    assert verdict.outside_changed > 0 or not verdict.judged


def test_a_derived_tiff_is_judged_by_its_samples_and_what_it_carried(tmp_path):
    one = page(noise(90, 80, 4), coding=("lzw", 2), extras=(2,))
    master = write(tmp_path / "scan.tif", with_families(one))
    picture = open_here(master)
    done = save(picture, edited(picture), allowed=mask(picture), records=[record()], derive=True)
    verdict = verify(master, done.path)
    assert verdict.same, verdict
    assert verdict.judged_by == "record"


@pytest.mark.parametrize("kind", ["tiff", "png"])
def test_transparency_that_a_derived_tiff_changed_or_lost_is_seen(tmp_path, kind):
    pixels = noise(90, 80, 4)
    master = tmp_path / f"scan.{kind}"
    master.write_bytes(make.png_of(pixels) if kind == "png" else build(page(pixels, coding=("lzw", 2), extras=(2,))))
    picture = open_here(master)
    done = save(picture, edited(picture), allowed=mask(picture), records=[record()], derive=True)
    assert verify(master, done.path).same
    with tifffile.TiffFile(done.path) as file:
        written, packet = file.pages[0].asarray(), file.pages[0].tags[700].value
    for spoilt in (written.copy(), written[..., :3]):
        spoilt[3, 4, -1] ^= spoilt.shape[2] == 4
        extras = (2,) if spoilt.shape[2] == 4 else ()
        verdict = verify(master, write(tmp_path / "b.tif", page(spoilt, extras=extras, t700=(1, packet))))
        assert verdict.judged
        assert not verdict.same
        assert verdict.outside_changed == 1 or "the transparency" in verdict.metadata_differences


@pytest.mark.parametrize(
    ("tag", "number", "said"), [(274, 6, "orientation"), (262, 0, "meaning of the samples"), (296, 3, "resolution")]
)
def test_a_derived_tiff_that_would_be_seen_otherwise_is_not_the_same(tmp_path, tag, number, said):
    master = make.write(tmp_path, "scan.png", make.png_of(noise(90, 80, 1), before=(make.png_metadata()[2],)))
    picture = open_here(master)
    done = save(picture, edited(picture), allowed=mask(picture), records=[record()], derive=True)
    assert verify(master, done.path).same
    with tifffile.TiffFile(done.path, mode="r+") as file:
        file.pages[0].tags[tag].overwrite(number)
    verdict = verify(master, done.path)
    assert verdict.judged
    assert said in verdict.metadata_differences
    assert not verdict.same


@pytest.mark.parametrize("which", ["master", "derivative"])
@pytest.mark.parametrize("how", ["missing", "empty", "cut", "text"])
def test_what_cannot_be_read_cannot_be_judged(pair, which, how):
    path = pair[0] if which == "master" else pair[1]
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "cut": path.read_bytes()[:300], "text": b"hello" * 99}[how])
    verdict = verify(*pair)
    assert not verdict.judged
    assert not verdict.same
    assert verdict.reason


def test_a_mask_of_another_size_cannot_judge(pair):
    verdict = verify(*pair, allowed=Raster.flat(Region(0, 0, 5, 5)))
    assert not verdict.judged
    assert "5 × 5" in verdict.reason


def test_a_picture_of_another_size_is_different(pair, tmp_path):
    other = write(tmp_path / "small.tif", page(noise(20, 20, dtype="uint16")))
    verdict = verify(pair[0], other)
    assert not verdict.same


def test_the_page_that_was_edited_is_found_by_its_record(tmp_path):
    pages = [page(noise(90, 80, seed=n), coding=("lzw", 2)) for n in range(3)]
    master = write(tmp_path / "book.tif", *pages)
    picture = open_here(master, page=2)
    done = save(picture, edited(picture), allowed=mask(picture), records=[record()])
    verdict = verify(master, done.path)
    assert verdict.same
    assert verdict.inside_changed > 0
    assert np.prod((PLACE.height, PLACE.width, 3)) >= verdict.inside_changed


@pytest.fixture(scope="module")
def proven(tmp_path_factory):
    """A master and its derivative, as bytes, and the folder to spoil them in."""
    folder = tmp_path_factory.mktemp("proven")
    one = page(noise(60, 66, dtype="uint16"), coding=("deflate", 2), tile=(16, 16))
    master = write(folder / "scan.tif", with_families(one), page(noise(8, 8)))
    picture = open_here(master)
    place = Region(20, 20, 40, 36)
    image = Raster(picture.source).with_patch(place, noise(16, 20, dtype="uint16", seed=2))
    allowed = Raster.flat(image.bounds).with_patch(place, np.full((*place.shape, 1), 255, np.uint8))
    done = save(picture, image, allowed=allowed, records=[record()])
    return master, done.path.read_bytes(), place


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=3),
    cut=st.one_of(st.none(), st.none(), st.floats(0, 1)),
)
def test_whatever_is_spoilt_in_a_derivative_the_proof_never_fails_to_say(proven, changes, cut):
    master, good, place = proven
    data = bytearray(good)
    for share, difference in changes:
        data[int(share * len(data))] ^= difference
    spoilt = master.with_name("spoilt.tif")
    spoilt.write_bytes(data[: int(cut * len(data))] if cut is not None else data)
    verdict = verify(master, spoilt)  # never raises
    if verdict.same:
        must_hold_the_master(master, spoilt, place)


def must_hold_the_master(master, derivative, place: Region) -> None:
    """What a third reader sees outside the mask, and on the other page."""
    for number in range(2):
        before, after = (tifffile.imread(path, key=number) for path in (master, derivative))
        if number == 0:
            before[place.slices()] = after[place.slices()]
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("coding", ["none", "lzw"])
def test_a_file_without_byte_counts_is_judged_too(tmp_path, coding):
    pixels = noise(32, 40)
    data = write(tmp_path / "a.tif", page(pixels, coding=(coding, 1), rows=8)).read_bytes()
    (tmp_path / "a.tif").write_bytes(data.replace(b"\x17\x01\x04\0", b"\x19\x01\x04\0"))  # 279 → 281
    assert verify(tmp_path / "a.tif", tmp_path / "a.tif").same


def test_a_packet_that_cannot_be_parsed_is_no_difference_to_itself(tmp_path):
    path = write(tmp_path / "a.tif", page(noise(20, 30), t700=(1, b"<x:xmpmeta cut off")))
    assert verify(path, path).same


def test_a_file_is_the_same_as_itself_even_where_its_coding_is_not_proven(tmp_path):
    path = make.write(tmp_path, "a.jpg", make.samples()["progressive.jpg"])
    copy = make.write(tmp_path, "b.jpg", path.read_bytes())
    assert verify(path, copy).same
    copy.write_bytes(copy.read_bytes() + b"more")
    assert not verify(path, copy).judged


def test_an_enlarged_picture_is_no_fault_and_cannot_be_judged_here(pair, tmp_path):
    picture = open_here(pair[0])
    pixels = np.asarray(picture.source.read(picture.source.bounds)).repeat(2, axis=0).repeat(2, axis=1)
    done = save(picture, Raster.from_array(pixels), allowed=None, records=[record(name="upscale")], derive=True)
    verdict = verify(pair[0], done.path)
    assert not verdict.judged
    assert "enlarged, from 80 × 90 to 160 × 180 pixels" in verdict.sentence
    assert "no fault" in verdict.sentence
