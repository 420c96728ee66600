"""packaging/setup.sh: what it finds missing, what it installs, what it prints where it may not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGING = Path(__file__).parents[2] / "packaging"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the scripts are for bash")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for programs that stand in for the system's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def program(folder: Path, name: str, body: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    file.chmod(0o755)


def bash(script: str, programs: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a script after setup.sh, with these programs found first."""
    return subprocess.run(
        ["bash", "-c", f'. "{PACKAGING}/setup.sh"\n{script}'],
        env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["setup.sh", "run", "test", "../.ci/run"])
def test_a_script_parses(name):
    assert subprocess.run(["bash", "-n", PACKAGING / name], check=False).returncode == 0


def test_only_what_the_loader_does_not_find_is_missing(programs):
    told = bash(f'missing_packages "{sys.executable}" libnowhere.so.9:libnowhere9 libc.so.6:libc6', programs)
    assert told.stdout.split() == ["libnowhere9"]


def test_missing_libraries_are_named_before_they_are_installed(programs):
    program(programs, "apt-get", 'echo "apt-get $*"')
    program(programs, "sudo", 'shift; exec "$@"')
    told = bash("is_linux() { true; }; install_packages libegl1 libgl1", programs)
    lines = told.stderr.splitlines()
    assert lines[0] == "Installing system packages: libegl1 libgl1"
    assert lines[-1].endswith("install -y --no-install-recommends libegl1 libgl1")


def test_who_may_not_install_gets_the_line_to_type(programs):
    program(programs, "apt-get", "exit 1")
    script = (
        "is_linux() { true; }; may_install() { false; }; missing_packages() { echo libegl1; }; check_libraries Window"
    )
    told = bash(script, programs)
    assert told.returncode == 1
    assert "    sudo apt-get install --no-install-recommends libegl1" in told.stderr.splitlines()


def test_the_libraries_of_a_screen_are_asked_for_only_where_there_is_one(programs):
    script = 'is_linux() { true; }; missing_packages() { echo "$*" >&2; }; check_libraries Window'
    assert "xcb" not in bash(script, programs, DISPLAY="").stderr
    assert "libxcb-cursor0" in bash(script, programs, DISPLAY=":7").stderr


def test_a_python_that_is_too_old_or_bare_is_passed_over(programs):
    program(programs, "python3.11", "exit 1")
    program(programs, "python3.12", 'case "$2" in *ensurepip*) exit 1;; esac')
    program(programs, "python3.13", "exit 0")
    assert bash("find_python", programs, PYTHON="").stdout.strip() == str(programs / "python3.13")


def test_without_any_python_it_says_which_one_is_needed(programs):
    told = bash(f'PATH="{programs}"; find_python', programs, PYTHON="")
    assert told.returncode == 1
    assert "Python 3.11 or newer" in told.stderr


def test_an_environment_is_made_again_only_when_its_wishes_change(programs, tmp_path):
    checkout = tmp_path / "a checkout"
    (checkout / ".venv/bin").mkdir(parents=True)
    shutil.copytree(PACKAGING, checkout / "packaging")
    shutil.copy(PACKAGING.parent / "pyproject.toml", checkout)
    program(checkout / ".venv/bin", "python", "")
    there = f'root="{checkout}"; python="$root/.venv/bin/python"; '
    assert bash(there + "is_ready run", programs).returncode == 1
    bash(there + 'wish run >"$root/.venv/made-for-run"', programs)
    assert bash(there + "is_ready run", programs).returncode == 0
    with (checkout / "packaging/constraints.txt").open("a") as file:
        file.write("# another wish\n")
    assert bash(there + "is_ready run", programs).returncode == 1


def test_an_unknown_option_of_run_is_refused_before_anything_is_installed():
    told = subprocess.run([PACKAGING / "run", "--gpu"], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr.strip()) == (1, "packaging/run knows --cpu and --help, not --gpu")
