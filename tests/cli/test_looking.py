import json
import os
import re
import subprocess
import sys

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from restorer_app.bench import __main__ as benchmarks
from restorer_app.bench import report
from restorer_app.cli import bench
from restorer_app.cli import progress as progress_module
from restorer_app.cli.difference import difference
from restorer_app.cli.main import _COMMANDS, PIPE_CLOSED
from restorer_app.cli.progress import Progress, remaining
from restorer_app.core import metrics
from restorer_app.core.errors import InvalidValueError
from restorer_app.core.raster import ArraySource
from restorer_app.files import cards, jp2
from restorer_app.files.cards import StoredModel
from tests.cli.conftest import light

COMMANDS = [module.__name__.rpartition(".")[2] for module in _COMMANDS]


def test_info_says_what_a_program_needs_to_know(desk):
    scan = desk.tiff()
    assert desk.run("info", scan, "--json") == 0
    told = desk.told()
    expected = {"width": 90, "height": 70, "dtype": "uint16", "channels": 3, "kind": "tiff", "page_count": 1}
    assert {name: told[name] for name in expected} == expected
    assert told["patchable"] is True
    assert told["reason"]
    assert desk.run("info", scan) == 0
    assert "90 × 70" in desk.out


def test_info_tells_of_several_files_and_names_what_is_none(desk):
    scan = desk.tiff()
    (desk / "odd.tif").write_bytes(b"no picture at all")
    Image.fromarray(np.zeros((20, 30), np.uint8)).save(desk / "grey.png")
    assert desk.run("info", scan, desk / "odd.tif", desk / "grey.png") == 1
    blocks = desk.out.split("\n\n")
    assert [str(scan) in blocks[0], str(desk / "grey.png") in blocks[1], len(blocks)] == [True, True, 2]
    assert len(desk.err.splitlines()) == 1
    assert "odd.tif" in desk.err


def test_info_of_several_files_is_a_list_for_programs(desk):
    scan = desk.tiff()
    assert desk.run("info", scan, scan, "--json") == 0
    assert [one["width"] for one in json.loads(desk.out)] == [90, 90]
    assert desk.run("info", scan, desk / "none.tif", "--json") == 1
    found, missing = json.loads(desk.out)
    assert found["patchable"] is True
    assert missing["path"] == str(desk / "none.tif")
    assert missing["error"]


def test_info_says_how_a_picture_is_turned_and_how_deep_it_is(desk):
    exif = Image.Exif()
    exif[274] = 8
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(desk / "turned.jpg", exif=exif)
    assert desk.run("info", desk / "turned.jpg") == 0
    assert "30 × 20 pixels as stored; shown turned to the left (orientation 8), 20 × 30" in desk.out
    assert "RGB, 8 bits each" in desk.out
    tifffile.imwrite(desk / "height.tif", np.zeros((20, 30), np.int16))
    assert desk.run("info", desk / "height.tif") == 0
    assert "grey, 16 bits each, signed" in desk.out


def test_info_gives_the_stored_size_of_a_turned_picture(desk):
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(desk / "turned.jpg", exif=exif)
    assert desk.run("info", desk / "turned.jpg", "--json") == 0
    told = desk.told()
    assert (told["width"], told["height"], told["upright_width"], told["upright_height"]) == (30, 20, 20, 30)


def test_verify_leaves_the_decoding_of_unknown_files_to_the_reader_process(desk, monkeypatch):
    scan = desk / "scan.jp2"
    scan.write_bytes(imagecodecs.jpeg2k_encode(light(70, 90), level=0))
    assert desk.run("repair", scan, "-m", desk.mask(), "--method", "telea", "-o", desk / "new.tif") == 0

    def decoded_here(*_args, **_named):
        raise AssertionError("a codec that crashes would take the command line along")

    monkeypatch.setattr(jp2, "open_jp2", decoded_here)
    assert desk.run("verify", scan, desk / "new.tif") == 0
    assert desk.run("verify", scan, desk / "new.tif", "--mask", desk.mask()) == 0


@pytest.mark.parametrize("content", [b"", b"hello", b"II*\x00" + b"\xff" * 40, b"\x89PNG\r\n\x1a\n1234"])
def test_info_of_what_is_no_picture_is_one_line(desk, content):
    (desk / "odd.tif").write_bytes(content)
    assert desk.run("info", desk / "odd.tif") == 1
    assert len(desk.err.splitlines()) == 1


def test_compare_counts_and_frames_what_differs(desk):
    scan = desk.tiff()
    pixels = tifffile.imread(scan)
    pixels[5, 7, 1] += 3
    pixels[9, 20] += 1
    tifffile.imwrite(desk / "other.tif", pixels, photometric="rgb")
    assert desk.run("compare", scan, desk / "other.tif", "--json") == 1
    told = desk.told()
    assert (told["samples_changed"], told["pixels_changed"], told["largest_difference"]) == (4, 2, 3)
    assert told["box"] == [7, 5, 21, 10]
    assert desk.run("compare", scan, scan, "--json") == 0
    assert desk.told()["psnr"] is None


def _with_infrared(desk, name, infrared, *, alpha=False, **how):
    pixels = np.dstack([light(70, 90), infrared])
    kind = ["unassalpha"] if alpha else []
    kind += ["unspecified"] * (pixels.shape[2] - 3 - len(kind))
    tifffile.imwrite(desk / name, pixels, photometric="rgb", extrasamples=kind, **how)
    return desk / name


@pytest.mark.parametrize("how", [{}, {"compression": "zlib", "predictor": True}, {"tile": (32, 32)}])
def test_compare_looks_at_the_infrared_of_a_film_scanner_too(desk, how):
    infrared = light(70, 90)[..., 0]
    one, other = _with_infrared(desk, "one.tif", infrared), _with_infrared(desk, "other.tif", infrared, **how)
    assert desk.run("compare", one, other) == 0
    turned = _with_infrared(desk, "turned.tif", 65535 - infrared, **how)
    assert desk.run("compare", one, turned) == 1
    assert "0 of 18" in desk.out
    assert "The further channels beside the photograph differ." in desk.out
    assert desk.run("compare", one, turned, "--json") == 1
    assert (desk.told()["same"], desk.told()["further_channels_differ"]) == (False, True)
    assert desk.run("compare", one, desk.tiff()) == 1
    assert "one.tif has 1 further channel, scan.tif no further channel." in desk.out


def test_an_alpha_and_what_lies_behind_it_are_compared_each_by_itself(desk):
    alpha, infrared = light(70, 90)[..., :1], light(70, 90)[..., 1:2]
    both = np.dstack([alpha, infrared])
    one, same = (_with_infrared(desk, name, both, alpha=True) for name in ("one.tif", "same.tif"))
    assert desk.run("compare", one, same) == 0
    other = _with_infrared(desk, "alpha.tif", np.dstack([65535 - alpha, infrared]), alpha=True)
    assert desk.run("compare", one, other, "--json") == 1
    told = desk.told()
    assert (told["same"], told["alpha_differs"], told["further_channels_differ"]) == (False, True, False)
    other = _with_infrared(desk, "further.tif", np.dstack([alpha, 65535 - infrared]), alpha=True)
    assert desk.run("compare", one, other, "--json") == 1
    assert (desk.told()["alpha_differs"], desk.told()["further_channels_differ"]) == (False, True)


def test_further_channels_that_cannot_be_read_leave_sameness_open(desk):
    infrared = light(70, 90)[..., 0]
    one, other = (
        _with_infrared(desk, name, its, compression="lzma")
        for name, its in (("one.tif", infrared), ("other.tif", 65535 - infrared))
    )
    assert desk.run("compare", one, other) == 4
    assert "the same in both, but the further channels of one.tif cannot be read" in desk.out
    assert desk.run("compare", one, one) == 0, "byte for byte"
    pixels = tifffile.imread(other)
    pixels[5, 5] += 1
    tifffile.imwrite(other, pixels, photometric="rgb", extrasamples=["unspecified"], compression="lzma")
    assert desk.run("compare", one, other) == 1
    assert "Not compared: the further channels of one.tif" in desk.out


def test_compare_tells_when_the_same_numbers_are_shown_otherwise(desk):
    grey = light(70, 90)[..., 0]
    tifffile.imwrite(desk / "black.tif", grey, photometric="minisblack")
    tifffile.imwrite(desk / "white.tif", grey, photometric="miniswhite")
    assert desk.run("compare", desk / "black.tif", desk / "white.tif") == 1
    assert "Zero is white in white.tif and black in black.tif, so the same numbers show the negative." in desk.out
    turned = [(274, 3, 1, 6, True)]
    tifffile.imwrite(desk / "turned.tif", grey, photometric="minisblack", extratags=turned)
    assert desk.run("compare", desk / "black.tif", desk / "turned.tif", "--json") == 1
    told = desk.told()
    assert (told["same"], told["samples_changed"]) == (False, 0)
    assert told["shown_otherwise"] == ["They are shown turned differently (orientation 1 and 6)."]


def test_compare_tells_colours_of_another_kind(desk):
    pixels = light(70, 90)
    tifffile.imwrite(desk / "rgb.tif", pixels, photometric="rgb")
    tifffile.imwrite(desk / "lab.tif", pixels, photometric="icclab")
    assert desk.run("compare", desk / "rgb.tif", desk / "lab.tif") == 1
    assert "rgb.tif is RGB and lab.tif is Lab, so the same numbers are other colours." in desk.out


def test_a_likeness_of_one_is_told_of_equal_pictures_alone(desk):
    pixels = light(300, 400)
    tifffile.imwrite(desk / "one.tif", pixels, photometric="rgb")
    pixels[5, 7, 1] += 1
    tifffile.imwrite(desk / "other.tif", pixels, photometric="rgb")
    assert desk.run("compare", desk / "one.tif", desk / "other.tif") == 1
    assert "SSIM 0.99999" in desk.out


def test_compare_and_verify_give_4_where_they_cannot_judge(desk):
    scan = desk.tiff()
    (desk / "junk.tif").write_bytes(b"II*\x00junk")
    for words in (
        ["compare", scan, desk.tiff("wide.tif", 70, 91)],
        ["compare", scan, desk / "junk.tif"],
        ["compare", desk / "none.tif", scan],
        ["verify", scan, desk / "junk.tif"],
        ["verify", scan, scan, "--mask", desk.mask("tiny.png", 40, 60)],
        ["replay", scan, scan],
    ):
        assert desk.run(*words) == 4, words
        assert desk.err == ""


def test_verify_tells_a_change_outside_the_mask(desk):
    scan, mask = desk.tiff(), desk.mask()
    pixels = tifffile.imread(scan)
    pixels[25, 45] += 1
    tifffile.imwrite(desk / "inside.tif", pixels, photometric="rgb", compression="zlib", tile=(32, 32))
    pixels[0, 0, 0] += 1
    tifffile.imwrite(desk / "outside.tif", pixels, photometric="rgb", compression="zlib", tile=(32, 32))
    assert desk.run("verify", scan, desk / "outside.tif", "--mask", mask, "--json") == 1
    assert desk.told()["outside_changed"] == 1
    assert desk.run("verify", scan, desk / "inside.tif", "--mask", mask, "--json") == 0
    assert desk.told()["inside_changed"] == 3
    assert desk.run("verify", scan, desk / "inside.tif") == 1


@pytest.mark.parametrize("shape", [(700, 40, 3), (257, 33, 1), (266, 11, 1), (9, 300, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_difference_in_bands_equals_the_difference_of_the_whole(shape, dtype):
    rng = np.random.default_rng(1)
    one = (rng.random(shape) * (1 if dtype is np.float32 else np.iinfo(dtype).max)).astype(dtype)
    other = one.copy()
    other[shape[0] // 2 :] = other[shape[0] // 2 :][:, ::-1]
    found = difference(ArraySource(one), ArraySource(other), Progress())
    assert found.samples_changed == np.count_nonzero(one != other)
    assert found.mse == pytest.approx(metrics.mse(one, other))
    assert found.psnr == pytest.approx(metrics.psnr(one, other))
    if min(shape[:2]) > 10:
        assert found.ssim == pytest.approx(metrics.ssim(one, other), abs=1e-9)
    else:
        assert found.ssim is None


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (300, 20, 301, 21), (5, 250, 290, 275), (599, 0, 600, 300), None])
def test_the_likeness_of_what_is_equal_is_not_computed_and_counts_all_the_same(box, monkeypatch):
    rng = np.random.default_rng(4)
    one = rng.integers(0, 65535, (300, 600, 3)).astype(np.uint16)
    other = one.copy()
    if box is not None:
        left, top, right, bottom = box
        other[top:bottom, left:right] ^= 999
    computed = []
    ssim = metrics.ssim
    monkeypatch.setattr(metrics, "ssim", lambda a, b, *, peak: computed.append(a.size) or ssim(a, b, peak=peak))
    found = difference(ArraySource(one), ArraySource(other), Progress())
    assert found.ssim == pytest.approx(ssim(one, other), abs=1e-12)
    assert sum(computed) < one.size


def test_numbers_that_are_none_are_equal_to_themselves():
    field = np.full((4, 4, 1), np.nan, np.float32)
    assert difference(ArraySource(field), ArraySource(field.copy()), Progress()).same


def test_what_is_no_number_in_both_spoils_no_figure_of_the_rest():
    one = np.random.default_rng(2).random((40, 40, 1)).astype(np.float32)
    other = one.copy()
    other[30, 30] += 0.5
    plain = difference(ArraySource(one.copy()), ArraySource(other.copy()), Progress())
    for pixels in (one, other):
        pixels[3, 3:6, 0] = np.inf, -np.inf, np.nan
    found = difference(ArraySource(one), ArraySource(other), Progress())
    assert (found.samples_changed, found.mse, found.psnr) == (1, plain.mse, plain.psnr)
    assert found.ssim == pytest.approx(plain.ssim, abs=0.02)


def test_a_number_that_differs_from_none_is_told_in_words_and_in_valid_json(desk):
    pixels = np.random.default_rng(3).random((30, 40, 3)).astype(np.float32)
    tifffile.imwrite(desk / "one.tif", pixels, photometric="rgb")
    pixels[5, 5], pixels[6, 6] = np.inf, np.nan
    tifffile.imwrite(desk / "other.tif", pixels, photometric="rgb")
    assert desk.run("compare", desk / "one.tif", desk / "other.tif") == 1
    assert "no numbers in one of them" in desk.out
    assert "nan" not in desk.out
    assert desk.run("compare", desk / "one.tif", desk / "other.tif", "--json") == 1
    told = json.loads(desk.out, parse_constant=pytest.fail)
    assert (told["samples_changed"], told["mse"], told["psnr"], told["largest_difference"]) == (6, None, None, None)


def test_pictures_of_other_depth_are_not_compared():
    with pytest.raises(InvalidValueError, match="depth"):
        difference(ArraySource(np.zeros((3, 3, 1), np.uint8)), ArraySource(np.zeros((3, 3, 1), np.uint16)), Progress())


def test_a_mask_is_reshaped_in_the_order_of_the_words(desk):
    mask = desk.mask()
    assert desk.run("mask", mask, "--json") == 0
    assert desk.told()["covered_pixels"] == 120
    assert desk.run("mask", mask, "grow", 2, "invert", "-o", desk / "new.png", "--json") == 0
    grown = 120 + 2 * 2 * (10 + 12) + 4  # a disc of 2 adds one pixel at each corner
    assert desk.told()["covered_pixels"] == 70 * 90 - grown
    assert desk.run("mask", desk / "new.png", "--json") == 0
    assert desk.told()["covered_pixels"] == 70 * 90 - grown


def test_a_mask_of_zeros_and_ones_is_told_by_every_command_that_reads_it(desk):
    scan, mask = desk.tiff(), desk.mask(value=1)
    for words in (["mask", mask], ["repair", scan, "--mask", mask, "--method", "telea"]):
        assert desk.run(*words) == 1
        assert "The mask mask.png would change nothing: its highest value is 1, and 255 is full." in desk.err
    assert desk.names() == {"scan.tif", "mask.png"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["grow", "2"], 2),
        (["grow", "-o", "n.png"], 2),
        (["wobble", "-o", "n.png"], 2),
        (["grow", "0", "-o", "n.png"], 1),
        (["invert", "-o", "n.bmp"], 1),
        (["invert", "-o", "mask.png"], 1),
    ],
)
def test_a_mask_that_cannot_be_made_is_not_made(desk, monkeypatch, words, code):
    monkeypatch.chdir(desk.folder)
    before = desk.mask().read_bytes()
    assert desk.run("mask", "mask.png", *words) == code
    assert desk.names() == {"mask.png"}
    assert (desk / "mask.png").read_bytes() == before


def test_models_are_listed_and_a_damaged_one_is_told(desk, monkeypatch):
    monkeypatch.setattr(cards, "list_models", list)
    assert desk.run("models") == 0
    assert "No trained model" in desk.out
    problem = cards.UnusableModelError("The model denoise has no card.")
    monkeypatch.setattr(cards, "list_models", lambda: [StoredModel(desk / "denoise", None, problem)])
    assert desk.run("models", "--verify") == 1
    assert "has no card" in desk.out


def test_models_say_what_they_are_for_in_words(desk):
    assert desk.run("models") == 0
    told = desk.out
    assert "denoise: takes noise away; adds no detail of its own" in told
    assert "dB  noise σ 15, colour, CBSD68; the worst of 68: " in told
    assert not [word for word in ("mse", "psnr", "watched", "auto", "told,", "trunk", " look") if word in told]


def test_shipped_models_are_whole(desk):
    assert desk.run("models", "--verify", "--json") == 0
    assert [model["problem"] for model in desk.told()["models"]] == [None] * len(desk.told()["models"])


def test_progress_is_shown_on_a_terminal_and_cleared(terminal):
    progress = Progress(terminal)
    progress.show("Repair", 0.25)
    assert "Repair  25 %" in terminal.getvalue()
    progress.say("Note: smaller tiles")
    assert terminal.getvalue().endswith("\rNote: smaller tiles\n")


def test_the_remaining_time_is_that_of_the_work_and_not_of_what_went_before_it(terminal, monkeypatch):
    clock = iter([100, 108, 110, 118, 126, 150])
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: float(next(clock)))
    progress = Progress(terminal)
    for share in (0, 0.2, 0.2, 0.4, 0.6, 1):
        progress.show("Repair", share)
    shown = [line.strip() for line in terminal.getvalue().split("\r") if line.strip()]
    assert shown == [
        "Repair   0 %",
        "Repair  20 %",
        "Repair  20 %",
        "Repair  40 %, 0:30 left",
        "Repair  60 %, 0:18 left",
        "Repair 100 %",
    ]


def test_progress_is_silent_in_a_pipe(capsys):
    progress = Progress()
    progress.show("Repair", 0.25)
    progress.clear()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("share", "seconds", "text"),
    [(0.5, 30, ", 0:30 left"), (0.01, 80, ", 2:12:00 left"), (0.5, 0.5, ""), (0, 9, ""), (1, 9, "")],
)
def test_the_remaining_time_is_told_once_it_can_be_trusted(share, seconds, text):
    assert remaining(share, seconds) == text


def test_version_and_help_end_well(desk):
    assert desk.run("--version") == 0
    assert desk.out.startswith("restorer ")
    assert desk.run("--help") == 0
    assert all(name in desk.out for name in COMMANDS)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "bench"])  # whose words are the benchmark's own
def test_every_command_explains_itself(desk, name):
    assert desk.run(name, "--help") == 0
    assert not {"jpeg", "tiff", "psnr", "mse"} & set(re.split(r"\W+", desk.out)), "names keep their capitals"
    arguments = desk.out.partition("positional arguments:")[2].partition("options:")[0].splitlines()
    assert all(len(line.split()) > 1 for line in arguments if line.strip()), "every argument says what it is"


def test_a_benchmark_is_handed_over_with_its_words_and_its_exit_code(desk, monkeypatch):
    asked = []

    class Child:
        def __init__(self, command, env):
            asked.append((command[1:], env["PYTHONPATH"]))

        def wait(self):
            return 3

    monkeypatch.setattr(bench.subprocess, "Popen", Child)
    assert desk.run("bench", "core", "--json") == 3
    assert desk.run("bench", "window", "--anyway") == 3
    assert [command for command, _ in asked] == [
        ["-m", "restorer_app.bench", "core", "--json"],
        ["-m", "restorer_app.ui.benchmark", "--anyway"],
    ]


@pytest.mark.parametrize("words", [["core", "--help"], ["files", "--help"], ["speed", "--help"], ["quality", "--help"]])
def test_every_benchmark_explains_itself(words):
    assert benchmarks.main(words) == 0


def test_a_benchmark_refuses_a_busy_machine_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(report, "others_load", lambda: 1.5)
    monkeypatch.setattr(report.time, "monotonic", iter([0.0, 99.0]).__next__)
    assert benchmarks.main(["core"]) == 1
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert "--anyway" in told


def test_wrong_words_for_a_benchmark_are_said_to_a_program_too(capsys):
    for words in (["quality"], ["core", "--sides"], []):
        assert benchmarks.main([*words, "--json"]) == 2
        told = capsys.readouterr()
        assert json.loads(told.out)["error"] in told.err


def test_a_benchmark_whose_reader_is_gone_ends_without_a_complaint():
    reader, writer = os.pipe()
    os.close(reader)
    child = subprocess.run(
        [sys.executable, "-m", "restorer_app.bench", "quality", "--json"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert child.returncode == PIPE_CLOSED
    assert b"Traceback" not in child.stderr
    assert b"BrokenPipe" not in child.stderr


def test_a_benchmark_that_cannot_run_says_so_to_a_program_too(tmp_path, capsys):
    for words in (["quality", "nothing", "--data", str(tmp_path)], ["quality", "denoise", "--data", str(tmp_path)]):
        assert benchmarks.main([*words, "--json", "--out", str(tmp_path / "out")]) == 1
        told = capsys.readouterr()
        assert json.loads(told.out)["error"] in told.err
    assert not (tmp_path / "out").exists(), "what is missing is said before anything is begun"
