"""TIFF and BigTIFF as pictures: regions read without loading the file, in its own depth and order of rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from restorer_app.core.errors import RestorerError, UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels
from restorer_app.files.budget import Budget
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.handle import FileHandle, Stamp
from restorer_app.files.photoshop import has_thumbnail
from restorer_app.files.picture import Picture
from restorer_app.files.tiff_codec import LOSSLESS
from restorer_app.files.tiff_exotic import EXOTIC
from restorer_app.files.tiff_foreign import ForeignSource, is_foreign
from restorer_app.files.tiff_judge import why_not_patched
from restorer_app.files.tiff_levels import level_directories
from restorer_app.files.tiff_page import (
    COMPRESSION_NAMES,
    ICC,
    IPTC,
    ORIENTATION,
    PHOTOMETRIC_NAMES,
    PHOTOSHOP,
    PHOTOSHOP_LAYERS,
    XMP,
    Page,
    image_directories,
    is_reduced,
    read_page,
    resolution,
)
from restorer_app.files.tiff_segments import Segments, fill, strided
from restorer_app.files.tiff_structure import (
    EXIF_IFD,
    GPS_IFD,
    Directory,
    Structure,
    numbers,
    read_structure,
    value_bytes,
)
from restorer_app.files.tiff_view import View, as_float32, is_exact, stored, view_of

_FAMILIES = {EXIF_IFD: "EXIF", GPS_IFD: "GPS", XMP: "XMP", IPTC: "IPTC", ICC: "ICC", PHOTOSHOP: "Photoshop"}
SIGNED = "Signed samples"  # a fact of a page
_OF_LEVELS = "of the picture, which will still show it before the edit."
_MOST_METADATA = 64 << 20  # a packet beyond this is no metadata


class TiffSource:
    """Some samples of one page, read on demand; `view` makes what cannot be edited at least visible."""

    def __init__(self, segments: Segments, handle: FileHandle, *, samples: range, view: View | None = None) -> None:
        self.segments = segments
        self.handle = handle
        self._samples = samples
        self._view = view
        one = np.zeros((1, 1, len(samples)), stored(segments.page))
        shown = view(one) if view else one
        self.bounds = segments.page.bounds
        self.dtype: np.dtype[Any] = shown.dtype
        self.channels = int(shown.shape[2])

    def read(self, region: Region) -> Pixels:
        out = np.empty((*region.shape, len(self._samples)), stored(self.segments.page))
        fill(self.segments, region, samples=self._samples, out=out)
        return self._view(out) if self._view else out

    def overview(self, scale_log2: int) -> Pixels:
        """Every 2ⁿ-th pixel of every 2ⁿ-th row: for a first look, before anything better is there."""
        thinned = strided(self.segments, 1 << scale_log2, samples=self._samples)
        return self._view(thinned) if self._view else thinned


def open_tiff(path: Path, *, page: int = 0, budget: Budget | None = None) -> Picture:
    """One page of a TIFF: header and limits first, pixels when they are asked for."""
    budget = budget or Budget()
    file = FileBytes(path)
    structure = read_structure(file)
    directories = image_directories(file, structure)
    if not directories:
        raise UnreadableFileError(
            f"{path.name} holds no picture that can be found.", advice="Compare it with another copy."
        )
    budget.allow_page(page, len(directories))
    facts = read_page(file, structure, directories[page])
    _must_be_readable(file, facts, budget)
    kind = "bigtiff" if structure.big else "tiff"
    handle = FileHandle(path, kind, page, Stamp.of(path))
    source: TiffSource | ForeignSource
    if is_foreign(facts):
        source = ForeignSource(file, structure, facts, handle)
    else:
        view = view_of(file, structure, facts)
        source = TiffSource(Segments(file, facts), handle, samples=range(facts.colours), view=view)
    reason = why_not_patched(file, structure, facts)
    return _picture(file, structure, facts, source=source, reason=reason, page=page, page_count=len(directories))


def _picture(
    file: FileBytes,
    structure: Structure,
    page_facts: Page,
    *,
    source: TiffSource | ForeignSource,
    reason: str,
    page: int,
    page_count: int,
) -> Picture:
    status = file.path.stat()
    editable = page_facts.layout not in {"palette", "bilevel"} and is_exact(page_facts)
    directory = page_facts.directory
    return Picture(
        path=file.path,
        kind="bigtiff" if structure.big else "tiff",
        page=page,
        page_count=page_count,
        layout="rgb" if page_facts.photometric == 6 or is_foreign(page_facts) else page_facts.layout,
        source=source,
        alpha=_alpha(source) if isinstance(source, TiffSource) else None,
        bits=page_facts.bits,
        orientation=_orientation(file, structure, page_facts),
        white_is_zero=page_facts.photometric == 0 and not is_foreign(page_facts),
        icc=_profile(file, structure, page_facts),
        dpi=resolution(file, structure, directory),
        editable=editable,
        patchable=not reason,
        reason=_explained(page_facts, reason, editable=editable),
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        xmp=_value(file, directory, XMP),
        facts=_facts(page_facts, structure),
        metadata=tuple(name for tag, name in _FAMILIES.items() if directory.entry(tag) is not None),
        stale=_stale(file, structure, page_facts),
    )


def _must_be_readable(file: FileBytes, page: Page, budget: Budget) -> None:
    if is_foreign(page):
        budget.allow_pixels(page.width, page.height, 4, stored=file.size)
        return
    if page.compression not in LOSSLESS | EXOTIC:
        name = COMPRESSION_NAMES.get(page.compression, f"kind {page.compression}")
        raise UnreadableFileError(
            f"The picture in {file.path.name} is compressed as {name}, which this program does not read.",
            advice="Save it as an uncompressed TIFF with the program that wrote it.",
        )
    if page.dtype is None and page.compression in LOSSLESS and not (page.sample_format in {1, 4} and page.bits <= 16):
        raise UnreadableFileError(
            f"The picture in {file.path.name} has samples of {page.bits} bits that cannot be read.",
            advice="Save it with 8 or 16 bits a sample.",
        )
    if page.predictor not in {1, 2, 3} or (page.predictor == 3 and page.sample_format != 3):
        raise UnreadableFileError(
            f"The picture in {file.path.name} uses a predictor that this program does not know.",
            advice="Save it as an uncompressed TIFF with the program that wrote it.",
        )
    counts = page.counts if page.has_counts else np.zeros(page.segment_count, np.int64)
    if np.any(page.offsets < 0) or np.any(counts < 0) or np.any(page.offsets + counts > file.size):
        missing = int(np.count_nonzero((page.offsets < 0) | (counts < 0) | (page.offsets + counts > file.size)))
        raise UnreadableFileError(
            f"{file.path.name} ends too early: {missing} of {page.segment_count} {page.segment_word}s are missing.",
            advice="The copy may be incomplete; compare it with the original medium.",
        )
    if page.compression == 1 and page.has_counts:
        _must_hold(file, page)
    pixel = -(-page.samples * page.bits // 8)
    budget.allow_pixels(page.segment_width, page.segment_height, pixel, stored=file.size)  # a tile may be the larger
    budget.allow_pixels(page.width, page.height, pixel, stored=int(counts.sum()) if page.has_counts else file.size)


def _must_hold(file: FileBytes, page: Page) -> None:
    """Uncompressed segments have to be as long as their pixels; only the last strip may differ from the first."""
    last = page.per_plane - 1
    needed = np.full(page.segment_count, page.segment_bytes(0), np.int64)
    needed[last :: page.per_plane] = page.segment_bytes(last)
    sparse = (page.offsets == 0) & (page.counts == 0)
    if np.any((page.counts < needed) & ~sparse):
        raise UnreadableFileError(
            f"{file.path.name} holds fewer bytes than its size of {page.width} × {page.height} pixels needs.",
            advice="The copy may be incomplete; compare it with the original medium.",
        )


def _alpha(source: TiffSource) -> TiffSource | None:
    page = source.segments.page
    sample = page.alpha_sample
    if sample is None or not is_exact(page) or page.compression not in LOSSLESS:
        return None
    view = as_float32 if page.dtype == np.float16 else None
    return TiffSource(source.segments, source.handle, samples=range(sample, sample + 1), view=view)


def _orientation(file: FileBytes, structure: Structure, page: Page) -> int:
    found = page.orientation
    if page.directory.entry(ORIENTATION) is None:
        copy = above(file, structure, page.directory)
        entry = copy.entry(ORIENTATION) if copy is not None else None
        found = (numbers(file, structure, entry, most=1) or [1])[0] if entry is not None else 1
    return found if 1 <= found <= 8 else 1


def _profile(file: FileBytes, structure: Structure, page: Page) -> bytes | None:
    copy = above(file, structure, page.directory)
    own = _value(file, page.directory, ICC)
    return _value(file, copy, ICC) if own is None and copy is not None else own


def above(file: FileBytes, structure: Structure, directory: Directory) -> Directory | None:
    """The small copy from which a whole picture hangs: scanners' programs describe both there."""
    for each in structure.pages:
        if each is not directory and any(child is directory for child in each.family()):
            return each if is_reduced(file, structure, each) else None
    return None


def _value(file: FileBytes, directory: Directory, tag: int) -> bytes | None:
    entry = directory.entry(tag)
    if entry is None or not entry.size or entry.size > _MOST_METADATA:
        return None
    try:
        return value_bytes(file, entry)
    except RestorerError:
        return None  # it points behind the end; `structure.broken` says so


def _explained(page: Page, reason: str, *, editable: bool) -> str:
    word = page.segment_word
    if not reason:
        return f"Saving writes only the changed {word}s into a copy; everything else stays byte for byte."
    if editable:
        return f"{reason} Saving writes a new TIFF."
    return reason if "viewing" in reason else f"{reason} It is for viewing."


def _facts(page: Page, structure: Structure) -> tuple[tuple[str, str], ...]:
    compression = COMPRESSION_NAMES.get(page.compression, str(page.compression))
    predictor = {2: ", with predictor", 3: ", with floating-point predictor"}.get(page.predictor, "")
    signed = page.dtype is not None and page.dtype.kind == "i" and page.layout != "lab"
    segments = f"{page.segment_count} of {page.segment_width} × {page.segment_height} pixels"
    return (
        ("Container", "BigTIFF" if structure.big else "TIFF"),
        ("Byte order", "little-endian" if structure.order == "<" else "big-endian"),
        ("Colours", PHOTOMETRIC_NAMES.get(page.photometric, str(page.photometric))),
        ("Samples a pixel", str(page.samples)),
        ("Planes", "separate" if page.planar else "together"),
        ("Compression", compression + predictor),
        ("Tiles" if page.tiled else "Strips", segments),
        *(((SIGNED, "shown from the least number upwards"),) if signed else ()),
    )


def _stale(file: FileBytes, structure: Structure, page: Page) -> tuple[str, ...]:
    """Copies of the picture inside the file that an edit leaves as they are."""
    found: list[str] = []
    levels = len(level_directories(file, structure, page.directory))
    if levels:
        found.append(old_levels(levels))
    if above(file, structure, page.directory) is not None:
        found.append("The small copy that the file begins with will still show the picture before the edit.")
    block = _value(file, page.directory, PHOTOSHOP)
    if block and has_thumbnail(block):
        found.append("Photoshop's thumbnail in the file will still show the picture before the edit.")
    if page.directory.entry(PHOTOSHOP_LAYERS) is not None:
        found.append("Photoshop's layers in the file will still show the picture before the edit.")
    return tuple(found)


def old_levels(count: int) -> str:
    """The sentence about smaller copies that an edit does not reach."""
    copies = "a smaller copy" if count == 1 else f"{count} smaller copies"
    return f"The file holds {copies} {_OF_LEVELS}"


def holds_levels(picture: Picture) -> bool:
    """Whether the file has smaller copies of the picture, into which a save can carry an edit."""
    return any(sentence.endswith(_OF_LEVELS) for sentence in picture.stale)
