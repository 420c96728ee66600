import shutil
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import tifffile
from PIL import Image

from restorer_app.core import mask as masks
from restorer_app.core.errors import InvalidValueError, RestorerError, UnwritableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.job import Failed, Finished, Note, Stopped, TileDone
from restorer_app.core.operation import Decompress, Denoise, Repair, Upscale
from restorer_app.core.raster import ArraySource, Raster
from restorer_app.core.stroke import Point, Stroke
from restorer_app.files import cards
from restorer_app.files.opening import open_here
from restorer_app.files.picture import Picture
from restorer_app.session import runner
from restorer_app.session.replay import replay
from restorer_app.session.saving import masks_of
from restorer_app.session.session import Session
from tests.core.test_record import a_record

BOUNDS = Region.of_size(700, 400)
PLAIN = np.random.default_rng(5).integers(0, 65536, (400, 700, 3)).astype(np.uint16)


def a_session(*, history_bytes=2**29, **changes):
    values = {"path": Path("plate.tif"), "kind": "tiff", "page": 0, "page_count": 1, "layout": "rgb"}
    return Session(Picture(**(values | {"source": ArraySource(PLAIN)} | changes)), history_bytes=history_bytes)


def dab(x, y, diameter=40, **changes):
    return Stroke("brush", (Point(x, y),), diameter, **changes)


def fill(job, value):
    """A tile that does what an engine does: changes what the mask allows, and nothing else."""
    pixels = job.image.read(job.region).copy()
    allowed = np.ones(job.region.shape, bool) if job.mask is None else job.mask.read(job.region)[:, :, 0] > 0
    allowed &= job.protect.read(job.region)[:, :, 0] == 0
    pixels[allowed] = value
    return TileDone(job.id, job.region, pixels, 1, 1)


def run(session, value):
    job = session.next_job()
    session.take(fill(job, value))
    session.take(Finished(job.id, a_record()))
    return job


def shown(session):
    return session.image.read(session.image.bounds)


def test_a_result_is_carried_over_work_by_hand_without_reading_the_file():
    source = Counting(PLAIN)
    session = a_session(source=source)
    session.stroke(dab(100, 100))
    session.ask(Repair("telea"))
    job = session.next_job()
    session.clone(dab(500, 300), dx=-50, dy=0)
    tile = replace(fill(job, 7), around={(0, 0): PLAIN[:256, :256]})
    source.asked.clear()
    session.take(tile)
    shown_now = session.image
    session.take(Finished(job.id, a_record()))
    assert source.asked == []
    assert (shown_now.read(Region(95, 95, 105, 105)) == 7).all()
    assert (shown(session)[290:310, 490:510] == PLAIN[290:310, 440:460]).all()


class Counting(ArraySource):
    """Says what was read of it."""

    asked: ClassVar[list[Region]] = []

    def read(self, region):
        self.asked.append(region)
        return super().read(region)


def test_work_by_hand_that_was_asked_for_lands_on_what_a_job_has_made_meanwhile():
    session = a_session()
    session.stroke(dab(100, 100))
    session.ask(Repair("telea"))
    asked = session.cloning(dab(500, 300), dx=-50, dy=0)
    done = asked.work(asked.image)
    run(session, 7)
    session.add_handwork(asked, done)
    assert [record.name for record in session.records] == [a_record().name, "clone"]
    assert (shown(session)[95:105, 95:105] == 7).all()
    assert (shown(session)[290:310, 490:510] == PLAIN[290:310, 440:460]).all()


def test_a_stroke_is_one_step_and_its_undo_returns_the_very_same_mask():
    session = a_session()
    before = session.mask
    session.stroke(dab(100, 100))
    assert len(session.history) == 2
    assert masks.count_covered(session.mask) > 1000
    session.undo()
    assert session.mask is before
    assert not session.is_changed


def test_a_repair_is_one_step_whose_undo_brings_back_picture_and_mask_as_at_enter():
    session = a_session()
    session.stroke(dab(100, 100))
    mask, image = session.mask, session.image
    session.ask(Repair("patch"))
    assert masks.is_empty(session.mask)
    run(session, 7)
    assert [step.title for step in session.history.steps] == ["Opened", "Painted mask", "Repaired"]
    assert (shown(session)[100, 100] == 7).all()
    session.undo()
    assert session.mask is mask
    assert session.image is image
    session.redo()
    assert (shown(session)[100, 100] == 7).all()
    assert session.records == (a_record(),)


def test_outside_the_mask_not_one_bit_changes():
    session = a_session()
    session.stroke(dab(250, 250, 90, hardness=0.2))
    allowed = session.mask.read(BOUNDS)[:, :, 0] > 0
    session.ask(Repair("patch"))
    run(session, 9)
    different = (shown(session) != PLAIN).any(axis=2)
    assert different.any()
    assert not (different & ~allowed).any()


def test_results_stream_in_and_painting_goes_on():
    session = a_session()
    heard = []
    session.listen(heard.append)
    session.stroke(dab(100, 100))
    session.ask(Repair("patch"))
    job = session.next_job()
    session.take(fill(job, 7))
    assert (shown(session)[100, 100] == 7).all()
    assert job.region in [change.region for change in heard if change.what == "image"]
    session.stroke(dab(500, 300))
    session.take(Finished(job.id, a_record()))
    assert (shown(session)[100, 100] == 7).all()
    assert session.mask.read(BOUNDS)[300, 500, 0] == 255
    assert session.mask.read(BOUNDS)[100, 100, 0] == 0
    session.undo()  # the later stroke
    assert (shown(session)[100, 100] == 7).all()
    session.undo()  # the repair
    assert np.array_equal(shown(session), PLAIN)
    assert session.mask.read(BOUNDS)[100, 100, 0] == 255


def test_a_queued_job_freezes_when_it_starts_and_sees_what_came_before_it():
    session = a_session()
    for x in (100, 130):
        session.stroke(dab(x, 100))
        session.ask(Repair("patch"))
    first = session.next_job()
    assert session.next_job() is None
    session.take(fill(first, 7))
    session.take(Finished(first.id, a_record()))
    second = session.next_job()
    assert (second.image.read(Region(100, 100, 101, 101)) == 7).all()
    session.take(fill(second, 8))
    session.take(Finished(second.id, a_record()))
    assert (shown(session)[100, 130] == 8).all()
    assert (shown(session)[100, 90] == 7).all()
    assert not session.pending


def test_cancel_puts_the_picture_back_at_once_and_a_late_tile_lands_nowhere():
    session = a_session()
    session.stroke(dab(100, 100))
    mask = session.mask
    session.ask(Repair("patch"))
    job = session.next_job()
    session.take(fill(job, 7))
    session.cancel(job.id)
    assert np.array_equal(shown(session), PLAIN)
    assert session.mask is mask
    for late in (fill(job, 9), Finished(job.id, a_record()), Failed(job.id, "Too late.")):
        session.take(late)
    assert np.array_equal(shown(session), PLAIN)
    assert len(session.history) == 2
    assert not session.records


@pytest.mark.parametrize("closing", [Stopped, lambda job_id: Failed(job_id, "The engine ended.")])
def test_a_job_that_ends_without_result_gives_its_mask_back_beside_what_was_painted_since(closing):
    session = a_session()
    heard = []
    session.listen(heard.append)
    session.stroke(dab(100, 100))
    session.ask(Repair("patch"))
    job = session.next_job()
    session.stroke(dab(500, 300))
    session.take(closing(job.id))
    mask = session.mask.read(BOUNDS)[:, :, 0]
    assert mask[100, 100] == mask[300, 500] == 255
    assert [step.title for step in session.history.steps] == ["Opened", "Painted mask", "Painted mask"]
    if closing is not Stopped:
        assert "The engine ended." in [change.message for change in heard]


def test_undo_of_a_running_job_cancels_it():
    session = a_session()
    session.stroke(dab(100, 100))
    mask = session.mask
    session.ask(Repair("patch"))
    job = session.next_job()
    session.undo()
    assert not session.pending
    assert session.mask is mask
    session.take(fill(job, 7))
    assert np.array_equal(shown(session), PLAIN)
    assert not session.history.can_redo


def test_repair_after_each_stroke_is_one_step_with_its_stroke():
    session = a_session()
    session.stroke(dab(100, 100))
    session.ask(Repair("patch"), joined=True)
    run(session, 7)
    assert [step.title for step in session.history.steps] == ["Opened", "Repaired"]
    session.undo()
    assert masks.is_empty(session.mask)
    assert np.array_equal(shown(session), PLAIN)


def test_a_joined_repair_that_is_given_up_leaves_the_stroke():
    session = a_session()
    session.stroke(dab(100, 100))
    mask = session.mask
    session.ask(Repair("patch"), joined=True)
    session.cancel(session.next_job().id)
    assert [step.title for step in session.history.steps] == ["Opened", "Painted mask"]
    assert session.mask is mask


def test_work_by_hand_between_a_stroke_and_its_joined_repair_keeps_its_step():
    session = a_session()
    session.stroke(dab(100, 100))
    session.clone(dab(500, 300), dx=40, dy=0)
    session.ask(Repair("patch"), joined=True)
    run(session, 7)
    assert [step.title for step in session.history.steps] == ["Opened", "Painted mask", "Cloned", "Repaired"]


def test_what_is_protected_is_never_touched():
    session = a_session()
    session.stroke(dab(110, 100), protects=True)
    session.stroke(dab(100, 100))
    session.ask(Repair("patch"))
    run(session, 7)
    assert np.array_equal(shown(session)[100, 110], PLAIN[100, 110])
    assert (shown(session)[100, 85] == 7).all()
    allowed = session.saving().allowed.read(BOUNDS)[:, :, 0]
    assert allowed[100, 85] > 0
    assert allowed[100, 110] == 0


def test_restore_paints_the_master_back_to_the_bit():
    session = a_session()
    session.stroke(dab(100, 100, 80))
    session.ask(Repair("patch"))
    run(session, 7)
    session.restore(dab(100, 100, 30))
    assert np.array_equal(shown(session)[100, 95:105], PLAIN[100, 95:105])
    assert (shown(session)[100, 130] == 7).all()
    assert session.records[-1].name == "restore"
    assert session.restore(dab(-500, 0)) is None


def test_clone_copies_from_the_offset_and_nothing_from_beyond_the_border():
    session = a_session()
    session.clone(dab(300, 200, 20), dx=50, dy=-30)
    assert np.array_equal(shown(session)[200, 295:305], PLAIN[170, 345:355])
    assert session.clone(dab(695, 395, 8), dx=100, dy=0) is None
    assert np.array_equal(shown(session)[395, 695], PLAIN[395, 695])
    assert len(session.records) == 1
    assert session.records[0].operation == {"name": "clone", "dx": 50, "dy": -30}
    with pytest.raises(InvalidValueError, match="Alt-click"):
        session.clone(dab(1, 1), dx=0, dy=0)


def test_work_by_hand_waits_where_a_job_is_at_work_and_goes_on_elsewhere():
    session = a_session()
    session.stroke(dab(100, 100))
    session.ask(Repair("patch"))
    job = session.next_job()
    with pytest.raises(RestorerError, match="changing this part"):
        session.clone(dab(110, 110), dx=5, dy=5)
    session.clone(dab(130, 180, 20), dx=200, dy=0)  # beside it, in the same cell
    session.take(fill(job, 7))
    assert (shown(session)[100, 100] == 7).all()
    session.take(Finished(job.id, a_record()))
    assert (shown(session)[100, 100] == 7).all()
    assert np.array_equal(shown(session)[180, 130], PLAIN[180, 330])


def test_work_by_hand_copies_nothing_that_a_job_is_about_to_change():
    session = a_session()
    session.stroke(dab(100, 100))
    session.ask(Repair("telea"))
    with pytest.raises(RestorerError, match="would be copied"):
        session.clone(dab(600, 300, 20), dx=-500, dy=-200)
    session.clone(dab(600, 300, 20), dx=-50, dy=0)


@pytest.mark.parametrize("history_bytes", [0, 2**29], ids=["over its budget", "with room"])
def test_work_by_hand_beside_a_job_is_replayed_to_the_bit(history_bytes):
    session = a_session(history_bytes=history_bytes)
    session.stroke(dab(100, 100))
    session.ask(Repair("telea"))
    job = session.next_job()
    session.clone(dab(200, 200, 20), dx=20, dy=0)  # in a cell that the job changes, too
    session.clone(dab(600, 300, 20), dx=-50, dy=0)
    session.restore(dab(205, 200, 10))
    for event in runner.run(job):
        session.take(event)
    used = masks_of(session.history)
    steps = list(replay(session.records, session.original, used=used, models={}, run=runner.run))
    assert [step.found.name for step in steps] == ["repair", "clone", "clone", "restore"]
    assert all(step.same for step in steps), [step.sentence for step in steps]
    assert np.array_equal(steps[-1].image.read(BOUNDS), shown(session))


def test_two_joined_repairs_that_are_given_up_bring_back_both_their_masks():
    session = a_session()
    jobs = []
    for x, y in ((100, 100), (500, 300)):
        session.stroke(dab(x, y))
        jobs.append(session.ask(Repair("telea"), joined=True).id)
    session.next_job()
    session.cancel(jobs[0])
    session.next_job()
    session.take(Failed(jobs[1], "The engine ended."))
    mask = session.mask.read(BOUNDS)[:, :, 0]
    assert mask[100, 100] == mask[300, 500] == 255


def test_a_joined_repair_takes_no_other_step_in():
    session = a_session()
    session.stroke(dab(100, 100))
    session.stroke(dab(100, 100, 20), protects=True)
    session.stroke(dab(100, 100))  # where all is painted already: no step
    session.ask(Repair("telea"), joined=True)
    session.undo()
    assert masks.count_covered(session.protect) > 0
    assert session.history.steps[-1].title == "Painted protection"


def test_beside_work_by_hand_each_tile_costs_what_it_covers_and_later_steps_share_their_picture():
    session = a_session()
    session.set_mask("Left", Raster.from_array(np.pad(np.full((400, 512), 255, np.uint8), ((0, 0), (0, 188)))))
    session.ask(Repair("patch"))
    job = session.next_job()
    session.clone(dab(650, 100, 20), dx=9, dy=9)
    pieces = list(Region(0, 0, 512, 400).divided(256, 400))
    shown_before = session.image
    for done, piece in enumerate(pieces, 1):
        session.take(TileDone(job.id, piece, np.full((*piece.shape, 3), 7, np.uint16), done, len(pieces)))
        assert session.image.changed_cells(shown_before) == set(piece.cells(256))
        shown_before = session.image
    assert (shown(session)[:, :512] == 7).all()
    session.stroke(dab(600, 300))
    session.take(Finished(job.id, a_record()))
    assert session.history.steps[-1].after.image is session.history.steps[-2].after.image
    assert np.array_equal(shown(session)[100, 645:655], PLAIN[109, 654:664])
    assert np.array_equal(shown(session)[300:, 512:], PLAIN[300:, 512:])


def test_upscaling_makes_a_picture_of_another_size_and_undo_brings_the_old_one_back():
    session = a_session()
    session.stroke(dab(100, 100))
    session.ask(Upscale(2, method="lanczos"))
    with pytest.raises(RestorerError, match="being upscaled"):
        session.stroke(dab(1, 1))
    job = session.next_job()
    session.take(TileDone(job.id, job.output_region, np.full((800, 1400, 3), 3, np.uint16), 1, 1))
    assert session.image.bounds == BOUNDS
    session.take(Finished(job.id, a_record(operation={"name": "upscale", "scale": 2})))
    assert session.image.bounds == BOUNDS.scaled(2)
    assert session.mask.bounds == BOUNDS.scaled(2)
    assert (shown(session) == 3).all()
    assert session.saving().allowed is None
    session.undo()
    assert session.image.bounds == BOUNDS
    assert np.array_equal(shown(session), PLAIN)


def test_what_is_painted_keeps_its_place_on_the_enlarged_picture():
    session = a_session()
    session.stroke(dab(100, 100))
    session.stroke(dab(400, 300), protects=True)
    mask, protect = (raster.read(BOUNDS) for raster in (session.mask, session.protect))
    session.ask(Upscale(2, method="lanczos"))
    job = session.next_job()
    session.take(TileDone(job.id, job.output_region, np.full((800, 1400, 3), 3, np.uint16), 1, 1))
    session.take(Finished(job.id, a_record(operation={"name": "upscale", "scale": 2})))
    assert np.array_equal(session.mask.read(BOUNDS.scaled(2)), mask.repeat(2, axis=0).repeat(2, axis=1))
    assert np.array_equal(session.protect.read(BOUNDS.scaled(2)), protect.repeat(2, axis=0).repeat(2, axis=1))
    session.ask(Repair("patch"))
    assert session.next_job().mask.bounds == BOUNDS.scaled(2)


def test_the_whole_picture_is_upscaled_whatever_is_protected():
    session = a_session()
    session.stroke(dab(100, 100), protects=True)
    session.set_mask("Inverted mask", masks.invert(session.protect), protects=True)
    session.ask(Upscale(2, "lanczos"))
    assert session.next_job().region == BOUNDS


def test_where_memory_is_short_a_job_can_still_be_given_up():
    session = a_session(history_bytes=0)
    for x in (100, 400):
        session.stroke(dab(x, 100))
        pending = session.ask(Repair("patch"))
        if x == 100:
            run(session, 7)
    with pytest.raises(RestorerError, match="were let go"):
        session.go_to(1)
    assert session.pending == (pending,)
    session.cancel(pending.id)
    assert not session.pending
    assert masks.count_covered(session.mask) > 1000


def test_a_picture_that_was_repaired_and_then_upscaled_can_be_saved():
    session = a_session()
    session.stroke(dab(100, 100))
    session.ask(Repair("patch"))
    job = session.next_job()
    session.take(fill(job, 7))
    session.take(Finished(job.id, a_record()))
    session.ask(Upscale(2, method="lanczos"))
    job = session.next_job()
    session.take(TileDone(job.id, job.output_region, np.full((800, 1400, 3), 3, np.uint16), 1, 1))
    session.take(Finished(job.id, a_record(operation={"name": "upscale", "scale": 2})))
    assert session.saving().allowed is None


def test_a_picture_is_saved_beside_what_was_saved_of_it_at_another_size(tmp_path):
    tifffile.imwrite(tmp_path / "plate.tif", PLAIN, photometric="rgb")
    session = Session(open_here(tmp_path / "plate.tif"))

    def work(operation):
        session.stroke(dab(100, 100))
        session.ask(operation)
        for event in runner.run(session.next_job()):
            session.take(event)
        saving = session.saving()
        session.saved(saving, saving.run(derive=saving.derives))
        return session.last_saved.path

    first = work(Repair("telea"))
    before = first.read_bytes()
    assert first.name == "plate_restored_v01.tif"
    second = work(Upscale(2, method="lanczos"))
    assert second.name == "plate_restored_v02.tif"
    assert first.read_bytes() == before
    assert work(Repair("telea")) == second, "of the same size, what this session wrote is replaced"
    enlarged = second.read_bytes()
    while session.image.bounds != session.original.bounds:
        session.undo()
    assert work(Repair("telea")).name == "plate_restored_v03.tif"
    assert (first.read_bytes(), second.read_bytes()) == (before, enlarged)


def test_the_next_size_lies_where_the_last_was_saved(tmp_path):
    (tmp_path / "kept").mkdir()
    tifffile.imwrite(tmp_path / "plate.tif", PLAIN, photometric="rgb")
    session = Session(open_here(tmp_path / "plate.tif"))
    for operation, target in ((Repair("telea"), tmp_path / "kept" / "mine.tif"), (Upscale(2, method="lanczos"), None)):
        session.stroke(dab(100, 100))
        session.ask(operation)
        for event in runner.run(session.next_job()):
            session.take(event)
        saving = session.saving()
        session.saved(saving, saving.run(target, derive=saving.derives))
    assert session.last_saved.path == tmp_path / "kept" / "plate_restored_v01.tif"
    assert {path.name for path in tmp_path.iterdir()} == {"kept", "plate.tif"}


def _saved(session, operation, *, derive=False):
    session.stroke(dab(100, 100))
    session.ask(operation)
    for event in runner.run(session.next_job()):
        session.take(event)
    saving = session.saving()
    session.saved(saving, saving.run(derive=derive or saving.derives))
    return session.last_saved


def test_a_tiff_that_was_asked_for_stays_one_when_enlarging_is_undone(tmp_path):
    tifffile.imwrite(tmp_path / "plate.tif", PLAIN, photometric="rgb")
    session = Session(open_here(tmp_path / "plate.tif"))
    assert not _saved(session, Repair("telea"), derive=True).patched
    assert not _saved(session, Upscale(2, method="lanczos")).patched
    while session.image.bounds != session.original.bounds:
        session.undo()
    assert not _saved(session, Repair("telea")).patched


def test_a_folder_that_is_gone_is_told_as_one(tmp_path):
    tifffile.imwrite(tmp_path / "plate.tif", PLAIN, photometric="rgb")
    session = Session(open_here(tmp_path / "plate.tif"))
    (tmp_path / "drive.tif").mkdir()
    session.stroke(dab(100, 100))
    session.ask(Repair("telea"))
    for event in runner.run(session.next_job()):
        session.take(event)
    saving = session.saving()
    session.saved(saving, saving.run(tmp_path / "drive.tif" / "mine.tif"))
    shutil.rmtree(tmp_path / "drive.tif")
    with pytest.raises(UnwritableFileError, match=r"drive\.tif is not there any more"):
        _saved(session, Upscale(2, method="lanczos"))
    assert [file.name for file in tmp_path.iterdir()] == ["plate.tif"]


def test_what_a_jpeg_would_undo_is_saved_as_a_tiff_beside_the_jpeg_of_before(tmp_path):
    Image.fromarray((PLAIN >> 8).astype(np.uint8)).save(tmp_path / "print.jpg", quality=90)
    session = Session(open_here(tmp_path / "print.jpg"))

    def work(operation, value):
        session.stroke(dab(100, 100))
        session.ask(operation, model=cards.find_model("decompress").card if operation.task else None)
        job = session.next_job()
        session.take(fill(job, value))
        session.take(Finished(job.id, a_record(operation={"name": operation.name}, region=job.region)))
        return session.saving()

    first = work(Repair("patch"), 7)
    assert not first.derives
    session.saved(first, first.run())
    second = work(Decompress(quality=50), 9)
    assert second.derives
    session.saved(second, second.run(derive=second.derives))
    assert {path.name for path in tmp_path.iterdir()} == {
        "print.jpg", "print_restored_v01.jpg", "print_restored_v01.tif"
    }  # fmt: skip
    third = work(Repair("patch"), 11)
    assert third.run(derive=third.derives).path.name == "print_restored_v01.tif", "what this session wrote is replaced"


def test_a_whole_picture_operation_takes_the_mask_where_there_is_one():
    session = a_session()
    whole = session.ask(Denoise(method="nlm"))
    assert whole.region == BOUNDS
    session.cancel(whole.id)
    session.stroke(dab(100, 100))
    assert session.ask(Denoise(method="nlm")).region != BOUNDS


def test_notes_of_a_job_reach_the_person():
    session = a_session()
    heard = []
    session.listen(heard.append)
    session.ask(Denoise(method="nlm"))
    session.take(Note(session.next_job().id, "The GPU was full: going on with the CPU."))
    assert "going on with the CPU" in heard[-1].message


def test_clearing_the_mask_can_be_undone_and_the_mask_brought_back():
    session = a_session()
    with pytest.raises(RestorerError, match="no earlier mask"):
        session.reselect_mask()
    session.stroke(dab(100, 100))
    mask = session.mask
    session.clear_mask()
    assert masks.is_empty(session.mask)
    session.reselect_mask()
    assert session.mask is mask
    session.clear_mask()
    session.clear_mask()  # nothing to clear is no step
    assert [step.title for step in session.history.steps][-1] == "Cleared mask"


@pytest.mark.parametrize(
    ("prepare", "operation", "sentence"),
    [
        (lambda _: None, Repair("patch"), "needs a mask"),
        (lambda s: s.set_mask("all", masks.full(BOUNDS)), Repair("patch"), "covers the whole picture"),
        (lambda s: s.stroke(dab(9, 9)), Repair("faithful"), "needs a model"),
        (
            lambda s: (s.stroke(dab(9, 9)), s.stroke(dab(9, 9, 60), protects=True)),
            Repair("patch"),
            "Everything under the mask is protected",
        ),
        (lambda s: s.set_mask("all", masks.full(BOUNDS), protects=True), Denoise(method="nlm"), "Everything is prot"),
        (
            lambda s: s.set_mask("all", Raster.from_array(np.full((400, 700), 255, np.uint8)), protects=True),
            Denoise(method="nlm"),
            "Everything is protected",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_changes(prepare, operation, sentence):
    session = a_session()
    prepare(session)
    steps = session.history.steps
    with pytest.raises(RestorerError, match=sentence):
        session.ask(operation)
    assert session.history.steps == steps
    assert not session.pending


def test_a_picture_for_viewing_is_not_edited():
    session = a_session(editable=False, reason="Palette pictures can only be viewed.")
    with pytest.raises(RestorerError, match="only be viewed"):
        session.stroke(dab(1, 1))


def test_saving_is_refused_while_a_job_runs_and_when_nothing_changed():
    session = a_session()
    with pytest.raises(RestorerError, match="nothing to save"):
        session.saving()
    session.clone(dab(300, 200), dx=9, dy=9)
    assert session.is_unsaved
    session.ask(Denoise(method="nlm"))
    with pytest.raises(RestorerError, match="still running"):
        session.saving()
