"""Lessons cut from holes that were closed once: the same whoever asks, whenever."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from restorer_app.engine.closing import close_thrice
from restorer_app.training.loop import gathered, teach
from restorer_app.training.recipe import RECIPES, recipe_toml
from restorer_app.training.shelf import Shelf

SHEETS = 3


@pytest.fixture(autouse=True)
def little(monkeypatch):
    """Holes and watched sheets are made before anything is learnt."""
    monkeypatch.setattr("restorer_app.training.loop._HOLES", 30)
    monkeypatch.setattr("restorer_app.training.loop._WATCHED", 2)


@pytest.fixture
def repair():
    return replace(RECIPES["repair"], net_args={"width": 8, "patches": True}, crop=32, context=64, batch=4, different=3)


@pytest.fixture
def shelf(order, repair, tmp_path):
    return Shelf.of(repair, gathered(order, repair), tmp_path / "shelf", torch.device("cpu"))


def test_a_lesson_is_the_same_whether_its_sheets_were_there_or_not(shelf, tmp_path):
    first = list(islice(shelf.lessons(0), 3))
    elsewhere = replace(shelf, folder=tmp_path / "another")
    for lesson, again in zip(first[1:], elsewhere.lessons(1), strict=False):
        for name in ("picture", "guide", "answer", "weight"):
            assert torch.equal(vars(lesson)[name], vars(again)[name]), name


def test_no_lesson_is_cut_from_what_is_watched(shelf):
    list(islice(shelf.lessons(0), 12))
    assert sorted(file.stem for file in shelf.folder.iterdir()) == [f"{number:06d}" for number in range(SHEETS)]
    watched = shelf.watched(2)
    assert len(watched.picture) == 2
    assert (shelf.folder / f"{SHEETS + 1:06d}.npy").exists()


def test_a_sheet_holds_what_the_engine_would_show_the_net(shelf):
    sheet = shelf.sheet(1).astype(np.float32)
    clean, gap = np.ascontiguousarray(sheet[:, :, :3]), sheet[:, :, 3] > 0
    assert gap.any()
    smooth = close_thrice(clean, gap, seed=1)[:, :, :3]
    assert abs(sheet[:, :, 4:7] - smooth).max() < 0.01  # kept in half precision
    assert np.array_equal(sheet[:, :, 7:10][~gap], clean[~gap])


def test_every_cut_has_something_to_learn_and_nothing_changes_outside_the_hole(shelf):
    for lesson in islice(shelf.lessons(0), 6):
        whole = lesson.guide.expand_as(lesson.answer) > 0
        assert (lesson.guide.sum((1, 2, 3)) > 0).all()
        assert lesson.picture.shape[1] == 6
        for closing in lesson.picture.split(3, dim=1):
            assert torch.equal(closing[~whole], lesson.answer[~whole])
        assert (lesson.weight[lesson.guide == 0] == 0).all()


def test_other_holes_and_other_photographs_are_another_shelf(shelf, repair, tmp_path):
    supplies = shelf.supplies
    for other in (
        replace(supplies, holes=supplies.holes.flip(2)),
        replace(supplies, photographs=replace(supplies.photographs, pixels=255 - supplies.photographs.pixels)),
    ):
        assert Shelf.of(repair, other, tmp_path / "shelf", torch.device("cpu")).folder != shelf.folder
    assert Shelf.of(repair, supplies, tmp_path / "shelf", torch.device("cpu")).folder == shelf.folder


def test_a_cut_beside_every_hole_is_drawn_again(shelf):
    holes = torch.zeros_like(shelf.supplies.holes[:2])
    holes[:, 0, 0] = 1  # at the corner: most cuts miss it
    rare = replace(shelf, supplies=replace(shelf.supplies, holes=holes), folder=shelf.folder / "rare")
    assert all(rare.sheet(number)[:, :, 3].any() for number in range(SHEETS))


def test_colours_are_exchanged_alike_in_everything(shelf):
    """A guise may change nothing between what is seen and what is to be answered."""
    plain = shelf.sheet(1)[:, :, :3].astype(np.float32)
    known = {tuple(np.sort(pixel)) for pixel in plain.reshape(-1, 3).tolist()}
    cut = shelf._cut(1, torch.Generator().manual_seed(5))
    assert {tuple(np.sort(pixel)) for pixel in cut[:3].permute(1, 2, 0).reshape(-1, 3).tolist()} <= known


def test_repair_is_taught_from_a_shelf_with_the_command_of_every_model(order, repair, tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(repair), encoding="utf-8")
    folder = teach(replace(order, model="repair", recipe=file, steps=2))
    assert (folder / "card.toml").exists()
