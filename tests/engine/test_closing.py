"""Holes closed by classical means: smooth surfaces come back, borders and tiny pictures do no harm."""

import numpy as np
import pytest

from restorer_app.engine import classical, closing, patchmatch


def _hole(size, box):
    hole = np.zeros(size, bool)
    hole[box[0] : box[1], box[2] : box[3]] = True
    return hole


def _slope(size=(60, 80)):
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    return np.stack([0.2 + 0.004 * rows, 0.3 + 0.003 * columns, 0.5 + 0.002 * (rows - columns)], -1)


def test_a_slope_is_continued():
    picture, hole = _slope(), _hole((60, 80), (20, 30, 25, 45))
    assert np.abs(closing.biharmonic(picture, hole) - picture).max() < 0.004


def test_a_bowl_is_better_closed_by_bending_than_by_isophotes():
    rows, columns = np.mgrid[-1:1:60j, -1:1:80j]
    picture = np.repeat((rows**2 + columns**2)[:, :, None].astype(np.float32) / 2, 3, 2)
    hole = _hole((60, 80), (22, 38, 30, 50))

    def error(filled):
        return float(np.square(filled - picture)[hole].mean())

    assert error(closing.biharmonic(picture, hole)) < error(classical.navier_stokes(picture, hole))


def test_outside_the_hole_not_one_bit_changes():
    picture, hole = _slope(), _hole((60, 80), (0, 9, 70, 80))
    assert np.array_equal(closing.close(picture, hole)[~hole], picture[~hole])


@pytest.mark.parametrize("size", [(1, 2), (2, 2), (3, 9), (17, 5)])
def test_tiny_pictures_and_holes_at_the_border(size):
    picture = np.random.default_rng(0).random((*size, 3), np.float32)
    hole = np.zeros(size, bool)
    hole[0, 0] = True
    closed = closing.close(picture, hole)
    assert np.isfinite(closed).all()
    assert np.array_equal(closed[~hole], picture[~hole])


def test_closings_come_behind_each_other_and_leave_what_is_known():
    rng = np.random.default_rng(0)
    picture = rng.random((40, 44, 1), dtype=np.float32)
    gap = np.zeros((40, 44), bool)
    gap[15:22, 10:30] = True
    closings = closing.close_thrice(picture, gap, seed=4)
    assert closings.shape == (40, 44, 4)
    all_three, rough = closings[:, :, :3], closings[:, :, 3]
    assert np.array_equal(rough > 0, gap), "how rough it is there comes behind them"
    assert np.array_equal(all_three[:, :, :1], closing.close(picture, gap))
    assert np.array_equal(all_three[:, :, 2:], patchmatch.fill(picture, gap, seed=4))
    assert np.array_equal(all_three[~gap], np.repeat(picture, 3, axis=2)[~gap])
    both = closing.close_thrice(picture, gap, seed=0)[:, :, :2]
    assert np.array_equal(closing.close_twice(picture, gap), both), "what a net learns from is what it will be shown"


def test_the_patches_of_a_thin_hole_are_searched_twice_and_those_of_a_wide_one_once():
    picture = np.random.default_rng(0).random((60, 64, 3), dtype=np.float32)
    for thickness, other in ((6, True), (30, False)):
        gap = np.zeros((60, 64), bool)
        gap[20 : 20 + thickness, 12:50] = True
        closings = closing.close_four_times(picture, gap, seed=4)
        assert np.array_equal(closings[:, :, :10], closing.close_thrice(picture, gap, seed=4))
        assert closings.shape[2] == 13
        mean, again = closings[:, :, 3:6], closings[:, :, 10:]
        assert np.array_equal(again[~gap], picture[~gap])
        assert np.array_equal(mean, again) != other
        assert np.array_equal(closings, closing.close_four_times(picture, gap, seed=4)), "the seed says which patches"


def test_the_middle_of_a_wide_hole_has_the_texture_of_patches_and_its_edge_the_answer_of_the_net():
    hole = np.zeros((80, 80), bool)
    hole[10:70, 10:70] = True
    answer, crisp = np.zeros((80, 80, 1), np.float32), np.ones((80, 80, 1), np.float32)
    mixed = closing.with_texture_inside(answer, crisp, hole)[:, :, 0]
    assert mixed[40, 40] == 1
    assert mixed[15, 40] == 0
    assert 0 < mixed[20, 40] < 1
    assert (np.diff(mixed[:41, 40]) >= 0).all(), "there is no step on the way"


def test_how_deep_a_hole_is_does_not_depend_on_what_is_cut_out_around_it():
    hole = np.zeros((120, 120), bool)
    hole[5:110, 8:100] = True
    rng = np.random.default_rng(0)
    answer, crisp = rng.random((2, 120, 120, 3), dtype=np.float32)
    whole = closing.with_texture_inside(answer, crisp, hole)
    window = np.s_[20:, :90]  # at least as far around the middle as the mixing looks
    part = closing.with_texture_inside(answer[window], crisp[window], hole[window])
    assert np.array_equal(part[25:, :60], whole[window][25:, :60])


def test_without_a_hole_both_closings_are_the_picture():
    picture = np.random.default_rng(0).random((20, 24, 3), np.float32)
    both = closing.close_twice(picture, np.zeros((20, 24), bool))
    assert np.array_equal(both, np.concatenate((picture, picture), axis=2))
