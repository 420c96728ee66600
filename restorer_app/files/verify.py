"""The proof on demand: did a derivative change anything that its mask or its record does not allow?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from restorer_app.core.coverage import covers_everything
from restorer_app.core.errors import RestorerError
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import Raster
from restorer_app.files import metadata
from restorer_app.files.containers import container
from restorer_app.files.hashing import sha256_of
from restorer_app.files.opening import open_here
from restorer_app.files.patching import Progress, Verdict, silent
from restorer_app.files.picture import Picture
from restorer_app.files.saying import OpenPicture, said_by
from restorer_app.files.values import compare_derived, compare_pictures
from restorer_app.files.wholexmp import xmp_before

_NOT_ITS_MASTER = "The record names another master (SHA-256 {}…), not this file as it is now."
_SWAPPED = "These look swapped: it is {} that was made from {}."


def verify(
    master: Path,
    derivative: Path,
    *,
    allowed: Raster | None = None,
    page: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    open_picture: OpenPicture = open_here,
) -> Verdict:
    """Judges by a mask, else by the record in the derivative, else by the rule that nothing may differ.

    Never raises for a file that is damaged or of another kind: the verdict says that it could not be judged.
    """
    progress = progress or silent
    try:
        one, other, said = _opened(master, derivative, page, open_picture, by_mask=allowed is not None)
    except RestorerError as problem:
        return Verdict(judged=False, reason=str(problem))
    judged_by = "mask"
    if allowed is None and said is not None:
        allowed = Raster.flat(other.source.bounds, value=255) if said.anywhere else said.allowed
        judged_by = "record"
    if allowed is None:
        judged_by = "nothing may differ"
    if allowed is not None and allowed.bounds != one.source.bounds:
        reason = _misfit(one, allowed, judged_by)
        if said is not None and said.anywhere and allowed.bounds == other.source.bounds:
            reason = _resized(one, other)
        return Verdict(judged=False, reason=reason)
    if said is not None and said.derived:
        verdict = compare_derived(one, other, allowed=allowed, progress=progress, cancel=cancel)
    else:
        verdict = _compared(one, other, allowed=allowed, page=one.page, progress=progress, cancel=cancel)
    if not verdict.judged and sha256_of(master) == sha256_of(derivative):  # a JPEG that is not baseline, for one
        bounds = one.source.bounds
        verdict = Verdict(judged=True, samples_total=bounds.area * one.source.channels)
    old = xmp_before(one, derived=said is not None and said.derived)
    verdict = with_kept_xmp(verdict, old, other.xmp) if verdict.judged else verdict
    anywhere = allowed is not None and covers_everything(allowed)
    verdict = replace(verdict, judged_by=judged_by, anywhere=anywhere)
    if said is not None and said.master_sha256 and judged_by == "record":
        verdict = _with_origin(verdict, said.master_sha256, master, progress=progress, cancel=cancel)
    if said is None and not verdict.same and _is_of(one, derivative):
        verdict = replace(verdict, doubt=_SWAPPED.format(master.name, derivative.name))
    return verdict


def _opened(
    master: Path, derivative: Path, page: int | None, open_picture: OpenPicture, *, by_mask: bool
) -> tuple[Picture, Picture, metadata.Embedded | None]:
    """The same page of both, and what the derivative says of itself."""
    one = open_picture(master, page=page or 0)
    other, said = said_by(derivative, of=master, page=page, open_picture=open_picture, strict=not by_mask)
    where = page if page is not None else said.page if said is not None else 0
    one = one if one.page == where else open_picture(master, page=where)
    other = other if other.page == where or other.page_count <= where else open_picture(derivative, page=where)
    return one, other, said


def with_kept_xmp(verdict: Verdict, old: bytes | None, new: bytes | None) -> Verdict:
    """The verdict with what the derivative's XMP lost against the master's."""
    gone = tuple(metadata.lost(old, new))
    return replace(verdict, metadata_differences=verdict.metadata_differences + gone)


def _compared(
    one: Picture,
    other: Picture,
    *,
    allowed: Raster | None,
    page: int,
    progress: Progress,
    cancel: CancelToken | None,
) -> Verdict:
    both_tiff = {one.kind, other.kind} <= {"tiff", "bigtiff"}
    holder = container(one.kind)
    if holder is None or not (one.kind == other.kind or both_tiff):
        return compare_pictures(one, other, allowed=allowed, progress=progress, cancel=cancel)
    return holder.prove(one.path, other.path, page=page, allowed=allowed, progress=progress, cancel=cancel)


def _with_origin(
    verdict: Verdict, said: str, master: Path, *, progress: Progress, cancel: CancelToken | None
) -> Verdict:
    """A record counts only against the master that it names."""
    found = sha256_of(master, progress=progress, cancel=cancel)
    verdict = replace(verdict, master_sha256=found)
    if found == said:
        return verdict
    return replace(verdict, doubt=_NOT_ITS_MASTER.format(said[:12]))


def _is_of(picture: Picture, master: Path) -> bool:
    said = metadata.embedded(picture.xmp)
    return said is not None and bool(said.master_sha256) and said.master_sha256 == sha256_of(master)


def _misfit(picture: Picture, allowed: Raster, judged_by: str) -> str:
    mine, its = picture.source.bounds, allowed.bounds
    return (
        f"the {judged_by} is for a picture of {its.width} × {its.height} pixels, "
        f"but the master has {mine.width} × {mine.height}."
    )


def _resized(one: Picture, other: Picture) -> str:
    old, new = one.source.bounds, other.source.bounds
    return (
        f"its record says that {other.path.name} was enlarged, from {old.width} × {old.height} to "
        f"{new.width} × {new.height} pixels, so no pixel of it has a counterpart in the master. "
        "That is no fault; restorer replay makes it again and compares."
    )
