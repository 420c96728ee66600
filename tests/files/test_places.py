"""Where things are."""

import sys
from pathlib import Path

import pytest

from restorer_app.files import places


def test_in_a_checkout_resources_and_models_lie_beside_the_package():
    root = Path(places.__file__).parents[2]
    assert places.resources() == root / "resources"
    assert places.samples() == root / "resources" / "samples"
    assert places.models() == root / "models"


def test_frozen_they_lie_where_the_bundle_is_unpacked(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert places.models() == tmp_path / "models"


def test_installed_they_lie_in_share(monkeypatch, tmp_path):
    monkeypatch.setattr(places, "__file__", str(tmp_path / "site-packages" / "restorer_app" / "files" / "places.py"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    share = tmp_path / "prefix" / "share" / "restorer" / "models"
    share.mkdir(parents=True)
    assert places.models() == share


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="XDG is for other systems")
def test_a_persons_places_follow_xdg(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    assert places.cache() == tmp_path / "c" / "restorer"
    assert places.scratch().parent == places.cache()
    for variable, value in (("XDG_CONFIG_HOME", ""), ("XDG_CONFIG_HOME", "relative")):
        monkeypatch.setenv(variable, value)
        assert places.settings_file() == Path.home() / ".config" / "restorer" / "settings.json"
    for place in (places.state(), places.own_models()):
        assert place.is_relative_to(Path.home())


def test_windows_keeps_settings_roaming_and_the_rest_local(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("APPDATA", str(tmp_path / "roaming"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert places.settings_file().is_relative_to(tmp_path / "roaming")
    assert places.cache().is_relative_to(tmp_path / "local")


def test_a_mac_keeps_them_in_its_library(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert places.cache().is_relative_to(Path.home() / "Library" / "Caches")
    assert places.settings_file().is_relative_to(Path.home() / "Library" / "Application Support")


def test_a_user_without_a_home_keeps_nothing_and_works_all_the_same(monkeypatch, tmp_path):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert not places.settings_file().exists()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    if sys.platform != "darwin":
        assert places.cache().is_relative_to(tmp_path)
