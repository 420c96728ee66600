"""However a command ends: its exit code, its one sentence, and for programs one JSON object."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from restorer_app.cli import bench, info, operate, tour, work

AS_BEFORE = ["--method", "telea", "--json"]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["info", "none.tif", "--json"], 1, "There is no file"),
        (["repair", "scan.tif", "--mask", "none.png", *AS_BEFORE], 1, "There is no file"),
        (["repair", "scan.tif", *AS_BEFORE], 2, "--mask"),
        (["mask", "mask.png", "grow", "--json"], 2, "grow needs a number of pixels"),
        (["denoise", "scan.tif", "--strength", "7", "--json"], 2, "goes from 0 to 1"),
    ],
)
def test_a_failure_is_one_json_object_for_a_program(desk, monkeypatch, words, code, sentence):
    monkeypatch.chdir(desk.folder)
    desk.tiff()
    desk.mask()
    assert desk.run(*words) == code
    assert sentence in desk.told()["error"]
    assert sentence in desk.err, "and the sentence for a person"


def test_a_fault_and_a_stop_are_one_json_object_too(desk, monkeypatch):
    for raised, code in ((ZeroDivisionError("oh"), 1), (KeyboardInterrupt(), 130), (OSError(5, "no drive"), 1)):
        monkeypatch.setattr(info, "lines_of", _raising(raised))
        assert desk.run("info", desk.tiff(), "--json") == code
        assert list(desk.told()) == ["error"]


def _raising(problem):
    def fails(*_words, **_named):
        raise problem

    return fails


def test_json_is_json_whatever_letters_the_stream_knows(desk):
    scan = desk.tiff().rename(desk / "Überführung 😀.tif")
    for coding in ("ascii", "latin-1", "utf-8"):
        words = [sys.executable, "-m", "restorer_app", "info", str(scan), "--json"]
        told = subprocess.run(words, env=os.environ | {"PYTHONIOENCODING": coding}, capture_output=True, check=True)
        assert json.loads(told.stdout)["path"] == str(scan)


def _child(*words, stdout=subprocess.PIPE, **surroundings):
    words = [sys.executable, "-m", "restorer_app", *map(str, words)]
    ours = {name: value for name, value in os.environ.items() if name not in {"PYTHONIOENCODING", "LANG", "LC_CTYPE"}}
    return subprocess.run(words, stdout=stdout, stderr=subprocess.PIPE, env=ours | surroundings, check=False)


def _repair(desk):
    return ["repair", desk.tiff(), "--mask", desk.mask(), "--method", "telea", "-o", desk / "new.tif"]


@pytest.mark.skipif(sys.platform == "win32", reason="names of letters there are the system's own")
def test_a_terminal_without_the_letters_costs_neither_the_work_nor_the_report(desk):
    scan = desk.tiff("Plätze.tif", height=400, width=600)
    for name in ("C", "POSIX"):
        shown = _child("info", scan, LC_ALL=name, PYTHONUTF8="0")
        assert shown.returncode == 0, shown.stderr
        assert b"600 x 400 pixels" in shown.stdout
        assert os.fsencode(scan.name) in shown.stdout, "a name goes out as it came in"
    mask = desk.mask(height=400, width=600, value=255)
    done = _child("mask", mask, "invert", "-o", desk / "other.png", LC_ALL="C", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"239 880 covered" in done.stdout
    strict = _child("info", scan, "none\u202f–.tif", PYTHONIOENCODING="ascii")
    assert b"Pl\\xe4tze.tif" in strict.stdout
    assert b"none -.tif" in strict.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device here")  # noqa: PTH110
def test_a_report_that_finds_no_room_does_not_make_the_work_a_failure(desk):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        for more in ([], ["--json"]):
            done = _child(*_repair(desk), *more, stdout=full)
            assert done.returncode == 0, done.stderr
            why = "The report could not be written: No space left on device."
            assert done.stderr.decode() == f"restorer: {why} {desk / 'new.tif'} is complete.\n"
            (desk / "new.tif").rename(desk / "kept.tif")
        assert _child("verify", desk / "scan.tif", desk / "kept.tif", stdout=full).returncode == 0
        refused = _child("repair", desk / "none.tif", "--mask", desk / "mask.png", "--json", stdout=full)
        assert refused.returncode == 1
        assert b"There is no file" in refused.stderr
        assert b"The report could not be written" in refused.stderr
        assert _child("info", desk / "scan.tif", stdout=full).returncode == 1, "nothing else was asked for"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes as a shell makes them")
def test_a_pipe_that_nobody_reads_leaves_the_verdict_as_it_is(desk):
    def closed(*words):
        reading, writing = os.pipe()
        os.close(reading)
        try:
            return _child(*words, stdout=writing)
        finally:
            os.close(writing)

    done = closed(*_repair(desk))
    assert (done.returncode, done.stderr) == (0, b"")
    for other, code in (("new.tif", 0), ("scan.tif", 0), ("none.tif", 4)):
        assert closed("verify", desk / "scan.tif", desk / other).returncode == code
    assert closed("compare", desk / "scan.tif", desk / "new.tif", "--json").returncode == 1
    assert closed("info", desk / "scan.tif", desk / "none.tif").returncode == 141, "the rest was not looked at"


def test_what_a_stop_says_was_written_is_true(desk, monkeypatch):
    words = ["repair", desk.tiff(), "--mask", desk.mask(), "--method", "telea", "-o", desk / "new.tif"]
    with monkeypatch.context() as patch:
        patch.setattr(work, "carry_out", _raising(KeyboardInterrupt()))
        assert desk.run(*words) == 130
    assert "Stopped. Nothing was written." in desk.err
    with monkeypatch.context() as patch:
        patch.setattr(operate.telling, "of_record", _raising(KeyboardInterrupt()))
        assert desk.run(*words) == 130
    assert f"Stopped. {desk / 'new.tif'} is complete." in desk.err
    monkeypatch.setattr(tour.Tour, "denoise", _raising(KeyboardInterrupt()))
    assert desk.run("tour", desk / "scan.tif", "--out", desk / "out") == 130
    assert f"Stopped. What was finished lies in {desk / 'out'}." in desk.err


def test_words_before_a_benchmark_are_no_fault(desk, monkeypatch):
    asked = []
    monkeypatch.setattr(bench, "hand_over", lambda words: asked.append(words) or 5)
    assert desk.run("--debug", "bench", "core", "--json") == 5
    assert desk.run("--debug", "bench") == 5
    assert asked == [["core", "--json"], []]


@pytest.mark.skipif(sys.platform == "win32", reason="numbers of files as a shell closes them")
@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)])
def test_streams_that_are_closed_lead_nowhere(desk, closed):
    def close():
        for number in closed:
            os.close(number)

    for name, code in (("scan.tif", 0), ("none.tif", 1)):
        desk.tiff()
        words = [sys.executable, "-m", "restorer_app", "info", str(desk / name)]
        child = subprocess.run(words, capture_output=True, check=False, preexec_fn=close)
        assert child.returncode == code, child.stderr
        assert b"fault" not in child.stderr
        assert not (name == "none.tif" and child.stdout), "a complaint does not go where results are read"


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signal here")
def test_a_terminal_that_goes_away_is_taken_like_ctrl_c(desk, monkeypatch):
    def gone(*_words, **_named):
        os.kill(os.getpid(), signal.SIGHUP)

    monkeypatch.setattr(info, "lines_of", gone)
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        assert desk.run("info", desk.tiff()) == 130
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
        assert desk.run("info", desk.tiff()) == 1, "it goes on, as far as a picture that cannot be told of leads"
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of POSIX")
def test_a_benchmark_is_ended_with_the_command_that_started_it(monkeypatch):
    asked = [sys.executable, "-c", "import time; time.sleep(60)"]
    started = subprocess.Popen
    children = []

    def popen(_command, **_):
        children.append(started(asked))
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
        return children[0]

    monkeypatch.setattr(bench.subprocess, "Popen", popen)
    before = signal.getsignal(signal.SIGTERM)
    assert bench.hand_over(["core"]) == 128 + signal.SIGTERM
    assert children[0].returncode == -signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == before
