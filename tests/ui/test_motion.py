"""Less motion where the person or the system wishes it."""

import pytest

from restorer_app.ui import motion


@pytest.fixture(autouse=True)
def ask_again(monkeypatch):
    ask = motion.system_wants_less
    ask.cache_clear()
    yield
    ask.cache_clear()


@pytest.mark.parametrize(("chosen", "system", "still"), [
    ("less", False, True), ("full", True, False), ("system", True, True), ("system", False, False),
])  # fmt: skip
def test_the_person_decides_and_else_the_system(monkeypatch, chosen, system, still):
    monkeypatch.setattr(motion, "system_wants_less", lambda: system)
    assert motion.is_unwanted(chosen) is still


@pytest.mark.parametrize(("answer", "less"), [("false", True), ("true", False), ("", False)])
def test_gnome_is_asked(monkeypatch, tmp_path, answer, less):
    program = tmp_path / "gsettings"
    program.write_text(f"#!/bin/sh\necho {answer}\n")
    program.chmod(0o755)
    monkeypatch.setattr(motion.sys, "platform", "linux")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "GNOME")
    assert motion.system_wants_less() is less


@pytest.mark.parametrize(
    ("told", "less"),
    [("[KDE]\nAnimationDurationFactor=0\n", True), ("[KDE]\nAnimationDurationFactor=1\n", False), ("nonsense", False)],
)
def test_kde_is_asked(monkeypatch, tmp_path, told, less):
    (tmp_path / "kdeglobals").write_text(told)
    monkeypatch.setattr(motion.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert motion.system_wants_less() is less


def test_a_system_that_cannot_be_asked_wishes_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(motion.sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "")
    assert motion.system_wants_less() is False


def test_a_still_window_moves_nothing_by_itself(window):
    window.pill.say("Opening a.tif")
    assert window.pill._bar.moves
    window.be_still(True)
    assert not window.pill._bar.moves
    assert not window.isAnimated()
    window.pill.say("Opening b.tif")
    assert not window.pill._bar.moves
    window.be_still(False)
    assert window.pill._bar.moves
    window.pill.fall_silent()
