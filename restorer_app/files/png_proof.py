"""The proof for PNG: both files inflated and unfiltered by our own reader, every other chunk compared byte by byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.errors import RestorerError, UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import Raster
from restorer_app.files.patching import Progress, SavingStoppedError, Verdict, stop_if_cancelled
from restorer_app.files.png_chunks import Chunk, Header, content_of, is_xmp, read_chunks, read_header
from restorer_app.files.png_filters import SUB, Bytes, unfilter
from restorer_app.files.png_lines import Inflated, Pass, bands, passes
from restorer_app.files.refusal import cannot_read

_LINES = 256  # undone together: the longer the diagonals, the fewer steps


@dataclass(frozen=True, slots=True)
class _Side:
    file: BinaryIO
    chunks: list[Chunk]
    header: Header


@dataclass(frozen=True, slots=True)
class _Question:
    """Where samples may differ, and who waits for the answer."""

    allowed: Raster | None
    progress: Progress
    cancel: CancelToken | None


@dataclass(frozen=True, slots=True)
class _Place:
    """Some lines of one pass."""

    header: Header
    part: Pass
    first: int
    end: int


@dataclass
class _Count:
    outside: int = 0
    inside: int = 0
    identical: int = 0  # lines whose bytes before compression are the same


def compare_png(
    master: Path,
    derivative: Path,
    *,
    page: int,
    allowed: Raster | None,
    progress: Progress,
    cancel: CancelToken | None,
) -> Verdict:
    """Compares samples at stored depth and all chunks; `allowed` says where samples may differ."""
    verdict = Verdict(judged=True, judged_by="nothing may differ" if allowed is None else "mask")
    try:
        with master.open("rb") as first, derivative.open("rb") as second:
            verdict = replace(verdict, derivative_sha256=hashlib.file_digest(second, "sha256").hexdigest())
            if page != 0:
                raise UnreadableFileError("a PNG has only one page.")
            return _compare(_side(first), _side(second), verdict, _Question(allowed, progress, cancel))
    except SavingStoppedError:
        raise
    except RestorerError as problem:
        return replace(verdict, judged=False, reason=problem.message)
    except OSError as problem:
        return replace(verdict, judged=False, reason=cannot_read(derivative, problem).message)


def _side(file: BinaryIO) -> _Side:
    chunks = read_chunks(file)
    return _Side(file, chunks, read_header(file, chunks))


def _compare(one: _Side, other: _Side, verdict: Verdict, question: _Question) -> Verdict:
    header = one.header
    total = header.width * header.height * header.channels
    wrong, meant = _chunk_differences(one, other)
    verdict = replace(verdict, samples_total=total, metadata_differences=tuple(wrong), metadata_changed=tuple(meant))
    if header != other.header:
        return replace(
            verdict, outside_changed=total, metadata_differences=(*wrong, "size, depth or kind of the picture")
        )
    allowed = question.allowed
    if allowed is not None and allowed.bounds != Region.of_size(header.width, header.height):
        return replace(verdict, judged=False, reason="the mask has another size than the picture.")
    count = _count(one, other, question)
    return replace(
        verdict,
        outside_changed=count.outside,
        inside_changed=count.inside,
        segments_total=sum(part.height for part in passes(header)),
        segments_identical=count.identical,
    )


def _chunk_differences(one: _Side, other: _Side) -> tuple[list[str], list[str]]:
    """What differs among the chunks that hold no pixels, and what of it we meant to change."""
    mine, theirs = list(_described(one)), list(_described(other))
    wrong: list[str] = []
    if mine != theirs:
        by_name = _by_name(mine), _by_name(theirs)
        names = sorted(by_name[0].keys() | by_name[1].keys())
        differing = [name for name in names if by_name[0].get(name) != by_name[1].get(name)]
        wrong = [f"the chunk {name}" for name in differing] or ["the order of the chunks"]
    packets = [
        [content_of(side.file, chunk) for chunk in side.chunks if is_xmp(side.file, chunk)] for side in (one, other)
    ]
    return wrong, ["XMP"] if packets[0] != packets[1] else []


def _described(side: _Side) -> Iterator[tuple[str, str]]:
    """Name and digest of every chunk but pixels and XMP, and of what lies behind the end."""
    for chunk in side.chunks:
        if chunk.name == b"IHDR" or (chunk.name != b"IDAT" and not is_xmp(side.file, chunk)):
            side.file.seek(chunk.start - 8)
            yield chunk.name.decode("latin-1"), _digest(side.file, chunk.end - chunk.start + 8)
    side.file.seek(side.chunks[-1].end)
    yield "behind the end", _digest(side.file, 1 << 62)


def _digest(file: BinaryIO, count: int) -> str:
    digest = hashlib.sha256()
    while count and (piece := file.read(min(count, 1 << 20))):
        digest.update(piece)
        count -= len(piece)
    return digest.hexdigest()


def _by_name(described: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, digest in described:
        found.setdefault(name, []).append(digest)
    return found


def _count(one: _Side, other: _Side, question: _Question) -> _Count:
    """Looks at both streams twice: which lines differ at all, then what they and those they lean on show."""
    count = _Count()
    parts = passes(one.header)
    surveys = [_survey(part, pairs) for part, pairs in _walk(one, other, parts, question, "Comparing the lines")]
    for (part, pairs), survey in zip(_walk(one, other, parts, question, "Proving the pixels"), surveys, strict=True):
        count.identical += survey.identical
        above = np.zeros((2, part.line_bytes), np.uint8)
        for first, end, lines in pairs:
            settled = first >= survey.end and bool((above[0] == above[1]).all())
            if end > survey.begin and not settled:
                place = _Place(one.header, part, first, end)
                above = _compare_band(place, lines, above, allowed=question.allowed, count=count)
    return count


_Band = tuple[int, int, tuple[Bytes, Bytes]]


@dataclass(frozen=True, slots=True)
class _Survey:
    """Which lines of a pass have to be undone: from one that leans on none above, past the last that differs."""

    begin: int
    end: int
    identical: int


def _walk(
    one: _Side, other: _Side, parts: list[Pass], question: _Question, title: str
) -> Iterator[tuple[Pass, Iterator[_Band]]]:
    """Both streams side by side; every band of a pass has to be taken before the next pass."""
    streams = Inflated(one.file, one.chunks), Inflated(other.file, other.chunks)
    total = sum(part.height for part in parts)
    done = 0

    def pairs(part: Pass) -> Iterator[_Band]:
        nonlocal done
        for first, end in bands(part, _LINES):
            stop_if_cancelled(question.cancel)
            mine, theirs = (_lines(stream.take((end - first) * (part.line_bytes + 1)), part) for stream in streams)
            yield first, end, (mine, theirs)
            done += end - first
            question.progress(title, done / total)

    for part in parts:
        yield part, pairs(part)


def _survey(part: Pass, pairs: Iterator[_Band]) -> _Survey:
    same, free = np.zeros(part.height, bool), np.zeros(part.height, bool)
    for first, end, (mine, theirs) in pairs:
        same[first:end] = (mine == theirs).all(axis=1)
        free[first:end] = mine[:, 0] <= SUB
    differing = np.flatnonzero(~same)
    if not len(differing):
        return _Survey(part.height, part.height, part.height)
    leaning_on_none = np.flatnonzero(free[: differing[0]])
    begin = int(leaning_on_none[-1]) if len(leaning_on_none) else 0
    return _Survey(begin, int(differing[-1]) + 1, int(same.sum()))


def _lines(content: bytes, part: Pass) -> Bytes:
    return np.frombuffer(content, np.uint8).reshape(-1, part.line_bytes + 1)


def _compare_band(
    place: _Place, lines: tuple[Bytes, Bytes], above: Bytes, *, allowed: Raster | None, count: _Count
) -> Bytes:
    """Counts what differs in one band; gives back its last plain line in both files."""
    step = place.header.bytes_a_pixel
    plain = unfilter(lines[0], above[0], step)
    if (lines[0] == lines[1]).all() and (above[0] == above[1]).all():  # equal differences from equal lines
        return np.stack([plain[-1], plain[-1]])
    other = unfilter(lines[1], above[1], step)
    changed = _changed_samples(plain, other, place.header, place.part)
    may = _allowed(allowed, place)
    count.inside += int(changed[may].sum())
    count.outside += int(changed.sum()) - int(changed[may].sum())
    return np.stack([plain[-1], other[-1]])


def _changed_samples(plain: Bytes, other: Bytes, header: Header, part: Pass) -> NDArray[np.int64]:
    """How many samples of each pixel differ."""
    if header.bits < 8:
        mine, theirs = (np.unpackbits(side, axis=1)[:, : part.width * header.bits] for side in (plain, other))
        differs = (mine != theirs).reshape(len(plain), part.width, header.bits).any(axis=2, keepdims=True)
    else:
        sample = header.bits // 8
        differs = (plain != other).reshape(len(plain), part.width, header.channels, sample).any(axis=3)
    changed: NDArray[np.int64] = differs.sum(axis=2)
    return changed


def _allowed(allowed: Raster | None, place: _Place) -> NDArray[np.bool_]:
    """Where a band's pixels may differ."""
    rows = place.part.rows(place.first, place.end)
    if allowed is None:
        return np.zeros((len(rows), place.part.width), bool)
    last = min(rows.stop, place.header.height)
    mask = allowed.read(Region(0, rows.start, place.header.width, last))[:: place.part.down, place.part.columns, 0]
    may: NDArray[np.bool_] = mask > 0
    return may
