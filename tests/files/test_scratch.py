"""Scratch files and the history's spill store."""

import gc
import subprocess
import sys

import numpy as np
import pytest

from restorer_app.core.errors import UnwritableFileError
from restorer_app.core.geometry import Region
from restorer_app.files import places
from restorer_app.files.handle import FlatHandle
from restorer_app.files.handles import open_handle
from restorer_app.files.scratch import MappedSource, Scratch, SpillStore, map_pixels


@pytest.fixture
def scratch(tmp_path):
    with Scratch(tmp_path / "scratch") as made:
        yield made


def filled(scratch: Scratch, pixels: np.ndarray) -> MappedSource:
    file = scratch.create(pixels.nbytes)
    handle = file.handle(pixels.shape, pixels.dtype)
    map_pixels(handle, mode="r+")[...] = pixels
    return MappedSource(handle, file)


def test_a_mapped_source_reads_what_another_mapping_wrote(scratch):
    pixels = np.random.default_rng(1).integers(0, 65535, (30, 40, 3), np.uint16)
    source = filled(scratch, pixels)
    region = Region(3, 5, 17, 29)
    assert np.array_equal(source.read(region), pixels[region.slices()])
    assert np.array_equal(open_handle(source.handle).read(region), pixels[region.slices()])
    with pytest.raises(ValueError, match="read-only"):
        source.read(region)[0] = 1


def test_a_scratch_file_goes_with_the_last_source_that_shows_it(scratch):
    source = filled(scratch, np.zeros((4, 4, 1), np.uint8))
    path = source.handle.path
    assert path.exists()
    del source
    gc.collect()
    assert not path.exists()


def test_the_folder_goes_at_the_end_and_what_a_killed_process_left_at_the_next_start(tmp_path):
    parent = tmp_path / "scratch"
    script = (
        "import os, sys; from pathlib import Path; from restorer_app.files.scratch import Scratch\n"
        "scratch = Scratch(Path(sys.argv[1])); scratch.create(10)\n"
        "os._exit(1) if sys.argv[2] == 'killed' else None"
    )
    subprocess.run([sys.executable, "-c", script, str(parent), "ended"], check=True)
    assert list(parent.iterdir()) == []
    subprocess.run([sys.executable, "-c", script, str(parent), "killed"], check=False)
    assert len(list(parent.iterdir())) == 1
    with Scratch(parent) as living:
        assert [folder.name for folder in parent.iterdir()] == [living.folder.name]
        with Scratch(parent) as second:  # a living process keeps its folder
            assert len(list(parent.iterdir())) == 2
            assert second.folder != living.folder


def test_a_home_that_cannot_be_written_to_is_no_end(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with Scratch() as scratch:
        assert scratch.folder.is_relative_to(tmp_path / "restorer-scratch")
    with pytest.raises(UnwritableFileError, match="no room for scratch files"):
        Scratch(tmp_path / "file")


def test_a_full_disc_is_one_sentence(scratch, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full, raising=False)
    with pytest.raises(UnwritableFileError, match="No space left"):
        scratch.create(100)
    assert [path.name for path in scratch.folder.iterdir()] == ["lock"]
    assert SpillStore(scratch, limit=1000).put(np.zeros(10, np.uint8)) is None


def test_the_store_gives_equal_read_only_pixels_until_it_is_full(scratch):
    store = SpillStore(scratch, limit=3 * 5000, chunk=5000)
    tiles = [np.random.default_rng(n).integers(0, 65535, (16, 16, 3), np.uint16) for n in range(12)]
    spilled = [store.put(tile) for tile in tiles]
    kept = [tile for tile in spilled if tile is not None]
    assert len(kept) == 9  # three of 1536 bytes a chunk
    for tile, elsewhere in zip(tiles, kept, strict=False):
        assert np.array_equal(tile, elsewhere)
        assert not elsewhere.flags.writeable


def test_room_that_nobody_looks_at_can_be_used_again(scratch):
    store = SpillStore(scratch, limit=10_000, chunk=5000)
    tile = np.ones((16, 16, 3), np.uint16)
    kept = [store.put(tile) for _ in range(6)]
    assert store.put(tile) is None
    del kept
    gc.collect()
    assert store.put(tile) is not None


def test_a_tile_larger_than_a_chunk_has_its_own(scratch):
    store = SpillStore(scratch, limit=1 << 20, chunk=1000)
    tile = np.arange(9000, dtype=np.float32).reshape(30, 100, 3)
    assert np.array_equal(store.put(tile), tile)


def test_a_store_that_can_map_no_more_is_full(scratch, monkeypatch):
    def refuse(*_):
        raise OSError(12, "Cannot allocate memory")

    store = SpillStore(scratch, limit=1 << 20, chunk=1 << 16)
    monkeypatch.setattr("restorer_app.files.scratch.mmap.mmap", refuse)
    assert store.put(np.zeros((16, 16, 3), np.uint8)) is None


def test_a_flat_handle_is_one_value_everywhere():
    source = open_handle(FlatHandle(7, 5, 1, "uint8", 9.0))
    assert source.read(source.bounds).shape == (5, 7, 1)
    assert (source.read(source.bounds) == 9).all()


def test_scratch_files_lie_where_a_person_chose_and_elsewhere_where_that_is_gone(tmp_path):
    with Scratch(chosen=str(tmp_path / "fast")) as scratch:
        assert scratch.folder.is_relative_to(tmp_path / "fast")
    (tmp_path / "a file").touch()
    with Scratch(chosen=str(tmp_path / "a file")) as scratch:
        assert scratch.folder.is_relative_to(places.scratch())
