"""The reader process: pixels come through mapped files, and whatever happens there costs one sentence."""

import io
import os
import signal
import struct
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.files import own_child, reader_link
from restorer_app.files.budget import Budget
from restorer_app.files.handle import FileHandle, MappedHandle
from restorer_app.files.handles import open_handle
from restorer_app.files.opening import open_here
from restorer_app.files.reader import Reader
from restorer_app.files.reader_protocol import (
    BrokenFrameError,
    picture_fields,
    picture_from,
    read_frame,
    shape_and_dtype,
    write_frame,
)
from restorer_app.files.scratch import Scratch, map_pixels
from tests.files import make

SAMPLES = make.samples()


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scratch")
    with Scratch(folder) as scratch, Reader(scratch) as started:
        yield started


@pytest.mark.parametrize("name", SAMPLES)
def test_a_picture_comes_through_the_process_as_it_is(tmp_path, reader, name):
    path = make.write(tmp_path, name, SAMPLES[name])
    here, there = open_here(path), reader.open(path)
    whole = here.source.bounds
    assert np.array_equal(there.source.read(whole), here.source.read(whole))
    assert there.source.dtype == here.source.dtype
    told = [picture_fields(picture) for picture in (here, there)]
    assert told[0] == told[1]
    if here.alpha is not None:
        assert np.array_equal(there.alpha.read(whole), here.alpha.read(whole))
    part = Region(3, 5, 20, 30)
    assert np.array_equal(open_handle(there.source.handle).read(part), here.source.read(part))
    assert isinstance(there.source.handle, FileHandle if name.endswith("tif") else MappedHandle)


def test_regions_larger_than_the_window_come_in_bands(tmp_path, reader, monkeypatch):
    monkeypatch.setattr("restorer_app.files.reader._WINDOW", 1 << 16)
    monkeypatch.setattr(reader, "_window", None)
    pixels = make.noise(300, 200, 3, dtype="uint16")
    path = make.write(tmp_path, "a.tif", make.tiff(pixels, compression="lzw", rowsperstrip=7))
    picture = reader.open(path)
    assert np.array_equal(picture.source.read(picture.source.bounds), pixels)
    assert np.array_equal(reader.read(picture.source.handle, Region(7, 9, 190, 280)), pixels[9:280, 7:190])


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("decode", [True, False])
def test_an_overview_is_small_and_shows_the_picture(tmp_path, reader, name, decode):
    path = make.write(tmp_path, name, SAMPLES[name])
    picture = reader.open(path, decode=decode)
    small = reader.overview(picture, 16)
    assert max(small.shape[:2]) <= 16
    assert small.shape[2] == picture.source.channels
    assert small.dtype == picture.source.dtype
    whole = picture.source.read(picture.source.bounds)
    assert abs(float(small.mean()) - float(whole.mean())) < 0.12 * whole.max()


def test_without_decoding_the_first_read_decodes_once(tmp_path, reader):
    picture = reader.open(make.write(tmp_path, "a.png", SAMPLES["rgba8.png"]), decode=False)
    assert not picture.source.is_decoded
    picture.source.read(Region(0, 0, 1, 1))
    assert picture.source.is_decoded
    assert picture.source.handle.path == picture.alpha.handle.path


def test_progress_follows_the_rows_that_have_arrived(tmp_path, reader):
    from restorer_app.files.reader import _watching

    pixels = make.noise(640, 20) | 1
    file = reader._scratch.create(pixels.nbytes)
    size = (pixels.shape, pixels.dtype)
    told: list[float] = []
    tick = _watching(file, size, told.append)
    there = map_pixels(file.handle(*size), mode="r+")
    for end in (0, 100, 320, 640):
        there[:end] = pixels[:end]
        tick()
    assert told == [0, 90 / 640, 310 / 640, 630 / 640]
    assert reader.open(make.write(tmp_path, "a.png", SAMPLES["grey8.png"]), progress=told.append).width == 33


def test_a_crash_costs_one_sentence_and_the_next_file_opens(tmp_path, reader):
    path = make.write(tmp_path, "a.png", SAMPLES["grey8.png"])
    reader.open(path)
    os.kill(reader._child.pid, signal.SIGSEGV)
    with pytest.raises(UnreadableFileError, match=r"a\.png cannot be decoded: the reader process (crashed|broke off)"):
        reader.open(path)
    assert reader.open(path).width == 33


@pytest.mark.skipif(sys.platform == "win32", reason="signals as other systems have them")
@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
def test_a_file_is_not_accused_where_others_ended_its_reading(tmp_path, number):
    path = make.write(tmp_path, "a.png", make.png_of(make.noise(60, 40, 3)))
    with Scratch(tmp_path / "s") as scratch, Reader(scratch) as reader:
        for asked_first in (False, True):
            reader.start()
            if asked_first:  # it is ended while it works, or before it is asked
                os.kill(reader._child.pid, signal.SIGSTOP)
                threading.Timer(0.2, _ended, (reader._child.pid, getattr(signal, number))).start()
            else:
                os.kill(reader._child.pid, getattr(signal, number))
            with pytest.raises(UnreadableFileError, match="was not read to its end") as problem:
                reader.open(path)
            assert "damaged" not in str(problem.value)
            assert "try again" in problem.value.advice
            assert reader.open(path).width == 40


def _ended(pid, number):
    os.kill(pid, number)
    with suppress(ProcessLookupError):  # killed at once
        os.kill(pid, signal.SIGCONT)


def test_an_endless_loop_is_ended_by_the_clock(tmp_path):
    path = make.write(tmp_path, "a.png", SAMPLES["grey8.png"])
    with Scratch(tmp_path / "s") as scratch, Reader(scratch) as reader:
        reader.start()
        os.kill(reader._child.pid, signal.SIGSTOP)
        reader.budget = Budget(seconds=0.3)
        with pytest.raises(UnreadableFileError, match="took longer than"):
            reader.open(path)
        reader.budget = Budget()
        assert reader.open(path).width == 33


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no limit on address space")
def test_a_codec_that_wants_too_much_memory_is_refused(tmp_path):
    path = make.write(tmp_path, "a.png", make.png_of(make.noise(300, 4000, 3)))
    with Scratch(tmp_path / "s") as scratch, Reader(scratch, budget=Budget(memory=1 << 20)) as reader:
        with pytest.raises(UnreadableFileError):
            reader.open(path)
        reader.budget = Budget()
        assert reader.open(path).width == 4000


def test_a_bomb_is_refused_by_its_header(tmp_path, reader):
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 16, 6, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + make.chunk(b"IHDR", header) + make.chunk(b"IDAT", b"x") + make.chunk(b"IEND", b"")
    with pytest.raises(UnreadableFileError, match="more than the limit"):
        reader.open(make.write(tmp_path, "a.png", content))


def test_what_the_disc_and_the_file_say_arrives_word_for_word(tmp_path, reader):
    with pytest.raises(UnreadableFileError) as caught:
        reader.open(tmp_path / "none.tif")
    assert "There is no file" in caught.value.message
    path = make.write(tmp_path, "a.png", SAMPLES["grey8.png"][:-30])
    with pytest.raises(UnreadableFileError) as caught:
        reader.open(path)
    assert caught.value.advice == "Look for a complete copy."


def test_a_file_that_was_replaced_is_read_anew(tmp_path, reader):
    path = make.write(tmp_path, "a.tif", make.tiff(make.noise(20, 30)))
    reader.open(path)
    path.write_bytes(make.tiff(make.noise(21, 31, seed=8)))
    picture = reader.open(path)
    assert np.array_equal(picture.source.read(picture.source.bounds), make.noise(21, 31, seed=8))


def test_threads_may_ask_at_once(tmp_path, reader):
    pixels = make.noise(200, 200)
    picture = reader.open(make.write(tmp_path, "a.tif", make.tiff(pixels, compression="deflate", rowsperstrip=9)))
    regions = list(picture.source.bounds.divided(37))
    with ThreadPoolExecutor(4) as pool:
        for region, found in zip(regions, pool.map(picture.source.read, regions), strict=True):
            assert np.array_equal(found, pixels[region.slices()])


def test_the_process_ends_with_its_client(tmp_path):
    with Scratch(tmp_path / "s") as scratch:
        reader = Reader(scratch)
        reader.start()
        pid = reader._child.pid
        reader.close()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_late_thread_does_not_start_it_again(tmp_path):
    path = make.write(tmp_path, "a.tif", make.tiff(make.noise(20, 30)))
    with Scratch(tmp_path / "s") as scratch:
        with Reader(scratch) as reader:
            picture = reader.open(path)
        with pytest.raises(UnreadableFileError, match="closing"):
            picture.source.read(Region(0, 0, 1, 1))
        assert reader._child is None


@pytest.fixture
def stuck(tmp_path):
    """A reader whose process holds still, and a picture to ask it for."""
    with Scratch(tmp_path / "s") as scratch, Reader(scratch) as reader:
        path = make.write(tmp_path, "a.png", SAMPLES["grey8.png"])
        reader.open(path)
        os.kill(reader._child.pid, signal.SIGSTOP)
        yield reader, path


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no signals here")
def test_an_interrupt_from_another_thread_ends_a_request_in_progress(stuck):
    reader, path = stuck
    pid = reader._child.pid
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(reader.open, path)
        reader.interrupt()
        with pytest.raises(UnreadableFileError):
            asked.result(timeout=30)
    with pytest.raises(UnreadableFileError, match="closing"):
        reader.open(path)
    reader.close()
    assert is_gone(pid)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no signals here")
def test_a_process_that_starts_while_it_is_interrupted_is_ended(tmp_path, monkeypatch):
    path = make.write(tmp_path, "a.png", SAMPLES["grey8.png"])
    with Scratch(tmp_path / "s") as scratch, Reader(scratch) as reader:
        started = []

        def start():
            started.append(reader_link.ReaderLink())
            reader.interrupt()  # the reader does not know its new process yet
            return started[0]

        monkeypatch.setattr("restorer_app.files.reader.ReaderLink", start)
        with pytest.raises(UnreadableFileError):
            reader.open(path)
        assert is_gone(started[0].pid)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no signals here")
def test_after_a_request_was_given_up_the_next_one_gets_its_own_answer(tmp_path, stuck):
    reader, path = stuck
    pid = reader._child.pid

    def stop(_signal, _frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            reader.open(path)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert is_gone(pid)
    assert reader.open(make.write(tmp_path, "b.jpg", SAMPLES["plain.jpg"])).kind == "jpeg"


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_name_that_is_no_text_is_read_all_the_same(tmp_path, reader):
    name = os.fsdecode(b"caf\xe9.png") if sys.platform == "linux" else "café.png"
    picture = reader.open(make.write(tmp_path, name, SAMPLES["grey8.png"]))
    assert picture.path.name == name


def test_the_frozen_program_starts_itself(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert own_child.command("--reader-process") == [sys.executable, "--reader-process"]


def test_frames_pass_whole_or_not_at_all():
    pipe = io.BytesIO()
    write_frame(pipe, {"a": [1, "ü"]})
    content = pipe.getvalue()
    assert read_frame(io.BytesIO(content)) == {"a": [1, "ü"]}
    for end in range(len(content)):
        assert read_frame(io.BytesIO(content[:end])) is None
    for wrong in (b"\xff\xff\xff\xff", b"\0\0\0\2[]", b"\0\0\0\1{"):
        with pytest.raises(BrokenFrameError):
            read_frame(io.BytesIO(wrong.ljust(200, b" ")))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "exe"),
        ("page", -1),
        ("page", True),
        ("layout", ["rgb"]),
        ("bits", 1 << 70),
        ("orientation", 9),
        ("icc", "not base64!"),
        ("dpi", [300]),
        ("editable", 1),
        ("reason", "x" * 5000),
        ("facts", [["one"]]),
        ("stale", "text"),
        ("xmp", 7),
        ("metadata", [3]),
    ],
)
def test_what_a_captured_process_could_say_is_not_believed(tmp_path, name, value):
    picture = open_here(make.write(tmp_path, "a.png", SAMPLES["grey8.png"]))
    said = picture_fields(picture)
    assert picture_from(Path("a"), said, source=picture.source, alpha=None).width == 33
    with pytest.raises(BrokenFrameError):
        picture_from(Path("a"), said | {name: value}, source=picture.source, alpha=None)


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        {"shape": [1, 2], "dtype": "uint8"},
        {"shape": [0, 1, 1], "dtype": "uint8"},
        {"shape": [1, 1, 1000], "dtype": "uint8"},
        {"shape": [1, 1.5, 1], "dtype": "uint8"},
        {"shape": [1, 1, 1], "dtype": "object"},
    ],
)
def test_sizes_are_checked(said):
    with pytest.raises(BrokenFrameError):
        shape_and_dtype(said)


def test_texts_lose_their_control_characters(tmp_path):
    picture = open_here(make.write(tmp_path, "a.png", SAMPLES["grey8.png"]))
    said = picture_fields(picture) | {"facts": [["Title", "a\x1b[31mred"]]}
    assert picture_from(Path("a"), said, source=picture.source, alpha=None).facts == (("Title", "a[31mred"),)
    said |= {"reason": "caf\udce9.png of 1\u202f000 bytes"}
    assert (
        picture_from(Path("a"), said, source=picture.source, alpha=None).reason == "caf\\udce9.png of 1\u202f000 bytes"
    )


@pytest.mark.parametrize("name", ["a.tif", "a.png"])
def test_another_file_in_its_place_is_never_read_as_the_picture_that_was_opened(tmp_path, reader, name):
    pixels = make.noise(20, 30)
    path = make.write(tmp_path, name, make.tiff(pixels) if name == "a.tif" else make.png_of(pixels))
    picture = reader.open(path, decode=False)
    if name == "a.tif":
        assert np.array_equal(picture.source.read(picture.source.bounds), pixels)
    was = path.stat()
    make.write(tmp_path, name, make.tiff(pixels[::-1]) if name == "a.tif" else make.png_of(pixels[::-1]))
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns + 1))
    for read in (
        lambda: picture.source.read(picture.source.bounds),
        lambda: reader.overview(picture, 8),
        lambda: open_handle(picture.source.handle),
    ):
        with pytest.raises(UnreadableFileError, match=f"{name} was changed by another program since it was opened"):
            read()
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))  # a drive that was away and is back, for all that can be seen
    assert reader.overview(picture, 8).size
