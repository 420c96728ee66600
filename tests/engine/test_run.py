"""run_job: what it changes, what it leaves, how it ends."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from restorer_app.core.geometry import Region
from restorer_app.core.job import CLOSING, CancelToken, Failed, Finished, Job, Note, Stopped, TileDone
from restorer_app.core.operation import Decompress, Denoise, Repair, Upscale
from restorer_app.core.raster import Raster, digest_cells
from restorer_app.engine import work
from restorer_app.engine.plan import DeviceFullError, Needs
from restorer_app.engine.run import run_job
from restorer_app.files.cards import find_model
from restorer_app.files.scratch import MappedSource, Scratch, map_pixels
from tests.engine.conftest import Small, photograph

CLASSICAL = [
    Repair("telea"),
    Repair("navier-stokes", grain=0),
    Repair("patch"),
    Denoise(0.4, "nlm"),
    Denoise(0.4, "guided"),
    Upscale(2, "lanczos"),
    Upscale(4, "lanczos"),
]
DEPTHS = ["uint8", "uint16", "float32"]


def spots(shape, *boxes):
    mask = np.zeros(shape[:2], np.uint8)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = 255
    return Raster.from_array(mask)


def job_of(operation, picture, *, model=None, mask=None, **rest):
    image = Raster.from_array(picture)
    return Job("one", operation, image, rest.pop("region", image.bounds), model=model, mask=mask, **rest)


def closing(events):
    assert [isinstance(event, CLOSING) for event in events] == [False] * (len(events) - 1) + [True]
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1].record


@pytest.mark.parametrize("operation", CLASSICAL, ids=lambda operation: f"{operation.name}-{operation.method}")
@pytest.mark.parametrize("dtype", DEPTHS)
def test_classical_methods_keep_the_depth_and_prove_what_they_did(run, operation, dtype):
    picture = photograph(90, 131, 3, dtype)
    mask = spots(picture.shape, (20, 20, 31, 27), (126, 85, 131, 90)) if operation.needs_mask else None
    job = job_of(operation, picture, mask=mask, seed=7)
    events, result = run(job)
    record = closing(events)
    cells = list(result.bounds.cells(256))
    assert result.dtype == picture.dtype
    assert record.before_sha256 == digest_cells(job.image, job.image.bounds.cells(256))
    assert record.after_sha256 == digest_cells(result, cells)
    assert record.model_id is None
    assert record.seed == 7
    assert record.changed_pixels > 0
    if operation.scale == 1:
        after = result.read(result.bounds)
        assert record.changed_pixels == np.count_nonzero((after != picture).any(axis=2))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", DEPTHS)
def test_outside_the_mask_not_one_bit_changes(run, channels, dtype):
    picture = photograph(300, 290, channels, dtype)
    soft = np.zeros((300, 290), np.uint8)
    soft[100:130, 240:270] = np.linspace(0, 255, 30).astype(np.uint8)
    soft[-9:, -7:] = 255
    protect = spots(picture.shape, (250, 100, 256, 130))
    job = job_of(Repair("telea"), picture, mask=Raster.from_array(soft), protect=protect)
    events, result = run(job)
    record = closing(events)
    after = result.read(result.bounds)
    free = (soft > 0) & (protect.read(protect.bounds)[:, :, 0] == 0)
    assert np.array_equal(after[~free], picture[~free])
    assert 0 < record.changed_pixels <= np.count_nonzero(free)
    assert record.mask_sha256 != digest_cells(job.mask, job.mask.bounds.cells(256)), "what was protected counts"


def test_a_repair_keeps_to_its_region(run):
    picture = photograph(300, 300)
    mask = spots(picture.shape, (20, 20, 40, 40), (200, 200, 230, 230))
    _, result = run(job_of(Repair("telea"), picture, mask=mask, region=Region(190, 190, 215, 300)))
    changed = (result.read(result.bounds) != picture).any(axis=2)
    assert changed[200:230, 200:215].any()
    changed[200:230, 200:215] = False
    assert not changed.any()


def whole_and_tiled(run, monkeypatch, job, *, side):
    _, whole = run(job)
    made = work.method_for

    def smaller(*args, **rest):
        method = made(*args, **rest)
        needs = Needs(method.needs.halo, method.needs.multiple_of, side, method.needs.context)
        return replace(method, needs=needs)

    monkeypatch.setattr(work, "method_for", smaller)
    events, tiled = run(job)
    assert sum(isinstance(event, TileDone) for event in events) > 1
    return whole.read(whole.bounds), tiled.read(tiled.bounds)


LOOKING = (Denoise(0.5, looks=4), Decompress(30, looks=2), Upscale(2, looks=4))


@pytest.mark.parametrize(
    "operation", [*CLASSICAL, *LOOKING, Denoise(0.5), Decompress(30), Upscale(2), Repair(grain=0)], ids=repr
)
def test_tiled_equals_whole(run, model, monkeypatch, operation):
    picture = photograph(203, 241, dtype="float32")
    mask = spots(picture.shape, (10, 10, 190, 13), (60, 40, 100, 120)) if operation.needs_mask else None
    card = model(operation.task) if operation.task else None
    job = job_of(operation, picture, model=card, mask=mask, dtype="float32", device="cpu")
    whole, tiled = whole_and_tiled(run, monkeypatch, job, side=64)
    assert not np.array_equal(whole[: len(picture), : len(picture[0])], picture)
    np.testing.assert_allclose(tiled, whole, atol=1 / 65535, rtol=0)


@pytest.mark.parametrize("operation", [*LOOKING, Denoise(0.5), Decompress(30), Upscale(2), Repair(grain=0)], ids=repr)
def test_in_bfloat16_tiled_equals_whole_without_a_step(run, model, monkeypatch, operation):
    picture = photograph(150, 171, dtype="float32")
    mask = spots(picture.shape, (30, 30, 120, 100)) if operation.needs_mask else None
    job = job_of(operation, picture, model=model(operation.task), mask=mask, dtype="bfloat16", device="cpu")
    whole, tiled = whole_and_tiled(run, monkeypatch, job, side=64)
    np.testing.assert_allclose(tiled, whole, atol=1 / 255, rtol=0)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("operation", [Denoise(0.002), Decompress(98)], ids=["denoise", "decompress"])
def test_sixteen_bits_stay_sixteen_bits(run, model, operation, dtype):
    """A ramp of every value comes back as a ramp: neither 256 levels nor the 129 of bfloat16."""
    ramp = np.repeat(np.arange(65536, dtype=np.uint16).reshape(256, 256, 1), 3, axis=2)
    job = job_of(operation, ramp, model=model(operation.task, strength=0.1), dtype=dtype, device="cpu")
    events, result = run(job)
    assert closing(events).dtype == dtype
    after = result.read(result.bounds).astype(int)
    assert len(np.unique(after[:, :, 0])) > 30_000  # bfloat16 would leave some hundred
    assert np.abs(after - ramp).max() < 300


@pytest.mark.parametrize("operation", [Denoise(0.5), Upscale(2), Repair()], ids=["denoise", "upscale", "repair"])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (31, 1), (17, 33)])
def test_any_size_goes_through_a_net(run, model, operation, size):
    picture = photograph(*size)
    mask = spots(picture.shape, (0, 0, 1, 1)) if operation.needs_mask else None
    job = job_of(operation, picture, model=model(operation.task), mask=mask, device="cpu")
    events, result = run(job)
    if size == (1, 1) and operation.needs_mask:
        assert "covers everything" in events[-1].message
    else:
        closing(events)
        assert result.bounds == job.output_region


def test_grey_stays_grey_and_comes_out_as_its_mean(run, model):
    grey = photograph(64, 70, 1)
    card = model("denoise")
    _, result = run(job_of(Denoise(0.5), grey, model=card, device="cpu", dtype="float32"))
    _, colour = run(job_of(Denoise(0.5), np.repeat(grey, 3, axis=2), model=card, device="cpu", dtype="float32"))
    mean = colour.read(colour.bounds).astype(float).mean(axis=2)
    assert result.channels == 1
    assert np.abs(result.read(result.bounds)[:, :, 0] - mean).max() <= 1


@pytest.mark.parametrize(
    "operation", [Denoise(0.5), Denoise(0.5, looks=4), Decompress(30), Upscale(2), Repair()], ids=repr
)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_grey_stored_in_three_channels_stays_without_colour(run, model, operation, dtype):
    picture = np.repeat(photograph(90, 101, 1, dtype), 3, axis=2)
    mask = spots(picture.shape, (20, 20, 60, 50)) if operation.needs_mask else None
    job = job_of(operation, picture, model=model(operation.task, strength=20.0), mask=mask, device="cpu")
    events, result = run(job)
    assert closing(events).changed_pixels > 0
    found = result.read(result.bounds)
    assert (found == found[:, :, :1]).all()


def test_a_net_is_not_fed_four_channels(run, model):
    events, _ = run(job_of(Denoise(0.5), photograph(20, 20, 4), model=model(), device="cpu"))
    assert "4 channels" in events[-1].message
    assert events[-1].traceback == ""


def test_strength_nought_changes_nothing(run, model):
    picture = photograph(300, 70)
    events, result = run(job_of(Denoise(0), picture, model=model(), device="cpu"))
    record = closing(events)
    assert record.changed_pixels == 0
    assert record.before_sha256 == record.after_sha256
    assert np.array_equal(result.read(result.bounds), picture)


def test_the_measured_strength_is_written_down_and_hardly_touches_a_clean_picture(run, model):
    rows, columns = np.mgrid[:200, :200]
    clean = np.repeat(((rows + columns) * 120).astype(np.uint16)[:, :, None], 3, axis=2)
    noisy = clean + np.random.default_rng(0).normal(0, 2000, clean.shape)
    noisy = np.clip(noisy, 0, 65535).astype(np.uint16)
    card = model(strength=1.0)
    untouched, result = run(job_of(Denoise(), clean, model=card, device="cpu"))
    touched, _ = run(job_of(Denoise(), noisy, model=card, device="cpu"))
    assert closing(untouched).measured["sigma_used"] < 0.002
    assert np.abs(result.read(result.bounds).astype(int) - clean).max() < 200
    assert closing(touched).measured["noise_sigma"] == pytest.approx(2000 / 65535, rel=0.2)


def test_the_same_seed_gives_the_same_bytes_and_another_other_grain(run, model):
    picture = photograph(160, 160)
    mask = spots(picture.shape, (60, 60, 90, 90))
    card = model("repair")
    records = [
        closing(run(job_of(Repair(), picture, model=card, mask=mask, seed=seed, device="cpu"))[0]) for seed in (1, 1, 2)
    ]
    assert records[0].after_sha256 == records[1].after_sha256 != records[2].after_sha256
    assert records[0].synthesises_detail


def test_a_deterministic_job_runs_in_float32_on_the_cpu(run, model):
    job = job_of(Denoise(0.5), photograph(40, 40), model=model(), deterministic=True, dtype="bfloat16")
    record = closing(run(job)[0])
    assert record.deterministic
    assert record.dtype == "float32"
    assert record.device.startswith("cpu")


@pytest.mark.parametrize(
    ("mask", "protect", "told"),
    [
        ([], None, "The mask is empty"),
        ([(0, 0, 50, 40)], None, "covers everything"),
        ([(5, 5, 9, 9)], [(0, 0, 50, 40)], "protected"),
    ],
)
def test_a_mask_that_leaves_nothing_to_do_is_one_sentence(run, mask, protect, told):
    picture = photograph(40, 50)
    kept = spots(picture.shape, *protect) if protect else None
    events, _ = run(job_of(Repair("telea"), picture, mask=spots(picture.shape, *mask), protect=kept))
    assert len(events) == 1
    assert told in events[0].message
    assert events[0].traceback == ""


def test_a_cancelled_job_stops_before_the_next_tile(model):
    token = CancelToken()
    job = job_of(Denoise(0.5), photograph(600, 1100), model=model(), device="cpu")
    events = []
    for event in run_job(job, token):
        events.append(event)
        token.cancel()
    assert [type(event) for event in events] == [TileDone, Stopped]


def test_a_fault_ends_the_job_with_its_traceback(model, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(Small, "forward", broken)
    (event,) = run_job(job_of(Denoise(0.5), photograph(20, 20), model=model(seed=9), device="cpu"), CancelToken())
    assert isinstance(event, Failed)
    assert "ZeroDivisionError" in event.traceback


def limit_memory(monkeypatch, most):
    """The net fails as a full device does for anything above a number of pixels."""
    forward = Small.forward

    def guarded(self, picture, guide):
        if picture.shape[0] * picture.shape[2] * picture.shape[3] > most:
            raise torch.OutOfMemoryError("no memory, as tested")
        return forward(self, picture, guide)

    monkeypatch.setattr(Small, "forward", guarded)


def test_out_of_memory_goes_on_in_smaller_tiles_and_says_so(run, model, monkeypatch):
    picture = photograph(520, 700)
    job = job_of(Denoise(0.5), picture, model=model(), device="cpu", dtype="float32")
    _, whole = run(job)
    limit_memory(monkeypatch, 200 * 200)
    events, smaller = run(job)
    record = closing(events)
    assert any(isinstance(event, Note) and "Memory is short" in event.message for event in events)
    np.testing.assert_allclose(smaller.read(smaller.bounds), whole.read(whole.bounds), atol=1)
    assert record.after_sha256 == digest_cells(smaller, smaller.bounds.cells(256))
    assert [event.done for event in events if isinstance(event, TileDone)][-1] == job.region.area


def test_holes_survive_a_shortage_too(run, model, monkeypatch):
    picture = photograph(400, 400)
    mask = spots(picture.shape, (20, 20, 300, 280), (350, 350, 360, 360), (380, 20, 390, 30))
    job = job_of(Repair(grain=0), picture, model=model("repair"), mask=mask, device="cpu", dtype="float32")
    _, whole = run(job)
    limit_memory(monkeypatch, 150 * 150)
    events, smaller = run(job)
    closing(events)
    np.testing.assert_allclose(smaller.read(smaller.bounds), whole.read(whole.bounds), atol=1)


def test_a_hole_too_wide_for_the_memory_is_said_to_be_so_at_once(run, monkeypatch):
    picture, asked = photograph(300, 300), []

    def full(_picture, hole, **_):
        asked.append(hole.shape)
        raise MemoryError

    monkeypatch.setattr("restorer_app.engine.methods.patchmatch.fill", full)
    events, _ = run(job_of(Repair("patch"), picture, mask=spots(picture.shape, (100, 100, 200, 220))))
    (event,) = events
    assert "around 150, 160 as a whole" in event.message
    assert len(asked) == 1  # no smaller tile needs less of it


def test_no_memory_at_all_is_one_sentence(run, model, monkeypatch):
    limit_memory(monkeypatch, 0)
    events, _ = run(job_of(Denoise(0.5), photograph(300, 300), model=model(seed=3), device="cpu"))
    assert "not enough memory" in events[-1].message
    assert events[-1].traceback == ""


def test_values_that_are_no_numbers_are_refused(run, model):
    card = model(strength=float("inf"))
    events, _ = run(job_of(Denoise(0.5), photograph(30, 30), model=card, device="cpu"))
    assert "no numbers" in events[-1].message
    assert not any(isinstance(event, TileDone) for event in events)


def test_a_picture_with_values_that_are_no_numbers_keeps_them_outside_the_mask(run):
    picture = photograph(60, 60, dtype="float32")
    picture[5, 5] = np.nan
    _, result = run(job_of(Repair("telea"), picture, mask=spots(picture.shape, (30, 30, 40, 40))))
    after = result.read(result.bounds)
    assert np.isnan(after[5, 5]).all()
    assert np.isfinite(after[30:40, 30:40]).all()


def test_a_full_graphics_card_hands_over_to_the_cpu_and_says_so(run, model, monkeypatch):
    """There is none here, so the first method only claims to be on one, and is always out of memory."""
    job = job_of(Denoise(0.5), photograph(150, 200), model=model(), device="cpu", dtype="float32")
    _, expected = run(job)
    made = work.method_for

    def full(*_):
        raise DeviceFullError

    def claimed(*args, on_cpu=False):
        method = made(*args, on_cpu=on_cpu)
        return method if on_cpu else replace(method, run=full, device="cuda (none)")

    monkeypatch.setattr(work, "method_for", claimed)
    events, result = run(job)
    record = closing(events)
    assert [event.message for event in events if isinstance(event, Note)][-1].endswith("on the CPU, which is slower.")
    assert record.device.startswith("cuda (none), then cpu")
    np.testing.assert_allclose(result.read(result.bounds), expected.read(expected.bounds), atol=1)


def test_a_graphics_card_without_room_for_the_net_hands_over_to_the_cpu_and_says_so(run, model, monkeypatch):
    job = job_of(Denoise(0.5), photograph(150, 200), model=model(), device="cpu", dtype="float32")
    _, expected = run(job)
    made = work.method_for

    def without_room(*args, on_cpu=False):
        if not on_cpu:
            raise DeviceFullError
        return made(*args, on_cpu=on_cpu)

    monkeypatch.setattr(work, "method_for", without_room)
    events, result = run(job)
    assert closing(events).device.startswith("cpu")
    assert [event.message for event in events if isinstance(event, Note)] == [
        "The device has no memory left; going on on the CPU, which is slower."
    ]
    assert np.array_equal(result.read(result.bounds), expected.read(expected.bounds))
    monkeypatch.setattr(work, "method_for", _full)
    (event,) = run(job)[0]
    assert "not enough memory" in event.message
    assert event.traceback == ""


def _full(*_, **__):
    raise DeviceFullError


@pytest.mark.parametrize("operation", [Denoise(0), Denoise(0.5, "guided"), Denoise(0.5, "nlm")])
def test_noise_is_taken_from_numbers_alone(run, operation, model):
    picture = photograph(60, 60, dtype="float32")
    picture[5, 5, 0], picture[20, 20] = np.nan, np.inf
    card = model() if operation.task else None
    events, result = run(job_of(operation, picture, model=card))
    after = result.read(result.bounds)
    assert np.isnan(after[5, 5, 0])
    assert np.isinf(after[20, 20]).all()
    assert np.count_nonzero(~np.isfinite(after)) == 4
    assert closing(events).changed_pixels == np.count_nonzero((after.view("u4") != picture.view("u4")).any(2))


def test_a_mapped_picture_does_not_stay_in_memory(run, tmp_path, monkeypatch):
    monkeypatch.setattr(work, "_LET_GO_PIXELS", 1000)
    released = []
    monkeypatch.setattr(MappedSource, "let_go", lambda self: released.append(self))  # noqa: PLW0108 - a builtin would not be bound
    with Scratch(tmp_path) as scratch:
        file = scratch.create(600 * 700 * 3)
        handle = file.handle((600, 700, 3), np.dtype(np.uint8))
        map_pixels(handle, mode="r+")[:] = 50
        image = Raster(MappedSource(handle, file))
        events, result = run(Job("one", Denoise(0.3, "guided"), image, image.bounds))
        closing(events)
        assert released == [image.source] * 4, "once a tile"
        assert (result.read(result.bounds) == 50).all()


def _with_a_lake(height=200, width=330):
    """A picture with no data in a wide place, a narrow one at the edge and one channel of a pixel."""
    picture = photograph(height, width, dtype="float32")
    picture[60:140, 100:300] = np.nan
    picture[150:170, :3] = -np.inf
    picture[20, 20, 1] = np.nan
    return picture


@pytest.mark.parametrize("operation", [Upscale(2), Upscale(2, "lanczos"), Upscale(4, "lanczos")])
def test_no_data_stays_no_data_in_an_enlarged_picture(run, model, operation):
    picture = _with_a_lake()
    card = model("upscale") if operation.task else None
    events, result = run(job_of(operation, picture, model=card, device="cpu", dtype="float32"))
    closing(events)
    after, scale = result.read(result.bounds), operation.scale
    grown = picture.repeat(scale, axis=0).repeat(scale, axis=1)
    assert np.array_equal(np.isfinite(after), np.isfinite(grown))
    assert np.array_equal(after.view("u4")[~np.isfinite(grown)], grown.view("u4")[~np.isfinite(grown)])


@pytest.mark.parametrize("scale", [2, 4])
def test_no_data_does_not_ring_in_what_lies_beside_it(run, scale):
    even = np.full((80, 90, 1), 0.7, np.float32)
    even[30:50, 30:60] = np.nan
    _, result = run(job_of(Upscale(scale, "lanczos"), even))
    after = result.read(result.bounds)
    assert np.nanmax(np.abs(after - 0.7)) < 1e-6


@pytest.mark.parametrize("operation", [Upscale(2), Upscale(2, "lanczos")])
def test_no_data_is_closed_alike_however_the_picture_is_cut(run, monkeypatch, model, operation):
    card = model("upscale") if operation.task else None
    job = job_of(operation, _with_a_lake(), model=card, device="cpu", dtype="float32")
    events, whole = run(job)

    def in_small_tiles(*words):
        method, note = work.first_method(*words)
        return replace(method, needs=replace(method.needs, side=32)), note

    monkeypatch.setattr("restorer_app.engine.run.first_method", in_small_tiles)
    pieces, tiled = run(job)
    assert len(pieces) > len(events)
    one, other = whole.read(whole.bounds), tiled.read(tiled.bounds)
    assert np.allclose(one, other, rtol=0, atol=1e-6, equal_nan=True)


def test_several_looks_err_less_and_are_in_the_record(run):
    clean = photograph(96, 130, seed=4)
    rng = np.random.default_rng(1)
    noisy = (clean + rng.normal(0, 25 * 257, clean.shape)).clip(0, 65535).astype(np.uint16)
    card, errors = find_model("denoise").card, []
    for often in (1, 2, 4):
        job = job_of(Denoise(0.5, looks=often), noisy, model=card, device="cpu", dtype="float32")
        events, result = run(job)
        assert events[-1].record.operation["looks"] == often
        errors.append(float(np.square(result.read(result.bounds).astype(float) - clean).mean()))
    assert errors[0] > errors[1] > errors[2]
