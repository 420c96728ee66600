"""Training goes on exactly, learns what it is shown, and leaves a model that the program can load."""

import errno
import hashlib
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from restorer_app.core.errors import (
    InvalidValueError,
    RestorerError,
    UnreadableFileError,
    UnusableModelError,
    UnwritableFileError,
)
from restorer_app.engine import loading
from restorer_app.files import cards, locks
from restorer_app.training import checkpoint, evaluate, journal, listing, loop
from restorer_app.training import recipe as recipes
from restorer_app.training.evaluate import figures_of
from restorer_app.training.learner import Learner
from restorer_app.training.lessons import Lesson
from restorer_app.training.loop import Order, StoppedError, gathered, teach, train
from restorer_app.training.origin import origin_of
from restorer_app.training.recipe import RECIPES, recipe_toml
from restorer_app.training.stream import lesson_at, lessons

CPU = torch.device("cpu")


def _same(one: object, other: object) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other


@pytest.mark.parametrize("reuse", [1, 3])
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(order, recipe, supplies, tmp_path, reuse):
    recipe = replace(recipe, reuse=reuse)
    whole = Learner(recipe, CPU)
    train(order, whole, supplies)

    first = Learner(recipe, CPU)
    for lesson, _ in zip(lessons(0, recipe, supplies), range(5), strict=False):
        first.learn(lesson, _rate(order, first, recipe))
    file = checkpoint.save(tmp_path / "part", first.step, first.state())

    second = Learner(recipe, CPU)
    torch.manual_seed(99)
    second.go_on(checkpoint.read(file))
    train(order, second, supplies)

    done, resumed = whole.state(), second.state()
    for state in (done, resumed):
        state.pop("seconds")  # the clock is no part of what was learnt
    assert _same(done, resumed)


def _rate(order, learner, recipe):
    from restorer_app.training.schedule import rate_at

    return rate_at(order.length.progress(learner.step, learner.seconds), recipe.warm_up)


def test_one_lesson_learnt_often_enough_is_learnt_by_heart(recipe, supplies):
    recipe = replace(recipe, net_args={"width": 24, "depth": 5}, rate=5e-3, batch=2)
    learner, lesson = Learner(recipe, CPU), lesson_at(0, recipe, supplies)
    first = float(learner.learn(lesson, 1.0))
    for step in range(150):
        last = float(learner.learn(lesson, 1.0 - step / 150))
    assert last < 0.35 * first


def test_a_lesson_depends_on_its_number_alone(recipe, supplies):
    one, again, other = (lesson_at(index, recipe, supplies) for index in (7, 7, 8))
    assert torch.equal(one.picture, again.picture)
    assert not torch.equal(one.picture, other.picture)


@pytest.mark.parametrize("model", sorted(RECIPES))
def test_every_model_trains_and_loads(model, photos, tmp_path, monkeypatch):
    narrow = {**RECIPES[model].net_args, "width": 16}
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(replace(RECIPES[model], net_args=narrow, crop=64, batch=2)), encoding="utf-8")
    monkeypatch.setattr("restorer_app.training.loop._HOLES", 12)
    monkeypatch.setattr("restorer_app.files.places.models", lambda: tmp_path / "models")
    order = Order(model, (photos,), tmp_path / "models", tmp_path / "work", steps=2, recipe=file, trained_by="a test")

    folder = teach(order)

    stored = cards.find_model(model)
    cards.verify(stored)
    net = loading.load(stored.card, "cpu")
    guide = torch.zeros(1, 1, 9, 7)
    assert net(torch.rand(1, 3, 9, 7), guide).shape == (1, 3, 9 * stored.card.scale, 7 * stored.card.scale)
    assert stored.card.trained_by == "a test"
    assert stored.card.licence == "not stated"  # nobody's scans are given away unasked
    assert {"recipe.toml", "manifest.csv"} <= {file.name for file in folder.iterdir()}
    loading.forget_all()


def test_fine_tuning_names_also_what_its_ancestors_learnt_from(order, recipe, photos, tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    first = teach(replace(order, recipe=file, steps=2))
    own = tmp_path / "scans"
    shutil.copytree(photos, own)
    for photograph in sorted(own.rglob("*.png")):
        photograph.rename(photograph.with_name(f"own-{photograph.name}"))
    tuned = teach(
        replace(order, recipe=file, steps=2, photos=[own], start=first, into=tmp_path / "own", work=tmp_path / "again")
    )
    names = [line.split(",")[0] for line in (tuned / "manifest.csv").read_text("utf-8").splitlines()]
    older = [line.split(",")[0] for line in (first / "manifest.csv").read_text("utf-8").splitlines()]
    assert names[0] == "file"
    assert [name for name in names if name.startswith("scans/own-")]
    assert set(older) <= set(names)
    assert len(names) == len(set(names)) == 2 * len(older) - 1
    listed = hashlib.sha256((tuned / "manifest.csv").read_bytes()).hexdigest()
    assert cards.read_card(tuned).data_sha256 == listed


def test_fine_tuning_says_on_the_card_where_it_came_from(order, recipe, photos, tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    first = teach(replace(order, recipe=file, steps=2))
    tuned = teach(replace(order, recipe=file, steps=2, start=first, into=tmp_path / "own", work=tmp_path / "again"))
    card = cards.read_card(tuned)
    assert cards.read_card(first).sha256[:12] in card.notes
    assert card.notes.startswith("Fine-tuned from denoise")


def test_a_fine_tuning_that_was_stopped_goes_on_as_gently_as_it_began(order, recipe, photos, tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    first = teach(replace(order, recipe=file, steps=2))
    tuning = replace(order, recipe=file, steps=6, start=first, keep_every_s=0.0)
    teach(replace(tuning, into=tmp_path / "whole", work=tmp_path / "once"))
    before_last = min((tmp_path / "once" / recipe.id).glob("*.ckpt"))
    assert before_last.stem == "000000005"
    teach(replace(tuning, start=before_last, into=tmp_path / "resumed", work=tmp_path / "twice"))

    whole, resumed = (tmp_path / into / recipe.id / "weights.safetensors" for into in ("whole", "resumed"))
    assert whole.read_bytes() == resumed.read_bytes()


def test_a_run_goes_on_by_the_recipe_that_it_was_begun_with(order, recipe, photos, tmp_path):
    file, other = tmp_path / "recipe.toml", tmp_path / "other.toml"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    other.write_text(recipe_toml(replace(recipe, batch=2)), encoding="utf-8")
    whole = teach(replace(order, recipe=file, steps=6, keep_every_s=0.0, into=tmp_path / "whole"))
    before_last = min((order.work / recipe.id).glob("*.ckpt"))
    on = replace(order, steps=6, start=before_last, into=tmp_path / "on", work=tmp_path / "again")
    with pytest.raises(InvalidValueError, match=r"other\.toml is not the recipe"):
        teach(replace(on, recipe=other))
    resumed = teach(on)
    for name in ("recipe.toml", "weights.safetensors"):
        assert (resumed / name).read_bytes() == (whole / name).read_bytes()


def test_a_deeper_net_that_looks_far_answers_at_first_as_the_shallower_one_did(recipe):
    shallow, deep = (
        Learner(replace(recipe, net_args={"width": 8, "depth": depth, "far": [4]}), CPU) for depth in (6, 9)
    )
    with torch.no_grad():
        for weight in shallow.net.parameters():
            weight.add_(torch.randn_like(weight) * 0.05)
    weights = shallow.net.state_dict()
    assert deep.start_warm(weights) == len(weights)
    picture = torch.rand(1, 3, 32, 32)
    guide = torch.full((1, 1, 32, 32), 0.1)
    with torch.no_grad():
        torch.testing.assert_close(deep.net(picture, guide), shallow.net(picture, guide), atol=1e-6, rtol=1e-5)


def test_a_net_that_is_given_squares_to_see_answers_at_first_as_before_and_learns_to_see_them(recipe):
    blind, seeing = (
        Learner(replace(recipe, net_args={"width": 8, "depth": 6, "blocks": blocks}), CPU) for blocks in (0, 2)
    )
    weights = blind.net.state_dict()
    assert seeing.start_warm(weights) == len(weights)
    picture, guide = torch.rand(1, 3, 32, 32), torch.full((1, 1, 32, 32), 0.1)
    with torch.no_grad():
        torch.testing.assert_close(seeing.net(picture, guide), blind.net(picture, guide), atol=1e-6, rtol=1e-5)
    before = {name: value.clone() for name, value in seeing.net.named_parameters() if name.startswith("blocks.")}
    for _ in range(2):
        seeing.learn(Lesson(picture, guide, torch.rand(1, 3, 32, 32), torch.ones(1, 1, 1, 1)), 1e-3)
    still = [
        name for name, value in seeing.net.named_parameters() if name in before and torch.equal(value, before[name])
    ]
    assert not still
    assert Learner(seeing.recipe, CPU).start_warm(seeing.net.state_dict()) == len(seeing.net.state_dict())


def test_a_resumed_run_remembers_where_it_came_from(recipe, tmp_path):
    learner = Learner(recipe, CPU)
    learner.began, learner.minutes_before, learner.taught_before = "Fine-tuned from something", 12.0, "file\na.png\n"
    file = checkpoint.save(tmp_path, 0, learner.state())
    again = Learner(recipe, CPU)
    again.go_on(checkpoint.read(file))
    assert (again.began, again.minutes_before) == ("Fine-tuned from something", 12.0)
    assert again.taught_before == "file\na.png\n"


def test_a_checkpoint_of_another_model_is_refused(order, recipe, supplies, photos, tmp_path):
    file = checkpoint.save(tmp_path / "other", 0, {**Learner(recipe, CPU).state(), "id": "upscale-x2"})
    with pytest.raises(InvalidValueError, match="upscale-x2"):
        teach(replace(order, start=file))


def test_two_runs_do_not_share_a_folder(order, recipe, tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    folder = tmp_path / "work" / "denoise"
    folder.mkdir(parents=True)
    held = locks.take(folder / "running")
    assert held is not None
    with held, pytest.raises(InvalidValueError, match="Another run is under way"):
        teach(replace(order, recipe=file, steps=2))
    assert not [*folder.glob("*.ckpt")]
    assert teach(replace(order, recipe=file, steps=2)).is_dir()


@pytest.mark.parametrize("device", ["meta", "nothing", "cuda:99"])
def test_a_device_that_is_none_is_refused_before_photographs_are_read(order, tmp_path, device):
    with pytest.raises(InvalidValueError, match="no device"):
        teach(replace(order, device=device, photos=(tmp_path / "missing",)))


def test_weights_that_do_not_fit_are_refused_before_photographs_are_read(order, tmp_path):
    save_file({"something": torch.zeros(3)}, tmp_path / "w.safetensors")
    with pytest.raises(InvalidValueError, match="1 of 1 weights"):
        teach(replace(order, start=tmp_path / "w.safetensors", photos=(tmp_path / "missing",)))


def test_a_net_of_another_size_is_taught_further_at_its_own_size(order, photos, tmp_path, recipe):
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(replace(recipe, net_args={"width": 12, "depth": 5})), encoding="utf-8")
    first = teach(replace(order, steps=1, recipe=file, into=tmp_path / "first", work=tmp_path / "one"))
    second = teach(replace(order, steps=2, start=first, work=tmp_path / "two"))
    assert cards.read_card(second).net_args == {"width": 12, "depth": 5, "far": []}
    assert origin_of(checkpoint.newest(tmp_path / "two" / "denoise")).net_args == {"width": 12, "depth": 5, "far": []}
    narrow = tmp_path / "narrow.toml"
    narrow.write_text(recipe_toml(recipe), encoding="utf-8")
    with pytest.raises(InvalidValueError, match="find no place"):
        teach(replace(order, start=first, recipe=narrow, work=tmp_path / "three"))


@pytest.mark.skipif(sys.platform != "linux", reason="names of folders there are letters only")
def test_a_folder_whose_name_is_no_utf_8_can_be_learnt_from(order, recipe, photos, tmp_path):
    file, mill = tmp_path / "recipe.toml", tmp_path / "M\udcfchle"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    shutil.copytree(photos, mill)
    card = cards.read_card(teach(replace(order, recipe=file, steps=2, photos=(mill,), trained_by="M\udcfcller")))
    assert "M?hle" in card.notes
    assert card.trained_by == "M?ller"


def test_a_run_that_is_told_to_stop_writes_no_model(order, recipe, tmp_path, monkeypatch):
    import os
    import signal

    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    learn = Learner.learn

    def learn_and_stop(self, lesson, rate):
        os.kill(os.getpid(), signal.SIGTERM)
        return learn(self, lesson, rate)

    monkeypatch.setattr(Learner, "learn", learn_and_stop)
    with pytest.raises(StoppedError, match="Stopped before the end"):
        teach(replace(order, recipe=file))
    assert not (tmp_path / "models").exists()
    assert checkpoint.newest(tmp_path / "work" / "denoise") is not None


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_an_impatient_stop_or_a_terminal_that_is_closed_keeps_the_checkpoint(
    order, recipe, tmp_path, monkeypatch, name
):
    import os
    import signal

    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    learn, plotted = Learner.learn, []

    def stop(*_, **__):
        os.kill(os.getpid(), getattr(signal, name))

    monkeypatch.setattr(Learner, "learn", lambda *args: (stop(), learn(*args))[1])
    monkeypatch.setattr(journal, "plot", lambda *_, **__: (stop(), plotted.append(1)))
    with pytest.raises(StoppedError):
        teach(replace(order, recipe=file))
    assert plotted == [1]
    assert checkpoint.newest(tmp_path / "work" / "denoise").stem == "000000001"


def test_a_run_that_goes_on_knows_its_photographs_and_who_taught(order, recipe, photos, tmp_path, monkeypatch):
    file, other = tmp_path / "recipe.toml", tmp_path / "other"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    shutil.copytree(photos, other)
    (other / "0.png").unlink()
    teach(replace(order, recipe=file, steps=2, trained_by="Stadtarchiv", licence="CC0-1.0"))
    on = replace(order, start=tmp_path / "work" / "denoise", steps=4, into=tmp_path / "on")
    monkeypatch.setattr(loop, "manifest", lambda files: listing.manifest(reversed(list(files))))  # in another order
    with pytest.raises(InvalidValueError, match="begun with other photographs"):
        teach(replace(on, photos=(other,)))
    card = cards.read_card(teach(on))
    assert (card.trained_by, card.licence) == ("Stadtarchiv", "CC0-1.0")


def test_what_was_learnt_from_is_listed_as_it_was_when_the_run_began(order, recipe, photos, tmp_path, monkeypatch):
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    learn = Learner.learn

    def learn_while_the_drive_goes(*args):
        shutil.rmtree(photos, ignore_errors=True)
        return learn(*args)

    monkeypatch.setattr(Learner, "learn", learn_while_the_drive_goes)
    listed = (teach(replace(order, recipe=file, steps=2)) / "manifest.csv").read_text("utf-8")
    assert len(listed.splitlines()) == 5


@pytest.mark.parametrize("step", ["write", "replace"])
def test_a_model_that_cannot_be_written_leaves_the_one_before(order, recipe, tmp_path, monkeypatch, step):
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    folder = teach(replace(order, recipe=file, steps=1))
    before = {one.name: one.read_bytes() for one in folder.iterdir()}

    def no_room(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    if step == "write":
        monkeypatch.setattr(evaluate.os, "fsync", no_room)
        monkeypatch.setattr(checkpoint, "save", lambda folder, *_: folder)
    else:
        rename = Path.replace
        monkeypatch.setattr(
            Path, "replace", lambda one, to: no_room() if one.name.endswith("-new") else rename(one, to)
        )
    with pytest.raises(UnwritableFileError, match="not enough room"):
        teach(replace(order, recipe=file, steps=3, start=folder, work=tmp_path / "again"))
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == before
    assert [one.name for one in folder.parent.iterdir()] == ["denoise"]


def test_what_a_person_keeps_with_a_model_stays_when_it_is_taught_again(order, recipe, tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    real = tmp_path / "elsewhere"
    teach(replace(order, recipe=file, steps=1, into=real))
    (real / "denoise" / "notes.txt").write_text("for plates of 1911", encoding="utf-8")
    (real / "denoise" / "letters").mkdir()
    (real / "denoise" / "letters" / "1.txt").write_text("Dear Sir", encoding="utf-8")
    order.into.mkdir()
    (order.into / "denoise").symlink_to(real / "denoise")
    for steps in (2, 3):  # the first time, and once something was replaced
        folder = teach(replace(order, recipe=file, steps=steps, work=tmp_path / f"work-{steps}"))
        assert f"{steps} steps" in cards.read_card(folder).notes
    assert folder.is_symlink()
    assert (real / "denoise" / "notes.txt").read_text("utf-8") == "for plates of 1911"
    assert (real / "denoise" / "letters" / "1.txt").read_text("utf-8") == "Dear Sir"
    assert [one.name for one in real.iterdir()] == ["denoise"]
    assert [one.name for one in order.into.iterdir()] == ["denoise"]


def test_a_model_that_a_killed_run_had_put_aside_is_found_again(order, recipe, tmp_path, monkeypatch):
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    folder = teach(replace(order, recipe=file, steps=1))
    before = (folder / "card.toml").read_bytes()
    folder.rename(folder.with_name(".denoise-before"))  # where the run was killed

    def no_room(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(evaluate.os, "fsync", no_room)
    monkeypatch.setattr(checkpoint, "save", lambda folder, *_: folder)
    with pytest.raises(UnwritableFileError):
        teach(replace(order, recipe=file, steps=1, work=tmp_path / "again"))
    assert (folder / "card.toml").read_bytes() == before


def test_a_journal_that_the_disc_refuses_costs_no_model(order, recipe, tmp_path, capsys):
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    (order.work / "denoise" / "journal.csv").mkdir(parents=True)
    folder = teach(replace(order, recipe=file, steps=1))
    assert "journal.csv lacks a line" in capsys.readouterr().out
    assert (folder / "weights.safetensors").is_file()


@pytest.mark.parametrize("torn", ["1,2.0,30.0\n2,3.", "1,2.0,30.0\n5\n", "", "1,x,30.0\n"])
def test_a_journal_that_was_torn_costs_no_plot(tmp_path, torn):
    (tmp_path / "journal.csv").write_text(f"step,seconds,psnr\n{torn}", encoding="utf-8")
    journal.plot(tmp_path / "journal.csv", tmp_path / "plot.png", title="denoise")


def test_a_line_that_the_disc_takes_half_of_is_taken_back(order, recipe, supplies, monkeypatch, capsys):
    notes = journal.Journal(order.work, lesson_at(-1, recipe, supplies))
    notes._write([1, 2.0, 30.0])
    whole = (order.work / "journal.csv").read_bytes()

    class Half:
        def __init__(self, out):
            self.out = out

        def writerows(self, rows):
            self.out.write("2,4.")
            self.out.flush()
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(journal.csv, "writer", Half)
    notes._write([2, 4.0, 31.0])
    assert (order.work / "journal.csv").read_bytes() == whole
    assert "lacks a line" in capsys.readouterr().out


def test_elements_that_are_not_there_are_refused_before_photographs_are_read(order, tmp_path):
    with pytest.raises(UnreadableFileError, match=r"There is no folder .*hairs"):
        teach(replace(order, model="repair", elements=tmp_path / "hairs"))
    assert not (order.work / "photographs").exists()


def test_damaged_weights_are_no_start(order, recipe, tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(recipe), encoding="utf-8")
    folder = teach(replace(order, recipe=file, steps=1))
    stored = bytearray((folder / "weights.safetensors").read_bytes())
    stored[-1] ^= 1
    (folder / "weights.safetensors").write_bytes(stored)
    with pytest.raises(UnusableModelError, match="not those that its card describes"):
        origin_of(folder)


def test_photographs_that_are_too_small_are_refused(order, recipe):
    with pytest.raises(InvalidValueError, match="large enough"):
        gathered(order, replace(recipe, crop=500))


def test_an_infinite_answer_has_no_figures(recipe, supplies):
    learner = Learner(recipe, CPU)
    lesson = lesson_at(0, recipe, supplies)
    learner.net.forward = lambda picture, *_: torch.full_like(picture, torch.inf)
    assert np.isnan(figures_of(learner.net, lesson)["psnr"])


def test_weights_that_are_no_numbers_become_no_model(order, recipe, tmp_path, monkeypatch):
    monkeypatch.setitem(recipes._LIMITS, "rate", (0, 1e39))
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_toml(replace(recipe, rate=1e38)), encoding="utf-8")
    with pytest.raises(RestorerError, match="no numbers"):
        teach(replace(order, recipe=file, steps=2))
    assert not (tmp_path / "models").exists()


def test_a_device_that_is_not_there_is_refused(order):
    with pytest.raises(InvalidValueError, match="There is no device 'abacus'"):
        teach(replace(order, device="abacus"))
