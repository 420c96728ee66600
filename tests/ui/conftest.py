"""A window in our own look, without a workshop behind it; one a module, since making one costs half a second."""

import pytest
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from restorer_app.ui import icons, theme
from restorer_app.ui.window import Window


@pytest.fixture(scope="module")
def dark(qapp: QApplication, tmp_path_factory):
    """The style sheet on the whole application, taken off afterwards."""
    glyphs = tmp_path_factory.mktemp("glyphs")
    icons.write_for_style(glyphs, theme.DARK)
    theme.apply(qapp, theme.DARK, glyphs=glyphs)
    yield theme.DARK
    qapp.setStyleSheet("")
    qapp.setStyle("Fusion")
    qapp.setPalette(qapp.style().standardPalette())
    qapp.setFont(QFont("DejaVu Sans", 10))


@pytest.fixture(scope="module")
def window(dark, qapp):
    made = Window()
    made.wear(dark)
    made.resize(1400, 900)
    made.show()
    assert QTest.qWaitForWindowExposed(made)
    yield made
    made.close()
    made.deleteLater()
    qapp.processEvents()
