"""Whether a page of a TIFF may be patched, and the sentence that says why not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.errors import RestorerError
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.tiff_codec import LOSSLESS, is_old_lzw
from restorer_app.files.tiff_page import (
    COMPRESSION_NAMES,
    LZW,
    PREDICTED,
    PREDICTOR,
    STRIP_COUNTS,
    STRIP_OFFSETS,
    TILE_COUNTS,
    TILE_OFFSETS,
    Page,
    segment_lists,
)
from restorer_app.files.tiff_structure import SUB_IFDS, Structure, number_array, numbers

_THUMBNAIL_AT, _THUMBNAIL_BYTES = 513, 514
_LISTS = (STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS)
Span = tuple[int, int]  # first byte, byte after the last


def why_not_patched(file: FileBytes, structure: Structure, page: Page) -> str:
    """One sentence that says why a page can be read but not patched; empty when it can."""
    return (
        _by_packing(page)
        or _by_samples(page)
        or _by_predictor(file, structure, page)
        or _by_places(file, structure, page)
    )


def _by_places(file: FileBytes, structure: Structure, page: Page) -> str:
    word = f"{page.segment_word}s"
    if structure.broken:
        return f"The structure of this file is damaged ({structure.broken[0]}), so it is not patched."
    if not page.has_counts:
        return f"This file does not say how long its {word} are, so it is not patched."
    if any(entry.kind not in {3, 4, 16} for entry in segment_lists(page)):
        return f"This file lists its {word} in an unusual way, so it is not patched."
    return _by_bytes(file, structure, page, word)


def _by_bytes(file: FileBytes, structure: Structure, page: Page, word: str) -> str:
    if not np.all((page.counts > 0) & (page.offsets > 0)):
        return f"Some {word} of this file were never written, so it is not patched."
    if page.compression == LZW and is_old_lzw(file.read(int(page.offsets[0]), min(2, int(page.counts[0])))):
        return "This file uses an LZW of before 1988 that is read but not written."
    if shares_bytes(file, structure, page):
        return f"Some {word} of this file share their bytes with others or with tags; it is not patched."
    return ""


def _by_samples(page: Page) -> str:
    if page.layout in {"palette", "bilevel"}:
        return f"A {page.layout} picture is for viewing."
    if page.dtype is None:
        return f"Samples of {page.bits} bit{'s' * (page.bits > 1)} are read but not written."
    if (page.sample_format, page.bits) not in {(1, 8), (1, 16), (4, 8), (4, 16), (3, 32)}:
        kind = {2: "signed", 3: "floating-point"}.get(page.sample_format, "whole-number")
        return f"Samples of {page.bits} bits, {kind}, are read but not written."
    if page.photometric == 6:
        return "Colours stored as YCbCr are read but not written."
    return ""


def _by_packing(page: Page) -> str:
    if page.compression not in LOSSLESS:
        name = COMPRESSION_NAMES.get(page.compression, f"kind {page.compression}")
        return f"Pictures compressed as {name} inside a TIFF are read but not written."
    if page.fill_order != 1:
        return "This file stores the bits of each byte backwards; that is read but not written."
    floating = page.sample_format == 3
    fits = page.predictor == 1 or (page.predictor == 3 and floating) or (page.predictor == 2 and not floating)
    if not fits:
        return f"Predictor {page.predictor} with these samples is read but not written."
    return ""


def _by_predictor(file: FileBytes, structure: Structure, page: Page) -> str:
    entry = page.directory.entry(PREDICTOR)
    named = numbers(file, structure, entry, most=1) if entry is not None else []
    if named and named[0] != 1 and page.compression not in PREDICTED:
        name = COMPRESSION_NAMES.get(page.compression, f"kind {page.compression}")
        return (
            f"This file names a predictor, which compression {name} does not have; programs disagree about its pixels."
        )
    return ""


def shares_bytes(file: FileBytes, structure: Structure, page: Page) -> bool:
    """Whether what a patch would write to is also something else: another page, a tag, another segment."""
    own = sorted(_own_spans(page))
    starts = np.array([span[0] for span in own], np.int64)
    ends = np.array([span[1] for span in own], np.int64)
    if np.any(starts[1:] < ends[:-1]) or (own and ends[-1] > file.size):
        return True
    others = np.array(list(_other_spans(file, structure, page)), np.int64).reshape(-1, 2)
    return bool(np.any(_overlap(starts, ends, others))) or _reads_its_pointer(structure, page)


def _reads_its_pointer(structure: Structure, page: Page) -> bool:
    """Whether a tag's value lies over the pointer to the page, which leads to the new directory after a patch."""
    begin = page.directory.pointer_at
    end = begin + page.directory.pointer_bytes
    return any(
        entry.data_at < end and begin < entry.data_at + entry.size
        for directory in structure.directories()
        for entry in directory.entries
        if not entry.inline and entry.tag != SUB_IFDS  # which is where such pointers lie
    )


def _overlap(starts: NDArray[np.int64], ends: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of `others` touch one of the disjoint, sorted spans."""
    nearest = np.searchsorted(ends, others[:, 0], side="right")
    inside = nearest < len(starts)
    touching = np.zeros(len(others), np.bool_)
    touching[inside] = starts[nearest[inside]] < others[inside, 1]
    return touching


def _own_spans(page: Page) -> Iterator[Span]:
    yield from zip(page.offsets.tolist(), (page.offsets + page.counts).tolist(), strict=True)
    for entry in page.directory.entries:
        if entry.tag in _LISTS and not entry.inline:
            yield entry.data_at, entry.data_at + entry.size


def unused_bytes(file: FileBytes, structure: Structure, *, behind: int) -> int:
    """How many bytes from a place on nothing in the file points to; one that makes an odd place even is no more."""
    spans = sorted(span for span in _other_spans(file, structure, None) if span[1] > behind)
    at = behind
    unused = 0
    for begin, end in spans:
        if begin - at > 1:
            unused += begin - at
        at = max(at, end)
    return unused + max(0, file.size - at)


def _other_spans(file: FileBytes, structure: Structure, page: Page | None) -> Iterator[Span]:
    """What lies where in a file, but for the segments of a page and their lists."""
    yield 0, 16 if structure.big else 8
    for directory in structure.directories():
        yield directory.at, directory.at + directory.size
        mine = page is not None and directory is page.directory
        for entry in directory.entries:
            if entry.size and not entry.inline and not (mine and entry.tag in _LISTS):
                yield entry.data_at, entry.data_at + entry.size
        pairs = [(_THUMBNAIL_AT, _THUMBNAIL_BYTES)]
        if not mine:
            pairs += [(STRIP_OFFSETS, STRIP_COUNTS), (TILE_OFFSETS, TILE_COUNTS)]
        for at_tag, count_tag in pairs:
            at, count = directory.entry(at_tag), directory.entry(count_tag)
            if at is None or count is None:
                continue
            try:
                begins, sizes = number_array(file, structure, at), number_array(file, structure, count)
            except RestorerError:
                continue  # an entry that points nowhere is among `structure.broken`
            for begin, size in zip(begins.tolist(), sizes.tolist(), strict=False):
                if size > 0:
                    yield begin, begin + size
