"""Channels beside the photograph and its alpha, as a film scanner's infrared: whether those of two pictures differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from restorer_app.cli.progress import Progress
from restorer_app.core.errors import RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.picture import Picture
from restorer_app.files.psd import FURTHER_CHANNELS
from restorer_app.files.segments import SegmentError
from restorer_app.files.tiff_codec import LOSSLESS
from restorer_app.files.tiff_page import Page, image_directories, read_page
from restorer_app.files.tiff_samples import BandReader
from restorer_app.files.tiff_structure import read_structure
from restorer_app.files.tiff_view import is_exact
from restorer_app.files.values import compare_reads


@dataclass(frozen=True, slots=True)
class Further:
    """What the further channels of two pictures have in common: nothing to tell where neither has any."""

    differ: bool = False
    told: str = ""
    unread: str = ""  # why they could not be compared


@dataclass(frozen=True, slots=True)
class _Channels:
    count: int = 0
    read: Callable[[Region], Pixels] | None = None  # None: they are there, but cannot be read


def compare_further(one: Picture, other: Picture, progress: Progress) -> Further:
    """Compares what lies in both files beside what is shown; the pictures have the same size."""
    mine, its = _channels(one), _channels(other)
    for picture, found in ((one, mine), (other, its)):
        if found.count and found.read is None:
            return Further(unread=f"the further channels of {picture.path.name} cannot be read.")
    if mine.count != its.count:
        told = f"{one.path.name} has {_counted(mine.count)}, {other.path.name} {_counted(its.count)}."
        return Further(differ=True, told=told)
    if mine.read is None or its.read is None:
        return Further()
    try:
        verdict = compare_reads(
            mine.read,
            its.read,
            region=one.source.bounds,
            channels=mine.count,
            allowed=None,
            progress=progress.show,
            cancel=None,
        )
    except SegmentError as problem:
        raise RestorerError(f"The further channels cannot be read ({problem}).") from problem
    progress.clear()
    if not verdict.outside_changed:
        return Further()
    return Further(differ=True, told="The further channels beside the photograph differ.")


def _channels(picture: Picture) -> _Channels:
    if any(name == FURTHER_CHANNELS for name, _ in picture.facts):
        return _Channels(1)
    if picture.kind not in {"tiff", "bigtiff"}:
        return _Channels()
    file = FileBytes(picture.path)
    structure = read_structure(file)
    page = read_page(file, structure, image_directories(file, structure)[picture.page])
    alpha = page.alpha_sample if picture.alpha is not None else None  # that one is compared by itself
    samples = [sample for sample in range(page.colours, page.samples) if sample != alpha]
    if not samples or not _is_readable(page):
        return _Channels(len(samples))
    bands = BandReader(file, page)
    return _Channels(len(samples), lambda region: bands.read(region)[..., samples])


def _is_readable(page: Page) -> bool:
    return is_exact(page) and page.compression in LOSSLESS and page.fill_order == 1 and page.has_counts


def _counted(count: int) -> str:
    return "no further channel" if not count else "1 further channel" if count == 1 else f"{count} further channels"
