"""Pixels for the engine process: written once while they live, found again byte by byte."""

import gc
import pickle

import numpy as np
import pytest

from restorer_app.core.geometry import Region
from restorer_app.core.job import Job
from restorer_app.core.operation import Denoise, Repair
from restorer_app.core.raster import Raster
from restorer_app.files.exchange import Submit, opened_job
from restorer_app.files.scratch import MappedSource, Scratch, map_pixels
from restorer_app.session.handover import Handover, TileRoom, held


@pytest.fixture
def scratch(tmp_path):
    with Scratch(tmp_path) as folder:
        yield folder


def tile(value, side=256):
    return np.full((side, side, 3), value, np.uint16)


def passed_on(submit: Submit) -> Job:
    return opened_job(pickle.loads(pickle.dumps(submit)))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_job_arrives_with_every_pixel(scratch, dtype):
    pixels = np.random.default_rng(0).random((300, 521, 3)).astype(dtype)
    image = Raster.from_array(pixels).with_patch(Region(250, 100, 521, 300), np.full((200, 271, 3), 9, dtype))
    mask = Raster.flat(image.bounds).with_patch(Region(1, 2, 9, 9), np.full((7, 8, 1), 255, np.uint8))
    protect = Raster.flat(image.bounds, value=255)
    sent = Job("one", Repair("telea"), image, image.bounds, mask=mask, protect=protect, seed=5)
    came = passed_on(Handover(scratch).submit(sent))
    assert (came.id, came.operation, came.region, came.seed) == (sent.id, sent.operation, sent.region, sent.seed)
    for before, after in ((sent.image, came.image), (sent.mask, came.mask), (sent.protect, came.protect)):
        assert np.array_equal(before.read(before.bounds), after.read(after.bounds))


def test_the_message_is_small_however_large_the_picture(scratch):
    file = scratch.create(2000 * 3000 * 6)
    handle = file.handle((2000, 3000, 3), np.dtype(np.uint16))
    map_pixels(handle, mode="r+")[:] = 7
    image = Raster(MappedSource(handle, file)).with_patch(Region(0, 0, 256, 256), tile(1))
    message = pickle.dumps(Handover(scratch).submit(Job("one", Denoise(0.2, "guided"), image, image.bounds)))
    assert len(message) < 4000
    came = passed_on(pickle.loads(message))
    assert np.array_equal(came.image.read(image.bounds), image.read(image.bounds))


def test_a_tile_is_written_once_while_it_lives(scratch):
    room = TileRoom(scratch, chunk=2**20)
    one, other = tile(1), tile(2)
    first = room.place(one)
    assert room.place(other) != first
    assert room.place(one) == first
    one[:] = 3
    assert read(room, first)[0] == 1, "it is not written again"


def test_the_room_of_a_tile_that_died_is_used_again(scratch):
    room = TileRoom(scratch, chunk=2**20)
    places = set()
    for value in range(30):
        fresh = tile(value)
        places.add(room.place(fresh))
        assert read(room, room.place(fresh))[0] == value
        del fresh
        gc.collect()
    assert len(places) == 1


def read(room, place):
    file, offset = place
    return np.fromfile(file.path, np.uint16, offset=offset)


def test_a_job_that_is_held_keeps_its_pixels_when_the_history_moves_them_to_the_disc(scratch):
    image = Raster.from_array(np.zeros((256, 512, 3), np.uint16)).with_patch(Region(0, 0, 256, 256), tile(1))
    job = held(Job("one", Repair("telea"), image, image.bounds, mask=Raster.flat(image.bounds, value=255)))
    room = Handover(scratch)
    came = passed_on(room.submit(job))
    image.move_tiles({id(pixels): pixels.copy() for pixels in image.tiles.values()})
    gc.collect()
    later = image.with_patch(Region(256, 0, 512, 256), tile(9))
    room.submit(Job("two", Repair("telea"), later, later.bounds, mask=job.mask))
    assert (came.image.read(Region(0, 0, 256, 256)) == 1).all()
