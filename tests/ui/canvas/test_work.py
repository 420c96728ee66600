"""Where a job works is seen on the picture, until it is done."""

import numpy as np
import pytest
from PySide6.QtGui import QColor

from restorer_app.core import mask as masks
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.core.stroke import Point, Stroke
from restorer_app.ui.canvas.settings import Overlay
from restorer_app.ui.canvas.work import Work
from tests.ui.canvas.scenes import Studio, colours, look

AREA = Region(60, 40, 240, 160)


@pytest.fixture
def studio(canvas, qtbot):
    canvas.set_background(QColor("#5c5c5c"))
    made = Studio.of(canvas, colours(320, 240))
    canvas.easel.leave()
    return made


def work(studio, *, is_running=True, is_everywhere=False, finished=(), bounds=None):
    touched, _ = masks.paint(masks.blank(bounds or studio.mask.bounds), Stroke("box", (Point(60, 40), Point(240, 160))))
    return Work("one", touched, AREA, is_running, is_everywhere, finished)


def changed(studio, qtbot, before):
    return (look(studio.canvas, qtbot) != before).any(axis=2)


def test_a_running_job_is_hatched_where_it_will_change_the_picture_and_nowhere_else(studio, qtbot):
    before = look(studio.canvas, qtbot)
    studio.canvas.show_works([work(studio)])
    seen = changed(studio, qtbot, before)
    assert seen[50:150, 70:230].all()
    seen[38:162, 58:242] = False
    assert not seen.any()


def test_one_that_waits_has_a_rim_only(studio, qtbot):
    before = look(studio.canvas, qtbot)
    studio.canvas.show_works([work(studio, is_running=False)])
    seen = changed(studio, qtbot, before)
    assert seen[40, 70:230].all()
    assert not seen[50:150, 70:230].any()


def test_finished_pieces_are_shown_bare_and_the_end_leaves_nothing(studio, qtbot):
    before = look(studio.canvas, qtbot)
    finished = []
    studio.canvas.show_works([work(studio, finished=finished)])
    look(studio.canvas, qtbot)
    finished.append(Region(60, 40, 150, 160))
    studio.canvas.show_works([work(studio, finished=finished)])
    seen = changed(studio, qtbot, before)
    assert not seen[50:150, 62:146].any()
    assert seen[50:150, 156:230].all()
    studio.canvas.show_works([])
    assert not changed(studio, qtbot, before).any()


def test_a_job_on_the_whole_picture_shows_the_border_of_what_is_done(studio, qtbot):
    before = look(studio.canvas, qtbot)
    everything = Work("all", masks.full(studio.mask.bounds), studio.mask.bounds, True, True, [Region(0, 0, 320, 120)])
    studio.canvas.show_works([everything])
    seen = changed(studio, qtbot, before)
    assert seen[118:122, 10:310].any(axis=0).all()
    assert not seen[130:230, 10:310].any()
    assert not seen[:110].any()


@pytest.mark.parametrize("mode", ["tint", "outline", "mask only"])
def test_it_has_the_colour_of_the_mask(studio, qtbot, mode):
    seen = []
    for colour in ("cyan", "orange"):
        studio.canvas.set_overlay(Overlay(mode, colour))
        studio.canvas.show_works([work(studio)])
        seen.append(look(studio.canvas, qtbot)[50:150, 70:230].reshape(-1, 3).mean(axis=0))
    assert seen[0][2] > seen[1][2], "cyan has more blue"
    assert seen[1][0] > seen[0][0], "orange has more red"


def test_nothing_is_drawn_where_the_mask_is_off_or_the_original_is_shown(studio, qtbot):
    studio.canvas.set_overlay(Overlay("off"))
    before = look(studio.canvas, qtbot)
    studio.canvas.show_works([work(studio)])
    assert not changed(studio, qtbot, before).any()
    studio.canvas.set_overlay(Overlay())
    studio.canvas.sight.show_original(True)
    assert not changed(studio, qtbot, before)[38:162, 58:242].any(), "only the word Before has come"


def test_a_job_on_a_picture_of_another_size_is_not_shown(studio, qtbot):
    before = look(studio.canvas, qtbot)
    studio.canvas.show_works([work(studio, bounds=Region(0, 0, 640, 480))])
    assert not changed(studio, qtbot, before).any()


def test_what_is_repainted_piece_by_piece_looks_as_painted_at_once(studio, qtbot):
    finished = []
    for tile in [None, *AREA.divided(50, 50)][:7]:
        if tile is not None:
            finished.append(tile)
        studio.canvas.show_works([work(studio, finished=finished)])
        seen = look(studio.canvas, qtbot)
        studio.canvas._stage.redraw()
        assert np.array_equal(look(studio.canvas, qtbot), seen)


def test_another_picture_has_no_work_of_the_last_one(studio, qtbot):
    studio.canvas.show_works([work(studio)])
    look(studio.canvas, qtbot)
    plain = Raster.from_array(np.full((240, 320, 3), 90, np.uint8))
    empty = masks.blank(plain.bounds)
    studio.canvas.show_picture(plain, original=plain, mask=empty, protect=empty)
    assert (look(studio.canvas, qtbot) == 90).all()
