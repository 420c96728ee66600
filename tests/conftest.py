"""What every test stands on: no screen, no network, nobody's own home, and the same picture on every machine."""

import os
import socket
import tempfile
from pathlib import Path

# Before anything imports Qt, numpy or torch: they read these once. A person may still choose another platform (xcb).
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.update(
    QT_SCALE_FACTOR="1",
    QT_FONT_DPI="96",
    QT_QPA_PLATFORMTHEME="",  # a desktop's theme would change colours and fonts
    OMP_NUM_THREADS="1",  # one torch thread: the order of sums, and so the last bit, stays the same
    OPENBLAS_NUM_THREADS="1",
    MKL_NUM_THREADS="1",
)
if "XDG_RUNTIME_DIR" not in os.environ:  # Qt warns where it is missing, as in a bare login
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="restorer-runtime-")

import pytest
from hypothesis import HealthCheck, settings
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

settings.register_profile(
    "here",
    deadline=None,  # a busy machine is no bug
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
    ],  # the autouse homes hold no state
)
settings.register_profile("ci", settings.get_profile("here"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """pytest-qt's application, made to look the same on every machine."""
    qapp.setStyle("Fusion")
    qapp.setFont(QFont("DejaVu Sans", 10))
    return qapp


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for settings, caches and recent files; children started by a test get it too."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    return folder


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program calls nobody. Only internet sockets are refused: pipes between processes are sockets as well."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            pytest.fail(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)
