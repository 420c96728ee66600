"""What stands on the screen: pixels, comparisons, transparency, values under the cursor."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QColorSpace
from PySide6.QtTest import QTest

from restorer_app.core import mask as masks
from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import ArraySource, Raster
from restorer_app.core.stroke import Point, Stroke
from restorer_app.ui.canvas.compare import Pane
from restorer_app.ui.canvas.orientation import Turn
from restorer_app.ui.canvas.settings import Adjustment, Overlay
from restorer_app.ui.canvas.spoiling import boxes_of
from restorer_app.ui.canvas.viewport import Viewport
from tests.ui.canvas.scenes import Studio, as_array, colours, look, settle


def at_full_size(canvas, qtbot, pixels, **facts):
    studio = Studio.of(canvas, pixels, **facts)
    canvas.sight.zoom_to(1.0)
    canvas.easel.leave()
    return studio, look(canvas, qtbot)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3])
def test_at_full_size_the_screen_has_the_pictures_values(canvas, qtbot, dtype, channels):
    pixels = colours(640, 480, dtype=dtype, channels=channels)
    _, shown = at_full_size(canvas, qtbot, pixels)
    region = canvas.sight.visible_region
    scale = 255 / (1 if dtype == "float32" else np.iinfo(dtype).max)
    expected = np.broadcast_to(pixels[region.slices()] * scale, (*region.shape, 3))
    assert np.abs(shown.astype(float) - expected).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_only_the_view_turns(canvas, qtbot, orientation):
    pixels = colours(300, 200)
    _, shown = at_full_size(canvas, qtbot, pixels, orientation=orientation)
    turn = canvas._stage.picture.turn
    upright = turn.turned(pixels)
    left, top, right, bottom = canvas.sight.view.box_of(turn.bounds)
    part = shown[max(top, 0) : bottom, max(left, 0) : right]
    assert (
        np.abs(part.astype(int) - upright[max(-top, 0) :, max(-left, 0) :][: part.shape[0], : part.shape[1]]).max() <= 1
    )


def test_above_200_percent_pixels_are_squares(canvas, qtbot):
    _, _ = at_full_size(canvas, qtbot, colours(640, 480))
    canvas.sight.zoom_to(8)
    shown = look(canvas, qtbot)
    view = canvas.sight.view
    x = -view.left % 8
    y = -view.top % 8
    square = shown[y : y + 8, x : x + 8]
    assert (square == square[0, 0]).all()


def test_a_profile_changes_the_screen_and_not_the_values(canvas, qtbot):
    icc = bytes(QColorSpace(QColorSpace.NamedColorSpace.ProPhotoRgb).iccProfile())
    pixels = np.full((200, 300, 3), (120, 60, 30), np.uint8)
    _, shown = at_full_size(canvas, qtbot, pixels, icc=icc)
    assert shown[100, 150, 0] > 140
    assert canvas.values_at(100, 100) == (120, 60, 30)


def test_what_is_transparent_shows_squares_behind(canvas, qtbot):
    alpha = np.zeros((200, 300, 1), np.uint8)
    alpha[:, 150:] = 255
    pixels = np.full((200, 300, 3), (200, 40, 40), np.uint8)
    _, shown = at_full_size(canvas, qtbot, pixels, alpha=ArraySource(alpha))
    left = canvas.sight.view.left
    clear, solid = shown[110:130, left + 20 : left + 100], shown[110:130, left + 200 : left + 280]
    assert set(np.unique(clear)) == {146, 178}
    assert (solid == (200, 40, 40)).all()


def test_transparency_of_sixteen_bits_is_shown_too(canvas, qtbot):
    alpha = np.full((200, 300, 1), 32768, np.uint16)
    _, shown = at_full_size(canvas, qtbot, np.zeros((200, 300, 3), np.uint16), alpha=ArraySource(alpha))
    left = canvas.sight.view.left
    assert abs(int(shown[110:130, left + 20 : left + 100].mean()) - 81) <= 2


def test_the_side_of_the_split_line_says_what_is_shown(canvas, qtbot):
    studio, before = at_full_size(canvas, qtbot, colours(640, 480))
    studio.patch(studio.image.bounds, 7)
    canvas.sight.set_compare_mode("split")
    shown = look(canvas, qtbot)
    assert np.array_equal(shown[200:, :140], before[200:, :140])
    assert (shown[200:, 180:] == 7).all()
    canvas.sight.show_original(True)
    assert np.array_equal(look(canvas, qtbot)[200:], before[200:])


def test_the_difference_is_eight_times_as_strong_and_black_elsewhere(canvas, qtbot):
    pixels = colours(640, 480)
    studio, _ = at_full_size(canvas, qtbot, np.clip(pixels, 0, 250))
    region = Region(300, 220, 340, 260)
    patch = studio.image.read(region) + np.uint8(3)
    studio.image = studio.image.with_patch(region, patch)
    canvas.update_image(studio.image, region)
    canvas.sight.set_compare_mode("difference")
    shown = look(canvas, qtbot)
    left, top, right, bottom = canvas.sight.view.box_of(region)
    assert (shown[top:bottom, left:right] == 24).all()
    assert not shown[bottom + 1 :].any()


def test_one_changed_pixel_is_seen_in_the_difference_of_the_whole(canvas, qtbot):
    studio = Studio.of(canvas, colours(4000, 3000))
    studio.patch(Region(2000, 1500, 2001, 1501), 255)
    canvas.sight.set_compare_mode("difference")
    assert look(canvas, qtbot)[60:].max() > 20


def test_two_sides_show_the_same_place(canvas, qtbot):
    _studio, _ = at_full_size(canvas, qtbot, colours(640, 480))
    canvas.sight.set_compare_mode("side by side")
    canvas.sight.pan(-30, 12)
    shown = look(canvas, qtbot)
    assert np.array_equal(shown[60:, :159], shown[60:, 161:])


def test_a_repair_is_shown_and_undone(canvas, qtbot):
    studio, before = at_full_size(canvas, qtbot, colours(640, 480))
    image = studio.image
    for value in (10, 200):  # a second edit of the same place
        studio.patch(Region(300, 200, 360, 260), value)
        shown = look(canvas, qtbot)
        left, top, right, bottom = canvas.sight.view.box_of(Region(300, 200, 360, 260))
        assert (shown[top:bottom, left:right] == value).all()
    canvas.update_image(image)
    assert np.array_equal(look(canvas, qtbot), before)


def test_steps_undone_faster_than_tiles_come_leave_nothing_of_themselves(canvas, qtbot):
    studio = Studio.of(canvas, colours(1100, 700))
    before = look(canvas, qtbot)
    images = []
    for left in (300, 560, 820):  # cells of their own in one tile of the reduced picture
        images.append(studio.image)
        studio.patch(Region(left, 300, left + 60, 360), 255)
    assert not np.array_equal(look(canvas, qtbot), before)
    for image in reversed(images):
        canvas.update_image(image)
        canvas.repaint()
    assert np.array_equal(look(canvas, qtbot), before)


def test_a_tile_that_came_too_late_is_asked_for_again(canvas, qtbot):
    studio, _ = at_full_size(canvas, qtbot, colours(640, 480))
    for value in range(0, 250, 10):  # faster than tiles are made
        studio.patch(Region(300, 200, 360, 260), value)
        canvas.repaint()
    shown = look(canvas, qtbot)
    left, top, right, bottom = canvas.sight.view.box_of(Region(300, 200, 360, 260))
    assert (shown[top:bottom, left:right] == 240).all()


def test_an_image_over_another_source_is_shown(canvas, qtbot):
    _studio, _ = at_full_size(canvas, qtbot, colours(640, 480))
    canvas.update_image(Raster.from_array(np.full((480, 640, 3), 99, np.uint8)))
    assert (look(canvas, qtbot) == 99).all()
    canvas.sight.show_original(True)
    assert look(canvas, qtbot)[200:].std() > 10


def test_adjustments_of_the_view_change_no_value(canvas, qtbot):
    _studio, before = at_full_size(canvas, qtbot, colours(640, 480))
    values = canvas.values_at(300, 200)
    canvas.set_adjustment(Adjustment(invert=True))
    assert np.abs(255 - look(canvas, qtbot).astype(int) - before).max() <= 1
    assert canvas.values_at(300, 200) == values
    canvas.set_adjustment(Adjustment())
    assert np.array_equal(look(canvas, qtbot), before)


@pytest.mark.parametrize("mode", ["tint", "outline", "mask only", "off"])
def test_each_way_to_show_a_mask(canvas, qtbot, mode):
    studio, _before = at_full_size(canvas, qtbot, np.full((480, 640, 3), 128, np.uint8))
    studio.take(Stroke("box", (Point(300, 220), Point(340, 260))))
    canvas.set_overlay(Overlay(mode))
    shown = look(canvas, qtbot).astype(int)
    left, top, right, bottom = canvas.sight.view.box_of(Region(300, 220, 340, 260))
    inside, outside = shown[top + 4 : bottom - 4, left + 4 : right - 4], shown[:, : left - 8]
    edge = shown[top - 2 : top, left + 8 : right - 8]
    assert (outside == (0 if mode == "mask only" else 128)).all()
    assert (inside == 128).all() == (mode in ("outline", "off"))
    assert (inside == 255).all() == (mode == "mask only")
    assert (edge != 128).any() == (mode in ("outline", "mask only"))


def test_the_outline_of_a_mask_that_reaches_the_edge_survives_a_partial_paint(canvas, qtbot):
    studio, _ = at_full_size(canvas, qtbot, np.full((100, 100, 3), 128, np.uint8))
    canvas.update_mask(masks.full(studio.image.bounds))
    canvas.set_overlay(Overlay("outline"))
    whole = look(canvas, qtbot)
    left = canvas.sight.view.left
    assert (whole[120, left - 1] != whole[120, 0]).any()
    canvas._stage._spoil_box((0, 0, left, 240))  # ends where the picture begins
    assert np.array_equal(look(canvas, qtbot), whole)


@pytest.mark.parametrize("mode", ["off", "split", "side by side"])
def test_what_changes_under_a_mask_is_seen_when_the_mask_goes(canvas, new_canvas, qtbot, mode):
    studio = Studio.of(canvas, colours(600, 400))
    canvas.sight.set_compare_mode(mode)
    look(canvas, qtbot)
    place = Region(250, 150, 330, 230)
    for value in (10, 240):
        studio.take(Stroke("box", (Point(230, 130), Point(350, 250)), diameter=1))
        look(canvas, qtbot)
        studio.patch(place, value)
        look(canvas, qtbot)
        studio.mask = masks.blank(studio.image.bounds)
        canvas.update_mask(studio.mask)
    other = new_canvas()
    other.sight.set_compare_mode(mode)
    studio.show(other)
    assert np.array_equal(look(canvas, qtbot), look(other, qtbot))


def test_a_large_brush_that_moves_a_little_spoils_little(new_canvas, qtbot):
    canvas = new_canvas(640, 640)
    at_full_size(canvas, qtbot, np.full((600, 600, 3), 128, np.uint8))
    layer = canvas._stage.coverings.mask
    first = Stroke("brush", (Point(300, 300),), diameter=400, hardness=1)
    canvas._stage.spoil_covered(layer.begin(first))
    look(canvas, qtbot)
    step = Stroke("brush", (Point(300, 300), Point(306, 300)), diameter=400, hardness=1)
    spoiled = layer.extend(step, step)
    assert 0 < sum(region.area for region in spoiled) < 0.6 * 400 * 400, "the half that it moves away from is as it was"


def test_tiles_out_of_sight_that_change_do_not_redraw_the_view():
    """A brush of 5000 pixels changes four hundred: one box around them all had every fifth move draw everything."""
    turn = Turn(12000, 8400)
    view = Viewport.fitted(turn, 600, 400).zoomed(1.0, 300, 200)
    seen = view.visible
    around = [
        Region(x, y, x + 256, y + 256)
        for x in range(0, 11000, 256)
        for y in range(0, 8000, 256)
        if not Region(x, y, x + 256, y + 256).overlaps(seen.grown(300))
    ]
    pane = Pane("image", (0, 0, 600, 400), view)
    assert len(around) > 400
    assert list(boxes_of(around, [pane])) == []
    inside = Region(seen.left + 10, seen.top + 10, seen.left + 40, seen.top + 40)
    (box,) = boxes_of([*around, inside], [pane])
    assert (box[2] - box[0]) * (box[3] - box[1]) < 60 * 60


def test_masks_colours_differ_in_lightness_too():
    from restorer_app.ui.canvas.overlay import COLOURS

    def lightness(colour):
        linear = [(part / 255) ** 2.2 for part in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert lightness(COLOURS["cyan"]) > 2 * lightness(COLOURS["orange"])


def test_protection_is_hatched(canvas, qtbot):
    studio, _ = at_full_size(canvas, qtbot, np.full((480, 640, 3), 128, np.uint8))
    canvas.update_protect(masks.full(studio.image.bounds))
    shown = look(canvas, qtbot)
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) == 2


def test_protection_is_seen_on_a_mask_too_where_it_goes_before_it(canvas, qtbot):
    studio, _ = at_full_size(canvas, qtbot, np.full((480, 640, 3), 128, np.uint8))
    canvas.update_protect(masks.full(studio.image.bounds))
    alone = look(canvas, qtbot).reshape(-1, 3).astype(int)
    canvas.update_mask(masks.full(studio.image.bounds))
    both = look(canvas, qtbot).reshape(-1, 3).astype(int)
    is_line = np.ptp(alone, axis=1) > 60
    assert 0.1 < is_line.mean() < 0.5
    assert np.abs(both[is_line] - alone[is_line]).max() < 40, "the lines keep their colour"
    assert np.abs(both[~is_line] - alone[~is_line]).max() > 40, "and the mask is seen between them"


def test_values_are_those_of_the_file_in_its_depth(canvas, qtbot):
    pixels = colours(640, 480, dtype="uint16")
    studio, _ = at_full_size(canvas, qtbot, pixels)
    assert canvas.values_at(11, 22) == tuple(pixels[22, 11].tolist())
    assert canvas.values_at(640, 0) is None
    assert canvas.values_at(-1, 0) is None
    studio.patch(Region(0, 0, 30, 30), 5)
    assert canvas.values_at(11, 22) == (5, 5, 5)
    canvas.sight.show_original(True)
    assert canvas.values_at(11, 22) == tuple(pixels[22, 11].tolist())


class Slow:
    """Pixels that are not at hand: they must be read, and not by the window's thread."""

    def __init__(self, pixels):
        self._source = ArraySource(pixels)
        self.fails = False

    bounds = property(lambda self: self._source.bounds)
    dtype = property(lambda self: self._source.dtype)
    channels = property(lambda self: self._source.channels)

    def read(self, region):
        if self.fails:
            raise UnreadableFileError("scan.tif is gone.")
        return self._source.read(region)


def show_slowly(canvas, pixels):
    source = Slow(pixels)
    raster = Raster(source)
    empty = masks.blank(raster.bounds)
    canvas.show_picture(raster, original=raster, mask=empty, protect=empty)
    return source


def test_values_of_a_slow_file_come_a_moment_later(canvas, qtbot):
    pixels = colours(640, 480)
    show_slowly(canvas, pixels)
    settle(canvas, qtbot)
    told = []
    canvas.easel.cursor_moved.connect(lambda x, y: told.append((x, y, canvas.values_at(x, y))))
    QTest.mouseMove(canvas, QPoint(100, 100))
    qtbot.waitUntil(lambda: bool(told) and told[-1][2] is not None)
    x, y, values = told[-1]
    assert values == tuple(pixels[y, x].tolist())


def test_a_file_that_vanished_is_told_once_and_what_is_drawn_stays(canvas, qtbot):
    source = show_slowly(canvas, colours(3000, 2000))
    settle(canvas, qtbot)
    source.fails = True
    told = []
    canvas.reading_failed.connect(told.append)
    for zoom in (1.0, 2.0, 1.0):
        canvas.sight.zoom_to(zoom)
        canvas.grab()
        qtbot.wait(30)
    qtbot.waitUntil(lambda: told == ["scan.tif is gone."])
    canvas.sight.zoom_to_fit()
    qtbot.wait(50)
    assert canvas.grab().toImage().pixelColor(160, 120) != canvas._stage.background


def test_the_cursor_is_told_inside_the_picture_and_left_outside(canvas, qtbot):
    Studio.of(canvas, colours(320, 100))
    settle(canvas, qtbot)
    told, left = [], []
    canvas.easel.cursor_moved.connect(lambda x, y: told.append((x, y)))
    canvas.easel.cursor_left.connect(lambda: left.append(True))
    QTest.mouseMove(canvas, QPoint(160, 120))
    assert told
    count = len(told)
    QTest.mouseMove(canvas, QPoint(160, 5))
    assert left
    assert len(told) == count


def test_a_fitted_picture_stays_fitted_and_a_zoomed_one_keeps_its_middle(canvas, qtbot):
    Studio.of(canvas, colours(640, 480))
    fitted = canvas.sight.zoom
    canvas.resize(640, 480)
    assert canvas.sight.zoom > fitted * 1.8
    canvas.sight.zoom_to(2.0)
    middle = canvas.sight.place(320, 240)
    canvas.resize(400, 300)
    assert canvas.sight.zoom == 2.0
    assert canvas.sight.place(200, 150) == pytest.approx(middle, abs=1)


def test_nothing_is_shown_on_the_surround(canvas, qtbot):
    Studio.of(canvas, colours(640, 480))
    settle(canvas, qtbot)
    canvas.set_background(QColor("#8d8d8d"))
    canvas.show_nothing()
    assert canvas.grab().toImage().pixelColor(160, 120) == QColor("#8d8d8d")
    assert not canvas.has_picture
    assert canvas.sight.visible_region is None
    QTest.mouseClick(canvas, Qt.LeftButton, pos=QPoint(100, 100))


def test_the_cache_stays_within_its_bytes(canvas, qtbot):
    Studio.of(canvas, colours(4000, 3000))
    picture = canvas._stage.picture
    picture._cache._limit = 4 << 20
    canvas.sight.zoom_to(1.0)
    for _ in range(12):
        canvas.sight.pan(-300, -200)
        settle(canvas, qtbot)
    assert picture.cached_bytes <= 4 << 20


def test_a_picture_that_lies_in_tiles_alone_is_never_black_while_they_are_drawn(canvas, qtbot):
    bounds = Region.of_size(2000, 1500)
    image = Raster.flat(bounds, channels=3).with_patch(bounds, np.full((1500, 2000, 3), 200, np.uint8))
    empty, small = masks.blank(bounds), np.full((30, 40, 3), 200, np.uint8)
    canvas.show_picture(image, original=image, mask=empty, protect=empty, overview=small)
    assert as_array(canvas.grab().toImage()).min() > 60
    settle(canvas, qtbot)
    picture, wanting = canvas._stage.picture, canvas._stage.wanting
    wanting._take_overview(picture.pyramids[0], small * 0)  # as the builder would tell of what lies below
    for band in range(6):
        wanting._take_band(picture.pyramids[0], band)
    assert [found.pixels.min() for found in picture._overviews.values()] == [200]
