"""Checkpoints are whole or not there, and only two are kept."""

import pytest
import torch

from restorer_app.core.errors import UnreadableFileError
from restorer_app.training import checkpoint


def test_the_two_newest_are_kept(tmp_path):
    for step in (1, 20, 300):
        checkpoint.save(tmp_path, step, {"step": step})
    assert sorted(file.name for file in tmp_path.iterdir()) == ["000000020.ckpt", "000000300.ckpt"]
    assert checkpoint.read(checkpoint.newest(tmp_path)) == {"step": 300}


def test_a_run_that_goes_on_from_an_earlier_one_finds_its_own_again(tmp_path):
    for step in (200, 300):
        checkpoint.save(tmp_path, step, {"step": step})
    file = checkpoint.save(tmp_path, 210, {"step": 210})
    assert checkpoint.newest(tmp_path) == file
    assert sorted(other.name for other in tmp_path.iterdir()) == [
        "000000200.ckpt",
        "000000210.ckpt",
        "000000300.ckpt-left",
    ]
    assert checkpoint.save(tmp_path, 100, {"step": 100}).exists()


def test_a_failed_save_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    checkpoint.save(tmp_path, 1, {"step": 1})

    def fail(_state, out):
        out.write(b"half of it")
        raise OSError("no space left")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(OSError, match="no space"):
        checkpoint.save(tmp_path, 2, {"step": 2})
    assert checkpoint.newest(tmp_path).name == "000000001.ckpt"


def test_a_damaged_checkpoint_is_one_sentence(tmp_path):
    (tmp_path / "x.ckpt").write_bytes(b"nonsense")
    with pytest.raises(UnreadableFileError, match="no checkpoint"):
        checkpoint.read(tmp_path / "x.ckpt")
