"""The proof for TIFF: what differs between a master and its derivative, and whether it may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from restorer_app.core.errors import RestorerError
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import Raster
from restorer_app.files.allocator import give_back_large_buffers
from restorer_app.files.beside import beside
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.hashing import checksum
from restorer_app.files.patching import Progress, SavingStoppedError, Verdict, spaced
from restorer_app.files.segments import SegmentError
from restorer_app.files.tiff_bytes import ByteComparison, compare_bytes
from restorer_app.files.tiff_codec import LOSSLESS
from restorer_app.files.tiff_judge import unused_bytes
from restorer_app.files.tiff_levels import LevelMask, footprint, is_level_of, level_directories
from restorer_app.files.tiff_page import Page, image_directories, read_page, segment_lists
from restorer_app.files.tiff_samples import (
    SampleCount,
    compare_segments,
    compare_values,
    differing_segments,
    same_layout,
)
from restorer_app.files.tiff_structure import Directory, Structure, read_structure
from restorer_app.files.tiff_tags import tag_differences, tag_spans


@dataclass(frozen=True)
class _Side:
    """One of the two files."""

    file: FileBytes
    structure: Structure
    pages: tuple[Directory, ...]

    def page(self, number: int) -> Page:
        return read_page(self.file, self.structure, self.pages[number])


@dataclass(frozen=True)
class _Pair:
    """Both files, and what was asked of them."""

    one: _Side
    other: _Side
    compared: ByteComparison
    allowed: Raster | None
    progress: Progress
    cancel: CancelToken | None


def compare_tiff(
    master: Path,
    derivative: Path,
    *,
    page: int,
    allowed: Raster | None,
    progress: Progress,
    cancel: CancelToken | None,
) -> Verdict:
    """Compares all pages, tags and bytes; `allowed` says where samples of one page may differ."""
    give_back_large_buffers()
    verdict = Verdict(judged=True, judged_by="nothing may differ" if allowed is None else "mask")
    try:
        with (
            FileBytes(master) as first,
            FileBytes(derivative) as second,
            beside(checksum(second, what="Taking the checksum of the new file")) as digest,
        ):
            sides = _side(first), _side(second)
            compared = compare_bytes(first, second, progress=progress, cancel=cancel)
            verdict = _compare(_Pair(*sides, compared, allowed, progress, cancel), verdict, number=page)
            return replace(verdict, derivative_sha256=digest.result(progress=progress, cancel=cancel))
    except SavingStoppedError:
        raise
    except RestorerError as problem:
        return replace(verdict, judged=False, reason=problem.message)
    except SegmentError as problem:
        reason = f"a changed segment cannot be read by the second reader ({problem})."
        return replace(verdict, judged=False, reason=reason)


def _side(file: FileBytes) -> _Side:
    structure = read_structure(file)
    return _Side(file, structure, image_directories(file, structure))


def _compare(pair: _Pair, verdict: Verdict, *, number: int) -> Verdict:
    """The verdict on two files whose page of this number may differ; first what makes them no match at all."""
    one, other = pair.one, pair.other
    if number >= len(one.pages) or number >= len(other.pages):
        return replace(verdict, judged=False, reason=f"there is no page {number + 1} in both files.")
    first, second = one.page(number), other.page(number)
    total = first.width * first.height * first.samples
    wrong, meant = tag_differences(one.structure, other.structure, pair.compared, edited=one.pages[number])
    wrong += [why for why in other.structure.broken if why not in one.structure.broken]
    if (first.width, first.height, first.samples, first.bits) != (
        second.width, second.height, second.samples, second.bits,
    ):  # fmt: skip
        wrong.append("size or depth")
        return replace(verdict, outside_changed=total, samples_total=total, metadata_differences=tuple(wrong))
    if pair.allowed is not None and pair.allowed.bounds != first.bounds:
        return replace(verdict, judged=False, reason="the mask has another size than the picture.")
    verdict = replace(verdict, samples_total=total, segments_total=first.segment_count)
    return _counted(pair, first, second, verdict, wrong=wrong, meant=meant)


def _counted(
    pair: _Pair, first: Page, second: Page, verdict: Verdict, *, wrong: list[str], meant: list[str]
) -> Verdict:
    """What differs in the page, and whatever differs elsewhere."""
    count = _samples(pair, first, second)
    levels = _changed_levels(pair, first)
    wrong = wrong + list(_other_pages(pair, edited={page.directory.name for page in (first, *levels)}))
    if levels:
        meant = [*meant, "a smaller copy" if len(levels) == 1 else f"{len(levels)} smaller copies"]
    stray = _stray_bytes(pair, {first: second} | levels, count)
    if stray:
        wrong.append(
            f"{spaced(stray)} byte{'s' * (stray > 1)} that belong{'s' * (stray == 1)} to no picture and no tag"
        )
    return replace(
        verdict,
        outside_changed=count.outside,
        inside_changed=count.inside,
        segments_identical=count.identical,
        metadata_differences=tuple(wrong),
        metadata_changed=tuple(meant),
    )


def _samples(pair: _Pair, first: Page, second: Page) -> SampleCount:
    if same_layout(first, second) and first.has_counts and second.has_counts:
        return compare_segments(
            first, second, pair.compared, allowed=pair.allowed, progress=pair.progress, cancel=pair.cancel
        )
    return compare_values(
        (pair.one.file, first), (pair.other.file, second),
        allowed=pair.allowed, progress=pair.progress, cancel=pair.cancel,
    )  # fmt: skip


def _changed_levels(pair: _Pair, page: Page) -> dict[Page, Page]:
    """Smaller copies of the page that differ, and nowhere but where they show what may differ; each with its twin."""
    if pair.allowed is None:
        return {}
    one, other = pair.one, pair.other
    theirs = {directory.name: directory for directory in other.structure.directories()}
    found = {}
    for directory in level_directories(one.file, one.structure, page.directory):
        twin = theirs.get(directory.name)
        try:
            first = read_page(one.file, one.structure, directory)
            second = read_page(other.file, other.structure, twin) if twin is not None else None
        except RestorerError:
            continue  # no picture in either; its tags were compared
        if second is None or not is_level_of(first, page) or not _can_differ(first, second, pair.compared):
            continue
        may = Raster(LevelMask(first.bounds, pair.allowed, footprint(page.bounds, first.bounds)))
        count = compare_segments(first, second, pair.compared, allowed=may, progress=pair.progress, cancel=pair.cancel)
        if not count.outside:
            found[first] = second
    return found


def _can_differ(first: Page, second: Page, compared: ByteComparison) -> bool:
    """Whether two pages are laid out alike in a coding that is written, and are not the same."""
    written = first.compression in LOSSLESS and first.dtype is not None
    comparable = written and first.has_counts and second.has_counts and same_layout(first, second)
    return comparable and bool(differing_segments(first, second, compared))


def _other_pages(pair: _Pair, *, edited: set[str]) -> Iterator[str]:
    """Pages that should be as they were and are not."""
    one, other = pair.one, pair.other
    for number in range(min(len(one.pages), len(other.pages))):
        name = one.pages[number].name
        if name in edited:
            continue
        try:
            first, second = one.page(number), other.page(number)
        except RestorerError:
            continue  # no picture in either; its tags were compared
        if not same_layout(first, second):
            yield f"the layout of {name}"
        elif first.has_counts and second.has_counts:
            changed = differing_segments(first, second, pair.compared)
            if changed:
                yield f"{len(changed)} {first.segment_word}s of {name}"
    yield from _hanging_pictures(pair, edited=edited)


def _hanging_pictures(pair: _Pair, *, edited: set[str]) -> Iterator[str]:
    """Thumbnails and smaller copies under SubIFDs: never a page."""
    one, other = pair.one, pair.other
    listed = edited | {directory.name for directory in one.pages}
    theirs = {directory.name: directory for directory in other.structure.directories()}
    for directory in one.structure.directories():
        twin = theirs.get(directory.name)
        if directory.name in listed or twin is None or directory.entry(256) is None:
            continue
        try:
            first = read_page(one.file, one.structure, directory)
            second = read_page(other.file, other.structure, twin)
        except RestorerError:
            continue  # as above
        if not same_layout(first, second) or differing_segments(first, second, pair.compared):
            yield f"the picture of {directory.name}"


def _stray_bytes(pair: _Pair, changed: dict[Page, Page], count: SampleCount) -> int:
    """Bytes that a patch has no business with: only where the derivative is the master, patched and grown."""
    one, other = pair.one, pair.other
    first, second = next(iter(changed.items()))  # the page; its levels follow
    if other.file.size < one.file.size or not same_layout(first, second) or not first.has_counts:
        return 0
    kept = sum(a.at == b.at for a, b in zip(one.pages, other.pages, strict=False))
    if kept < len(one.pages) - len(changed) or len(one.pages) != len(other.pages):
        return 0
    if len(count.differing) < first.segment_count and not (first.offsets == second.offsets).any():
        return 0  # written anew, in another order: compared by values and tags
    spans = []
    for page, twin in changed.items():
        differing = count.differing if page is first else differing_segments(page, twin, pair.compared)
        spans.append((page.directory.pointer_at, page.directory.pointer_at + page.directory.pointer_bytes))
        spans += [(int(page.offsets[index]), int(page.offsets[index] + page.counts[index])) for index in differing]
        spans += [(entry.data_at, entry.data_at + entry.size) for entry in segment_lists(page)]
    spans += tag_spans(other.structure)  # which are compared by their values
    return pair.compared.stray(spans) + unused_bytes(other.file, other.structure, behind=one.file.size)
