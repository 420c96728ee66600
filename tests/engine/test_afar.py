"""Holes from whose middle nothing can be seen: filled from a small copy, whatever the method."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core.geometry import Region
from restorer_app.core.job import Advanced, CancelToken, Failed, Finished, Job, Note, Stopped, TileDone
from restorer_app.core.operation import Repair
from restorer_app.core.raster import Raster
from restorer_app.engine import afar, plan, work
from restorer_app.engine.grain import measure, residue
from restorer_app.engine.plan import DeviceFullError, Needs, Wide, plan_holes
from restorer_app.engine.run import run_job
from restorer_app.engine.values import to_float

HOLE = Region(130, 0, 1000, 790)  # its middle is 128 pixels and more from everything, at the border too
SIZE = Region.of_size(1000, 1000)


@pytest.fixture(autouse=True)
def small_limits(monkeypatch):
    """Holes are wide from 300 × 300 pixels on, so that a test does not need megapixels."""
    monkeypatch.setattr(plan, "LARGEST_HOLE", 300 * 300)
    monkeypatch.setattr(plan, "SMALL_COPY", 300 * 300)


def plate(dtype="uint16", *, grain=0.03, channels=1):
    """Light that rises from left to right, under grain that is a little soft."""
    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[: SIZE.height, : SIZE.width]
    light = 0.3 + 0.4 * columns / SIZE.width + 0.1 * rows / SIZE.height
    noise = rng.standard_normal((SIZE.height + 1, SIZE.width + 1, channels))
    noise = (noise[1:, 1:] + noise[:-1, 1:] + noise[1:, :-1] + noise[:-1, :-1]) / 2
    picture = light[:, :, None] + grain * noise
    if dtype == "float32":
        return picture.astype(np.float32)
    most = np.iinfo(dtype).max
    return np.rint(picture.clip(0, 1) * most).astype(dtype)


def job_of(operation, picture, *, hole=HOLE, **rest):
    image = Raster.from_array(picture)
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[hole.slices()] = 255
    return Job("wide", operation, image, image.bounds, mask=Raster.from_array(mask), **rest)


def broken(picture):
    """The plate without its corner: white, as a scanner sees what is not there."""
    seen = picture.copy()
    seen[HOLE.slices()] = 1 if seen.dtype.kind == "f" else np.iinfo(seen.dtype).max
    return seen


def record_of(events):
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1].record


OPERATIONS = [Repair("telea"), Repair("navier-stokes"), Repair("patch"), Repair("faithful")]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.method)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_every_method_fills_it_and_says_that_it_was_wide(run, model, operation, dtype):
    picture = plate(dtype)
    net = model("repair") if operation.method == "faithful" else None
    events, result = run(job_of(operation, broken(picture), model=net, device="cpu", dtype="float32"))
    record = record_of(events)
    (note,) = (event.message for event in events if isinstance(event, Note))
    assert "so wide that its middle is filled from a copy" in note
    after = result.read(result.bounds)
    outside = np.ones(picture.shape[:2], bool)
    outside[HOLE.slices()] = False
    np.testing.assert_array_equal(after[outside], picture[outside])
    assert record.changed_pixels > 0.9 * HOLE.area
    if operation.method != "faithful":  # the net of these tests has random weights
        filled, true = to_float(after[HOLE.slices()]), to_float(picture[HOLE.slices()])
        assert abs(filled.mean() - true.mean()) < 0.12
        assert filled.max() < 0.95, "nothing of the white that was there is left"


def test_progress_is_seen_while_the_small_copy_is_filled(run):
    events, _ = run(job_of(Repair("patch"), broken(plate())))
    first = next(number for number, event in enumerate(events) if isinstance(event, TileDone))
    unseen = [event for event in events[:first] if isinstance(event, Advanced)]
    assert unseen, "before anything can be shown"
    told = [(event.done, event.total) for event in events if isinstance(event, (TileDone, Advanced))]
    assert len({total for _, total in told}) == 1
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1]


def softness(picture):
    """How alike neighbours are, apart from the light."""
    rest = residue(picture, np.ones(picture.shape[:2], bool))[:, :, 0]
    return np.corrcoef(rest[:-1].ravel(), rest[1:].ravel())[0, 1]


def test_grain_goes_on_in_the_middle(run):
    picture = plate()
    _, result = run(job_of(Repair("telea"), broken(picture)))
    nothing = np.zeros((200, 200), bool)
    middle = to_float(result.read(Region(500, 200, 700, 400)))
    wanted = to_float(picture[200:400, 500:700])
    found, true = measure(middle, nothing), measure(wanted, nothing)
    assert found.level[0] == pytest.approx(true.level[0], rel=0.25)
    assert softness(middle) == pytest.approx(softness(wanted), abs=0.1)


def test_without_grain_sixteen_bits_stay_smooth_in_the_middle(run):
    picture = plate(grain=0)
    _, result = run(job_of(Repair("navier-stokes", grain=0), broken(picture)))
    middle = result.read(Region(300, 100, 900, 600))[:, :, 0].astype(int)
    bends = [int(np.abs(np.diff(middle, 2, axis=axis)).max()) for axis in (0, 1)]
    assert max(bends) < 257, "no edge of more than one of 255"
    assert len(np.unique(middle)) > 2000


def test_the_same_seed_gives_the_same_bytes(run):
    job = job_of(Repair("patch"), broken(plate()), seed=5)
    assert record_of(run(job)[0]).after_sha256 == record_of(run(job)[0]).after_sha256


def test_grey_in_three_channels_stays_grey(run):
    picture = np.repeat(plate("uint8"), 3, axis=2)
    _, result = run(job_of(Repair("telea"), broken(picture)))
    after = result.read(result.bounds)
    assert (after == after[:, :, :1]).all()


def test_missing_samples_beside_it_are_kept_and_carried_nowhere(run):
    picture = plate("float32")
    seen = broken(picture)
    seen[800:, :300] = np.nan
    _, result = run(job_of(Repair("telea"), seen))
    after = result.read(result.bounds)
    assert np.isnan(after[800:, :300]).all()
    assert np.isfinite(after[HOLE.slices()]).all()
    assert after[HOLE.slices()].min() > 0.15


def test_smaller_tiles_fill_it_alike(run, model, monkeypatch):
    job = job_of(Repair(grain=0), broken(plate()), model=model("repair"), device="cpu", dtype="float32")
    _, whole = run(job)
    there = work.Work._run

    def short(self, batch):
        if any(tile.window.area > 320 * 320 for tile in batch):
            raise DeviceFullError
        return there(self, batch)

    monkeypatch.setattr(work.Work, "_run", short)
    events, smaller = run(job)
    record_of(events)
    np.testing.assert_allclose(smaller.read(SIZE), whole.read(SIZE), atol=1)


def test_a_picture_that_is_all_hole_is_refused_in_one_sentence(run):
    events, _ = run(job_of(Repair("telea"), plate(), hole=SIZE))
    assert isinstance(events[-1], Failed)
    assert "covers everything" in events[-1].message
    assert events[-1].traceback == ""


def test_a_hole_that_the_border_leaves_one_row_of_is_filled_from_it(run):
    events, result = run(job_of(Repair("telea"), plate(), hole=Region(0, 3, 1000, 1000)))
    record_of(events)
    assert result.read(Region(0, 500, 1000, 501)).mean() == pytest.approx(plate()[:3].mean(), rel=0.1)


@pytest.mark.parametrize("lacking", [MemoryError("2.1 GiB"), cv2.error("no memory")])
def test_where_there_is_no_memory_for_the_small_copy_that_is_what_is_said(run, monkeypatch, lacking):
    def reduced(*_):
        raise lacking

    if isinstance(lacking, cv2.error):
        lacking.code = cv2.Error.StsNoMem
    monkeypatch.setattr(afar, "reduced", reduced)
    events, _ = run(job_of(Repair("telea"), broken(plate())))
    assert "not enough memory" in events[-1].message
    assert events[-1].traceback == ""


def test_a_cancelled_one_stops():
    cancel = CancelToken()
    events = []
    for event in run_job(job_of(Repair("patch"), broken(plate())), cancel):
        events.append(event)
        cancel.cancel()
    assert isinstance(events[0], Note)
    assert isinstance(events[-1], Stopped)
    assert len(events) == 2


# ------------------------------------------------------------------------------------------- its parts


def test_the_small_copy_is_the_mean_of_what_is_known():
    picture = np.arange(36, dtype=np.float32).reshape(6, 6, 1)
    hole = np.zeros((6, 6), bool)
    hole[0, 0] = hole[2:4, 2:4] = True
    hole[4, 5] = hole[5, 4] = hole[5, 5] = True
    wide = Wide(Region(2, 2, 4, 4), Region.of_size(6, 6), 2)
    small, gap = afar.reduced(Raster.from_array(picture), lambda region: hole[region.slices()], wide)
    assert small[0, 0, 0] == pytest.approx((1 + 6 + 7) / 3)
    assert small[0, 1, 0] == pytest.approx((2 + 3 + 8 + 9) / 4)
    assert gap.tolist() == [[False, False, False], [False, True, False], [False, False, True]]


@given(step=st.integers(2, 5), left=st.integers(0, 60), top=st.integers(0, 40), width=st.integers(1, 40))
def test_a_part_of_what_is_seen_from_afar_is_cut_out_of_the_whole(step, left, top, width):
    region = Region(7, 3, 7 + 101, 3 + 83)
    rng = np.random.default_rng(step)
    small = rng.random((-(-83 // step), -(-101 // step), 1), np.float32)
    grain = measure(rng.random((64, 64, 1), np.float32) * 0.1 + 0.4, np.zeros((64, 64), bool))
    seen = afar.Afar(Wide(region, region, step), small, grain)
    part = Region(left, top, left + width, top + width).shifted(7, 3).intersect(region)
    whole = seen.beyond(region, np.ones(region.shape, bool), seed=3, grain=1.0)
    piece = seen.beyond(part, np.ones(part.shape, bool), seed=3, grain=1.0)
    np.testing.assert_allclose(piece.picture, whole.picture[part.slices(region)], atol=1e-5)
    assert piece.deep.all()


def test_light_from_afar_lies_where_it_was():
    slope = np.linspace(0, 1, 120, dtype=np.float32)[None, :, None].repeat(80, axis=0)
    wide = Wide(Region(40, 20, 60, 40), Region.of_size(120, 80), 4)
    small, _ = afar.reduced(Raster.from_array(slope), lambda region: np.zeros(region.shape, bool), wide)
    seen = afar.Afar(wide, small, None).beyond(Region(20, 20, 100, 60), np.ones((40, 80), bool), seed=0, grain=1.0)
    np.testing.assert_allclose(seen.picture, slope[20:60, 20:100], atol=1e-4)


@given(st.integers(0, 5), st.integers(0, 5), st.integers(1, 5), st.integers(1, 5), st.sampled_from([64, 256, 512]))
def test_what_is_reduced_holds_all_that_its_tiles_look_at(row, column, height, width, side):
    bounds = Region.of_size(1700, 1500)
    hole = Region.clipped(256 * column, 256 * row, 256 * (column + width), 256 * (row + height), inside=bounds)
    needs = Needs(40, multiple_of=2, side=side, context=128)
    cells = list(hole.divided(256))
    tiles = plan_holes(bounds, [hole], needs, solid=cells)
    covered = np.zeros(bounds.shape, int)
    for tile in tiles:
        covered[tile.out.slices()] += 1
        if hole.area > plan.LARGEST_HOLE:
            assert tile.wide is not None
            assert tile.wide.core.contains(hole)
            assert tile.wide.region.contains(tile.context)
            assert tile.wide.step >= 2
        else:
            assert tile.wide is None
    assert (covered[hole.slices()] == 1).all()
    assert covered.sum() == hole.area
