"""Holes whose box is too large to be closed at once: their pieces go on from each other."""

import numpy as np
import pytest

from restorer_app.core.geometry import Region
from restorer_app.core.job import Finished, Job
from restorer_app.core.operation import Repair
from restorer_app.core.raster import Raster
from restorer_app.engine import plan, work
from restorer_app.engine.plan import DeviceFullError, Needs, batches, plan_holes
from restorer_app.engine.values import to_float

CUTS = (512, 1024)
WORN = Region(0, 0, 1200, 90)  # an upper edge, and a hairline down from it, which makes the box a large one
HAIRLINE = Region(1190, 80, 1193, 300)


@pytest.fixture(autouse=True)
def small_limit(monkeypatch):
    monkeypatch.setattr(plan, "LARGEST_HOLE", 300 * 300)


def clouds(seed=5):
    """Light that changes slowly, coarse and fine texture."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft2(rng.standard_normal((300, 1200)))
    rows, columns = np.fft.fftfreq(300)[:, None], np.fft.rfftfreq(1200)[None]
    light = np.fft.irfft2(spectrum / (0.004 + np.hypot(rows, columns)) ** 1.5, (300, 1200))
    picture = 0.5 + 0.13 * light / light.std()
    return np.rint(picture.clip(0, 1) * 65535).astype(np.uint16)[:, :, None]


def job_of(operation, picture, **rest):
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[WORN.slices()] = mask[HAIRLINE.slices()] = 255
    image = Raster.from_array(picture)
    return Job("worn", operation, image, image.bounds, mask=Raster.from_array(mask), **rest)


def filled(run, job):
    events, result = run(job)
    assert isinstance(events[-1], Finished), events[-1]
    return to_float(result.read(result.bounds))


@pytest.mark.parametrize("method", ["telea", "navier-stokes", "patch"])
def test_where_pieces_meet_nothing_is_to_be_seen(run, method):
    after = filled(run, job_of(Repair(method), clouds(), seed=1))[WORN.slices()]
    steps = np.abs(np.diff(after[:, :, 0], axis=1)).mean(0)
    at_cuts = [steps[cut - 1] for cut in CUTS]
    others = np.delete(steps, [cut - 1 for cut in CUTS])
    assert max(at_cuts) < 2 * others.mean()  # closed each by itself, patches stood ten times as far apart


def test_the_same_seed_gives_the_same_bytes(run):
    one, other = (filled(run, job_of(Repair("patch"), clouds(), seed=7)) for _ in range(2))
    assert np.array_equal(one, other)


def test_short_memory_changes_nothing_in_them(run, model, monkeypatch):
    """Smaller tiles of a piece see what the whole of it would have seen."""
    card = model("repair")
    job = job_of(Repair("faithful", grain=0), clouds(), model=card, device="cpu")
    whole = filled(run, job)
    made = work.method_for

    def narrow(*args, **rest):
        method = made(*args, **rest)
        run_all = method.run

        def limited(pictures, holes):
            if sum(one.shape[0] * one.shape[1] for one in pictures) > 300 * 300:
                raise DeviceFullError
            return run_all(pictures, holes)

        return type(method)(**{name: getattr(method, name) for name in method.__slots__} | {"run": limited})

    monkeypatch.setattr(work, "method_for", narrow)
    assert np.abs(filled(run, job) - whole).max() < 2 / 65535


def test_pieces_come_one_by_one_and_none_before_those_it_goes_on_from():
    bounds = Region.of_size(4000, 4000)
    ring = [Region(0, 0, 3000, 60), Region(0, 60, 60, 3000), Region(2940, 60, 3000, 3000)]
    tiles = plan_holes(bounds, [*ring, Region(3500, 3500, 3510, 3510)], Needs(20, context=64))
    assert [tile.joins for tile in tiles].count(False) == 1
    order = [tile for batch in batches(tiles, 1 << 20) if len(batch) == 1 for tile in batch if tile.joins]
    assert order == [tile for tile in tiles if tile.joins]
    for number, tile in enumerate(order):
        assert all(later.context.top >= tile.context.top for later in order[number:])
