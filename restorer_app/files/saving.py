"""Saving: a copy of the opened file with only the edit patched in, proven before it gets its name."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from restorer_app.core.coverage import covers_everything
from restorer_app.core.errors import NotPatchableError, RestorerError, UnreadableFileError, UnwritableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import Raster, Source
from restorer_app.core.record import Record
from restorer_app.files import metadata
from restorer_app.files.allocator import give_back_large_buffers
from restorer_app.files.atomic import Landing, cannot_write, landing
from restorer_app.files.budget import Budget
from restorer_app.files.containers import Beside, Container, container
from restorer_app.files.copying import Copy, takes_holes
from restorer_app.files.derive import derive_tiff, prove_derived
from restorer_app.files.hashing import copy_hashed, sha256_of
from restorer_app.files.naming import SUFFIXES, first_free, next_version, target_of
from restorer_app.files.opening import open_here
from restorer_app.files.patching import (
    PatchReport,
    Progress,
    Verdict,
    silent,
    spaced,
    stop_if_cancelled,
)
from restorer_app.files.picture import Picture
from restorer_app.files.tiff import old_levels
from restorer_app.files.tiff_patch import patch_levels
from restorer_app.files.verify import with_kept_xmp
from restorer_app.files.wholexmp import xmp_before

# For what a patch appends, beside the size of the file itself; for a small file hardly more than that again.
_ROOM, _LEAST_ROOM = 16 << 20, 1 << 20
_MOST_JPEG_XMP = 65_000  # one APP1 segment


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written, and what the proof said."""

    path: Path
    sha256: str
    size_bytes: int
    patched: bool  # or derived: a new TIFF
    segments_patched: int
    segments_total: int
    verdict: Verdict
    master_sha256: str
    bounds: Region  # of the picture; upscaled, it is larger than its master
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Order:
    """One save with all it needs."""

    picture: Picture
    image: Raster
    allowed: Raster | None
    records: Sequence[Record]
    target: Path
    replace: bool
    numbered: bool  # the name was not asked for: if it is taken meanwhile, the next one does as well
    source_type: str | None
    progress: Progress
    cancel: CancelToken | None
    pyramid: bool
    masks: Sequence[Raster | None]


def save(
    picture: Picture,
    image: Raster,
    *,
    allowed: Raster | None,
    records: Sequence[Record],
    target: Path | None = None,
    derive: bool = False,
    replace_ours: str | None = None,
    master_sha256: str | None = None,
    source_type: str | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    pyramid: bool = False,
    masks: Sequence[Raster | None] = (),
) -> Saved:
    """Writes what `image` shows as a derivative of the opened file, which is only ever read.

    `target` may be a folder: in it, or beside the opened file where nothing is said, the template names it, and a
    number that is taken meanwhile is passed over. `allowed` is where it may differ (above 0; None: anywhere).
    `replace_ours` is the hash of a derivative that this session wrote to `target` before: it is replaced if it is
    still that file. `master_sha256` is the opened file's hash, if it is known: a file that moved under us is
    refused. `source_type` overrides DigitalSourceType. `pyramid` carries the edit into the smaller copies of the
    page inside a TIFF, too. `masks` are those of the records, which a replay needs.
    """
    give_back_large_buffers()
    holder = container(picture.kind)
    patch = picture.patchable and not derive and holder is not None and image.bounds == picture.source.bounds
    folder = target if target is not None and _is_folder(target) else None
    if not patch and not derive:
        raise _not_patchable(picture, image, None if folder else target)
    numbered = target is None or folder is not None
    if target is None or numbered:
        target = target_of(picture, derives=not patch, folder=folder)
    _must_have_suffix(picture, target, patch=patch)
    onto_ours = False if numbered else _may_replace(picture, target, replace_ours)
    _must_be_unmoved(picture)
    progress = progress or silent
    order = _Order(
        picture, image, allowed, records, target, onto_ours, numbered, source_type, progress, cancel, pyramid, masks
    )
    if patch:
        assert holder is not None  # patch says so
        return _patched(order, holder, known=master_sha256)
    return _derived(order, known=master_sha256)


def _patched(order: _Order, holder: Container, *, known: str | None) -> Saved:
    picture = order.picture
    _must_have_room(order.target, picture.size_bytes)
    with landing(order.target) as spot:
        # With --pyramid the levels go first, and what they move has to be read in the whole copy.
        if holder.beside is not None and not order.pyramid and takes_holes(spot.path):
            master, report = _patched_while_copied(order, holder.beside, spot, known=known)
        else:
            master, report = _copied_then_patched(order, holder, spot, known=known)
        allowed = order.allowed or Raster.flat(order.image.bounds, value=255)
        with spot.syncing():
            verdict = holder.prove(
                picture.path, spot.path,
                page=picture.page, allowed=allowed, progress=order.progress, cancel=order.cancel,
            )  # fmt: skip
        return _published(order, spot, report, verdict, master=master, patched=True)


def _patched_while_copied(
    order: _Order, beside: Beside, spot: Landing, *, known: str | None
) -> tuple[str, PatchReport]:
    """The master's hash, and what was patched: while one core copies and hashes, another codes the new segments."""
    picture = order.picture
    with (
        _or_derived(order),
        Copy(spot.path, size=picture.size_bytes) as copy,
        beside(picture, order.image, copy=copy) as finish,
    ):
        master = copy_hashed(picture.path, to=copy, progress=order.progress, cancel=order.cancel)
        _must_be_the_opened(picture, master, known)
        xmp = _xmp(order, master, derived=False, most=None)
        return master, finish(xmp, progress=order.progress, cancel=order.cancel)


def _copied_then_patched(
    order: _Order, holder: Container, spot: Landing, *, known: str | None
) -> tuple[str, PatchReport]:
    picture, image = order.picture, order.image
    master = _hashed(order, None if holder.beside is None else spot)
    _must_be_the_opened(picture, master, known)
    xmp = _xmp(order, master, derived=False, most=_MOST_JPEG_XMP if picture.kind == "jpeg" else None)
    levels = None
    with _or_derived(order):
        if order.pyramid and picture.kind in {"tiff", "bigtiff"}:
            levels = patch_levels(picture, image, target=spot.path, progress=order.progress, cancel=order.cancel)
        report = holder.patch(picture, image, target=spot.path, xmp=xmp, progress=order.progress, cancel=order.cancel)
    return master, report if levels is None else replace(report, notes=_with_levels(report.notes, *levels))


def _hashed(order: _Order, to: Landing | None) -> str:
    """The master's hash, copied or only read."""
    path = order.picture.path
    if to is None:
        return copy_hashed(path, to=None, progress=order.progress, cancel=order.cancel)
    with Copy(to.path, size=order.picture.size_bytes) as copy:
        return copy_hashed(path, to=copy, progress=order.progress, cancel=order.cancel)


@contextmanager
def _or_derived(order: _Order) -> Iterator[None]:
    """Some obstacles only show among the pixels; what was read all the same can still be derived."""
    try:
        yield
    except (NotPatchableError, UnreadableFileError) as problem:
        _must_be_unmoved(order.picture)  # a drive that is gone is no reason for another kind of file
        raise NotPatchableError(problem.message, advice=_as_tiff(order.picture, order.target)) from problem


def _with_levels(notes: tuple[str, ...], done: int, left: int) -> tuple[str, ...]:
    """The notes of a patch, with what is true of the smaller copies now."""
    kept = tuple(note for note in notes if note != old_levels(done + left))
    if left:
        kept += (old_levels(left),)
    copies = "One smaller copy" if done == 1 else f"{done} smaller copies"
    return (
        (*kept, f"{copies} of the picture in the file now {'shows' if done == 1 else 'show'} the edit.")
        if done
        else kept
    )


def _derived(order: _Order, *, known: str | None) -> Saved:
    picture, image = order.picture, order.image
    _must_have_room(order.target, _bytes_of_new(image))
    with landing(order.target) as spot:
        master = copy_hashed(picture.path, to=None, progress=order.progress, cancel=order.cancel)
        _must_be_the_opened(picture, master, known)
        xmp = _xmp(order, master, derived=True, most=None)
        report = derive_tiff(picture, image, target=spot.path, xmp=xmp, progress=order.progress, cancel=order.cancel)
        with spot.syncing():
            verdict = prove_derived(
                picture, image, spot.path, allowed=order.allowed, progress=order.progress, cancel=order.cancel
            )
        return _published(order, spot, report, verdict, master=master, patched=False)


def _xmp(order: _Order, master_sha256: str, *, derived: bool, most: int | None) -> bytes:
    saving = metadata.Saving(
        records=order.records,
        allowed=order.allowed,
        master_sha256=master_sha256,
        master_name=order.picture.path.name,
        page=order.picture.page,
        derived=derived,
        at=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        source_type=order.source_type,
        masks=order.masks,
    )
    return metadata.updated(xmp_before(order.picture, derived=derived), saving, most=most)


def _published(
    order: _Order, spot: Landing, report: PatchReport, verdict: Verdict, *, master: str, patched: bool
) -> Saved:
    """Gives a proven file its name; one that fails its proof never gets it."""
    _must_be_unmoved(order.picture)  # a proof against another file says nothing
    anywhere = order.allowed is None or covers_everything(order.allowed)
    old = xmp_before(order.picture, derived=not patched)
    verdict = _with_xmp_read_back(order, spot, verdict, old, patched=patched)
    verdict = replace(verdict, master_sha256=master, anywhere=anywhere)
    if not verdict.same:
        told = f"The saved file did not pass its proof and was not kept. {verdict.sentence}"
        if patched:  # where a damaged file misled the patcher, a new file may still hold what was shown
            raise NotPatchableError(told, advice=_as_tiff(order.picture, order.target))
        raise UnwritableFileError(told, advice="The opened file is untouched. Please report this.")
    stop_if_cancelled(order.cancel)
    size = spot.path.stat().st_size
    path = spot.publish(replace=order.replace, or_as=_following if order.numbered else None)
    return Saved(
        path=path,
        sha256=verdict.derivative_sha256,
        size_bytes=size,
        patched=patched,
        segments_patched=report.segments_patched,
        segments_total=report.segments_total,
        verdict=verdict,
        master_sha256=master,
        bounds=order.image.bounds,
        notes=report.notes + metadata.told_of_unparsed(old),
    )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # no name that the disc takes; writing it will say so
        return False


def _following(taken: Path) -> Path:
    return first_free(next_version(taken))


def _with_xmp_read_back(order: _Order, spot: Landing, verdict: Verdict, old: bytes | None, *, patched: bool) -> Verdict:
    """The verdict with what the new file's own XMP says: all that the master's said, and the record of this save."""
    try:
        page = order.picture.page if patched else 0
        written = open_here(spot.path, page=page, budget=Budget.for_our_own()).xmp
    except RestorerError as problem:
        return replace(verdict, judged=False, reason=problem.message)
    verdict = with_kept_xmp(verdict, old, written)
    if metadata.embedded(written) is None:
        return replace(verdict, metadata_differences=(*verdict.metadata_differences, "the record is missing"))
    return verdict


def must_be_possible(picture: Picture, target: Path | None, *, patch: bool, scale: int = 1) -> None:
    """Refuses before a long computation what saving there would refuse after it; as for `save`, it may be a folder."""
    if target is None or _is_folder(target):
        target = target_of(picture, derives=not patch, folder=target)
    _must_have_suffix(picture, target, patch=patch)
    if not target.parent.is_dir():
        raise UnwritableFileError(f"There is no folder {target.parent}.", advice="Make it, or choose another one.")
    _may_replace(picture, target, None)
    with landing(target):  # what a system says of permissions need not hold: a drive may be mounted for reading only
        _must_have_room(target, picture.size_bytes if patch else _bytes_of_new(picture.source, scale=scale))


def _not_patchable(picture: Picture, image: Raster, target: Path | None) -> NotPatchableError:
    why = picture.reason
    if image.bounds != picture.source.bounds:
        why = "The picture has another size than its file."
    elif picture.patchable:
        why = "This kind of file cannot be patched."
    return NotPatchableError(why, advice=_as_tiff(picture, target))


def _as_tiff(picture: Picture, target: Path | None) -> str:
    name = target_of(picture, derives=True) if target is None else target.with_suffix(".tif")
    return f"It can be saved as a new TIFF: {name.name} (--derive)."


def _must_have_suffix(picture: Picture, target: Path, *, patch: bool) -> None:
    """A name that promises another kind of file than is written would mislead everyone after us."""
    right = SUFFIXES.get(picture.kind, ()) if patch else SUFFIXES["tiff"] + SUFFIXES["bigtiff"]
    if target.suffix.lower() in right:
        return
    what = "A patched copy" if patch else "A new TIFF"
    proposed = target.with_suffix(picture.path.suffix if patch else ".tif")
    raise NotPatchableError(
        f"{what} of {picture.path.name} cannot be named {target.name}.",
        advice=f"Name it {proposed.name}" + (", or write a new TIFF with --derive." if patch else "."),
    )


def _may_replace(picture: Picture, target: Path, replace_ours: str | None) -> bool:
    """Whether the target is a derivative of this session; a name that is free needs no replacing."""
    try:
        if not target.exists():
            return False
        if target.samefile(picture.path):
            raise UnwritableFileError(
                "The opened file is never overwritten.", advice=f"Save it as {next_version(target).name}, for example."
            )
        if replace_ours is not None and target.is_file() and sha256_of(target) == replace_ours:
            return True
    except OSError as problem:
        raise cannot_write(target, problem) from problem
    changed = "was changed by another program since" if replace_ours else "is already there"
    raise UnwritableFileError(
        f"{target.name} {changed}; it was not overwritten.",
        advice=f"Save a new version, {next_version(target).name}, or choose another name.",
    )


def _must_be_unmoved(picture: Picture) -> None:
    """The file on the disc has to be the one that was opened: size and time here, the hash once it is read."""
    try:
        status = picture.path.stat()
    except OSError as problem:
        raise UnwritableFileError(
            f"{picture.path.name} is not there any more, so it cannot be saved.",
            advice="Connect its drive again or put it back; the edit is still here.",
        ) from problem
    if (status.st_size, status.st_mtime_ns) != (picture.size_bytes, picture.modified_ns):
        raise _moved(picture)


def _must_be_the_opened(picture: Picture, found: str, known: str | None) -> None:
    """Asked before anything that the copy's bytes led to is told: in another file that would be misleading."""
    _must_be_unmoved(picture)
    if known is not None and found != known:
        raise _moved(picture)


def _moved(picture: Picture) -> UnwritableFileError:
    return UnwritableFileError(
        f"{picture.path.name} was changed by another program since it was opened; nothing was saved.",
        advice="Open it again: the edit belongs to the file as it was.",
    )


def room_for(size_bytes: int) -> int:
    """What must be free for a derivative of so many bytes: its record, and segments that pack less well."""
    return size_bytes + min(_ROOM, size_bytes + _LEAST_ROOM)


def _bytes_of_new(pixels: Raster | Source, *, scale: int = 1) -> int:
    """A new TIFF of a picture, so many times as wide and high, before it is compressed."""
    return pixels.bounds.area * scale**2 * pixels.channels * pixels.dtype.itemsize


def _must_have_room(target: Path, needed: int) -> None:
    """Says so before minutes of copying, where the system knows."""
    try:
        free = shutil.disk_usage(target.parent).free
    except OSError as problem:
        raise cannot_write(target, problem) from problem
    needed = room_for(needed)
    if free < needed:
        raise UnwritableFileError(
            f"There is not enough room in {target.parent}: {spaced(needed / 1e6)} MB are needed, "
            f"{spaced(free / 1e6)} MB are free. Nothing was changed.",
            advice="Make room there or choose another folder.",
        )
