"""Photographs are decoded once, cut anywhere, and reduced where the rules say so."""

import csv
import hashlib
import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from restorer_app.core.errors import UnreadableFileError
from restorer_app.training.clean import Rule
from restorer_app.training.listing import joined, manifest, photographs_in
from restorer_app.training.photographs import gather


def _generator():
    return torch.Generator().manual_seed(0)


def test_photographs_are_decoded_once(photos, tmp_path):
    gather([photos], tmp_path / "cache")
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").iterdir()}
    gather([photos], tmp_path / "cache")
    assert before == {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").iterdir()}


def test_a_crop_is_a_piece_of_a_photograph_turned_or_mirrored(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (70, 90, 3), np.uint8)
    (tmp_path / "photos").mkdir()
    Image.fromarray(pixels).save(tmp_path / "photos" / "one.png")
    photographs = gather([tmp_path / "photos"], tmp_path / "cache")
    pieces = np.lib.stride_tricks.sliding_window_view(pixels, (16, 16), axis=(0, 1)).transpose(0, 1, 3, 4, 2)
    for crop in photographs.crops(8, 16, _generator()).permute(0, 2, 3, 1).numpy():
        turns = [np.rot90(flip, k) for flip in (crop, crop[:, ::-1]) for k in range(4)]
        assert any((pieces == turn).all((2, 3, 4)).any() for turn in turns)


def test_detailed_crops_have_more_detail(photos, tmp_path):
    Image.new("RGB", (400, 300), "grey").save(photos / "flat.png")
    photographs = gather([photos], tmp_path / "cache")
    plain = photographs.crops(64, 32, _generator()).float().var((1, 2, 3)).mean()
    assert photographs.detailed_crops(64, 32, _generator()).float().var((1, 2, 3)).mean() > plain


def test_a_rule_reduces_and_makes_grey(photos, tmp_path):
    plain = gather([photos], tmp_path / "cache")
    ruled = gather([photos], tmp_path / "cache", [Rule("photos", reduce=1.5, grey=True)], least=32)
    assert int(ruled.widths.max()) == round(int(plain.widths.max()) / 1.5)
    crops = ruled.crops(4, 32, _generator())
    assert torch.equal(crops[:, 0], crops[:, 2])


def test_photographs_are_halved_as_often_as_said(photos, tmp_path):
    sides = {
        times: gather([photos], tmp_path / "cache", halvings=times, least=8).widths.unique() for times in (0, 1, 2)
    }
    largest = int(sides[0].max())
    assert [largest // 2**n in sides[2] for n in range(3)] == [True] * 3
    assert {times: int(largest / found.min()) for times, found in sides.items()} == {0: 1, 1: 2, 2: 4}


def test_files_that_are_no_pictures_are_left_out(photos, tmp_path):
    (photos / "broken.jpg").write_bytes(b"not a picture")
    assert len(gather([photos], tmp_path / "cache").starts) == 4


def test_what_is_left_out_is_not_listed_either_and_stays_so(photos, tmp_path):
    (photos / "broken.png").write_bytes(b"not a picture")
    Image.new("RGB", (20, 20)).save(photos / "small.png")
    stored = io.BytesIO()
    Image.open(photos / "0.png").resize((800, 600)).save(stored, "JPEG", quality=95)
    (photos / "torn.jpg").write_bytes(stored.getvalue()[: len(stored.getvalue()) // 2])  # below, grey
    (photos / "whole.jpg").write_bytes(stored.getvalue())
    for _ in range(2):  # decoded, and as it was kept
        names = [file.name for _, file in gather([photos], tmp_path / "cache").files]
        assert names == ["0.png", "1.png", "2.png", "3.png", "whole.jpg"]


def test_grey_of_16_bits_is_taken_by_its_scale(tmp_path):
    (tmp_path / "photos").mkdir()
    ramp = np.tile(np.linspace(0, 65535, 120).round().astype(np.uint16), (100, 1))
    for name in ("one.png", "two.tif"):
        Image.fromarray(ramp).save(tmp_path / "photos" / name)
    photographs = gather([tmp_path / "photos"], tmp_path / "cache", halvings=0)
    found = photographs.pixels.view(2, 100, 120, 3).numpy()
    assert np.array_equal(found, np.broadcast_to(np.rint(ramp / 257)[:, :, None], found.shape))


def test_numbers_that_are_no_picture_and_a_picture_of_one_pixel_are_left_out(photos, tmp_path):
    for name, value in (("heights.tif", 70.0), ("holes.tif", np.nan)):
        Image.fromarray(np.full((100, 100), value, np.float32)).save(photos / name)
    Image.new("P", (100, 100)).save(photos / "palette.png")
    Image.new("CMYK", (100, 100)).save(photos / "inks.tif")
    Image.new("RGB", (1, 1)).save(photos / "one.png")
    assert len(gather([photos], tmp_path / "cache", [Rule("photos", reduce=2.0)], least=40).starts) == 4


def test_the_manifest_names_every_photograph(photos):
    lines = manifest(photographs_in([photos])).splitlines()
    assert lines[0] == "file,sha256"
    assert [line.split(",")[0] for line in lines[1:]] == [f"photos/{n}.png" for n in range(4)]


def test_a_collection_that_lists_its_photographs_is_quoted(photos):
    folder = photos / "deep" / "er"
    folder.mkdir(parents=True)
    (photos / "0.png").replace(folder / "a, b.png")
    digest = hashlib.sha256((folder / "a, b.png").read_bytes()).hexdigest()
    told = f'file,sha256,terms\n"deep/er/a, b.png",{digest.upper()},CC0\n'
    (photos / "MANIFEST.csv").write_text(f"{told}deep/other.jpg,12,unknown\n", encoding="utf-8")
    assert manifest(photographs_in([folder])) == told
    assert manifest(photographs_in([folder, folder])) == told


@pytest.mark.parametrize("digest", ["", "0" * 64])
def test_a_list_that_does_not_tell_the_hash_does_not_hide_which_photographs_they_were(photos, digest):
    (photos.parent / "MANIFEST.csv").write_text(f"file,sha256\nphotos/2.png,{digest}\n", encoding="utf-8")
    rows = manifest(photographs_in([photos])).splitlines()
    for number in range(4):
        name = f"{number}.png"
        assert f"photos/{name},{hashlib.sha256((photos / name).read_bytes()).hexdigest()}" in rows
    assert f"photos/2.png,{digest}" in rows


def test_a_list_that_a_spreadsheet_wrote_is_quoted_line_by_line(photos):
    digest = hashlib.sha256((photos / "0.png").read_bytes()).hexdigest()
    row = f'photos/0.png,"two\r\nlines, ""x""",{digest}'
    (photos.parent / "MANIFEST.csv").write_bytes(f"\ufefffile,terms,sha256\r\n{row}\r\n".encode())
    header, told, *_ = manifest(photographs_in([photos])).splitlines()
    assert header == "file,terms,sha256"
    assert next(csv.reader([told])) == ["photos/0.png", 'two lines, "x"', digest]


def test_two_lists_become_one_that_names_each_photograph_once():
    newer = "file,terms\na.jpg,CC0\nb.jpg,CC0\nfile,sha256\nc.png,12\n"
    older = "file,sha256\nc.png,12\nd.png,34\nfile,terms\nb.jpg,CC0\ne.jpg,MIT\n"
    told = "file,terms\na.jpg,CC0\nb.jpg,CC0\ne.jpg,MIT\nfile,sha256\nc.png,12\nd.png,34\n"
    assert joined(newer, older) == told
    assert joined(newer, "") == newer


def _as_tiff(file, values, **tags):
    file.parent.mkdir(exist_ok=True)
    tifffile.imwrite(file, values, **tags)
    return file.parent


def test_scans_of_an_archive_are_learnt_from_as_they_are_seen(tmp_path):
    """16 bits in colour, white stored as zero, lying on its side, numbers from 0 to 1."""
    colour = np.random.default_rng(0).integers(0, 65536, (100, 120, 3), np.uint16)
    seen = np.rint(colour / 257).astype(np.uint8)
    orientation = [(274, "H", 1, 6, True)]  # its first row is the right side
    folders = {
        "colour": (_as_tiff(tmp_path / "colour" / "0.tif", colour, photometric="rgb"), seen),
        "negative": (
            _as_tiff(tmp_path / "negative" / "0.tif", colour[..., 0], photometric="miniswhite"),
            np.repeat(255 - seen[..., :1], 3, axis=2),
        ),
        "lying": (
            _as_tiff(tmp_path / "lying" / "0.tif", colour, photometric="rgb", extratags=orientation),
            np.rot90(seen, -1),
        ),
        "numbers": (
            _as_tiff(tmp_path / "numbers" / "0.tif", (seen / 255).astype(np.float32), photometric="rgb"),
            seen,
        ),
    }
    for folder, expected in folders.values():
        found = gather([folder], tmp_path / "cache", halvings=0)
        assert (int(found.heights[0]), int(found.widths[0])) == expected.shape[:2]
        assert np.array_equal(found.pixels.numpy().reshape(expected.shape), expected)


def test_what_is_left_out_is_said_and_nothing_at_all_is_refused(photos, tmp_path, capsys):
    (photos / "broken.jpg").write_bytes(b"not a picture")
    gather([photos], tmp_path / "cache")
    assert "1 of 5 photographs" in capsys.readouterr().out
    with pytest.raises(UnreadableFileError, match=r"There is no folder .*nowhere"):
        gather([photos, tmp_path / "nowhere"], tmp_path / "cache")
    for file in photos.glob("*.png"):
        file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(UnreadableFileError, match="no photograph in"):
        gather([photos], tmp_path / "other")
    assert not [file for file in (tmp_path / "other").iterdir() if file.suffix == ".part"]


def test_scans_called_alike_and_as_large_are_not_taken_for_each_other(photos, tmp_path):
    """One scanner's files of two days, and a scan that was made again."""
    for day, value in (("monday", 10), ("friday", 200)):
        (tmp_path / day / "scans").mkdir(parents=True)
        Image.new("RGB", (80, 80), (value,) * 3).save(tmp_path / day / "scans" / "0.tif")
    days = [tmp_path / day / "scans" for day in ("monday", "friday")]
    assert [int(gather([day], tmp_path / "cache").pixels[0]) for day in days] == [10, 200]
    Image.new("RGB", (80, 80), (60,) * 3).save(days[0] / "0.tif")
    os.utime(days[0] / "0.tif", ns=(1, 1))
    assert int(gather([days[0]], tmp_path / "cache").pixels[0]) == 60


def test_a_rule_is_for_folders_that_were_given_and_those_in_them_not_for_where_they_stand(photos, tmp_path):
    rules = [Rule("historical", reduce=2.0)]
    (tmp_path / "historical").mkdir()
    inside, given = shutil.copytree(photos, tmp_path / "historical" / "scans"), tmp_path / "historical"
    whole, halved = (gather([one], tmp_path / "cache", rules, halvings=0, least=32) for one in (inside, given))
    assert [set(one.widths.tolist()) for one in (whole, halved)] == [{160}, {80}]


def test_what_training_itself_has_drawn_is_no_photograph(photos, tmp_path):
    for made, sign in (("runs/denoise", "journal.csv"), ("models/denoise", "card.toml")):
        (photos / made).mkdir(parents=True)
        (photos / made / sign).write_text("", encoding="utf-8")
        Image.new("RGB", (100, 100)).save(photos / made / "plot.png")
    assert len(gather([photos], tmp_path / "cache", halvings=0).starts) == 4
    assert "plot" not in manifest(photographs_in([photos]))


def test_scans_beside_a_journal_or_a_card_of_ones_own_are_learnt_from(photos, tmp_path):
    for sign in ("journal.csv", "card.toml"):
        (photos / sign).write_text("1931,dunes", encoding="utf-8")
    (photos / "box").mkdir()
    (photos / "0.png").replace(photos / "box" / "0.png")
    (photos / "box" / "journal.csv").write_text("1931,dunes", encoding="utf-8")
    assert len(gather([photos], tmp_path / "cache", halvings=0).starts) == 4


def test_a_photograph_that_may_not_be_read_ends_a_run_in_a_sentence(photos, tmp_path, monkeypatch):
    def refused(file, **_):
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(Path, "stat", refused)
    with pytest.raises(UnreadableFileError, match="may not be read"):
        gather([photos], tmp_path / "cache")


def test_names_that_lists_and_disks_stumble_over_are_listed_all_the_same(photos, monkeypatch):
    picture = (photos / "0.png").read_bytes()
    (photos / "Maier, Hans.png").write_bytes(picture)
    Path(os.fsdecode(os.fsencode(photos) + b"/M\xfcller.png")).write_bytes(picture)
    (photos / "Album.tif").mkdir()
    (photos / "gone.jpg").symlink_to(photos / "nowhere.jpg")
    monkeypatch.chdir(photos)
    rows = list(
        csv.reader(manifest(photographs_in([Path()])).encode("utf-8", "surrogateescape").decode("latin-1").splitlines())
    )
    assert {len(row) for row in rows} == {2}
    names = {row[0] for row in rows}
    assert {"photos/Maier, Hans.png", "photos/M\xfcller.png", "photos/0.png"} <= names
    assert not any("Album" in name or "gone" in name for name in names)


@pytest.mark.parametrize("content", [b"", b"id;title\n1;M\xfcnchen\n", b"file,terms\nelsewhere/a.jpg,CC0\n"])
def test_somebody_elses_list_in_a_folder_above_is_left_alone(photos, tmp_path, content):
    (tmp_path / "MANIFEST.csv").write_bytes(content)
    header, *rows = manifest(photographs_in([photos])).splitlines()
    assert header == "file,sha256"
    assert len(rows) == 4
