import io
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.files.budget import Budget
from restorer_app.files.opening import open_here
from restorer_app.files.saving import save
from restorer_app.files.transparency import transparency_of
from restorer_app.files.verify import verify
from tests.files import make
from tests.files.make import XMP, noise
from tests.files.test_saving import record
from tests.files.tiffs import page, with_families, write


def derived(path, image_of=Raster):
    picture = open_here(path)
    return save(picture, image_of(picture.source), allowed=None, records=[record()], derive=True)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_derived_tiff_carries_every_family_of_a_tiff(tmp_path, dtype, order):
    pixels = noise(90, 80, 4, dtype=dtype)
    one = with_families(page(pixels, order=order, extras=(2,), tile=(32, 32), t274=(3, [6])))
    done = derived(write(tmp_path / "a.tif", one, order=order))
    assert done.verdict.same, done.verdict
    with tifffile.TiffFile(done.path) as file:
        first = file.pages[0]
        np.testing.assert_array_equal(first.asarray(), pixels)
        tags = {tag.code: tag.value for tag in first.tags.values()}
        assert file.byteorder == order
    assert tags[270] == "Box 7, no. 12"
    assert tags[34675] == bytes(range(200)) * 3
    assert tags[51000] == (1, 2, 3)
    assert tags[274] == 6
    assert tags[338] == (2,)
    assert tags[34665]["ExposureTime"] == (1, 50)
    assert tags[34853]["GPSLatitudeRef"] == "N"
    assert b"Box 7" in open_here(done.path).xmp


def test_floating_samples_of_16_bits_become_the_same_numbers_of_32(tmp_path):
    pixels = noise(40, 30, 4, dtype="float32").astype(np.float16)
    pixels[3, 4] = [np.inf, np.nan, -0.0, 6e-8]
    one = page(pixels, extras=(2,), coding=("deflate", 1), tile=(32, 32))
    picture = open_here(write(tmp_path / "a.tif", one))
    assert (picture.editable, picture.patchable) == (True, False)
    done = derived(picture.path)
    assert done.verdict.same, done.verdict
    assert any("floats of 32" in note for note in done.notes)
    assert verify(picture.path, done.path).same
    np.testing.assert_array_equal(tifffile.imread(done.path), pixels.astype(np.float32))
    assert not derived(done.path).notes, "these are of 32 bits already"


def test_what_a_photoshop_document_has_beside_its_merged_picture_is_named(tmp_path):
    plain = make.psd(noise(40, 30, 5))
    behind = plain.index(b"8BIM") + 8 + 4 + 16  # the one resource; the empty section of layers follows
    layers = struct.pack(">IIh2x", 8, 4, -2)
    written = make.write(tmp_path, "a.psd", plain[:behind] + layers + plain[behind + 4 :])
    picture = open_here(written)
    assert {("Layers", "2"), ("Further channels", "1")} <= set(picture.facts)
    assert picture.alpha is not None
    done = derived(written)
    assert "Photoshop's layers were left behind." in done.notes
    assert any(note.startswith("Further channels") for note in done.notes)
    np.testing.assert_array_equal(tifffile.imread(done.path), noise(40, 30, 5)[..., :4])


@pytest.mark.parametrize("kind", ["png", "avif"])
@pytest.mark.parametrize(("numbers", "said"), [((9, 16), "BT.2020, PQ"), ((12, 13), "Display P3"), ((1, 13), "")])
def test_colours_told_by_numbers_that_a_tiff_cannot_tell_are_named(tmp_path, kind, numbers, said):
    pixels = noise(40, 34)
    if kind == "png":
        content = make.png_of(pixels, before=(make.chunk(b"cICP", bytes([*numbers, 0, 1])),))
    else:
        content = imagecodecs.avif_encode(pixels, level=100, primaries=numbers[0], transfer=numbers[1])
    written = make.write(tmp_path, f"a.{kind}", content)
    assert dict(open_here(written).facts).get("Colours by number", "") == said
    assert any("numbers said" in note for note in derived(written).notes) is bool(said)


@pytest.mark.parametrize("kind", ["grey", "white is zero", "cmyk", "lab"])
def test_colours_keep_their_meaning(tmp_path, kind):
    samples, photometric = {"grey": (1, 1), "white is zero": (1, 0), "cmyk": (4, 5), "lab": (3, 8)}[kind]
    pixels = noise(40, 30, samples)
    done = derived(write(tmp_path / "a.tif", page(pixels, photometric=photometric)))
    picture = open_here(done.path)
    assert (picture.layout, picture.white_is_zero) == (open_here(tmp_path / "a.tif").layout, kind == "white is zero")
    shown = open_here(tmp_path / "a.tif").source
    np.testing.assert_array_equal(picture.source.read(picture.source.bounds), shown.read(shown.bounds))
    np.testing.assert_array_equal(tifffile.imread(done.path).reshape(pixels.shape), pixels)


def test_a_jpeg_gives_its_exif_and_its_resolution_to_a_tiff(tmp_path):
    exif = Image.Exif()
    exif[271] = "Scanner works"
    exif[274] = 6
    exif.get_ifd(34665)[33434] = (1, 50)
    Image.fromarray(noise(64, 48)).save(tmp_path / "a.jpg", exif=exif, dpi=(300, 300), quality=90)
    done = derived(tmp_path / "a.jpg")
    assert done.path.name == "a_restored_v01.tif"
    picture = open_here(done.path)
    assert picture.dpi == (300, 300)
    assert picture.orientation == 6
    with tifffile.TiffFile(done.path) as file:
        assert file.pages[0].tags[271].value == "Scanner works"
        assert file.pages[0].tags[34665].value["ExposureTime"] == (1, 50)
    shown = open_here(tmp_path / "a.jpg").source
    np.testing.assert_array_equal(picture.source.read(picture.source.bounds), shown.read(shown.bounds))


def test_a_png_gives_its_exif_alpha_and_xmp(tmp_path):
    exif = Image.Exif()
    exif[271] = "Scanner works"
    data = io.BytesIO()
    pixels = noise(40, 30, 4)
    Image.fromarray(pixels).save(data, "PNG", exif=exif)
    (tmp_path / "a.png").write_bytes(data.getvalue())
    done = derived(tmp_path / "a.png")
    picture = open_here(done.path)
    assert picture.alpha is not None
    np.testing.assert_array_equal(picture.alpha.read(picture.source.bounds), pixels[..., 3:])
    with tifffile.TiffFile(done.path) as file:
        assert file.pages[0].tags[271].value == "Scanner works"


def test_an_upscaled_picture_keeps_its_size_on_paper(tmp_path):
    one = with_families(page(noise(40, 30, dtype="uint16")))
    path = write(tmp_path / "a.tif", one)
    large = Raster.from_array(np.repeat(np.repeat(noise(40, 30, dtype="uint16"), 2, 0), 2, 1))
    done = derived(path, image_of=lambda _: large)
    picture = open_here(done.path)
    assert (picture.width, picture.height) == (60, 80)
    assert picture.dpi == (1200, 1200)
    assert done.verdict.sentence.startswith("All 14\u202f400 samples are as they were shown;")
    np.testing.assert_array_equal(picture.source.read(Region(0, 0, 60, 80)), large.read(large.bounds))


def test_one_page_of_several_is_said_to_be_alone(tmp_path):
    path = write(tmp_path / "a.tif", page(noise(20, 20)), page(noise(20, 20)))
    assert "page 1 of 2 alone" in derived(path).notes[0]


def test_what_a_new_tiff_has_no_place_for_is_named(tmp_path):
    one = with_families(page(noise(20, 20, 6), extras=(2, 0, 0)))
    one.tags[37724] = (7, b"Adobe Photoshop Document Data Block\0")
    notes = " ".join(derived(write(tmp_path / "a.tif", one)).notes)
    assert "2 further channels were left behind" in notes
    assert "(SubIFDs) was left behind" in notes
    assert "layers were left behind" in notes
    Image.fromarray(noise(20, 20)).save(tmp_path / "a.jpg", comment=b"Box 7")
    assert "comment in the JPEG" in " ".join(derived(tmp_path / "a.jpg").notes)
    text = make.png_of(noise(20, 20), before=(make.chunk(b"tEXt", b"Title\0A gate"),))
    assert "texts in the PNG's own form" in " ".join(derived(make.write(tmp_path, "a.png", text)).notes)
    assert derived(write(tmp_path / "plain.tif", page(noise(20, 20, 4), extras=(2,)))).notes == ()


def test_pictures_behind_the_first_and_parts_bound_to_the_pixels_are_named_as_left_behind(tmp_path):
    two = io.BytesIO()
    first, second = (Image.fromarray(noise(40, 40, seed=seed)) for seed in (1, 2))
    first.save(two, "MPO", save_all=True, append_images=[second])
    path = make.write(tmp_path, "a.jpg", two.getvalue())
    assert dict(open_here(path).facts)["Behind the picture"].endswith("which a new TIFF leaves behind")
    assert any("further pictures or a film" in note for note in derived(path).notes)
    parts = {b"acTL": "pictures of the animation", b"caBX": "bound to the pixels"}
    for name, told in parts.items():
        content = make.png_of(noise(20, 20), before=(make.chunk(name, bytes(8)),))
        notes = derived(make.write(tmp_path, f"{name.decode()}.png", content)).notes
        assert len(notes) == 1
        assert told in notes[0]


def test_what_follows_a_jpeg_that_is_patched_is_said_to_be_kept(tmp_path):
    data = io.BytesIO()
    Image.fromarray(noise(40, 40)).save(data, "JPEG")
    path = make.write(tmp_path, "a.jpg", data.getvalue() + bytes(1234))
    assert ("Behind the picture", "1\u202f234 bytes, kept as they are") in open_here(path).facts


def test_the_raster_that_was_derived_from_stays_as_it_was(tmp_path):
    path = write(tmp_path / "a.tif", page(noise(300, 280, dtype="uint16"), t700=(1, XMP)))
    picture = open_here(path)
    patch = noise(256, 256, dtype="uint16", seed=4)
    image = Raster(picture.source).with_patch(Region(0, 0, 256, 256), patch)
    save(picture, image, allowed=None, records=[record()], derive=True)
    np.testing.assert_array_equal(image.read(Region(0, 0, 256, 256)), patch)


def test_a_picture_enlarged_beyond_what_the_program_opens_is_saved_and_said_to_be(tmp_path, monkeypatch):
    master = open_here(write(tmp_path / "a.tif", page(noise(60, 60))))
    enlarged = Raster.from_array(noise(120, 120))
    _, *limits = Budget.__init__.__defaults__
    monkeypatch.setattr(Budget.__init__, "__defaults__", (5000, *limits))  # pixels
    done = save(master, enlarged, allowed=None, records=[record(name="upscale")], derive=True)
    assert done.verdict.same
    assert any("larger than this program opens" in note for note in done.notes)
    with pytest.raises(UnreadableFileError, match="more than the limit"):
        open_here(done.path)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_transparency_is_enlarged_with_its_picture(tmp_path, dtype):
    pixels = noise(30, 40, 4, dtype=dtype)
    pixels[:, :20, 3] = 0  # cut out along a line, as a paste-up is
    pixels[:, 20:, 3] = 1 if dtype == "float32" else np.iinfo(dtype).max
    picture = open_here(write(tmp_path / "a.tif", page(pixels, extras=(2,))))
    large = Raster.flat(Region.of_size(80, 60), dtype=dtype, channels=3, value=1)
    done = save(picture, large, allowed=None, records=[record(name="upscale")], derive=True)
    assert done.verdict.same, done.verdict
    assert any("transparency was enlarged" in note for note in done.notes)
    alpha = open_here(done.path).alpha
    found = alpha.read(alpha.bounds)[..., 0].astype(float) / pixels[0, 30, 3]
    assert found.shape == (60, 80)
    assert (found[:, :38] == 0).all()
    assert (found[:, 42:] == 1).all()
    assert (np.diff(found[:, 38:42]) > 0).all(), "a slope, and no steps"


def test_every_part_of_an_enlarged_transparency_is_as_in_the_whole(tmp_path):
    picture = open_here(write(tmp_path / "a.tif", page(noise(23, 31, 4), extras=(2,))))
    bounds = Region.of_size(31 * 4, 23 * 4)
    large = transparency_of(picture, bounds)
    whole = large.read(bounds)
    for part in (Region(0, 0, 1, 1), Region(5, 7, 66, 8), Region(100, 3, 124, 92)):
        np.testing.assert_array_equal(large.read(part), whole[part.slices()])
    assert transparency_of(picture, Region.of_size(31, 24)) is None, "no whole factor leads there"
    assert transparency_of(picture, picture.source.bounds) is picture.alpha
