"""Checkpoints are whole or not there, and only two are kept."""

import errno
import sys

import pytest
import torch

from restorer_app.core.errors import UnreadableFileError, UnwritableFileError
from restorer_app.training import checkpoint


def _state(step):
    names = ("id", "net", "mean", "optimisers", "random", "seconds", "began", "minutes_before")
    return {**dict.fromkeys(names, ""), "step": step}


def test_the_two_newest_are_kept(tmp_path):
    for step in (1, 20, 300):
        checkpoint.save(tmp_path, step, _state(step))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["000000020.ckpt", "000000300.ckpt"]
    assert checkpoint.read(checkpoint.newest(tmp_path)) == _state(300)


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
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(UnwritableFileError, match="not enough room"):
        checkpoint.save(tmp_path, 2, {"step": 2})
    assert [file.name for file in tmp_path.iterdir()] == ["000000001.ckpt"]


@pytest.mark.skipif(sys.platform == "win32", reason="files there have no limit of size")
def test_a_disc_that_is_full_is_said_to_be(tmp_path):
    import resource

    checkpoint.save(tmp_path, 1, {"step": 1})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(UnwritableFileError):
            checkpoint.save(tmp_path, 2, {"step": 2, "net": torch.zeros(100_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [file.name for file in tmp_path.iterdir()] == ["000000001.ckpt"]


@pytest.mark.parametrize("content", [b"nonsense", {"step": 3}, torch.zeros(3)])
def test_what_is_no_checkpoint_is_one_sentence(tmp_path, content):
    if isinstance(content, bytes):
        (tmp_path / "x.ckpt").write_bytes(content)
    else:
        torch.save(content, tmp_path / "x.ckpt")
    with pytest.raises(UnreadableFileError, match="no checkpoint"):
        checkpoint.read(tmp_path / "x.ckpt")
