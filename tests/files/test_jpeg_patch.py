"""JPEG is changed block by block; everything that the edit does not touch keeps its coefficients."""

import contextlib
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restorer_app.core.errors import NotPatchableError, RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.files.jpeg_blocks import _COSINES
from restorer_app.files.jpeg_decode import decode_scan
from restorer_app.files.jpeg_encode import encode_scan, roomier
from restorer_app.files.jpeg_markers import read_header
from restorer_app.files.jpeg_patch import patch_jpeg
from restorer_app.files.jpeg_proof import compare_jpeg
from restorer_app.files.jpeg_scan import ZIGZAG, read_scan
from restorer_app.files.opening import open_here
from restorer_app.files.patching import silent
from tests.files import make

EDIT = Region(70, 33, 101, 60)
KINDS = {
    "4:4:4": {"subsampling": 0},
    "4:2:2": {"subsampling": 1},
    "4:2:0": {"subsampling": 2},
    "own tables": {"optimize": True},
    "restarts in a row": {"restart_marker_blocks": 5},
    "restarts a row": {"restart_marker_rows": 1},
    "coarse": {"quality": 20},
    "fine": {"quality": 100, "subsampling": 0},
}


def scanned(path: Path):
    with path.open("rb") as file:
        header = read_header(file)
        scan, data = read_scan(file, header)
    return header, scan, data, decode_scan(scan, data)


def patched(path: Path, *, xmp: bytes | None = None, pixels: np.ndarray | None = None) -> tuple[Path, Raster, Raster]:
    picture = open_here(path)
    image = Raster(picture.source)
    if pixels is None:
        pixels = np.full((*EDIT.shape, image.channels), 90, np.uint8)
        pixels[:, ::7] = 200
    image = image.with_patch(EDIT, pixels)
    target = path.with_name("patched.jpg")
    patch_jpeg(picture, image, target=target, xmp=xmp, progress=silent, cancel=None)
    mask = Raster.flat(image.bounds).with_patch(EDIT, np.full((*EDIT.shape, 1), 255, np.uint8))
    return target, mask, image


def proof(master: Path, derivative: Path, mask: Raster | None):
    return compare_jpeg(master, derivative, page=0, allowed=mask, progress=silent, cancel=None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("channels", "size"), [(3, (97, 131)), (1, (64, 104))])
def test_only_blocks_under_the_edit_change(tmp_path, kind, channels, size):
    path = make.write(tmp_path, "a.jpg", make.jpeg(make.photograph(*size, channels), metadata=True, **KINDS[kind]))
    derivative, mask, image = patched(path)
    verdict = proof(path, derivative, mask)
    assert verdict.same, verdict.sentence
    assert verdict.inside_changed + verdict.edge_changed > 0
    assert verdict.segments_identical > verdict.segments_total // 2
    shown = open_here(derivative).source.read(image.bounds).astype(int)
    before = open_here(path).source.read(image.bounds).astype(int)
    far = EDIT.aligned(16, inside=image.bounds).grown(2, inside=image.bounds)
    outside = np.ones(size, bool)
    outside[far.slices()] = False
    assert np.array_equal(shown[outside], before[outside])
    wanted = image.read(EDIT).astype(int)
    assert np.abs(shown[EDIT.slices()] - wanted).mean() < np.abs(before[EDIT.slices()] - wanted).mean() / 2


@pytest.mark.parametrize("kind", KINDS)
def test_coding_what_was_decoded_gives_the_same_bytes(tmp_path, kind):
    path = make.write(tmp_path, "a.jpg", make.jpeg(make.photograph(97, 131), **KINDS[kind]))
    _, scan, data, coefficients = scanned(path)
    assert encode_scan(scan, coefficients) == data.tobytes()


def test_decoded_blocks_are_libjpegs(tmp_path):
    """Dequantised and transformed here, they give the pixels that libjpeg gives, but for its rounding."""
    path = make.write(tmp_path, "a.jpg", make.jpeg(make.photograph(96, 128, 1)))
    _, scan, _, coefficients = scanned(path)
    square = np.zeros((len(coefficients), 64))
    square[:, ZIGZAG] = coefficients * scan.quantisation[0][ZIGZAG]
    blocks = _COSINES.T @ square.reshape(-1, 8, 8) @ _COSINES + 128
    plane = blocks.reshape(12, 16, 8, 8).swapaxes(1, 2).reshape(96, 128)
    assert np.abs(np.clip(plane, 0, 255) - imagecodecs.jpeg8_decode(path.read_bytes())).max() < 1.01


def test_every_segment_and_what_stands_behind_stays(tmp_path):
    content = make.jpeg(make.photograph(97, 131), metadata=True, orientation=6)
    private = b"\xff\xeb" + struct.pack(">H", 12) + b"maker note"
    path = make.write(tmp_path, "a.jpg", content[:2] + b"\xff\xff" + private + content[2:] + b"appended")
    derivative, mask, _ = patched(path)
    old, new = scanned(path)[0], scanned(derivative)[0]
    kept = [[(part.marker, part.content) for part in side.segments] for side in (old, new)]
    assert kept[0] == kept[1]
    assert derivative.read_bytes().startswith(content[:2] + b"\xff\xff" + private)
    assert derivative.read_bytes().endswith(b"\xff\xd9appended")
    assert proof(path, derivative, mask).metadata_differences == ()


def test_fill_bytes_before_the_end_are_no_pixels(tmp_path):
    content = make.jpeg(make.photograph(97, 131))
    path = make.write(tmp_path, "a.jpg", content[:-2] + b"\xff\xff\xff\xd9")
    derivative, mask, _ = patched(path)
    assert proof(path, derivative, mask).same


@pytest.mark.parametrize("metadata", [True, False])
def test_a_packet_is_put_in_or_replaced(tmp_path, metadata):
    path = make.write(tmp_path, "a.jpg", make.jpeg(make.photograph(97, 131), metadata=metadata))
    derivative, mask, _ = patched(path, xmp=b"<x:xmpmeta/>")
    assert open_here(derivative).xmp == b"<x:xmpmeta/>"
    verdict = proof(path, derivative, mask)
    assert verdict.same, verdict.sentence
    assert verdict.metadata_changed == ("XMP",)


def test_tables_without_a_needed_code_are_made_anew(tmp_path):
    flat = np.full((97, 131, 3), 128, np.uint8)
    path = make.write(tmp_path, "a.jpg", make.jpeg(flat, optimize=True))
    noise = make.noise(*EDIT.shape)
    picture = open_here(path)
    image = Raster(picture.source).with_patch(EDIT, noise)
    target = tmp_path / "b.jpg"
    report = patch_jpeg(picture, image, target=target, xmp=None, progress=silent, cancel=None)
    assert any("Huffman" in note for note in report.notes)
    mask = Raster.flat(image.bounds).with_patch(EDIT, np.full((*EDIT.shape, 1), 1, np.uint8))
    assert proof(path, target, mask).same
    assert np.abs(open_here(target).source.read(EDIT).astype(int) - noise).mean() < 60  # chroma at half size loses most


def test_roomier_tables_code_every_picture(tmp_path):
    path = make.write(tmp_path, "a.jpg", make.jpeg(make.noise(64, 64), quality=100, subsampling=0))
    _, scan, _, coefficients = scanned(path)
    wide, content = roomier(scan, coefficients)
    again = encode_scan(wide, coefficients)
    assert len(content) == 2 * (17 + 12) + 2 * (17 + 162)
    plain = np.frombuffer(again, np.uint8)
    assert np.array_equal(decode_scan(wide, plain), coefficients)


def test_the_proof_sees_one_changed_coefficient(tmp_path):
    path = make.write(tmp_path, "a.jpg", make.jpeg(make.photograph(97, 131)))
    header, scan, data, coefficients = scanned(path)
    coefficients[17, 5] += 1
    content = path.read_bytes()
    start = content.index(data.tobytes())
    other = make.write(tmp_path, "b.jpg", content[:start] + encode_scan(scan, coefficients) + content[header.end - 2 :])
    verdict = proof(path, other, None)
    assert verdict.outside_changed == 1
    assert not verdict.same
    assert proof(path, path, None).same


@pytest.mark.parametrize("kind", ["progressive", "cmyk", "further pictures"])
def test_what_would_change_its_kind_is_not_patched(tmp_path, kind):
    content = {
        "progressive": make.jpeg(make.photograph(40, 40), progressive=True),
        "cmyk": make.jpeg(make.noise(40, 40, 4)),
        "further pictures": make.jpeg(make.photograph(40, 40)),
    }[kind]
    if kind == "further pictures":
        content = content[:2] + b"\xff\xe2" + struct.pack(">H", 8) + b"MPF\0II" + content[2:]
    picture = open_here(make.write(tmp_path, "a.jpg", content))
    assert not picture.patchable
    with pytest.raises(NotPatchableError):
        patch_jpeg(picture, Raster(picture.source), target=tmp_path / "b.jpg", xmp=None, progress=silent, cancel=None)


@settings(max_examples=12)
@given(st.data())
def test_damaged_streams_are_refused_or_read_but_never_hang(tmp_path, data):
    content = bytearray(make.jpeg(make.photograph(48, 64), restart_marker_rows=data.draw(st.sampled_from([0, 1]))))
    start = content.index(b"\xff\xda") + 14
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(start, len(content) - 3))] ^= data.draw(st.integers(1, 255))
    path = make.write(tmp_path, "a.jpg", bytes(content))
    with contextlib.suppress(RestorerError):
        assert len(scanned(path)[3]) == 72  # 12 MCUs of six blocks
