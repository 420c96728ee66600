"""Patching a copy of a TIFF: only the segments under an edit are coded anew, everything else stays byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.errors import InvalidValueError, NotPatchableError, UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import CELL, Cell, Pixels, Raster
from restorer_app.files.ahead import THREADS, in_order
from restorer_app.files.beside import beside
from restorer_app.files.copying import Copy
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.handle import FileHandle, HasHandle, Stamp
from restorer_app.files.patching import Patching, PatchReport, Progress, stop_if_cancelled
from restorer_app.files.picture import Picture
from restorer_app.files.tiff import TiffSource
from restorer_app.files.tiff_append import Growing, Value, pack_numbers, replace_directory
from restorer_app.files.tiff_codec import encode_segment
from restorer_app.files.tiff_judge import why_not_patched
from restorer_app.files.tiff_levels import EditedLevel, footprint, is_level_of, level_directories
from restorer_app.files.tiff_page import (
    XMP,
    Page,
    image_directories,
    read_page,
    segment_lists,
)
from restorer_app.files.tiff_room import Room
from restorer_app.files.tiff_segments import Segments
from restorer_app.files.tiff_structure import TYPE_BYTES, Directory, Entry, Structure, number_array, read_structure
from restorer_app.files.tiff_view import view_of, without_signs

_IN_FLIGHT_BYTES = 24 << 20  # of decoded segments: a save of a 100 MP file stays under 120 MB
_BYTE, _LONG, _LONG8 = 1, 4, 16


def patch_tiff(
    picture: Picture,
    image: Raster,
    *,
    target: Path,
    xmp: bytes | None,
    progress: Progress,
    cancel: CancelToken | None,
) -> PatchReport:
    """Writes what `image` shows into `target`, a whole copy of the picture's file."""
    with FileBytes(target) as file, Copy(target) as copy:
        patch = _patch_of(picture, image, file=file, copy=copy)
        patch.write_segments(progress, cancel)
        return patch.finish(xmp)


@contextmanager
def patching_tiff(picture: Picture, image: Raster, *, copy: Copy) -> Iterator[Patching]:
    """The same while the copy is still being made: segments are read in the master and coded beside the copying."""
    with FileBytes(picture.path) as file:

        def begin(progress: Progress, cancel: CancelToken) -> _Patch:
            patch = _patch_of(picture, image, file=file, copy=copy)
            patch.write_segments(progress, cancel)
            return patch

        # Whatever goes wrong in there waits until the copy's hash told whether this still is the opened file.
        with beside(begin) as patching:

            def finish(xmp: bytes | None, *, progress: Progress, cancel: CancelToken | None) -> PatchReport:
                return patching.result(progress=progress, cancel=cancel).finish(xmp)

            yield finish


def _patch_of(picture: Picture, image: Raster, *, file: FileBytes, copy: Copy) -> _Patch:
    structure = read_structure(file)
    directories = image_directories(file, structure)
    if picture.page >= len(directories):
        raise NotPatchableError(
            f"{picture.path.name} has no page {picture.page + 1} any more.", advice="Open it again."
        )
    page = read_page(file, structure, directories[picture.page])
    _must_fit(file, structure, page, image)
    edit = _Edit(image, changed_cells(picture, image), picture.stale)
    return _Patch(Segments(file, page), structure, Growing(copy, structure), edit)


def patch_levels(
    picture: Picture, image: Raster, *, target: Path, progress: Progress, cancel: CancelToken | None
) -> tuple[int, int]:
    """Carries the edit into the smaller copies of the page in `target`: how many were patched, how many stay old.

    To be called before `patch_tiff`: a level's new directory is pointed to by the page's own, which that replaces.
    """
    cells = changed_cells(picture, image)
    with FileBytes(picture.path) as master:
        structure = read_structure(master)
        page = read_page(master, structure, image_directories(master, structure)[picture.page])
        found = level_directories(master, structure, page.directory)
        done = 0
        for directory in reversed(found):  # each is pointed to by one before it
            level = _patchable_level(master, structure, page, directory)
            if level is not None:
                places = footprint(page.bounds, level.bounds)
                handle = _handle_of(picture)
                view = view_of(master, structure, level)
                old = TiffSource(Segments(master, level), handle, samples=range(level.colours), view=view)
                edited = Raster(EditedLevel(old, picture.source, image, places))
                reached = [places.over(image.cell_region(cell)) for cell in cells]
                touched = {cell for part in reached if part is not None for cell in part.cells(CELL)}
                _patch_level(target, directory.name, edited, touched, progress=progress, cancel=cancel)
                done += 1
    return done, len(found) - done


def _patchable_level(file: FileBytes, structure: Structure, page: Page, directory: Directory) -> Page | None:
    try:
        level = read_page(file, structure, directory)
    except UnreadableFileError:
        return None
    return level if is_level_of(level, page) and not why_not_patched(file, structure, level) else None


def _patch_level(
    target: Path, name: str, edited: Raster, cells: set[Cell], *, progress: Progress, cancel: CancelToken | None
) -> None:
    with FileBytes(target) as file, Copy(target) as copy:
        structure = read_structure(file)  # anew: the level before may have moved
        directory = next(each for each in structure.directories() if each.name == name)
        segments = Segments(file, read_page(file, structure, directory))
        patch = _Patch(segments, structure, Growing(copy, structure), _Edit(edited, frozenset(cells)))
        patch.write_segments(progress, cancel)
        patch.finish(None)


def changed_cells(picture: Picture, image: Raster) -> frozenset[Cell]:
    """The cells in which a raster may differ from the file: those it holds itself if it stands on that file."""
    source = image.source
    handle = source.handle if isinstance(source, HasHandle) else None
    own = source is picture.source or handle == _handle_of(picture)
    return image.changed_cells() if own else frozenset(image.bounds.cells(CELL))


def _handle_of(picture: Picture) -> FileHandle:
    return FileHandle(picture.path, picture.kind, picture.page, Stamp(picture.size_bytes, picture.modified_ns))


def _must_fit(file: FileBytes, structure: Structure, page: Page, image: Raster) -> None:
    reason = why_not_patched(file, structure, page)
    if reason:
        raise NotPatchableError(reason, advice="Save it as a new TIFF instead.")
    if image.bounds != page.bounds or image.channels != page.colours or image.dtype != page.dtype:
        raise InvalidValueError("The edited picture has another size, depth or number of channels than its file.")


@dataclass(frozen=True, slots=True, eq=False)
class _Edit:
    """What a page is to show, and where that may differ from what it holds."""

    image: Raster
    cells: frozenset[Cell]
    notes: tuple[str, ...] = ()


class _Patch:
    """The segments of one page as they are rewritten, and the lists that say where they lie."""

    def __init__(self, segments: Segments, structure: Structure, growing: Growing, edit: _Edit) -> None:
        self._segments = segments
        self._page = segments.page
        self._structure = structure
        self._growing = growing
        self._edit = edit
        self._touched = 0
        self._room = Room()  # of segments that were decoded already: a later one's bytes are not written over
        self._offsets: dict[int, int] = {}  # what changes in the lists, by segment
        self._counts: dict[int, int] = {}

    def write_segments(self, progress: Progress, cancel: CancelToken | None) -> None:
        """Rewrites what differs."""
        by_segment = self._cells_by_segment()
        indices = sorted(by_segment)
        for number, was_changed in enumerate(self._rewritten(indices, by_segment, cancel)):
            stop_if_cancelled(cancel)
            self._touched += was_changed
            progress(f"Writing the changed {self._page.segment_word}s", (number + 1) / len(indices))

    def finish(self, xmp: bytes | None) -> PatchReport:
        """Brings the lists up to date, and puts the XMP in by a new directory."""
        page = self._page
        values: dict[int, Value] = {}
        for entry, changes in zip(segment_lists(page), (self._offsets, self._counts), strict=True):
            value = self._updated(entry, changes)
            if value is not None:
                values[entry.tag] = value
        if xmp is not None:
            old = page.directory.entry(XMP)
            values[XMP] = (old.kind if old and TYPE_BYTES.get(old.kind) == 1 else _BYTE, len(xmp), xmp)
        if values:
            raw = self._segments.file.read(page.directory.at, page.directory.size)
            replace_directory(self._growing, page.directory, values, raw)
        return PatchReport(self._touched, page.segment_count, page.segment_word + "s", self._edit.notes)

    def _cells_by_segment(self) -> dict[int, list[Region]]:
        page = self._page
        found: dict[int, list[Region]] = {}
        for cell in sorted(self._edit.cells):
            region = self._edit.image.cell_region(cell)
            for index in page.segments_under(region, planes=range(page.colours)):
                part = page.segment_region(index).intersect(region)
                assert part is not None  # segments_under yields only what the region touches
                found.setdefault(index, []).append(part)
        return found

    def _rewritten(
        self, indices: Sequence[int], parts: dict[int, list[Region]], cancel: CancelToken | None
    ) -> Iterator[bool]:
        """Writes segment after segment; says for each whether it differs."""
        if self._segments.direct:
            for index in indices:
                yield self._write_rows(index, parts[index], cancel)
            return
        one = max(1, self._page.segment_bytes(0))
        ahead = max(1, min(_IN_FLIGHT_BYTES // one, 4 * THREADS))
        coded = in_order(lambda index: self._coded(index, parts[index]), indices, ahead=ahead)
        for index in indices:
            yield self._place(index, next(coded))  # no name for the bytes: they go before the next strip comes

    def _coded(self, index: int, parts: list[Region]) -> bytes | None:
        page = self._page
        pixels = self._segments.decoded(index, keep=False)
        shown = page.segment_region(index)
        differs = [self._overlay(part, pixels[part.slices(shown)], index) for part in parts]
        return encode_segment(page, pixels) if any(differs) else None

    def _write_rows(self, index: int, parts: list[Region], cancel: CancelToken | None) -> bool:
        """Writes the changed rows of an uncompressed segment in place, whatever the segment's size."""
        page, dtype = self._page, self._page.dtype
        assert dtype is not None  # a packed page is not patched
        shown = page.segment_region(index)
        _, width, samples = page.segment_shape(index)
        touched = False
        for part in parts:
            stop_if_cancelled(cancel)  # a strip may be the whole picture
            rows, columns = part.slices(shown)
            pixels = self._segments.rows(index, range(rows.start, rows.stop), columns)
            if not self._overlay(part, pixels, index):
                continue
            touched = True
            stored = pixels.astype(dtype.newbyteorder(page.order))
            for number, row in enumerate(range(rows.start, rows.stop)):
                at = int(page.offsets[index]) + (row * width + columns.start) * samples * dtype.itemsize
                self._growing.overwrite(at, stored[number].tobytes())
        return touched

    def _overlay(self, part: Region, pixels: Pixels, index: int) -> bool:
        """Puts the edited colours over a segment's samples; says whether that changed a bit of them."""
        page = self._page
        new = without_signs(page, self._edit.image.read(part))
        if page.planar:
            target, new = pixels[..., 0], new[..., page.plane_of(index)]
        else:
            target = pixels[..., : page.colours]
        if np.array_equal(_bits(target), _bits(new)):
            return False
        target[...] = new
        return True

    def _place(self, index: int, data: bytes | None) -> bool:
        """Where it was or where others were, else at the end; None is a segment that did not change."""
        if data is None:
            return False
        offset, count = int(self._page.offsets[index]), int(self._page.counts[index])
        self._room.give(offset, offset + count)
        at = self._room.take(len(data), at=offset)
        if at is None:
            at = self._growing.append(data)
        else:
            self._growing.overwrite(at, data)
        if at != offset:
            self._offsets[index] = at
        if len(data) != count:
            self._counts[index] = len(data)
        return True

    def _updated(self, entry: Entry, changes: dict[int, int]) -> Value | None:
        """Changes a list of numbers where it lies, or gives the whole new list where that cannot be."""
        if not changes:
            return None
        width = TYPE_BYTES[entry.kind]
        if not entry.inline and max(changes.values()) < 1 << (8 * width):
            for index, number in changes.items():
                self._growing.overwrite(entry.data_at + index * width, number.to_bytes(width, self._structure.endian))
            return None
        numbers = number_array(self._segments.file, self._structure, entry).tolist()
        for index, number in changes.items():
            numbers[index] = number
        kind = entry.kind
        if max(numbers) >= 1 << (8 * width):
            kind = _LONG if max(numbers) < 2**32 else _LONG8
        return kind, len(numbers), pack_numbers(self._structure, kind, numbers)


def _bits(pixels: Pixels) -> NDArray[np.unsignedinteger]:
    """Floating samples by their bits: a NaN equals itself, and 0 is not -0."""
    if pixels.dtype.kind != "f":
        return pixels
    return pixels.view(f"u{pixels.dtype.itemsize}")
