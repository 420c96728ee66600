"""The first word decides which part of the program starts."""

import sys
import types

import pytest

from restorer_app import __main__ as program


@pytest.fixture
def started(monkeypatch):
    """Stands in for the four parts; collects which was started with what."""
    calls = []

    def stand_in(module: str, function: str) -> None:
        fake = types.ModuleType(module)
        setattr(fake, function, lambda words: calls.append((module.rsplit(".", 1)[0].split(".")[1], words)) or 0)
        monkeypatch.setitem(sys.modules, module, fake)

    stand_in("restorer_app.ui.app", "run")
    stand_in("restorer_app.cli.main", "run")
    stand_in("restorer_app.engine.server", "main")
    stand_in("restorer_app.files.reader", "main")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    return calls


@pytest.mark.parametrize(
    ("words", "part", "told"),
    [
        ([], "ui", []),
        (["window"], "ui", []),
        (["window", "a.tif"], "ui", ["a.tif"]),
        (["scan.tif"], "ui", ["scan.tif"]),
        (["/scans/box-1"], "ui", ["/scans/box-1"]),
        (["0001", "0002"], "ui", ["0001", "0002"]),
        (["Grandmother"], "ui", ["Grandmother"]),
        (["info", "scan.tif"], "cli", ["info", "scan.tif"]),
        (["--help"], "cli", ["--help"]),
        (["--version"], "cli", ["--version"]),
        (["no-such-command"], "cli", ["no-such-command"]),
        (["--engine-process", "7"], "engine", ["7"]),
        (["--reader-process", "7"], "files", ["7"]),
    ],
)
def test_the_first_word_decides(started, words, part, told):
    assert program.main(words) == 0
    assert started == [(part, told)]


def test_without_a_screen_it_says_how_to_go_on(started, monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert program.main(["scan.tif"]) == 2
    assert "restorer --help" in capsys.readouterr().err
    assert started == []
