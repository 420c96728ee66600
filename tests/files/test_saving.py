import errno
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from io import BufferedReader
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from restorer_app.core.errors import NotPatchableError, UnwritableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import Raster
from restorer_app.core.record import Record
from restorer_app.files import atomic, saving
from restorer_app.files.hashing import sha256_of
from restorer_app.files.master import open_master
from restorer_app.files.metadata import embedded
from restorer_app.files.opening import open_here
from restorer_app.files.patching import SavingStoppedError, Verdict
from restorer_app.files.saving import save
from restorer_app.files.verify import verify
from tests.files.make import noise
from tests.files.tiffs import page, with_families, write

PLACE = Region(20, 25, 60, 66)
TOTAL = "21\u202f600"  # a space that no line breaks at


def record(name: str = "clone", **values: object) -> Record:
    facts = {
        "at": "2026-11-20T12:00:00+00:00", "operation": {"name": name}, "region": PLACE, "seed": 1, "model_id": None,
        "model_sha256": None, "mask_sha256": None, "before_sha256": "a", "after_sha256": "b", "versions": {},
        "device": "cpu", "dtype": "float32", "seconds": 1.0, "changed_pixels": 1,
    }  # fmt: skip
    return Record(**(facts | values))


@pytest.fixture
def master(tmp_path) -> Path:
    one = page(noise(90, 80, dtype="uint16"), coding=("lzw", 2), tile=(32, 32))
    return write(tmp_path / "scan.tif", with_families(one))


def test_work_on_the_whole_picture_is_not_proved_by_a_mask_that_allows_everything(master):
    picture = open_here(master)
    done = saving.save(picture, edited(picture), allowed=None, records=[record("denoise")])
    changed = saving_changes(picture, done.path)
    assert done.verdict.same
    said = f"{changed:,} of {TOTAL} samples changed by work on the whole picture".replace(",", "\u202f")
    assert done.verdict.sentence == f"{said}; all else in the file but the record of it is as it was."
    assert verify(master, done.path).sentence == done.verdict.sentence
    new = saving.save(picture, edited(picture), allowed=None, records=[record("denoise")], derive=True)
    assert new.verdict.sentence == f"{said}."


def test_work_on_the_whole_picture_that_changed_its_alpha_says_so():
    verdict = Verdict(
        judged=True, anywhere=True, inside_changed=9, outside_changed=2, samples_total=20, segments_total=3
    )
    assert not verdict.same
    assert "and 2 of transparency or further channels, which may not" in verdict.sentence
    assert "all else" not in verdict.sentence


def saving_changes(picture, path: Path) -> int:
    bounds = picture.source.bounds
    return int(np.count_nonzero(picture.source.read(bounds) != open_here(path).source.read(bounds)))


def edited(picture, *, seed: int = 3) -> Raster:
    image = Raster(picture.source)
    pixels = noise(PLACE.height, PLACE.width, image.channels, dtype=image.dtype.name, seed=seed)
    return image.with_patch(PLACE, pixels)


def mask(picture) -> Raster:
    return Raster.flat(picture.source.bounds).with_patch(PLACE, np.full((*PLACE.shape, 1), 255, np.uint8))


def saved_once(master: Path, **how: object) -> saving.Saved:
    picture = open_here(master)
    return save(picture, edited(picture), allowed=mask(picture), records=[record()], **how)


def parts(folder: Path) -> list[Path]:
    return list(folder.glob(".restorer-*"))


def test_a_save_leaves_the_opened_file_alone_and_says_what_it_wrote(master):
    before = master.read_bytes()
    done = saved_once(master)
    assert master.read_bytes() == before
    assert done.path == master.with_name("scan_restored_v01.tif")
    assert done.patched
    assert done.sha256 == hashlib.sha256(done.path.read_bytes()).hexdigest()
    assert done.master_sha256 == hashlib.sha256(before).hexdigest()
    assert done.size_bytes == done.path.stat().st_size
    assert done.segments_patched < done.segments_total
    assert done.verdict.same
    assert done.verdict.sentence == f"0 of {TOTAL} samples changed outside the mask."
    assert not parts(master.parent)
    with tifffile.TiffFile(done.path) as file:
        np.testing.assert_array_equal(file.pages[0].asarray(), edited(open_here(master)).read(Region(0, 0, 80, 90)))


def test_the_same_edit_gives_the_same_file(master):
    first, second = saved_once(master), saved_once(master)
    assert second.path.name == "scan_restored_v02.tif"
    assert first.sha256 == second.sha256


def test_an_edit_outside_the_mask_is_never_given_a_name(master):
    picture = open_here(master)
    image = edited(picture).with_patch(Region(0, 0, 1, 1), np.zeros((1, 1, 3), np.uint16))
    with pytest.raises(UnwritableFileError, match=f"3 of {TOTAL} samples changed outside the mask"):
        save(picture, image, allowed=mask(picture), records=[record()])
    assert [path.name for path in master.parent.iterdir()] == ["scan.tif"]


def test_the_opened_file_is_never_the_target(master):
    link = master.with_name("link.tif")
    link.symlink_to(master)
    for target in (master, link, master.parent / "." / "scan.tif"):
        with pytest.raises(UnwritableFileError, match="never overwritten"):
            saved_once(master, target=target)


def test_a_file_that_is_there_is_not_overwritten_unless_this_session_wrote_it(master):
    first = saved_once(master)
    with pytest.raises(UnwritableFileError, match="already there"):
        saved_once(master, target=first.path)
    again = saved_once(master, target=first.path, replace_ours=first.sha256)
    assert again.path == first.path
    first.path.write_bytes(b"another program")
    with pytest.raises(UnwritableFileError, match="another program"):
        saved_once(master, target=first.path, replace_ours=first.sha256)
    assert first.path.read_bytes() == b"another program"


@pytest.mark.parametrize("how", ["time", "content", "gone"])
def test_a_master_that_moved_under_us_is_not_saved(master, how):
    picture = open_here(master)
    known = sha256_of(master)
    if how == "time":
        os.utime(master, ns=(1, 1))
    elif how == "content":  # same size and time: only the hash tells
        data = bytearray(master.read_bytes())
        data[200] ^= 1
        master.write_bytes(data)
        os.utime(master, ns=(picture.modified_ns, picture.modified_ns))
    else:
        master.rename(master.with_name("elsewhere.tif"))
    with pytest.raises(UnwritableFileError) as refusal:
        save(picture, edited(picture), allowed=mask(picture), records=[], master_sha256=known)
    assert refusal.value.advice
    assert not list(master.parent.glob("*restored*"))


def test_a_name_that_promises_another_kind_is_refused_with_the_right_one(master):
    with pytest.raises(NotPatchableError, match=r"scan\.tif"):
        saved_once(master, target=master.with_name("scan.jpg"))
    with pytest.raises(NotPatchableError, match=r"access\.tif"):
        saved_once(master, target=master.with_name("access.jpg"), derive=True)


def test_what_cannot_be_patched_names_the_tiff_that_can_be_written(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", noise(64, 64), photometric="rgb", compression="jpeg", tile=(32, 32))
    picture = open_here(tmp_path / "a.tif")
    image = Raster(picture.source).with_patch(Region(0, 0, 4, 4), np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(NotPatchableError, match=r"JPEG.*a_restored_v01\.tif \(--derive\)"):
        save(picture, image, allowed=None, records=[])
    done = save(picture, image, allowed=None, records=[], derive=True)
    assert not done.patched
    np.testing.assert_array_equal(tifffile.imread(done.path), image.read(image.bounds))


@pytest.mark.parametrize("moment", ["Copying", "Writing", "Comparing"])
def test_a_cancel_at_any_moment_leaves_nothing(master, moment):
    cancel = CancelToken()

    def progress(what: str, _share: float) -> None:
        if what.startswith(moment):
            cancel.cancel()

    with pytest.raises(SavingStoppedError):
        saved_once(master, progress=progress, cancel=cancel)
    assert [path.name for path in master.parent.iterdir()] == ["scan.tif"]


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "enough room"), (errno.EROFS, "cannot be written"), (errno.EIO, "could not be written"),
     (errno.ENODEV, "not there any more"), (errno.EDQUOT, "enough room")],
)  # fmt: skip
@pytest.mark.parametrize("step", ["sync", "publish"])
def test_a_failing_disc_leaves_the_old_file_and_says_what_to_do(master, monkeypatch, number, said, step):
    old = saved_once(master)
    before = old.path.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(atomic.Landing, step, fail)
    with pytest.raises(UnwritableFileError, match=said) as refusal:
        saved_once(master, target=old.path, replace_ours=old.sha256)
    assert refusal.value.advice
    assert old.path.read_bytes() == before
    assert not parts(master.parent)


@pytest.mark.parametrize("where", ["_write", "patch"])  # all that is written, or the patches alone
def test_a_disc_that_fills_while_patching_leaves_nothing(master, monkeypatch, where):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(f"restorer_app.files.copying.Copy.{where}", full)
    with pytest.raises(UnwritableFileError, match="enough room"):
        saved_once(master)
    assert [path.name for path in master.parent.iterdir()] == ["scan.tif"]


def test_a_fault_while_patching_beside_the_copying_is_not_swallowed(master, monkeypatch):
    def fault(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("restorer_app.files.tiff_patch.encode_segment", fault)
    with pytest.raises(ZeroDivisionError):
        saved_once(master)
    assert [path.name for path in master.parent.iterdir()] == ["scan.tif"]


@pytest.mark.parametrize("moment", ["Copying", "Comparing"])
@pytest.mark.parametrize("how", ["gone", "shorter", "longer", "other"])
def test_a_master_that_changes_while_it_is_saved_is_named(master, how, moment):
    whole = master.read_bytes()

    def progress(what: str, _share: float) -> None:
        if not what.startswith(moment) or not master.exists():
            return
        if how == "gone":
            master.unlink()
        else:
            master.write_bytes({"shorter": whole[:300], "longer": whole * 2, "other": bytes(len(whole))}[how])

    said = "not there any more" if how == "gone" else "changed by another program"
    with pytest.raises(UnwritableFileError, match=rf"^scan\.tif .*{said}") as refusal:
        saved_once(master, progress=progress)
    assert refusal.value.advice
    assert not list(master.parent.glob("*restored*"))
    assert not parts(master.parent)


@pytest.mark.skipif(sys.platform == "win32", reason="reads a folder instead")
@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("moment", ["opening", "reading"])
def test_a_drive_that_fails_under_the_master_is_not_told_of_the_derivative(tmp_path, monkeypatch, suffix, moment):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(np.full((90, 80, 3), 99, np.uint8)).save(path)
    picture = open_here(path)
    image, where = edited(picture), mask(picture)
    image.read(image.bounds)

    def failing(path: Path) -> BufferedReader:
        if moment == "opening":
            path.unlink()
        file = open_master(path)
        folder = os.open(tmp_path, os.O_RDONLY)
        os.dup2(folder, file.fileno())  # from now on the system refuses every read
        os.close(folder)
        return file

    monkeypatch.setattr(f"restorer_app.files.{picture.kind}_patch.open_master", failing)
    with pytest.raises(UnwritableFileError, match=rf"^a\.{suffix} cannot be read any more"):
        save(picture, image, allowed=where, records=[])
    assert not list(tmp_path.glob("*restored*"))
    assert not parts(tmp_path)


@pytest.mark.parametrize("how", ["zeros", "one page less", "another size"])
def test_another_file_under_the_name_is_told_as_that_whatever_is_in_it(master, how):
    """Same size, same time: only the hash tells, and it comes before anything that patching stumbles over."""
    picture, known, size = open_here(master), sha256_of(master), master.stat().st_size
    image, where = edited(picture), mask(picture)
    if how == "zeros":
        master.write_bytes(bytes(size))
    else:
        sides = (90, 80) if how == "one page less" else (33, 31)
        write(master, page(noise(*sides, dtype="uint16"), coding=("deflate", 1)))
        master.write_bytes(master.read_bytes()[:size].ljust(size, b"\0"))
        picture = replace(picture, page=int(how == "one page less"))
    os.utime(master, ns=(picture.modified_ns, picture.modified_ns))
    with pytest.raises(UnwritableFileError, match="changed by another program"):
        save(picture, image, allowed=where, records=[], master_sha256=known)
    if how == "one page less":
        with pytest.raises(NotPatchableError, match="has no page 2 any more"):
            save(picture, image, allowed=where, records=[])


def test_each_step_tells_its_progress_from_front_to_end(master):
    told: list[tuple[str, float]] = []
    saved_once(master, progress=lambda *step: told.append(step))
    steps = list(dict.fromkeys(what for what, _ in told))
    assert [step.split()[0] for step in steps][:3] == ["Copying", "Writing", "Comparing"]
    for step in steps:
        shares = [share for what, share in told if what == step]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0


@pytest.mark.parametrize("coding", [("none", 1), ("lzw", 2), ("zstd", 1)])
def test_where_patches_have_to_wait_for_the_copy_the_file_is_the_same(tmp_path, monkeypatch, coding):
    path = write(tmp_path / "a.tif", with_families(page(noise(90, 80, dtype="uint16"), coding=coding, rows=7)))
    first = saved_once(path)
    monkeypatch.setattr(saving, "takes_holes", lambda _: False)
    assert saved_once(path).sha256 == first.sha256


def test_too_little_room_is_said_before_copying(master, monkeypatch):
    class Usage:
        free = 1000

    monkeypatch.setattr(saving.shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(UnwritableFileError, match="not enough room"):
        saved_once(master)


def test_a_missing_folder_is_one_sentence(master):
    with pytest.raises(UnwritableFileError, match="not there"):
        saved_once(master, target=master.parent / "nowhere" / "a.tif")


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("linked", [False, True])
def test_a_number_that_is_taken_while_saving_is_passed_over(master, monkeypatch, inside, linked):
    if not linked:  # a drive without hard links
        monkeypatch.setattr("os.link", _no_links)
    folder = master.parent / "out" if inside else master.parent
    folder.mkdir(exist_ok=True)

    def progress(_what: str, _share: float) -> None:
        for number in (1, 2):
            (folder / f"scan_restored_v0{number}.tif").write_bytes(b"theirs")

    saved = saved_once(master, target=folder if inside else None, progress=progress)
    assert saved.path == folder / "scan_restored_v03.tif"
    assert verify(master, saved.path).same
    for number in (1, 2):
        assert (folder / f"scan_restored_v0{number}.tif").read_bytes() == b"theirs"
    assert not parts(folder)


def _no_links(*_: object) -> None:
    raise OSError(errno.EPERM, "no hard links here")


def test_a_file_that_appears_while_saving_is_not_overwritten(master):
    target = master.with_name("new.tif")

    def progress(_what: str, _share: float) -> None:
        target.write_bytes(b"theirs")

    with pytest.raises(UnwritableFileError, match="already there"):
        saved_once(master, target=target, progress=progress)
    assert target.read_bytes() == b"theirs"


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
@pytest.mark.parametrize("moment", ["Copying", "Writing", "Comparing"])
def test_a_kill_at_any_moment_leaves_the_old_file(master, moment):
    old = saved_once(master)
    before = old.path.read_bytes()
    script = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from tests.files.test_saving import edited, mask
        from restorer_app.files.opening import open_here
        from restorer_app.files.saving import save
        def progress(what, share):
            if what.startswith({moment!r}):
                os.kill(os.getpid(), signal.SIGKILL)
        picture = open_here(Path({str(master)!r}))
        save(picture, edited(picture, seed=9), allowed=mask(picture), records=[], progress=progress,
             target=Path({str(old.path)!r}), replace_ours={old.sha256!r})
    """)
    killed = subprocess.run([sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[2])
    assert killed.returncode == -signal.SIGKILL
    assert old.path.read_bytes() == before
    assert len(parts(master.parent)) == 1
    (left,) = parts(master.parent)
    os.utime(left, (1, 1))  # older than any save that may still run
    saved_once(master)
    assert not parts(master.parent)


def test_a_failed_proof_keeps_nothing(master, monkeypatch):
    holder = saving.container("tiff")
    assert holder is not None
    bad = replace(holder, prove=lambda *_, **__: Verdict(judged=False, reason="it was damaged."))
    monkeypatch.setattr(saving, "container", lambda _: bad)
    with pytest.raises(NotPatchableError, match=r"did not pass its proof.*--derive"):
        saved_once(master)
    assert [path.name for path in master.parent.iterdir()] == ["scan.tif"]


def test_the_record_in_the_file_tells_what_was_done_and_where(master):
    done = saved_once(master)
    said = embedded(open_here(done.path).xmp)
    assert said is not None
    assert said.records == (record(),)
    assert said.master_sha256 == done.master_sha256
    picture = open_here(master)
    np.testing.assert_array_equal(said.allowed.read(picture.source.bounds), mask(picture).read(picture.source.bounds))


def test_saving_a_derivative_again_keeps_its_first_records(master):
    first = saved_once(master)
    second = saved_once(first.path)
    assert second.path.name == "scan_restored_v02.tif"
    said = embedded(open_here(second.path).xmp)
    assert said is not None
    assert len(said.records) == 1
    assert len(saving.metadata.all_records(open_here(second.path).xmp)) == 2
