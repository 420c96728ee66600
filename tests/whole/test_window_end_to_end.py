"""The program as a person has it: on a screen, with a mouse and keys that come from outside."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

ROOT = Path(__file__).parents[2]
TOOLS = [name for name in ("Xvfb", "xdotool") if shutil.which(name) is None]
SIZE = (1280, 800)
PATIENCE = 60

pytestmark = pytest.mark.skipif(bool(TOOLS), reason=f"needs {', '.join(TOOLS)}")


@pytest.fixture
def screen(tmp_path):
    """A screen of our own; -displayfd finds a free number."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.tif"
    ramp = np.linspace(9000, 42000, 400)[None, :] + np.linspace(0, 9000, 300)[:, None]
    pixels = ramp.astype(np.uint16)
    pixels[:, 198:202] = 65000
    tifffile.imwrite(path, pixels, rowsperstrip=16, photometric="minisblack")
    return path


def until(fact, what):
    end = time.monotonic() + PATIENCE
    while not fact():
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.1)


def test_a_person_opens_paints_repairs_saves_and_the_file_proves_it(screen, scan, home):
    before = tifffile.imread(scan)
    settings = home / "xdg_config_home" / "restorer" / "settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"method": "telea", "brush_diameter": 16, "theme": "dark"}), "utf-8")
    surroundings = os.environ | {"DISPLAY": screen, "QT_QPA_PLATFORM": "xcb"}
    log = scan.with_suffix(".log")
    with log.open("w") as errors:
        program = subprocess.Popen(
            [sys.executable, "-m", "restorer_app", str(scan)], cwd=ROOT, env=surroundings, stderr=errors
        )
    try:
        _story(surroundings, scan, program)
    except AssertionError as failed:
        pytest.fail(f"{failed}\n{log.read_text()}")
    finally:
        program.terminate()
        program.wait()
    after = tifffile.imread(scan.with_name("scan_restored_v01.tif"))
    assert np.array_equal(tifffile.imread(scan), before), "the original is as it was"
    assert np.array_equal(after[:, :150], before[:, :150]), "nothing changed where nobody painted"
    assert (after[140:160, 198:202] < 60000).all(), "the scratch is gone where somebody painted"
    assert "Traceback" not in log.read_text("utf-8")


def _story(surroundings, scan, program):
    def xdo(*words):
        told = subprocess.run(
            ["xdotool", *map(str, words)], env=surroundings, capture_output=True, text=True, check=False
        )
        return told.stdout.strip()

    def titles():
        return [xdo("getwindowname", found) for found in xdo("search", "--onlyvisible", "--name", "Restorer").split()]

    until(lambda: any("scan.tif" in title for title in titles()), "the picture's name in the title")
    time.sleep(1.5)  # the first tiles; a screen has nobody to ask
    window = xdo("search", "--onlyvisible", "--name", "scan.tif").split()[0]
    xdo("windowfocus", window)
    place = dict(line.split("=") for line in xdo("getwindowgeometry", "--shell", window).splitlines())
    # tools left 42, panels right at least 290: the picture's middle is the middle of what is between
    x = int(place["X"]) + (42 + int(place["WIDTH"]) - 306) // 2
    y = int(place["Y"]) + int(place["HEIGHT"]) // 2
    xdo("mousemove", x, y - 80, "mousedown", 1)
    for step in range(-80, 100, 20):
        xdo("mousemove", x, y + step)
        time.sleep(0.03)
    xdo("mouseup", 1)
    time.sleep(0.5)
    xdo("key", "Return")
    until(lambda: any("•" in title for title in titles()), "a repair")
    xdo("key", "ctrl+s")
    until(scan.with_name("scan_restored_v01.tif").exists, "a saved file")
    until(lambda: not any("•" in title for title in titles()), "the mark of unsaved work to go")
    xdo("key", "ctrl+q")
    until(lambda: program.poll() is not None, "the end of the program")
    assert program.returncode == 0
