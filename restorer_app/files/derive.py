"""Derivatives: a new TIFF of the same depth, with every piece of metadata that can be carried over."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from restorer_app import __version__
from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import Pixels, Raster, Source
from restorer_app.files.ahead import THREADS, in_order
from restorer_app.files.budget import Budget
from restorer_app.files.carry import NO_EXIF, Carried, carried, says_resolution
from restorer_app.files.cicp import COLOURS_BY_NUMBER
from restorer_app.files.copying import Copy
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.hashing import sha256_of
from restorer_app.files.jp2 import FURTHER_BOXES, TURNED, XML_BOXES
from restorer_app.files.jpeg import BEHIND
from restorer_app.files.patching import SHOWN, PatchReport, Progress, Verdict, spaced, stop_if_cancelled
from restorer_app.files.picture import Layout, Picture
from restorer_app.files.png import BOUND, UNREADABLE_XMP
from restorer_app.files.psd import FURTHER_CHANNELS, LAYERS
from restorer_app.files.segments import SegmentError
from restorer_app.files.tiff import open_tiff
from restorer_app.files.tiff_append import Growing, Value, append_directory, pack_numbers
from restorer_app.files.tiff_codec import encode_segment
from restorer_app.files.tiff_page import (
    DEFLATE,
    EXTRA_SAMPLES,
    ICC,
    PHOTOSHOP_LAYERS,
    XMP,
    Page,
    image_directories,
    read_page,
)
from restorer_app.files.tiff_samples import BandReader
from restorer_app.files.tiff_structure import (
    EXIF_IFD,
    GPS_IFD,
    INTEROPERABILITY_IFD,
    Directory,
    Order,
    Structure,
    read_structure,
)
from restorer_app.files.tiff_view import without_signs
from restorer_app.files.transparency import transparency_of
from restorer_app.files.values import compare_reads, not_carried
from restorer_app.files.wholexmp import whole_xmp

_STRIP_BYTES = 1 << 20
_CLASSIC = 3_500_000_000  # bytes of samples; above, a classic TIFF might not hold them
_SOFTWARE, _PIXELS_ACROSS, _PIXELS_DOWN = 305, 40962, 40963
_SHORT, _LONG, _RATIONAL, _LONG8 = 3, 4, 5, 16
_PHOTOMETRIC: dict[Layout, int] = {"grey": 1, "bilevel": 1, "rgb": 2, "palette": 2, "cmyk": 5, "lab": 9}
# Facts of a picture that tell of what a new TIFF has no place for, and what is said of it.
_LEFT_BY_FACT = {
    "Comment": "The comment in the JPEG was left behind.",
    BEHIND: "What follows the picture in the JPEG (further pictures or a film, for example) was left behind.",
    XML_BOXES: "The XML boxes of the JPEG 2000 (a catalogue's entry, for example) were left behind.",
    FURTHER_BOXES: "Further boxes of the JPEG 2000 (its place on a map, for example) were left behind.",
    TURNED: "The orientation in the EXIF was left behind: a JPEG 2000 is shown as it is stored.",
    "Animated": "The further pictures of the animation were left behind.",
    UNREADABLE_XMP: "The XMP of the PNG could not be read and was left behind.",
    BOUND: "The part that was bound to the pixels as they were was left behind.",
    COLOURS_BY_NUMBER: "What its numbers said of the colours was left behind: give the new TIFF a profile for them.",
    LAYERS: "Photoshop's layers were left behind.",
    FURTHER_CHANNELS: "Further channels of the document (selections or inks, for example) were left behind.",
}
_NOWHERE = Directory("page 1", 0, 0, (), 0, 4, 0, 0)


def derive_tiff(
    picture: Picture,
    image: Raster,
    *,
    target: Path,
    xmp: bytes | None,
    progress: Progress,
    cancel: CancelToken | None,
) -> PatchReport:
    """Writes what `image` shows as a new TIFF into `target`, an empty file."""
    found = carried(picture)
    alpha = transparency_of(picture, image.bounds)
    page = _page(picture, image, alpha, order=found.order)
    structure = _start(target, page)
    counts: list[int] = []
    offsets: list[int] = []
    with Copy(target) as file:
        growing = Growing(file, structure)
        for data in _strips(page, image, alpha):
            stop_if_cancelled(cancel)
            offsets.append(growing.append(data))
            counts.append(len(data))
            progress("Writing a new TIFF", len(counts) / page.segment_count)
        tags = _tags(structure, page, picture, found)
        kind = _LONG8 if structure.big else _LONG
        tags[273] = (kind, len(offsets), pack_numbers(structure, kind, offsets))
        tags[279] = (_LONG, len(counts), pack_numbers(structure, _LONG, counts))
        if xmp is not None:
            tags[XMP] = (1, len(xmp), xmp)
        at = append_directory(growing, tags | _hanging(growing, structure, found, resized=_scale(picture, image) != 1))
        growing.overwrite(8 if structure.big else 4, struct.pack(structure.pointer_format, at))
    return PatchReport(page.segment_count, page.segment_count, "strips", _left_behind(picture, image, found))


def _with_alpha(page: Page, colours: Pixels, alpha: Source | None, region: Region) -> Pixels:
    """A region's samples as the page stores them."""
    stored = without_signs(page, colours)
    return stored if alpha is None else np.concatenate([stored, alpha.read(region)], axis=2)


def prove_derived(
    picture: Picture,
    image: Raster,
    derivative: Path,
    *,
    allowed: Raster | None,
    progress: Progress,
    cancel: CancelToken | None,
) -> Verdict:
    """Reads a derived TIFF with the second reader: it has to hold what was shown, and the master outside the mask."""
    try:
        with FileBytes(derivative) as file:
            structure = read_structure(file)
            page = read_page(file, structure, image_directories(file, structure)[0])
            verdict = _verdict(picture, image, (file, page), allowed=allowed, progress=progress, cancel=cancel)
    except SegmentError as problem:
        verdict = Verdict(judged=False, reason=f"the new file cannot be read by the second reader ({problem}).")
    if verdict.judged:
        gone = not_carried(
            picture, open_tiff(derivative, budget=Budget.for_our_own()), resized=image.bounds != picture.source.bounds
        )
        verdict = replace(verdict, metadata_differences=tuple(gone))
    return replace(verdict, derivative_sha256=sha256_of(derivative, progress=progress, cancel=cancel))


def _verdict(
    picture: Picture,
    image: Raster,
    written: tuple[FileBytes, Page],
    *,
    allowed: Raster | None,
    progress: Progress,
    cancel: CancelToken | None,
) -> Verdict:
    bands, page = BandReader(*written), written[1]
    alpha = transparency_of(picture, image.bounds)
    shown = compare_reads(
        lambda region: _with_alpha(page, image.read(region), alpha, region),
        bands.read,
        region=image.bounds,
        channels=page.samples,
        allowed=None,
        progress=progress,
        cancel=cancel,
    )
    if shown.outside_changed:
        return replace(shown, judged=False, reason="the new file does not hold what the picture shows.")
    if image.bounds != picture.source.bounds:  # upscaled: no sample has a counterpart in the master
        return replace(shown, judged_by=SHOWN)
    return compare_reads(
        picture.source.read,
        image.read,
        region=image.bounds,
        channels=image.channels,
        allowed=allowed or Raster.flat(image.bounds, value=255),
        progress=progress,
        cancel=cancel,
    )


def _page(picture: Picture, image: Raster, alpha: Source | None, *, order: Order) -> Page:
    samples = image.channels + (alpha is not None)
    row_bytes = image.bounds.width * samples * image.dtype.itemsize
    floating = image.dtype.kind == "f"
    nothing = np.zeros(0, np.int64)
    return Page(
        directory=_NOWHERE, order=order, width=image.bounds.width, height=image.bounds.height,
        bits=image.dtype.itemsize * 8, samples=samples, sample_format=3 if floating else 1,
        photometric=_photometric(picture, image), planar=False, compression=DEFLATE, predictor=3 if floating else 2,
        fill_order=1, orientation=picture.orientation, tiled=False, segment_width=image.bounds.width,
        segment_height=max(1, min(image.bounds.height, _STRIP_BYTES // row_bytes)), offsets=nothing, counts=nothing,
        extras=(_alpha_kind(picture),) if alpha is not None else (), colours=image.channels, layout=picture.layout,
        has_counts=True,
    )  # fmt: skip


def _photometric(picture: Picture, image: Raster) -> int:
    """How the samples are to be understood; a TIFF's own word for grey and Lab is kept."""
    expected = {"grey": 1, "bilevel": 1, "cmyk": 4}.get(picture.layout, 3)
    if image.channels != expected:
        return 1 if image.channels == 1 else 2
    if picture.layout == "lab" and picture.kind in {"tiff", "bigtiff"}:
        return _source_page(picture).photometric
    if picture.layout in {"grey", "bilevel"}:
        return 0 if picture.white_is_zero else 1
    return _PHOTOMETRIC[picture.layout]


def _source_page(picture: Picture) -> Page:
    with FileBytes(picture.path) as file:
        structure = read_structure(file)
        return read_page(file, structure, image_directories(file, structure)[picture.page])


def _alpha_kind(picture: Picture) -> int:
    """Associated or not: a TIFF says so itself; PNG, WebP, AVIF and PSD keep colours apart from alpha."""
    if picture.kind not in {"tiff", "bigtiff"}:
        return 2
    page = _source_page(picture)
    sample = page.alpha_sample
    return page.extras[sample - page.colours] if sample is not None else 2


def _start(target: Path, page: Page) -> Structure:
    """The header, with a pointer that is filled in when everything else is there."""
    total = page.width * page.height * page.samples * page.bits // 8
    big = total > _CLASSIC
    structure = Structure(page.order, big, 0, ())
    mark = b"II" if page.order == "<" else b"MM"
    fields = struct.pack(page.order + "HHHQ", 43, 8, 0, 0) if big else struct.pack(page.order + "HI", 42, 0)
    target.write_bytes(mark + fields)
    return structure


def _strips(page: Page, image: Raster, alpha: Source | None) -> Iterator[bytes]:
    def coded(index: int) -> bytes:
        region = page.segment_region(index)
        pixels = _with_alpha(page, image.read(region), alpha, region)
        return encode_segment(page, np.array(pixels))  # a copy: the raster shares its pixels

    return in_order(coded, range(page.segment_count), ahead=2 * THREADS)


def _tags(structure: Structure, page: Page, picture: Picture, found: Carried) -> dict[int, Value]:
    def short(*numbers: int) -> Value:
        return _SHORT, len(numbers), pack_numbers(structure, _SHORT, list(numbers))

    def long(number: int) -> Value:
        return _LONG, 1, pack_numbers(structure, _LONG, [number])

    tags = dict(found.tags)
    tags |= {
        256: long(page.width), 257: long(page.height), 258: short(*[page.bits] * page.samples),
        259: short(page.compression), 262: short(page.photometric), 274: short(page.orientation),
        277: short(page.samples), 278: long(page.segment_height), 284: short(1), 317: short(page.predictor),
        339: short(*[page.sample_format] * page.samples),
    }  # fmt: skip
    if page.extras:
        tags[EXTRA_SAMPLES] = short(*page.extras)
    if page.photometric == 5:
        tags[332] = short(1)
    if picture.icc:
        tags[ICC] = (7, len(picture.icc), picture.icc)
    scale = page.width / picture.width
    if picture.dpi and (scale != 1 or not says_resolution(found, picture.dpi)):
        for tag, dots in zip((282, 283), picture.dpi, strict=True):
            tags[tag] = _RATIONAL, 1, pack_numbers(structure, _LONG, _ratio(dots * scale))
        tags[296] = short(2)
    software = f"Restorer {__version__}\0".encode()
    tags.setdefault(_SOFTWARE, (2, len(software), software))
    return tags


def _ratio(value: float) -> list[int]:
    fraction = Fraction(value).limit_denominator(max(1, min(10_000, int(2**31 / value))))  # both have 32 bits
    return [fraction.numerator, fraction.denominator]


def _hanging(growing: Growing, structure: Structure, found: Carried, *, resized: bool) -> dict[int, Value]:
    """Directories that hang from the picture's: EXIF, its interoperability, GPS."""

    def pointer(values: dict[int, Value]) -> Value:
        return _LONG, 1, pack_numbers(structure, _LONG, [append_directory(growing, values)])

    tags: dict[int, Value] = {}
    exif = dict(found.exif)
    if resized:  # they would name the size before
        exif = {tag: value for tag, value in exif.items() if tag not in {_PIXELS_ACROSS, _PIXELS_DOWN}}
    if found.interoperability:
        exif[INTEROPERABILITY_IFD] = pointer(found.interoperability)
    if exif:
        tags[EXIF_IFD] = pointer(exif)
    if found.gps:
        tags[GPS_IFD] = pointer(found.gps)
    return tags


def _scale(picture: Picture, image: Raster) -> float:
    return image.bounds.width / picture.width


def _left_behind(picture: Picture, image: Raster, found: Carried) -> tuple[str, ...]:
    """What a person should know about the new file, a sentence each."""
    notes = []
    if image.bounds.area > Budget().pixels:
        most = spaced(Budget().pixels // 1_000_000)
        notes.append(f"The new TIFF is larger than this program opens, {most} million pixels.")
    if picture.bits == 16 and image.dtype == np.float32:
        notes.append(
            "The samples, floats of 16 bits, are floats of 32 in the new TIFF, which hold every value of those."
        )
    if picture.page_count > 1:
        notes.append(f"The new TIFF holds page {picture.page + 1} of {picture.page_count} alone.")
    if picture.kind in {"tiff", "bigtiff"}:
        notes += _left_in_tiff(picture)
    if "Text" in picture.metadata:
        notes.append("The texts in the PNG's own form (tEXt, zTXt, iTXt) were left behind.")
    named = {name for name, _ in picture.facts}
    notes += [sentence for fact, sentence in _LEFT_BY_FACT.items() if fact in named]
    notes += _left_of_metadata(picture, found)
    if picture.alpha is not None and image.bounds != picture.source.bounds:
        notes.append("The transparency was enlarged with the picture, by straight slopes between its pixels.")
    return tuple(notes)


def _left_of_metadata(picture: Picture, found: Carried) -> Iterator[str]:
    if "EXIF" in picture.metadata and not found.exif and not found.tags and not found.left:
        yield NO_EXIF
    if 37500 in found.exif:
        yield "The camera's maker note was carried over as it is; parts of it that count bytes may not be found."
    if found.dpi and picture.dpi and not says_resolution(found, picture.dpi):
        other, own = (f"{across:g} × {down:g}" for across, down in (found.dpi, picture.dpi))
        yield f"The EXIF's own resolution, {other}, was left behind: the file itself says {own} dots an inch."
    yield from (*found.left, *whole_xmp(picture).left)


def _left_in_tiff(picture: Picture) -> Iterator[str]:
    """Samples and pictures beside the photograph, which a new TIFF has no counterpart for."""
    page = _source_page(picture)
    if picture.source.channels == page.colours:
        extras = page.samples - page.colours - (picture.alpha is not None)
        if extras:
            channels = "One further channel was" if extras == 1 else f"{extras} further channels were"
            yield f"{channels} left behind."
    hanging = sum(1 for child in page.directory.children if "SubIFD" in child.name)
    if hanging:
        pictures = "One smaller or further picture" if hanging == 1 else f"{hanging} smaller or further pictures"
        yield f"{pictures} inside the page (SubIFDs) {'was' if hanging == 1 else 'were'} left behind."
    if page.directory.entry(PHOTOSHOP_LAYERS) is not None:
        yield "Photoshop's layers were left behind."
