"""Recipes survive their files; the rate and the length are functions of progress."""

from dataclasses import replace

import pytest

from restorer_app.core.errors import InvalidValueError, UnreadableFileError
from restorer_app.engine.nets import NETS
from restorer_app.training.recipe import RECIPES, read_recipe, recipe_for, recipe_toml
from restorer_app.training.schedule import Length, rate_at


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_recipe_is_read_back_equal(name, tmp_path):
    (tmp_path / "r.toml").write_text(recipe_toml(RECIPES[name]), encoding="utf-8")
    assert read_recipe(tmp_path / "r.toml") == RECIPES[name]


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_has_a_net(name):
    recipe = RECIPES[name]
    assert recipe.id == name
    assert NETS[recipe.net](**recipe.net_args).reach > 0


def test_an_unknown_model_is_named_with_those_there_are():
    with pytest.raises(InvalidValueError, match="denoise"):
        recipe_for("sharpen", None, warm=False)


def test_a_file_that_is_no_recipe_is_one_sentence(tmp_path):
    (tmp_path / "r.toml").write_text("colour = 'blue'", encoding="utf-8")
    with pytest.raises(UnreadableFileError, match="no recipe"):
        read_recipe(tmp_path / "r.toml")


def test_a_warm_start_learns_more_slowly():
    assert recipe_for("denoise", None, warm=True).rate < RECIPES["denoise"].rate


@pytest.mark.parametrize(
    ("begun", "blocks", "aligned"), [({}, 4, 0.92), ({"width": 48}, 0, 0), ({"blocks": 2}, 2, 0.92)]
)
def test_a_net_that_sees_no_squares_is_shown_them_lying_anywhere(begun, blocks, aligned):
    recipe = recipe_for("decompress", None, warm=bool(begun), begun=begun)
    assert (recipe.net_args["blocks"], recipe.damage["aligned"]) == (blocks, aligned)
    assert "blocks" not in recipe_for("denoise", None, warm=bool(begun), begun=begun).net_args


def test_the_rate_rises_then_falls_to_nothing():
    rates = [rate_at(progress / 100, 0.02) for progress in range(101)]
    assert rates[0] < 0.1
    assert max(rates) == rates[2]
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert rates[-1] < 1e-9


def test_minutes_are_training_time_and_steps_are_steps():
    assert Length(minutes=10).progress(12345, 300.0) == 0.5
    assert Length(steps=200, minutes=10).progress(50, 1e9) == 0.25


WRONG = {
    "task": "sharpen",
    "net": "unet",
    "loss": "l1",
    "optimiser": "adamx",
    "crop": "64",
    "batch": 2.5,
    "reuse": 0,
    "different": -1,
    "halvings": 40,
    "rate": float("nan"),
    "ema": 2.0,
    "scale": 3,
    "id": "Mein Modell",
    "damage": {"most": "much"},
    "net_args": {"width": 8, "wings": 2},
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_what_no_run_could_be_made_with_is_said_at_once(name):
    with pytest.raises(InvalidValueError):
        replace(RECIPES["denoise"], **{name: WRONG[name]})


def test_a_recipe_without_the_damage_it_needs_is_refused():
    with pytest.raises(InvalidValueError, match="tells of the damage: most"):
        replace(RECIPES["denoise"], damage={})


def test_a_recipe_for_something_else_is_not_slipped_under_a_models_name(tmp_path):
    (tmp_path / "r.toml").write_text(recipe_toml(RECIPES["denoise"]), encoding="utf-8")
    with pytest.raises(InvalidValueError, match="not for upscale-x2"):
        recipe_for("upscale-x2", tmp_path / "r.toml", warm=False)
    assert recipe_for("our-own", tmp_path / "r.toml", warm=False).id == "our-own"


def test_the_recipe_beside_a_model_teaches_again_at_the_rate_that_stands_in_it(tmp_path):
    gentle = recipe_for("denoise", None, warm=True)
    (tmp_path / "r.toml").write_text(recipe_toml(gentle), encoding="utf-8")
    assert recipe_for("denoise", tmp_path / "r.toml", warm=True) == gentle
