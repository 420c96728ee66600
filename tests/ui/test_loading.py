"""Opening on a thread: what is shown early, what tells its progress, and that closing waits for nothing."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from PIL import Image

from restorer_app.core.errors import UnreadableFileError
from restorer_app.files.reader import Reader
from restorer_app.files.reader_sources import DecodedSource
from restorer_app.ui.loading import Loader, Opening
from tests.ui.conftest import until


@pytest.fixture(scope="module")
def reader():
    with Reader() as made:
        yield made


class Heard:
    """What a loader tells, in order."""

    def __init__(self, loader):
        self.words = []
        for name in ("began", "opened", "refused", "progressed", "read", "lost"):
            getattr(loader, name).connect(lambda *told, name=name: self.words.append((name, *told)))

    @property
    def names(self):
        return [word[0] for word in self.words if word[0] != "progressed"]

    def of(self, name):
        return next(word[1:] for word in self.words if word[0] == name)


@pytest.fixture
def loader(qapp, reader):
    made = Loader(reader)
    yield made
    made._queue.put(None)
    made.wait()


def picture(path, *, width=900, height=600):
    ramp = np.linspace(0, 255, width)[None, :, None] * np.ones((height, 1, 3))
    Image.fromarray(ramp.astype(np.uint8)).save(path)
    return path


def test_a_jpeg_is_shown_first_and_read_to_its_end_afterwards(loader, tmp_path):
    heard = Heard(loader)
    loader.ask(Opening(picture(tmp_path / "a.jpg")))
    until(lambda: "read" in heard.names)
    assert heard.names == ["began", "opened", "read"]
    (opened,), (again, small) = heard.of("opened"), heard.of("read")
    assert again is opened
    assert not opened.is_whole
    assert opened.picture.source.is_decoded
    assert small.shape[2] == opened.overview.shape[2]


def test_anything_else_is_read_before_it_is_shown(loader, tmp_path):
    heard = Heard(loader)
    loader.ask(Opening(picture(tmp_path / "a.png")))
    until(lambda: "opened" in heard.names)
    (opened,) = heard.of("opened")
    assert opened.is_whole
    assert isinstance(opened.picture.source, DecodedSource)
    assert opened.picture.source.is_decoded


def test_what_is_read_long_tells_how_far_it_is(loader, tmp_path, monkeypatch):
    real = Reader.open

    def slow(self, path, *, progress, **rest):
        progress(0.25)
        return real(self, path, progress=progress, **rest)

    monkeypatch.setattr(Reader, "open", slow)
    heard = Heard(loader)
    loader.ask(Opening(picture(tmp_path / "a.png")))
    until(lambda: "opened" in heard.names)
    assert heard.of("progressed")[1] == 0.25


def test_a_file_that_breaks_off_after_it_was_shown_is_told(loader, tmp_path, monkeypatch):
    def breaks(self):
        raise UnreadableFileError("It breaks off.")

    monkeypatch.setattr(DecodedSource, "decode", breaks)
    heard = Heard(loader)
    loader.ask(Opening(picture(tmp_path / "a.jpg")))
    until(lambda: "lost" in heard.names)
    opened, problem = heard.of("lost")
    assert opened is heard.of("opened")[0]
    assert str(problem).startswith("It breaks off.")


@pytest.mark.parametrize(
    ("problem", "told"), [(MemoryError(), "not enough memory to open a.png"), (OSError("no more processes"), "no more")]
)
def test_what_the_machine_refuses_is_told_and_the_file_can_be_asked_for_again(
    loader, tmp_path, monkeypatch, problem, told
):
    def refuses(*_args):
        raise problem

    heard, opening = Heard(loader), Opening(picture(tmp_path / "a.png"))
    with monkeypatch.context() as patch:
        patch.setattr(loader._reader, "overview", refuses)
        loader.ask(opening)
        until(lambda: "refused" in heard.names)
    assert told in str(heard.of("refused")[1])
    loader.ask(opening)
    until(lambda: "opened" in heard.names)


def test_closing_while_a_file_opens_waits_for_nothing_and_says_nothing(qapp, tmp_path):
    with Reader() as reader:
        loader = Loader(reader)
        heard = Heard(loader)
        reader.start()
        os.kill(reader._child.pid, signal.SIGSTOP)  # a file that takes for ever
        loader.ask(Opening(picture(tmp_path / "a.png")))
        until(lambda: "began" in heard.names)
        time.sleep(0.1)
        stopping = threading.Thread(target=loader.stop)
        stopping.start()
        until(lambda: not stopping.is_alive(), seconds=20)
        assert heard.names == ["began"]
