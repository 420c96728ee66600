"""Two pictures compared sample by sample, whatever containers they lie in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from restorer_app.core.errors import RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import Pixels, Raster
from restorer_app.files.carry import carried, is_near, lost
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.hashing import sha256_of
from restorer_app.files.patching import Progress, SavingStoppedError, Verdict, stop_if_cancelled
from restorer_app.files.picture import Picture
from restorer_app.files.segments import SegmentError
from restorer_app.files.tiff_codec import LOSSLESS
from restorer_app.files.tiff_page import Page, image_directories, read_page
from restorer_app.files.tiff_samples import BandReader
from restorer_app.files.tiff_structure import read_structure
from restorer_app.files.tiff_view import without_signs

_BAND = 256  # rows: a 100 MP picture of 16 bits gives 15 MB

Read = Callable[[Region], Pixels]


def compare_pictures(
    master: Picture, derivative: Picture, *, allowed: Raster | None, progress: Progress, cancel: CancelToken | None
) -> Verdict:
    """Counts samples that differ at native depth; the containers' metadata have nothing in common."""
    one, other = master.source, derivative.source
    if one.bounds != other.bounds or one.channels != other.channels or np.dtype(one.dtype) != np.dtype(other.dtype):
        reason = "the files differ in size, depth or number of channels, so no sample has a counterpart."
        return Verdict(judged=False, reason=reason)
    try:
        colours = compare_reads(
            one.read,
            independent_reader(derivative),
            region=one.bounds,
            channels=one.channels,
            allowed=allowed,
            progress=progress,
            cancel=cancel,
        )
        return _with_transparency(colours, master, derivative, progress=progress, cancel=cancel)
    except SavingStoppedError:
        raise
    except RestorerError as problem:
        return Verdict(judged=False, reason=problem.message)
    except SegmentError as problem:
        return Verdict(judged=False, reason=f"the derivative cannot be read by the second reader ({problem}).")


def _with_transparency(
    verdict: Verdict, master: Picture, derivative: Picture, *, progress: Progress, cancel: CancelToken | None
) -> Verdict:
    """The verdict with the alpha channel, which no edit may change."""
    one, other = master.alpha, derivative.alpha
    if one is None and other is None:
        return verdict
    if one is None or other is None or np.dtype(one.dtype) != np.dtype(other.dtype):
        return replace(verdict, metadata_differences=(*verdict.metadata_differences, "the transparency"))
    alpha = compare_reads(
        one.read, other.read, region=one.bounds, channels=1, allowed=None, progress=progress, cancel=cancel
    )
    total = verdict.samples_total + alpha.samples_total
    return replace(verdict, outside_changed=verdict.outside_changed + alpha.outside_changed, samples_total=total)


def compare_derived(
    master: Picture, derivative: Picture, *, allowed: Raster | None, progress: Progress, cancel: CancelToken | None
) -> Verdict:
    """As `compare_pictures`, and everything that the derivative should have carried over."""
    verdict = compare_pictures(master, derivative, allowed=allowed, progress=progress, cancel=cancel)
    if not verdict.judged:
        return verdict
    digest = sha256_of(derivative.path, progress=progress, cancel=cancel)
    gone = (*verdict.metadata_differences, *not_carried(master, derivative, resized=False))
    return replace(verdict, derivative_sha256=digest, metadata_differences=gone)


def not_carried(master: Picture, derivative: Picture, *, resized: bool) -> list[str]:
    """What a derivative lost of its master's metadata, the XMP apart: that is judged by what it says."""
    gone = lost(carried(master), carried(derivative), resized=resized, dpi=master.dpi)
    kept = {
        "ICC profile": not master.icc or master.icc == derivative.icc,
        "orientation": master.orientation == derivative.orientation,
        "meaning of the samples": _means_the_same(master, derivative),
        "resolution": resized or master.dpi is None or is_near(master.dpi, derivative.dpi),
    }
    return [*gone, *(name for name, is_kept in kept.items() if not is_kept)]


def _means_the_same(master: Picture, derivative: Picture) -> bool:
    """Whether the same numbers are the same colours; what is only viewed becomes plain grey or RGB."""
    if master.layout in {"palette", "bilevel"}:
        return derivative.layout in {"grey", "rgb", "bilevel"}
    return (master.layout, master.white_is_zero) == (derivative.layout, derivative.white_is_zero)


def compare_reads(
    one: Read,
    other: Read,
    *,
    region: Region,
    channels: int,
    allowed: Raster | None,
    progress: Progress,
    cancel: CancelToken | None,
) -> Verdict:
    """Compares what two readers give for the same places."""
    outside = inside = 0
    for band in region.divided(region.width, _BAND):
        stop_if_cancelled(cancel)
        differs = as_bits(one(band)) != as_bits(other(band))
        if differs.any():
            total = int(np.count_nonzero(differs))
            may = 0 if allowed is None else int(np.count_nonzero(differs & (allowed.read(band)[..., :1] > 0)))
            outside, inside = outside + total - may, inside + may
        progress("Comparing with the master", band.bottom / region.height)
    return Verdict(
        judged=True,
        outside_changed=outside,
        inside_changed=inside,
        samples_total=region.area * channels,
        judged_by="nothing may differ" if allowed is None else "mask",
    )


def independent_reader(picture: Picture) -> Read:
    """Reading by the second reader where it knows the file's coding, else by the first."""
    if picture.kind not in {"tiff", "bigtiff"}:
        return picture.source.read
    page = _page(picture.path, picture.page)
    if page is None or page[1].colours != picture.source.channels:
        return picture.source.read
    bands, facts = BandReader(*page), page[1]
    dtype = np.dtype(picture.source.dtype)
    return lambda region: without_signs(facts, bands.read(region)[..., : facts.colours].view(dtype))


def as_bits(pixels: Pixels) -> Pixels:
    """Floating samples by their bits: a NaN equals itself, and 0 is not -0."""
    whole = np.ascontiguousarray(pixels)
    return whole if whole.dtype.kind != "f" else whole.view(f"u{whole.dtype.itemsize}")


def _page(path: Path, number: int) -> tuple[FileBytes, Page] | None:
    file = FileBytes(path)
    structure = read_structure(file)
    page = read_page(file, structure, image_directories(file, structure)[number])
    exact = page.dtype is not None and page.dtype.name in {"uint8", "uint16", "float32"}
    known = page.compression in LOSSLESS and page.fill_order == 1 and page.has_counts
    return (file, page) if exact and known and page.photometric != 6 else None
