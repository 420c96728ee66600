import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from restorer_app.cli import telling, work
from restorer_app.cli.progress import Progress
from restorer_app.core.job import Failed
from restorer_app.core.record import Record
from restorer_app.files import cards, metadata
from restorer_app.files.reader import Reader
from restorer_app.files.scratch import Scratch, SpillStore
from restorer_app.session import pending
from tests.cli.conftest import light

ROOT = Path(__file__).parents[2]


def test_a_repair_changes_the_mask_alone_and_proves_it(desk):
    scan, mask = desk.tiff(), desk.mask()
    assert desk.run("repair", scan, "--mask", mask, "--method", "telea", "--json") == 0
    told = desk.told()
    assert told["patched"] is True
    assert told["proof"]["same"] is True
    assert told["records"][0]["operation"]["method"] == "telea"
    before, after = tifffile.imread(scan), tifffile.imread(told["output"])
    assert after.dtype == np.uint16
    changed = (before != after).any(2)
    assert changed[20:30, 40:52].mean() > 0.9
    changed[20:30, 40:52] = False
    assert not changed.any()
    assert desk.run("verify", scan, told["output"]) == 0
    assert desk.run("verify", scan, told["output"], "--mask", mask) == 0
    assert desk.run("replay", scan, told["output"]) == 0
    assert desk.run("replay", told["output"], scan) == 0, "named the other way round"


def test_a_replay_with_the_wrong_master_says_that_it_is_the_wrong_one(desk):
    scan, mask = desk.tiff(), desk.mask()
    for before, after in (("scan", "once"), ("once", "twice")):
        words = ["--mask", mask, "--method", "telea" if after == "once" else "patch", "-o", desk / f"{after}.tif"]
        assert desk.run("repair", desk / f"{before}.tif", *words) == 0
    assert desk.run("replay", desk / "once.tif", desk / "twice.tif") == 0
    assert desk.run("replay", scan, desk / "twice.tif") == 1
    assert "(scan.tif is not the file that twice.tif was made from)" in desk.out


def test_a_replay_keeps_its_results_where_an_operation_does(desk, monkeypatch):
    scan, shown, put = desk.tiff(), [], []
    monkeypatch.setattr(pending, "LIVE_BYTES", 0)
    monkeypatch.setattr(Progress, "show", lambda _self, what, _share: shown.append(what))
    words = ["denoise", scan, "--method", "guided", "--strength", "0.3", "-o", desk / "calm.tif"]
    assert desk.run(*words) == 0
    keep = SpillStore.put
    monkeypatch.setattr(SpillStore, "put", lambda store, pixels: put.append(pixels.shape) or keep(store, pixels))
    assert desk.run("replay", scan, desk / "calm.tif") == 0
    assert put == [(70, 90, 3)]
    assert "Replaying step 1 of 1" in shown


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        ({"noise_sigma": 0.04, "sigma_used": 0.04}, "noise of σ 10.2 of 255 found]"),
        ({"noise_sigma": 0.0004, "sigma_used": 0.0}, "noise of σ 0.1 of 255 found, worked for noise of σ 0.0 of 255]"),
        ({"sigma_used": 0.058824}, "seed 0, worked for noise of σ 15.0 of 255]"),
        ({"jpeg_quality": 30}, "seed 0, JPEG quality 30 found]"),
        ({"jpeg_quality": None}, "seed 0, no JPEG compression found]"),
        ({}, "seed 0]"),
    ],
)
def test_what_a_picture_showed_is_told_in_units_that_people_know(desk, measured, words):
    words_of_one = ["denoise", desk.tiff(), "--method", "guided", "--strength", "0.3", "--json"]
    assert desk.run(*words_of_one) == 0
    record = Record.from_fields(desk.told()["records"][0])
    assert telling.of_record(replace(record, measured=measured)).endswith(words)


@pytest.mark.parametrize("kind", ["tiff", "jpeg"])
def test_a_repair_under_a_soft_mask_is_replayed(desk, kind, monkeypatch):
    scan = desk.tiff() if kind == "tiff" else desk.jpeg()
    size = (70, 90) if kind == "tiff" else (64, 80)
    mask = desk.mask("soft.png", *size, value=128)
    assert desk.run("repair", scan, "--mask", mask, "--method", "telea", "--json") == 0
    assert desk.run("replay", scan, desk.told()["output"]) == 0
    monkeypatch.setattr(metadata, "_masks_told", lambda *_masks, most: "")  # as files of earlier versions are
    assert desk.run("repair", scan, "--mask", mask, "--method", "telea", "--json") == 0
    assert desk.run("replay", scan, desk.told()["output"]) == 4
    assert "The mask of the step repair is not in the file" in desk.out
    hard = desk.mask("hard.png", *size)
    assert desk.run("repair", scan, "--mask", hard, "--method", "telea", "--json") == 0
    assert desk.run("replay", scan, desk.told()["output"]) == 0, "its mask is where anything was allowed"


def test_without_a_name_the_template_and_the_next_version_are_taken(desk):
    scan, mask = desk.tiff(), desk.mask()
    for _ in range(2):
        assert desk.run("repair", scan, "--mask", mask, "--method", "navier-stokes") == 0
    assert {"scan_restored_v01.tif", "scan_restored_v02.tif"} <= desk.names()
    assert "0 of" in desk.out
    (desk / "elsewhere").mkdir()
    assert desk.run("repair", scan, "--mask", mask, "--method", "telea", "-o", desk / "elsewhere") == 0
    assert (desk / "elsewhere" / "scan_restored_v01.tif").is_file()


def test_the_same_command_gives_the_same_picture(desk):
    scan, mask = desk.tiff(), desk.mask()
    for name in ("a.tif", "b.tif"):
        assert desk.run("repair", scan, "-m", mask, "--method", "patch", "--seed", 5, "-o", desk / name) == 0
    assert desk.run("compare", desk / "a.tif", desk / "b.tif") == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--mask", "empty.png"], "is empty"),
        (["--mask", "all.png"], "covers the whole picture"),
        (["--mask", "small.png"], "has 30 × 30 pixels, but the picture has 90 × 70"),
        (["--mask", "nowhere.png"], "There is no file"),
        (["--mask", "mask.png", "-o", "scan.tif"], "never overwritten"),
        (["--mask", "mask.png", "-o", "mask.tif"], "already there"),
        (["--mask", "mask.png", "-o", "new.jpg"], "--derive"),
        (["--mask", "mask.png", "--page", "2"], "There is no page 2"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_nothing_is_written(desk, monkeypatch, words, sentence):
    monkeypatch.chdir(desk.folder)
    desk.tiff()
    desk.mask()
    desk.mask("mask.tif")
    desk.mask("empty.png", value=0)
    work_all = np.full((70, 90), 255, np.uint8)
    tifffile.imwrite(desk / "all.png", work_all)
    tifffile.imwrite(desk / "small.png", work_all[:30, :30])
    before = desk.names()
    assert desk.run("repair", "scan.tif", "--method", "telea", *words) == 1
    assert sentence in desk.err
    assert len(desk.err.splitlines()) == 1
    assert desk.out == ""
    assert desk.names() == before


def test_an_operation_without_its_model_is_refused_by_name_with_what_to_use(desk, monkeypatch):
    monkeypatch.setattr(cards, "list_models", list)
    scan = desk.tiff()
    for words, model, instead in (
        (["repair", scan, "--mask", desk.mask()], "repair", "telea"),
        (["denoise", scan], "denoise", "nlm"),
        (["upscale", scan, "--scale", "4"], "upscale-x4", "lanczos"),
        (["decompress", scan], "decompress", "nlm"),
    ):
        assert desk.run(*words) == 1
        assert f"The model {model} is not trained yet" in desk.err
        assert instead in desk.err


def test_denoising_and_upscaling_work_without_any_model(desk):
    scan = desk.tiff()
    assert desk.run("denoise", scan, "--method", "nlm", "--strength", "0.3", "-o", desk / "calm.tif") == 0
    calm = tifffile.imread(desk / "calm.tif").astype(float)
    assert np.diff(calm, axis=1).std() < np.diff(tifffile.imread(scan).astype(float), axis=1).std()
    assert desk.run("upscale", scan, "--method", "lanczos", "-o", desk / "large.tif") == 0
    assert tifffile.imread(desk / "large.tif").shape == (140, 180, 3)


def test_work_on_a_whole_jpeg_becomes_a_tiff_and_is_refused_as_jpeg(desk):
    photo = desk.jpeg()
    assert desk.run("denoise", photo, "--method", "guided", "--strength", "0.2", "--json") == 0
    assert desk.told()["output"].endswith("scan_restored_v01.tif")
    assert desk.told()["patched"] is False
    assert desk.run("denoise", photo, "--method", "guided", "--strength", "0.2", "-o", desk / "new.jpg") == 1
    assert "new.tif" in desk.err
    assert "--derive" in desk.err
    assert desk.run("repair", photo, "-m", desk.mask("m.png", 64, 80), "--method", "telea", "-o", desk / "new.jpg") == 0


def test_what_decompress_takes_away_is_not_put_back_by_a_jpeg(desk):
    photo, mask = desk.jpeg(quality=20), desk.mask("m.png", 64, 80)
    denoise = ["denoise", photo, "--mask", mask, "--method", "nlm", "--strength", "0.02", "--json"]
    assert desk.run(*denoise, "-o", desk / "new.jpg") == 1
    assert "get back most of what is taken away" in desk.err
    assert desk.run(*denoise) == 0
    assert desk.told()["output"].endswith("scan_restored_v01.tif")
    words = ["decompress", photo, "--mask", mask, "--quality", "20", "--device", "cpu", "--json"]
    assert desk.run(*words, "-o", desk / "new.jpg") == 1
    assert "get back most of what is taken away" in desk.err
    assert "new.tif (--derive)" in desk.err
    assert desk.run(*words) == 0
    told = desk.told()
    assert told["output"].endswith("scan_restored_v02.tif")
    before, after = np.asarray(Image.open(photo)), tifffile.imread(told["output"])
    changed = (before != after).any(axis=2)
    assert np.count_nonzero(changed) == told["records"][0]["changed_pixels"] > 100, "the record counts what is saved"
    assert not changed[np.asarray(Image.open(mask)) == 0].any()


def test_a_jpeg_that_turns_out_to_be_unpatchable_becomes_a_tiff_where_no_jpeg_was_asked_for(desk):
    photo = desk.jpeg()
    content = photo.read_bytes()
    photo.write_bytes(content[:-40] + b"\xff\xd3" + content[-40:])  # a restart that nothing announces
    words = ["repair", photo, "-m", desk.mask("m.png", 64, 80), "--method", "telea"]
    assert desk.run(*words) == 0
    assert "restart markers are damaged. So a new TIFF is written" in desk.err
    assert (desk / "scan_restored_v01.tif").exists()
    assert desk.run(*words, "-o", desk / "new.jpg") == 1
    assert "restart markers" in desk.err
    assert "new.tif (--derive)" in desk.err
    assert not (desk / "new.jpg").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["repair", "scan.tif"],
        ["repair", "scan.tif", "--mask", "m.png", "--method", "magic"],
        ["repair", "scan.tif", "--mask", "m.png", "--grain", "3"],
        ["denoise", "scan.tif", "--strength", "1.01"],
        ["denoise", "scan.tif", "--strength", "nan"],
        ["denoise", "scan.tif", "--seed", "-1"],
        ["denoise", "scan.tif", "--seed", "1.5"],
        ["denoise", "scan.tif", "--device", "gpu"],
        ["denoise", "scan.tif", "--page", "0"],
        ["upscale", "scan.tif", "--scale", "3"],
        ["upscale", "scan.tif", "--method", "lanczos", "--mode", "natural"],
        ["upscale", "scan.tif", "--method", "lanczos", "--looks", "2"],
        ["denoise", "scan.tif", "--method", "nlm", "--looks", "1"],
        ["denoise", "scan.tif", "--looks", "3"],
        ["decompress", "scan.tif", "--quality", "0"],
        ["nosuch"],
        [],
    ],
)
def test_wrong_words_are_a_usage_error(desk, words):
    assert desk.run(*words) == 2
    assert "usage:" in desk.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["repair", "a.tif", "b.tif", "--mask", "m.png"], "no use for b.tif here; it takes one picture at a time"),
        (["denoise", "a.tif", "--strong"], "no use for --strong here\n"),
        (["verify", "a.tif", "b.tif", "c.tif"], "no use for c.tif here\n"),
    ],
)
def test_a_word_too_many_is_named_with_the_usage_of_its_command(desk, words, told):
    assert desk.run(*words) == 2
    assert f"restorer {words[0]}: error: there is {told}" in desk.err
    assert f"usage: restorer {words[0]} " in desk.err


def test_of_several_pages_the_first_is_taken_and_told(desk):
    pages, mask = desk / "pages.tif", desk.mask()
    with tifffile.TiffWriter(pages) as file:
        for turn in (0, 1):
            file.write(np.roll(light(70, 90), turn), photometric="rgb")
    assert desk.run("repair", pages, "--mask", mask, "--method", "telea") == 0
    assert "pages.tif has 2 pages. This is page 1" in desk.err
    assert desk.run("repair", pages, "--mask", mask, "--method", "telea", "--page", "1") == 0
    assert "pages" not in desk.err


@pytest.mark.parametrize("words", [["denoise", "--method", "nlm"], ["upscale", "--method", "lanczos"], ["decompress"]])
def test_floats_on_another_scale_are_refused_where_white_counts(desk, words):
    scan = desk / "scan.tif"
    tifffile.imwrite(scan, (light(70, 90) / 257).astype(np.float32), photometric="rgb")
    assert desk.run(words[0], scan, *words[1:]) == 1
    assert "white is 1 in such pictures. Divide its values" in desk.err
    assert desk.names() == {"scan.tif"}
    assert desk.run("repair", scan, "--mask", desk.mask(), "--method", "telea") == 0


def test_a_name_that_no_disc_takes_is_one_line(desk):
    words = ["repair", desk.tiff(), "--mask", desk.mask(), "--method", "telea", "-o", desk / ("x" * 300 + ".tif")]
    assert desk.run(*words) == 1
    assert "too long" in desk.err
    assert "fault" not in desk.err
    assert len(desk.err.splitlines()) == 1


def test_a_name_that_is_no_text_is_repaired_and_proven(desk):
    odd = desk.tiff().rename(desk / os.fsdecode(b"scan \xff.tif"))
    assert desk.run("repair", odd, "--mask", desk.mask(), "--method", "telea", "--json") == 0
    assert desk.run("verify", odd, desk / os.fsdecode(b"scan \xff_restored_v01.tif")) == 0


def test_letters_that_a_terminal_does_not_know_become_plain_ones(desk):
    words = [sys.executable, "-m", "restorer_app", "info", str(desk.tiff())]
    told = subprocess.run(words, env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, check=True)
    assert b"90 x 70 pixels" in told.stdout


def test_a_copy_that_stays_old_is_told_once_and_only_where_it_is_kept(desk):
    with tifffile.TiffWriter(desk / "scan.tif") as file:
        pixels = tifffile.imread(desk.tiff("plain.tif"))
        file.write(pixels, photometric="rgb", subifds=1, metadata=None)
        file.write(pixels[::2, ::2].copy(), photometric="rgb", subfiletype=1, metadata=None)
    words = ["repair", desk / "scan.tif", "--mask", desk.mask(), "--method", "telea"]
    assert desk.run(*words) == 0
    assert desk.out.count("smaller copy") == 1
    assert desk.run(*words, "--derive") == 0
    assert "smaller copy" not in desk.out
    assert "left behind" in desk.out
    assert desk.run(*words, "--pyramid") == 0
    assert desk.out.count("smaller copy") == desk.out.count("now shows the edit") == 1


def test_words_that_would_change_nothing_are_told(desk):
    photo, mask = desk.jpeg(), desk.mask("m.png", 64, 80)
    words = ["repair", photo, "--mask", mask, "--method", "telea", "--pyramid"]
    assert desk.run(*words) == 0
    assert "Note: scan.jpg holds no smaller copies of the picture, so --pyramid changes nothing." in desk.err
    denoise = ["denoise", photo, "--method", "nlm", "--strength", "0.1", "--pyramid"]
    assert desk.run(*denoise) == 0
    assert "Note: A new TIFF is written, which holds no smaller copies" in desk.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--device", "cpu"], "--device belongs to the trained network; --method telea knows none"),
        (["--dtype", "bfloat16", "--deterministic"], "--dtype and --deterministic belong to the trained network"),
        (["--pyramid", "--derive"], "--derive writes a new TIFF, which holds no smaller copies for --pyramid"),
    ],
)
def test_words_that_exclude_each_other_are_a_usage_error(desk, words, told):
    assert desk.run("repair", desk.tiff(), "--mask", desk.mask(), "--method", "telea", *words) == 2
    assert told in desk.err
    assert "usage: restorer repair" in desk.err
    assert desk.names() == {"scan.tif", "mask.png"}


def test_an_enlarged_picture_has_no_pyramid(desk):
    assert desk.run("upscale", desk.tiff(), "--method", "lanczos", "--pyramid") == 2
    assert "an enlarged picture becomes a new TIFF" in desk.err


def test_a_fault_is_one_line_and_debug_shows_where(desk, monkeypatch):
    def fails(job):
        yield Failed(job.id, "Repair failed because of a fault in the program: oh.", "Traceback: the place")

    monkeypatch.setattr(work.runner, "run", fails)
    words = ["repair", desk.tiff(), "--mask", desk.mask(), "--method", "telea"]
    assert desk.run(*words) == 1
    assert desk.err.splitlines() == ["restorer: Repair failed because of a fault in the program: oh."]
    assert desk.run("--debug", *words) == 1
    assert "the place" in desk.err

    def breaks(job):
        raise ZeroDivisionError("nothing to divide")
        yield

    monkeypatch.setattr(work.runner, "run", breaks)
    assert desk.run(*words) == 1
    assert "ZeroDivisionError" in desk.err
    assert len(desk.err.splitlines()) == 1
    assert desk.run(*words, "--debug") == 1
    assert "Traceback" in desk.err


def wait_until_it_works(pid: int) -> None:
    """Its reader process is there, so the command has begun; a fixed time would be too short on a busy machine."""
    children, until = Path(f"/proc/{pid}/task/{pid}/children"), time.monotonic() + 60
    while children.exists() and not children.read_text() and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(1 if children.exists() else 4)


@pytest.mark.skipif(sys.platform == "win32", reason="signals as a terminal sends them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_with_130_and_leaves_nothing(desk, number):
    scan, mask = desk.tiff(height=800, width=900), np.zeros((800, 900), np.uint8)
    mask[100:700, 100:800] = 255
    tifffile.imwrite(desk / "large.png", mask)
    before = desk.names()
    words = ["repair", scan, "--mask", desk / "large.png", "--method", "patch"]
    before_it = signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell ignores it for what runs behind, children too
    try:
        child = subprocess.Popen(
            [sys.executable, "-m", "restorer_app", *map(str, words)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, before_it)
    wait_until_it_works(child.pid)
    child.send_signal(number)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    assert "Stopped. Nothing was written." in err
    assert desk.names() == before


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no signals here")
def test_ctrl_c_while_a_file_is_decoded_ends_its_process_too(desk, monkeypatch):
    pids = []

    @contextlib.contextmanager
    def stuck():
        with Scratch(desk / "s") as scratch, Reader(scratch) as reader:
            reader.start()
            pids.append(reader._child.pid)
            os.kill(pids[0], signal.SIGSTOP)
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
            yield reader, scratch

    monkeypatch.setattr(work, "reading", stuck)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert desk.run("info", desk.tiff()) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert "Stopped." in desk.err
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


@pytest.mark.parametrize("words", [["--steps", 0], ["--minutes", -1], ["--minutes", "nan"], ["--threads", 0]])
def test_training_refuses_what_makes_no_sense(desk, words):
    assert desk.run("train", "denoise", "--photos", desk.folder, *words) == 2
    assert "error: argument" in desk.err


def test_a_mask_that_covers_nearly_everything_is_told(desk):
    scan, mask = desk.tiff(), desk.mask()
    assert desk.run("repair", scan, "--mask", mask, "--method", "telea") == 0
    assert "covers" not in desk.err
    assert desk.run("mask", mask, "invert", "-o", desk / "wrong.png") == 0
    assert desk.run("repair", scan, "--mask", desk / "wrong.png", "--method", "telea") == 0
    assert "wrong.png covers 98 % of the picture: white is what is repaired" in desk.err


@pytest.mark.parametrize(("words", "looks"), [([], 2), (["--looks", "1"], 1), (["--looks", "4"], 4)])
@pytest.mark.parametrize(
    "operation", [["denoise", "--strength", "0.3"], ["decompress", "--quality", "40"], ["upscale"]]
)
def test_networks_look_twice_or_as_often_as_told_and_the_record_says_so(desk, operation, words, looks):
    assert desk.run(*operation, desk.tiff(), *words, "--json") == 0
    assert desk.told()["records"][0]["operation"]["looks"] == looks


def test_arithmetic_looks_once(desk):
    assert desk.run("denoise", desk.tiff(), "--method", "guided", "--strength", "0.3", "--json") == 0
    assert desk.told()["records"][0]["operation"]["looks"] == 1
