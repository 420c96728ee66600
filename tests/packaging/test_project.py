"""The project file, the pins, the licences and the samples agree with each other."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

import restorer_app

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SAMPLES = ROOT / "resources" / "samples"


def name_of(requirement: str) -> str:
    return re.split(r"[<>=\[; ]", requirement, maxsplit=1)[0]


def same(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    lines = (ROOT / "packaging" / "constraints.txt").read_text("utf-8").splitlines()
    return {same(name): version for name, _, version in (line.partition("==") for line in lines if "==" in line)}


def test_every_dependency_is_pinned_as_tested():
    wanted = [name_of(line) for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]]
    assert [name for name in wanted if same(name) not in pins()] == []


def test_every_package_of_the_default_install_has_a_licence():
    listed = {same(word) for word in re.findall(r"[\w.-]+", (ROOT / "packaging" / "LICENCES.md").read_text("utf-8"))}
    program = (ROOT / "packaging" / "constraints.txt").read_text("utf-8").split("# the checks")[0]
    packages = [name_of(line) for line in program.splitlines() if "==" in line]
    assert [name for name in packages if same(name) not in listed] == []


def test_qt_stays_below_the_version_that_aborts():
    assert pins()["pyside6-essentials"].startswith("6.11.")
    assert any("<6.12" in line for line in PROJECT["dependencies"] if line.startswith("PySide6"))


def test_opencv_does_not_bring_a_second_qt():
    assert not any(line.startswith("opencv-python>") for line in PROJECT["dependencies"])


def test_the_changelog_knows_this_version():
    assert f"## {restorer_app.__version__}" in (ROOT / "packaging" / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("command", ["packaging/run", "packaging/test"])
def test_the_readme_names_both_commands(command):
    assert command in (ROOT / "README.md").read_text("utf-8")
    assert (ROOT / command).stat().st_mode & 0o111, "is not executable"


def test_every_sample_tells_where_it_comes_from():
    pictures = [file for file in SAMPLES.iterdir() if file.suffix != ".txt" and not file.stem.endswith("_mask")]
    assert len(pictures) >= 2
    for picture in pictures:
        told = picture.with_suffix(".txt").read_text("utf-8")
        assert all(word in told for word in (picture.name, "Photograph", "Licence", "Damage"))
        assert picture.stat().st_size < 3_000_000


def test_the_main_sample_has_sixteen_bits_and_a_mask_of_its_size():
    picture = tifffile.imread(SAMPLES / "backyard.tif")
    mask = np.asarray(Image.open(SAMPLES / "backyard_mask.png"))
    assert (picture.dtype, mask.dtype) == (np.uint16, np.uint8)
    assert picture.shape == mask.shape
    assert set(np.unique(mask)) == {0, 255}
    assert len(np.unique(picture)) > 10_000  # truly more than 8 bits
