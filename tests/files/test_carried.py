import io
import struct

import imagecodecs
import pytest
import tifffile
from PIL import Image

from restorer_app.core.raster import Raster
from restorer_app.files.carry import carried
from restorer_app.files.metadata import all_records, embedded
from restorer_app.files.opening import open_here
from restorer_app.files.saving import save
from restorer_app.files.verify import verify
from restorer_app.files.xmp import Packet
from tests.files import make
from tests.files.make import noise
from tests.files.test_derive import derived
from tests.files.test_saving import record
from tests.files.tiffs import Dir, page, write

DC = "http://purl.org/dc/elements/1.1/"
NOTE = "http://ns.adobe.com/xmp/note/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
GUID = "0123456789ABCDEF0123456789ABCDEF"
TWICE = {
    "jpeg of 72": lambda: jpeg_of(exif_dpi=300, jfif=72),
    "jpeg of 96": lambda: jpeg_of(exif_dpi=72, jfif=96),
    "progressive jpeg": lambda: jpeg_of(exif_dpi=300, jfif=72, progressive=True),
    "png of 600": lambda: make.png_of(
        noise(20, 30),
        before=(make.chunk(b"pHYs", struct.pack(">IIB", 23622, 23622, 1)), make.chunk(b"eXIf", exif(300))),
    ),
    "document of 300": lambda: psd_with_exif(exif(72)),
}


def exif(dpi, *, unit=2, **tags):
    block = Image.Exif()
    block[282], block[283], block[296], block[315], block[33432] = dpi, dpi, unit, "A. Binder", "the archive"
    for tag, value in tags.items():
        block[int(tag.removeprefix("t"))] = value
    return block.tobytes().removeprefix(b"Exif\0\0")


def jpeg_of(*, exif_dpi, jfif, **options):
    out = io.BytesIO()
    block = b"Exif\0\0" + exif(exif_dpi)
    Image.fromarray(noise(24, 32)).save(out, "JPEG", dpi=(jfif, jfif), exif=block, **options)
    return out.getvalue()


def psd_with_exif(block):
    plain = make.psd(noise(20, 30))
    added = b"8BIM" + struct.pack(">HHI", 1058, 0, len(block)) + block + bytes(len(block) % 2)
    length = struct.unpack_from(">I", plain, 30)[0]
    return plain[:30] + struct.pack(">I", length + len(added)) + plain[34 : 34 + length] + added + plain[34 + length :]


def tags_of(path):
    with tifffile.TiffFile(path) as file:
        return {tag.code: tag.value for tag in file.pages[0].tags.values()}


def kinds_of(path):
    with tifffile.TiffFile(path) as file:
        return {tag.code: int(tag.dtype) for tag in file.pages[0].tags.values()}


@pytest.mark.parametrize("kind", TWICE)
def test_the_resolution_that_the_program_shows_is_the_one_that_a_derivative_has(tmp_path, kind):
    name = {"png": "a.png", "doc": "a.psd"}.get(kind[:3], "a.jpg")
    path = make.write(tmp_path, name, TWICE[kind]())
    done = derived(path)
    assert done.verdict.same, done.verdict
    assert open_here(done.path).dpi == pytest.approx(open_here(path).dpi, rel=1e-3)
    assert any("own resolution" in note for note in done.notes), "what the EXIF says is not in the new file any more"
    assert tags_of(done.path)[315] == "A. Binder"
    assert verify(path, done.path).same


def test_a_resolution_told_twice_alike_stays_as_the_exif_writes_it(tmp_path):
    path = make.write(tmp_path, "a.jpg", jpeg_of(exif_dpi=300, jfif=300))
    done = derived(path)
    assert not done.notes
    assert open_here(done.path).dpi == (300, 300)
    centimetres = io.BytesIO()
    block = b"Exif\0\0" + exif(118.11, unit=3)
    Image.fromarray(noise(24, 32)).save(centimetres, "JPEG", dpi=(300, 300), exif=block)
    done = derived(make.write(tmp_path, "b.jpg", centimetres.getvalue()))
    assert not done.notes
    assert tags_of(done.path)[296] == 3, "the same in other units is no disagreement"


def test_a_unit_without_a_resolution_does_not_hinder_a_derivative(tmp_path):
    block = Image.Exif()
    block[296] = 3
    out = io.BytesIO()
    Image.fromarray(noise(24, 32)).save(out, "JPEG", dpi=(300, 300), exif=block)
    done = derived(make.write(tmp_path, "a.jpg", out.getvalue()))
    assert open_here(done.path).dpi == (300, 300)


def jp2_with(*boxes):
    data = imagecodecs.jpeg2k_encode(noise(20, 30), level=0, codecformat="jp2")
    at = data.index(b"jp2c") - 4
    added = b"".join(struct.pack(">I4s", len(content) + 8, name) + content for name, content in boxes)
    return data[:at] + added + data[at:]


@pytest.mark.parametrize("identity", [b"JpgTiffExif->JP2", bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e")])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_the_exif_of_a_jpeg_2000_is_carried(tmp_path, identity, prefix):
    block = exif(300, t306="2019:05:04 03:02:01")
    path = make.write(tmp_path, "a.jp2", jp2_with((b"uuid", identity + prefix + block)))
    picture = open_here(path)
    assert picture.metadata == ("EXIF",)
    assert picture.dpi == (300, 300)
    done = derived(path)
    assert done.notes == ()
    tags = tags_of(done.path)
    assert (tags[315], tags[33432], tags[306]) == ("A. Binder", "the archive", "2019:05:04 03:02:01")
    assert verify(path, done.path).same


def test_iptc_and_photoshops_resources_of_a_jpeg_2000_are_carried(tmp_path):
    iptc = b"\x1c\x02\x05\x00\x05Title"
    resource = b"8BIM" + struct.pack(">HHI", 1034, 0, 1) + b"\1\0"
    boxes = (
        (b"uuid", bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38") + iptc),
        (b"uuid", bytes.fromhex("2c4c0100850440b9a03e562148d6dfeb") + resource),
    )
    path = make.write(tmp_path, "a.jp2", jp2_with(*boxes))
    assert open_here(path).metadata == ("IPTC", "Photoshop")
    tags = tags_of(derived(path).path)
    assert tags[33723] == iptc
    assert tags[34377] == resource


@pytest.mark.parametrize("kind", ["jpg", "jp2"])
def test_a_damaged_exif_is_named_and_takes_nothing_else_with_it(tmp_path, kind):
    iptc = b"\x1c\x02\x05\x00\x05Title"
    if kind == "jp2":
        identity = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")
        content = jp2_with((b"uuid", b"JpgTiffExif->JP2" + b"II*\0\xff\0\0\0"), (b"uuid", identity + iptc))
    else:
        resource = b"8BIM" + struct.pack(">HHI", 1028, 0, len(iptc)) + iptc
        plain = make.jpeg(noise(24, 32))
        segments = segment(b"Exif\0\0II*\0\xff\0\0\0") + segment(b"Photoshop 3.0\0" + resource, marker=0xED)
        content = plain[:2] + segments + plain[2:]
    done = derived(make.write(tmp_path, f"a.{kind}", content))
    assert tags_of(done.path)[33723] == iptc
    assert len(done.notes) == 1
    assert "could not be read" in done.notes[0]


def test_what_a_jpeg_2000_holds_beside_that_is_named(tmp_path):
    boxes = (
        (b"xml ", b"<mets>Box 7</mets>"),
        (b"uuid", bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03") + b"II*\0"),
        (b"uuid", b"JpgTiffExif->JP2" + exif(300, t274=6)),
    )
    path = make.write(tmp_path, "a.jp2", jp2_with(*boxes))
    assert {("XML boxes", "1"), ("Further boxes", "1")} <= set(open_here(path).facts)
    notes = derived(path).notes
    assert len(notes) == 3
    for part in ("XML boxes", "Further boxes", "orientation"):
        assert any(part in note for note in notes), part
    assert derived(make.write(tmp_path, "b.jp2", jp2_with())).notes == ()


def packet(inner, *, about="", declared=""):
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}" {declared}>'
        f'<rdf:Description rdf:about="{about}">{inner}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


MAIN = packet(f'<n:HasExtendedXMP xmlns:n="{NOTE}">{GUID}</n:HasExtendedXMP><d:source xmlns:d="{DC}">Box 7</d:source>')
FURTHER = packet(
    '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">A long story\tof a gate</rdf:li></rdf:Alt></dc:description>',
    declared=f'xmlns:dc="{DC}"',
)


def segment(content, *, marker=0xE1):
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def extended_jpeg(*pieces, main=MAIN, further=FURTHER, guid=GUID):
    """A JPEG whose XMP goes on in other segments: each of the pieces is a range of the further packet."""
    plain = make.jpeg(noise(24, 32))
    segments = [segment(b"http://ns.adobe.com/xap/1.0/\0" + main)]
    for start, stop in pieces:
        head = guid.encode() + struct.pack(">II", len(further), start)
        segments.append(segment(b"http://ns.adobe.com/xmp/extension/\0" + head + further[start:stop]))
    return plain[:2] + b"".join(segments) + plain[2:]


def test_extended_xmp_becomes_one_packet_in_a_derivative(tmp_path):
    half = len(FURTHER) // 2
    path = make.write(tmp_path, "a.jpg", extended_jpeg((half, len(FURTHER)), (0, half), (0, half)))
    done = derived(path)
    assert done.verdict.same, done.verdict
    assert done.notes == ()
    said = Packet(open_here(done.path).xmp)
    assert said.text((DC, "source")) == "Box 7"
    assert said.properties()[DC, "description"] == Packet(FURTHER).properties()[DC, "description"]
    assert said.text((NOTE, "HasExtendedXMP")) is None
    assert verify(path, done.path).same


@pytest.mark.parametrize(
    ("pieces", "further", "guid"),
    [
        ([(0, 40)], FURTHER, GUID),
        ([(50, len(FURTHER))], FURTHER, GUID),
        ([(0, 20)], b"no packet at all, 20", GUID),
        ([(0, len(FURTHER))], FURTHER, GUID[::-1]),
        ([], FURTHER, GUID),
    ],
)
def test_extended_xmp_that_cannot_be_put_together_is_named(tmp_path, pieces, further, guid):
    path = make.write(tmp_path, "a.jpg", extended_jpeg(*pieces, further=further, guid=guid))
    done = derived(path)
    assert any("XMP that the JPEG keeps apart was left behind" in note for note in done.notes)
    said = Packet(open_here(done.path).xmp)
    assert said.text((DC, "source")) == "Box 7"
    assert said.text((NOTE, "HasExtendedXMP")) is None


def test_a_patched_jpeg_keeps_its_extended_xmp_where_it_is(tmp_path):
    path = make.write(tmp_path, "a.jpg", extended_jpeg((0, len(FURTHER))))
    picture = open_here(path)
    done = save(picture, Raster(picture.source), allowed=None, records=[record()])
    written = done.path.read_bytes()
    assert written.count(b"http://ns.adobe.com/xmp/extension/\0" + GUID.encode()) == 1
    assert FURTHER in written
    assert Packet(open_here(done.path).xmp).text((NOTE, "HasExtendedXMP")) == GUID


def begun_with_a_small_copy(tmp_path, own=None, **of_copy):
    """A file as scanners' programs write it: a small copy, which is described, and the whole picture below it."""
    described = {
        270: (2, b"Box 7, no. 12\0"), 315: (2, b"A. Binder\0"), 33432: (2, b"the archive\0"),
        33723: (7, b"\x1c\x02\x05\x00\x05Title"), 700: (1, make.XMP),
        282: (5, [72, 1]), 283: (5, [72, 1]), 296: (3, [2]),
    }  # fmt: skip
    small = page(noise(4, 4), t254=(4, [1]))
    small.tags |= described | of_copy.pop("tags", {})
    small.children[34665] = [Dir({33434: (5, [1, 50])})]
    whole = page(noise(30, 40, dtype="uint16", seed=3))
    whole.tags |= own or {}
    small.children[330] = [whole]
    return write(tmp_path / "a.tif", small)


def test_what_the_small_copy_above_says_of_the_picture_is_carried(tmp_path):
    path = begun_with_a_small_copy(tmp_path)
    done = derived(path)
    assert done.verdict.same, done.verdict
    tags = tags_of(done.path)
    assert (tags[270], tags[315], tags[33432]) == ("Box 7, no. 12", "A. Binder", "the archive")
    assert tags[33723] == b"\x1c\x02\x05\x00\x05Title"
    assert tags[34665]["ExposureTime"] == (1, 50)
    assert 282 not in tags, "that is the copy's resolution"
    assert Packet(open_here(done.path).xmp).text((DC, "source")) == "Box 7, no. 12"
    assert not any("small copy" in note for note in done.notes)
    assert verify(path, done.path).same


def test_the_pictures_own_words_go_before_those_of_its_small_copy(tmp_path):
    mine = packet(f'<d:source xmlns:d="{DC}">Box 8</d:source>')
    path = begun_with_a_small_copy(
        tmp_path, own={270: (2, b"The gate\0"), 700: (1, mine)}, tags={51000: (4, [1, 2, 3])}
    )
    done = derived(path)
    tags = tags_of(done.path)
    assert (tags[270], tags[315]) == ("The gate", "A. Binder")
    assert 51000 not in tags
    assert Packet(open_here(done.path).xmp).text((DC, "source")) == "Box 8"
    told = [note for note in done.notes if "small copy" in note]
    assert len(told) == 2
    assert any("source in the XMP" in note for note in told)


def test_the_colours_of_a_tiff_without_a_profile_keep_their_meaning(tmp_path):
    white, primaries = (5, [3127, 10000, 3290, 10000]), (5, [64, 100, 33, 100, 21, 100, 71, 100, 15, 100, 6, 100])
    path = write(tmp_path / "a.tif", page(noise(20, 30), t318=white, t319=primaries))
    done = derived(path)
    tags = tags_of(done.path)
    assert tags[318] == tuple(white[1])
    assert tags[319] == tuple(primaries[1])
    assert done.notes == ()


def test_a_second_description_is_named(tmp_path):
    out = io.BytesIO()
    tifffile.imwrite(out, noise(20, 30), description="The gate", photometric="rgb", metadata={"axes": "YXS"})
    path = make.write(tmp_path, "a.tif", out.getvalue())
    done = derived(path)
    assert tags_of(done.path)[270] == "The gate"
    assert done.notes == ("A second ImageDescription in the file was left behind: a TIFF has room for one.",)


@pytest.mark.parametrize("order", ["<", ">"])
def test_numbers_of_64_bits_become_those_that_a_classic_tiff_knows(tmp_path, order):
    one = page(noise(20, 30), order=order, t51000=(16, [1, 2, 3]), t51001=(16, [1 << 40]), t51002=(18, [4711]))
    one.tags[51003] = (17, struct.pack(f"{order}q", -5))
    path = tmp_path / "a.tif"
    content = bytearray(write(path, one, order=order, big=True).read_bytes())
    at = content.index(struct.pack(f"{order}HHQ", 51003, 17, 8))
    content[at + 4 : at + 12] = struct.pack(f"{order}Q", 1)  # the writer counts bytes
    path.write_bytes(content)
    done = derived(path)
    assert done.verdict.same, done.verdict
    tags, kinds = tags_of(done.path), kinds_of(done.path)
    assert tags[51000] == (1, 2, 3)
    assert tags[51003] == -5
    assert (kinds[51000], kinds[51003]) == (4, 9)
    assert not {51001, 51002} & tags.keys()
    assert sum("number too large" in note for note in done.notes) == 2
    assert not {16, 17, 18} & set(kinds.values())


def test_words_about_colours_that_become_others_are_not_carried(tmp_path):
    one = page(noise(20, 30), t262=(3, [32845]), t318=(5, [1, 3, 1, 3]), t315=(2, b"A. Binder\0"))
    one.tags[259] = (3, [34676])  # SGI's LogLuv, of which libtiff makes sRGB
    tags = carried(open_here(write(tmp_path / "a.tif", one))).tags
    assert 318 not in tags
    assert 315 in tags


def test_an_enlarged_picture_has_the_shown_resolution_times_its_scale(tmp_path):
    path = make.write(tmp_path, "a.jpg", jpeg_of(exif_dpi=300, jfif=72))
    done = derived(path, image_of=lambda source: Raster.from_array(noise(48, 64)))
    assert open_here(done.path).dpi == (144, 144)


def test_a_copy_that_was_patched_below_its_small_copy_loses_nothing_when_it_is_derived_from(tmp_path):
    picture = open_here(begun_with_a_small_copy(tmp_path))
    patched = save(picture, Raster(picture.source), allowed=None, records=[record()])
    assert patched.patched
    done = derived(patched.path)
    assert done.verdict.same, done.verdict
    said = open_here(done.path).xmp
    assert Packet(said).text((DC, "source")) == "Box 7, no. 12"
    assert embedded(said).master_sha256 == patched.sha256
    assert len(all_records(said)) == 2
