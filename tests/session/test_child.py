"""The engine process: the same bytes as here, and nothing but its job is lost when it goes."""

import contextlib
import hashlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from restorer_app.core.card import ModelCard
from restorer_app.core.geometry import Region
from restorer_app.core.job import CLOSING, CancelToken, Failed, Finished, Job, Stopped, TileDone
from restorer_app.core.operation import Denoise, Repair, Upscale
from restorer_app.core.raster import Raster
from restorer_app.files import places
from restorer_app.files.exchange import Status, Submit
from restorer_app.session.child import EngineProcess
from restorer_app.session.engine_link import EngineLink
from restorer_app.session.runner import run

SLOW = Denoise(1, "nlm")  # seconds for a few megapixels
numbers = itertools.count()


@pytest.fixture
def engine():
    client = EngineProcess()
    client.start()
    yield client
    client.close()


def picture(height=700, width=900, *, dtype="uint16", seed=0):
    rng, share = np.random.default_rng(seed), 1 / 255 if dtype == "float32" else 1  # white is 1 in floats
    image = Raster.from_array((rng.integers(0, 255, (height, width, 3)) * share).astype(dtype))
    return image.with_patch(Region(5, 5, min(300, width), 20), np.full((15, min(300, width) - 5, 3), 7 * share, dtype))


def job_of(operation, image, *, mask=None, **rest):
    return Job(f"job-{next(numbers)}", operation, image, image.bounds, mask=mask, **rest)


def spots(image):
    mask = Raster.flat(image.bounds)
    return mask.with_patch(Region(40, 40, 60, 70), np.full((30, 20, 1), 255, np.uint8))


def until_closed(engine, *job_ids, act=lambda event: None):
    """The events up to the last of the closings that are waited for."""
    heard, open_jobs = [], set(job_ids)
    for event in engine.events():
        if isinstance(event, Status):
            continue
        heard.append(event)
        act(event)
        if isinstance(event, CLOSING):
            open_jobs.discard(event.job_id)
            if not open_jobs:
                return heard
    raise AssertionError("the stream ended early")


def result_of(job, events):
    grown = job.image.bounds.scaled(job.operation.scale)
    result = job.image if job.operation.scale == 1 else Raster.flat(grown, dtype=job.image.dtype.name, channels=3)
    for event in events:
        if isinstance(event, TileDone) and event.job_id == job.id:
            result = result.with_patch(event.region, event.pixels)
    return result.read(result.bounds)


def test_the_engine_process_gives_the_same_bytes_as_this_process(engine):
    image = picture()
    jobs = [
        job_of(Repair("telea"), image, mask=spots(image), seed=3),
        job_of(Denoise(0.3, "guided"), picture(300, 800, dtype="float32", seed=1)),
        job_of(Upscale(2, "lanczos"), picture(300, 280, dtype="uint8", seed=2)),
    ]
    for job in jobs:
        engine.submit(job)
    heard = until_closed(engine, *(job.id for job in jobs))
    for job in jobs:
        here = list(run(job, CancelToken()))
        assert np.array_equal(result_of(job, heard), result_of(job, here))
        (there,) = [event for event in heard if isinstance(event, CLOSING) and event.job_id == job.id]
        assert isinstance(there, Finished)
        assert there.record.after_sha256 == here[-1].record.after_sha256
        assert there.record.mask_sha256 == here[-1].record.mask_sha256


def test_tiles_bring_along_what_lies_around_them_each_cell_once(engine):
    image, job = picture(), None
    mask = spots(image).with_patch(Region(500, 300, 520, 620), np.full((320, 20, 1), 255, np.uint8))
    job = job_of(Repair("telea"), image, mask=mask)
    engine.submit(job)
    tiles = [event for event in until_closed(engine, job.id) if isinstance(event, TileDone)]
    brought = [cell for tile in tiles for cell in tile.around]
    assert len(set(brought)) == len(brought)
    assert not set(brought) & set(image.tiles), "what is not the source's own lies in the window already"
    result = Raster(Unreadable(image.bounds, image.dtype, 3), image.tiles)
    for tile in tiles:
        result = result.with_patch(tile.region, tile.pixels, tile.around)
    whole = result_of(job, tiles)
    for cell in result.tiles:
        region = result.cell_region(cell)
        assert np.array_equal(result.read(region), whole[region.slices()])


@dataclass(frozen=True)
class Unreadable:
    bounds: Region
    dtype: np.dtype
    channels: int

    def read(self, region):
        raise AssertionError(f"{region} was read")


def test_a_net_gives_the_same_bytes_in_the_engine_process(engine):
    card = small_model()
    job = job_of(Denoise(0.5), picture(300, 600), model=card, device="cpu", dtype="float32")
    engine.submit(job)
    heard = until_closed(engine, job.id)
    assert isinstance(heard[-1], Finished), heard[-1]
    assert np.array_equal(result_of(job, heard), result_of(job, list(run(job))))


def small_model():
    """A net of the program with random weights, in the folder of a person's own models."""
    import torch
    from safetensors.torch import save

    from restorer_app.engine.nets import NETS

    torch.manual_seed(0)
    weights = save({name: value.contiguous() for name, value in NETS["trunk"](width=8, depth=4).state_dict().items()})
    folder = places.own_models() / "denoise-small"
    folder.mkdir(parents=True)
    (folder / "weights.safetensors").write_bytes(weights)
    facts = {
        "id": "denoise-small",
        "version": "1",
        "task": "denoise",
        "net": "trunk",
        "net_args": {"width": 8, "depth": 4},
        "scale": 1,
        "halo": 16,
        "multiple_of": 2,
        "tiling": True,
        "dtypes": ["float32", "bfloat16"],
        "sha256": hashlib.sha256(weights).hexdigest(),
        "licence": "CC0-1.0",
        "trained_by": "nobody",
        "synthesises_detail": False,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in facts.items() if name != "net_args"]
    (folder / "card.toml").write_text("\n".join([*lines, "[net_args]", "width = 8", "depth = 4"]), "utf-8")
    return ModelCard(**facts)


def test_an_edited_picture_is_sent_with_its_edits(engine):
    image = picture()
    first = job_of(Denoise(0.3, "guided"), image)
    engine.submit(first)
    edited = image.with_patch(Region(500, 300, 800, 650), np.full((350, 300, 3), 99, np.uint16))
    second = job_of(Denoise(0.3, "guided"), edited)
    engine.submit(second)
    heard = until_closed(engine, first.id, second.id)
    for job in (first, second):
        assert np.array_equal(result_of(job, heard), result_of(job, list(run(job))))


def test_a_cancel_is_answered_at_once_and_no_tile_comes_after_it(engine):
    job = job_of(SLOW, picture(260, 1100))
    engine.submit(job)
    tiles = []

    def act(event):
        if isinstance(event, TileDone):
            tiles.append(event)
            engine.cancel(job.id)

    heard = until_closed(engine, job.id, act=act)
    assert len(tiles) == 1
    assert isinstance(heard[-1], Stopped)
    engine.cancel(job.id)  # a second time changes nothing
    after = job_of(Repair("telea"), job.image, mask=spots(job.image))
    engine.submit(after)
    heard = until_closed(engine, after.id)
    assert {event.job_id for event in heard} == {after.id}, "nothing more of the job that was given up"


def test_a_job_can_be_cancelled_before_it_begins(engine):
    first, second = job_of(SLOW, picture(260, 1100)), job_of(SLOW, picture(260, 1100))
    engine.submit(first)
    engine.submit(second)
    engine.cancel(second.id)
    heard = until_closed(engine, first.id, second.id)
    assert [type(event) for event in heard if event.job_id == second.id] == [Stopped]
    assert any(isinstance(event, Finished) and event.job_id == first.id for event in heard)


def test_a_preview_goes_before_the_tiles_that_wait(engine):
    long = job_of(SLOW, picture(260, 1040))
    preview = job_of(Denoise(0.3, "guided"), picture(200, 200), preview=True)
    engine.submit(long)
    asked = []

    def act(event):
        if isinstance(event, TileDone) and not asked:
            asked.append(event)
            engine.submit(preview)

    heard = until_closed(engine, long.id, preview.id, act=act)
    closings = [event.job_id for event in heard if isinstance(event, Finished)]
    assert closings == [preview.id, long.id]
    assert np.array_equal(result_of(long, heard), result_of(long, list(run(long))))


def test_killed_at_random_moments_it_costs_its_job_and_nothing_else(engine):
    kill_at_random_moments(engine, 5)


@pytest.mark.slow
def test_killed_fifty_times_it_costs_its_job_and_nothing_else(engine):
    kill_at_random_moments(engine, 50)


def kill_at_random_moments(engine, times):
    rng = np.random.default_rng(1)
    image = picture(260, 1100)
    mask = spots(image)
    expected = None
    for _ in range(times):
        running, waiting = job_of(SLOW, image), job_of(Repair("telea"), image, mask=mask)
        if expected is None:
            expected = result_of(waiting, list(run(waiting)))
        engine.submit(running)
        engine.submit(waiting)
        time.sleep(rng.random() * 1.5)
        victim = engine.pid
        if victim is not None:
            with contextlib.suppress(ProcessLookupError):  # it died of an earlier shot and was not yet missed
                os.kill(victim, signal.SIGKILL)
        heard = until_closed(engine, running.id, waiting.id)
        ends = {event.job_id: event for event in heard if isinstance(event, CLOSING)}
        assert sum(isinstance(event, CLOSING) for event in heard) == 2, "every job ends exactly once"
        if isinstance(ends[waiting.id], Failed):  # it was the one that ran
            assert isinstance(ends[running.id], Finished)
        else:
            assert np.array_equal(result_of(waiting, heard), expected)
        if isinstance(ends[running.id], Failed):
            assert "killed" in ends[running.id].message


def test_an_engine_that_does_not_answer_a_cancel_is_killed(engine):
    engine._patience = 0.2
    hanging, waiting = job_of(SLOW, picture(260, 1100)), job_of(Repair("telea"), picture(), mask=spots(picture()))
    engine.submit(hanging)
    engine.submit(waiting)
    frozen = []

    def act(event):
        if isinstance(event, TileDone) and not frozen:
            frozen.append(engine.pid)
            os.kill(engine.pid, signal.SIGSTOP)
            engine.cancel(hanging.id)

    heard = until_closed(engine, hanging.id, waiting.id, act=act)
    assert [type(event) for event in heard if isinstance(event, CLOSING)] == [Stopped, Finished]
    assert engine.pid != frozen[0]


def test_an_engine_that_cannot_start_fails_its_jobs_and_tries_again_when_asked():
    client = EngineProcess(command=[sys.executable, "-c", "import sys; sys.exit(3)"])
    client.start()
    image = picture(50, 50)
    for _ in range(2):
        job = job_of(Denoise(0.3, "guided"), image)
        client.submit(job)
        (event,) = until_closed(client, job.id)
        assert "cannot start" in event.message
    client.close()


READY_AND_GONE = """
import os
from restorer_app.files.exchange import Channel, Status
channel = Channel(os.fdopen(0, "rb"), os.fdopen(1, "wb"))
channel.receive()
channel.send(Status("ready"))
os._exit(3)
"""


def test_an_engine_that_dies_of_warming_up_is_not_started_for_ever():
    client = EngineProcess(command=[sys.executable, "-c", READY_AND_GONE])
    client.start()
    states = [event.state for event in itertools.takewhile(lambda event: event.state != "stopped", client.events())]
    assert states.count("ready") == 3
    job = job_of(Denoise(1, "guided"), picture(20, 20))
    client.submit(job)  # it is worth another try, and ends all the same
    assert isinstance(until_closed(client, job.id)[-1], Failed)
    client.close()


def test_a_job_given_up_while_its_pixels_are_written_costs_no_engine(engine, monkeypatch):
    engine._patience = 0.05
    running, given_up = job_of(SLOW, picture(260, 1100)), job_of(SLOW, picture(260, 1100))
    write, writing, sent = engine._handover.submit, threading.Event(), []

    def slowly(job):
        if job.id == given_up.id:
            writing.set()
            time.sleep(1)
        return write(job)

    monkeypatch.setattr(engine._handover, "submit", slowly)
    monkeypatch.setattr(
        EngineLink, "send", lambda link, said, send=EngineLink.send: sent.append(said) or send(link, said)
    )
    engine.submit(running)
    until_it_works(engine)
    pid = engine.pid
    engine.submit(given_up)
    assert writing.wait(10)
    engine.cancel(given_up.id)
    heard = until_closed(engine, running.id, given_up.id)
    assert {event.job_id: type(event) for event in heard if isinstance(event, CLOSING)} == {
        running.id: Finished,
        given_up.id: Stopped,
    }
    assert engine.pid == pid
    assert [said.fields["id"] for said in sent if isinstance(said, Submit)] == [running.id], "nobody waits for it"


def test_closing_is_not_waited_for_by_an_engine_that_cannot_start():
    client = EngineProcess(command=[sys.executable, "-c", ""])
    client.close()
    late = threading.Thread(target=lambda: [client._cannot_start("is gone") for _ in range(4)], daemon=True)
    late.start()  # it had seen the engine die just before
    late.join(10)
    assert not late.is_alive()
    client.start()
    assert not client._threads


def until_it_works(engine):
    """Its events stay unread: a tile that waits is enough."""
    deadline = time.monotonic() + 60
    while not (engine._link and engine._link.working):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_source_that_is_gone_is_one_sentence(engine, tmp_path):
    class Lost:
        bounds, dtype, channels = Region.of_size(50, 50), np.dtype(np.uint8), 3

        @property
        def handle(self):
            from restorer_app.files.handle import MappedHandle

            return MappedHandle(tmp_path / "lost", 0, (50, 50, 3), "uint8")

    job = job_of(Denoise(0.3, "guided"), Raster(Lost()))
    engine.submit(job)
    (event,) = until_closed(engine, job.id)
    assert "can no longer be read" in event.message


def test_a_job_whose_pixels_find_no_room_fails_alone(engine, monkeypatch):
    image = picture(60, 80)
    job, later = job_of(Denoise(0.3, "guided"), image), job_of(Denoise(0.3, "guided"), picture(60, 80))
    engine_is_up(engine)
    with monkeypatch.context() as full:
        full.setattr(np, "memmap", refuse)
        engine.submit(job)
        (event,) = until_closed(engine, job.id)
    assert "too many open files" in event.message
    engine.submit(later)
    assert isinstance(until_closed(engine, later.id)[-1], Finished)


def refuse(*_):
    raise OSError(24, "too many open files")


def test_closing_ends_the_stream_and_the_process(engine):
    engine.submit(job_of(SLOW, picture(260, 1100)))
    pid = engine_is_up(engine)
    engine.close()
    assert all(not isinstance(event, Finished) for event in engine.events())
    assert not is_alive(pid)


def test_the_engine_never_outlives_its_parent(tmp_path):
    script = (
        "import sys, time\n"
        "from restorer_app.session.child import EngineProcess\n"
        "engine = EngineProcess()\n"
        "engine.start()\n"
        "for _ in engine.events():\n"
        "    print(engine.pid, flush=True) if engine.pid else None\n"
    )
    surroundings = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=surroundings)
    pid = int(parent.stdout.readline())
    assert is_alive(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while is_alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def engine_is_up(engine):
    deadline = time.monotonic() + 30
    while engine.pid is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return engine.pid


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
