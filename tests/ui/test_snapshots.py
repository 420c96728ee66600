"""Pictures of the main states, compared with stored ones: 99.5 % of the pixels within 2 of 255.

RESTORER_SNAPSHOTS=write stores new ones; look at them before they are committed.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from restorer_app.session.command import FACTS, Situation
from restorer_app.ui import icons, theme
from restorer_app.ui.notice import Told
from restorer_app.ui.offers import methods
from restorer_app.ui.panels.file_facts import FileWords
from restorer_app.ui.panels.film import Frame
from restorer_app.ui.panels.one_click import Offer
from restorer_app.ui.panels.proof import ProofWords
from restorer_app.ui.panels.queue import JobRow
from restorer_app.ui.panels.step_rows import Kin, StepRow
from restorer_app.ui.window import Window

FOLDER = Path(__file__).with_name("snapshots")
SIZE = (1200, 760)
SHARE, TOLERANCE = 0.995, 2


class Everything:
    """An actor that can do everything, so that nothing is grey for want of one."""

    def __getattr__(self, name):
        return lambda *_words: None


def picture(width=600, height=400):
    drawn = QImage(width, height, QImage.Format.Format_RGB32)
    drawn.fill(QColor("#777777"))
    with QPainter(drawn) as painter:
        for place in range(0, width, 40):
            painter.fillRect(
                place, place * height // width, 30, height // 3, QColor(place % 255, place % 255, place % 255)
            )
    return drawn


def fill(window):
    window.one_click.show_offers(
        (
            Offer("denoise", "Denoise", "faithful · adds no detail", "denoise", has_strength=True),
            Offer("upscale-2", "Upscale ×2", "classical · Lanczos", "upscale"),
        )
    )
    rows = [
        StepRow("Opened", "6 144 × 4 096 · 16 bit", picture()),
        *[StepRow("Painted mask", "", picture(), is_low=True, kin=Kin("mask", "Changed mask"))] * 12,
        StepRow("Repaired", "faithful · 0.21 %", picture()),
        StepRow("Repairing…", "piece by piece", picture(), running=True),
    ]
    window.history.show_steps(rows, cursor=13)
    window.docks["history"].set_fact("14 steps")
    window.proof.show_words(
        ProofWords("0 of 75 497 472 samples", "changed outside the mask", "record kept", "proved", can_show_file=True)
    )
    window.file.show_words(FileWords((("Kind", "TIFF, LZW, tiled"), ("Metadata", "EXIF, XMP, IPTC")), 0, 2))
    window.film.show_frames([Frame("a.tif", picture()), Frame("b.tif", picture(), unsaved=True)], current=0)
    window.queue.show_jobs((JobRow("1", "Repairing", "a.tif", done=3, total=7, seconds_left=2.0),))
    window.options.show_brush(size=48, hardness=0.8, pressure=True)
    window.options.show_methods(methods([]), "patch")
    window.status.show_file("plate_0147.tif")
    window.status.show_zoom("38 %")
    window.status.show_engine("Engine ready · cpu float32")
    window.status.show_saved("Saved 2 min ago")


@pytest.fixture(params=[theme.DARK, theme.LIGHT], ids=["dark", "light"], scope="module")
def dressed(request, qapp, tmp_path_factory):
    glyphs = tmp_path_factory.mktemp("glyphs")
    icons.write_for_style(glyphs, request.param)
    theme.apply(qapp, request.param, glyphs=glyphs)
    qapp.setFont(QFont("DejaVu Sans", 10))
    window = Window()
    window.wear(request.param)
    window.resize(*SIZE)
    window.actions_table.add_actor(Everything())
    window.show()
    assert QTest.qWaitForWindowExposed(window)
    yield window, request.param
    window.close()
    window.deleteLater()
    qapp.setStyleSheet("")
    qapp.setStyle("Fusion")
    qapp.setPalette(qapp.style().standardPalette())


def look(widget, name):
    QApplication.processEvents()
    QTest.qWait(60)
    seen = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    file = FOLDER / f"{name}.png"
    if os.environ.get("RESTORER_SNAPSHOTS") == "write":
        FOLDER.mkdir(exist_ok=True)
        seen.save(str(file))
    stored = QImage(str(file)).convertToFormat(QImage.Format.Format_RGB32)
    assert stored.size() == seen.size(), f"{name} has another size"
    distance = np.abs(pixels(seen).astype(int) - pixels(stored).astype(int)).max(axis=2)
    share = float((distance <= TOLERANCE).mean())
    if share < SHARE:
        seen.save(str(file.with_suffix(".seen.png")))
    assert share >= SHARE, f"{name}: {share:.2%} of the pixels look as stored; see {name}.seen.png"


def pixels(image):
    flat = np.frombuffer(image.constBits(), np.uint8)
    return flat.reshape(image.height(), image.bytesPerLine() // 4, 4)[:, : image.width(), :3]


def test_the_empty_state_looks_as_stored(dressed):
    window, colours = dressed
    window.show_situation(Situation())
    window.show_stage(window.first_run)
    window.first_run.show_recent([Path("/scans/plate_0147.tif")])
    window.first_run.setFocus()
    look(window.first_run, f"empty-{colours.name}")


def test_the_working_state_looks_as_stored(dressed):
    window, colours = dressed
    fill(window)
    window.show_situation(Situation(**dict.fromkeys(FACTS, True)))
    stage = QLabel()
    stage.setStyleSheet(f"background: {colours.surround}")
    window.show_stage(stage)
    window.pill.say("Repairing 3 of 7 pieces · 2 s left", share=0.4)
    look(window, f"working-{colours.name}")
    window.pill.fall_silent()


def test_the_failed_state_looks_as_stored(dressed):
    window, colours = dressed
    told = Told(
        "There is no room left on the disc.", "Nothing was lost. Free some space, then save again.", details="x"
    )
    window.notice.say(told)
    look(window.notice.standing[0], f"failed-{colours.name}")
    window.notice.clear()


def test_the_palette_looks_as_stored(dressed):
    window, colours = dressed
    window.show_situation(Situation(**dict.fromkeys(FACTS, True)))
    window.find_command()
    QTest.keyClicks(window.palette_popup.field, "mask")
    window.palette_popup.field.clearFocus()  # no blinking cursor
    look(window.palette_popup, f"palette-{colours.name}")
    window.palette_popup.close()
