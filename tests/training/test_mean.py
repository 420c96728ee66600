"""The mean of two models is a model with a card that says what it is."""

import hashlib
import shutil
from dataclasses import asdict, replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from restorer_app.core.errors import InvalidValueError
from restorer_app.files import cards
from restorer_app.files.cards import read_card
from restorer_app.files.toml import toml
from restorer_app.training.mean import main, write_mean


@pytest.fixture
def two(tmp_path):
    """A shipped model and the same with other weights."""
    shipped = cards.find_model("upscale-x2").folder
    again = tmp_path / "again" / "upscale-x2"
    shutil.copytree(shipped, again)
    weights = {name: w * 0 + 1 for name, w in load_file(again / "weights.safetensors").items()}
    save_file(weights, again / "weights.safetensors")
    _fit_card(again)
    return shipped, again


def _fit_card(folder):
    digest = hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()
    (folder / "card.toml").write_text(toml(asdict(replace(read_card(folder), sha256=digest))), "utf-8")


def test_every_weight_is_half_way_and_the_card_fits(two, tmp_path, capsys):
    shipped, again = two
    assert main([str(shipped), str(again), "--into", str(tmp_path / "mean")]) == 0
    target = tmp_path / "mean" / "upscale-x2"
    assert str(target) in capsys.readouterr().out
    one, mean = load_file(shipped / "weights.safetensors"), load_file(target / "weights.safetensors")
    assert one.keys() == mean.keys()
    for name, w in one.items():
        assert mean[name].dtype == w.dtype
        torch.testing.assert_close(mean[name].float(), (w.float() + 1) / 2, atol=1e-3, rtol=1e-3)
    card = read_card(target)
    cards.verify(cards.StoredModel(target, card))
    assert card.notes.startswith("Mean of the weights ")
    assert not card.measured


def test_its_list_has_the_photographs_of_every_one_of_them(two, tmp_path):
    shipped, again = two
    (again / "manifest.csv").write_text("file,source\nonly/here.jpg,ours\n", "utf-8")
    target = write_mean([shipped, again], tmp_path / "mean")
    listed = (target / "manifest.csv").read_text("utf-8")
    assert "only/here.jpg,ours" in listed
    assert set((shipped / "manifest.csv").read_text("utf-8").splitlines()) <= set(listed.splitlines())
    assert read_card(target).data_sha256 == hashlib.sha256((target / "manifest.csv").read_bytes()).hexdigest()


def test_models_of_other_nets_have_no_mean(two, tmp_path):
    shipped, again = two
    other = replace(read_card(again), net_args={"scale": 2, "width": 8, "depth": 14})
    (again / "card.toml").write_text(toml(asdict(other)), "utf-8")
    with pytest.raises(InvalidValueError, match="not the same net"):
        write_mean([shipped, again], tmp_path / "mean")
    with pytest.raises(InvalidValueError, match="two models"):
        write_mean([shipped], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()


def test_what_has_no_mean_is_one_sentence_on_the_command_line(two, tmp_path, capsys):
    shipped, again = two
    assert main([str(shipped), "--into", str(tmp_path / "mean")]) == 1
    assert "two models" in capsys.readouterr().err
    with (again / "weights.safetensors").open("ab") as out:
        out.write(b"more")
    assert main([str(shipped), str(again), "--into", str(tmp_path / "mean")]) == 1
    assert "are not those" in capsys.readouterr().err
