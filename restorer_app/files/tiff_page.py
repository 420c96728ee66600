"""One page of a TIFF as facts: size, samples, segments and where their bytes lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.errors import UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.picture import Layout
from restorer_app.files.tiff_structure import Directory, Entry, Order, Structure, fractions, number_array, numbers

NEW_SUBFILE_TYPE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
FILL_ORDER, STRIP_OFFSETS, ORIENTATION, SAMPLES, ROWS_PER_STRIP, STRIP_COUNTS = 266, 273, 274, 277, 278, 279
X_RESOLUTION, Y_RESOLUTION, PLANAR, RESOLUTION_UNIT, PREDICTOR, COLOUR_MAP = 282, 283, 284, 296, 317, 320
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS, INK_SET, EXTRA_SAMPLES, SAMPLE_FORMAT = (
    322,
    323,
    324,
    325,
    332,
    338,
    339,
)
IMAGE_DEPTH = 32997
XMP, IPTC, PHOTOSHOP, ICC, PHOTOSHOP_LAYERS = 700, 33723, 34377, 34675, 37724

NONE, CCITT_RLE, GROUP_3, GROUP_4, LZW, OLD_JPEG, JPEG, DEFLATE, PACKBITS, OLD_DEFLATE, ZSTD = (
    1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 50000,
)  # fmt: skip
COMPRESSION_NAMES = {
    NONE: "none", CCITT_RLE: "CCITT RLE", GROUP_3: "fax group 3", GROUP_4: "fax group 4", LZW: "LZW",
    OLD_JPEG: "old-style JPEG", JPEG: "JPEG", DEFLATE: "Deflate", PACKBITS: "PackBits", OLD_DEFLATE: "Deflate",
    ZSTD: "ZSTD", 34712: "JPEG 2000", 50001: "WebP", 50002: "JPEG XL", 34925: "LZMA", 34887: "LERC",
    32809: "ThunderScan", 34676: "SGI LogLuv", 34677: "SGI LogLuv 24", 32771: "CCITT RLE words", 22610: "JPEG XR",
    32766: "NeXT RLE", 32895: "IT8", 32896: "IT8", 32897: "IT8", 32898: "IT8", 32908: "Pixar film", 32909: "Pixar log",
    33003: "JPEG 2000", 33004: "JPEG 2000", 33005: "JPEG 2000", 33007: "JPEG", 34661: "JBIG", 34692: "LuraDocument",
    34715: "JBIG 2", 34892: "JPEG", 34926: "ZSTD", 34927: "WebP", 34933: "PNG", 34934: "JPEG XR", 52546: "JPEG XL",
    9: "JBIG", 10: "JBIG",
}  # fmt: skip
PHOTOMETRIC_NAMES = {
    0: "grey, white is zero", 1: "grey", 2: "RGB", 3: "palette", 4: "transparency mask", 5: "CMYK", 6: "YCbCr",
    8: "CIE Lab", 9: "ICC Lab", 10: "ITU Lab", 32803: "colour filter array", 34892: "linear raw",
    32844: "LogL", 32845: "LogLuv",
}  # fmt: skip
CIE_LAB, LOG_L, LOG_LUV = 8, 32844, 32845
SGI_LOG, SGI_LOG_24 = 34676, 34677
PREDICTED = frozenset({LZW, DEFLATE, OLD_DEFLATE, ZSTD, 34925})  # with any other coding libtiff ignores the tag
_LAYOUTS: dict[int, tuple[Layout, int]] = {
    0: ("grey", 1), 1: ("grey", 1), 2: ("rgb", 3), 3: ("palette", 1), 4: ("grey", 1), 5: ("cmyk", 4), 6: ("rgb", 3),
    8: ("lab", 3), 9: ("lab", 3), 10: ("lab", 3), LOG_L: ("grey", 1), LOG_LUV: ("rgb", 3),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Page:
    """Everything needed to find and to understand the segments of one page."""

    directory: Directory
    order: Order
    width: int
    height: int
    bits: int
    samples: int  # a pixel, with extra samples
    sample_format: int  # 1 unsigned, 2 signed, 3 floating, 4 undefined
    photometric: int
    planar: bool  # one plane a sample
    compression: int
    predictor: int
    fill_order: int
    orientation: int
    tiled: bool
    segment_width: int
    segment_height: int
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    extras: tuple[int, ...]  # what each extra sample is: 0 unspecified, 1 associated, 2 unassociated alpha
    colours: int  # samples that make the photograph
    layout: Layout
    has_counts: bool

    @property
    def bounds(self) -> Region:
        return Region.of_size(self.width, self.height)

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """The stored type in native order, or None for packed and unknown samples."""
        code = {1: "u", 2: "i", 3: "f", 4: "u"}.get(self.sample_format)
        if code is None or self.bits not in {8, 16, 32, 64} or (code == "f" and self.bits == 8):
            return None
        return np.dtype(f"{code}{self.bits // 8}")

    @property
    def across(self) -> int:
        return -(-self.width // self.segment_width)

    @property
    def down(self) -> int:
        return -(-self.height // self.segment_height)

    @property
    def per_plane(self) -> int:
        return self.across * self.down

    @property
    def planes(self) -> int:
        return self.samples if self.planar else 1

    @property
    def segment_samples(self) -> int:
        return 1 if self.planar else self.samples

    @property
    def segment_count(self) -> int:
        return self.per_plane * self.planes

    @property
    def segment_word(self) -> str:
        return "tile" if self.tiled else "strip"

    @property
    def alpha_sample(self) -> int | None:
        """Which sample is the alpha, counted from 0."""
        for number, kind in enumerate(self.extras):
            if kind in {1, 2}:
                return self.colours + number
        return None

    def segment_shape(self, index: int) -> tuple[int, int, int]:
        """Rows, columns and samples as stored: tiles are always whole, the last strip may be shorter."""
        if self.tiled:
            return self.segment_height, self.segment_width, self.segment_samples
        row = index % self.per_plane
        rows = min(self.segment_height, self.height - row * self.segment_height)
        return rows, self.width, self.segment_samples

    def segment_bytes(self, index: int) -> int:
        """Bytes of a decoded segment; rows of packed samples are padded to whole bytes."""
        rows, columns, samples = self.segment_shape(index)
        return rows * (-(-columns * samples * self.bits // 8))

    def stored_bytes(self, index: int, *, file_bytes: int) -> int:
        """Bytes of a segment in the file.

        Old writers left the counts out: then an uncompressed segment's size is known, and another ends with the next.
        """
        if self.has_counts:
            return int(self.counts[index])
        if self.compression == NONE:
            return self.segment_bytes(index)
        begin = int(self.offsets[index])
        later = self.offsets[self.offsets > begin]
        return (int(later.min()) if len(later) else file_bytes) - begin

    def segment_region(self, index: int) -> Region:
        """The pixels of the page that a segment shows."""
        row, column = divmod(index % self.per_plane, self.across)
        left, top = column * self.segment_width, row * self.segment_height
        whole = Region(left, top, left + self.segment_width, top + self.segment_height)
        cut = whole.intersect(self.bounds)
        assert cut is not None  # the grid begins inside the page
        return cut

    def plane_of(self, index: int) -> int:
        return index // self.per_plane

    def segments_under(self, region: Region, *, planes: range | None = None) -> Iterator[int]:
        """Indices of the segments that a region touches, plane after plane."""
        rows = range(region.top // self.segment_height, -(-region.bottom // self.segment_height))
        columns = range(region.left // self.segment_width, -(-region.right // self.segment_width))
        for plane in planes if self.planar and planes is not None else range(self.planes):
            for row in rows:
                for column in columns:
                    yield plane * self.per_plane + row * self.across + column


def read_page(file: FileBytes, structure: Structure, directory: Directory) -> Page:
    """The page that a directory describes; refuses with a sentence what makes no sense."""
    facts = _Facts(file, structure, directory)
    width, height = facts.one(WIDTH, 0), facts.one(HEIGHT, 0)
    if not (0 < width < 2**31 and 0 < height < 2**31):
        raise facts.refused(f"its size of {width} × {height} pixels is impossible")
    if facts.one(IMAGE_DEPTH, 1) > 1:
        raise facts.foreign("it holds a volume of many layers, not a picture")
    samples, bits, sample_format = _samples(facts)
    tiled = directory.entry(TILE_OFFSETS) is not None or directory.entry(TILE_WIDTH) is not None
    segment_width, segment_height = _segment_size(facts, width, height, tiled=tiled)
    planar = facts.one(PLANAR, 1) == 2 and samples > 1
    photometric = facts.one(PHOTOMETRIC, 1)
    layout, colours = _layout(facts, photometric, samples)
    if layout == "grey" and bits == 1:
        layout = "bilevel"
    compression = facts.one(COMPRESSION, 1)
    across, down = -(-width // segment_width), -(-height // segment_height)
    count = across * down * (samples if planar else 1)
    offsets, counts = _segment_places(facts, count, tiled=tiled)
    extras = facts.many(EXTRA_SAMPLES, most=samples)
    return Page(
        directory=directory, order=structure.order, width=width, height=height, bits=bits, samples=samples,
        sample_format=sample_format, photometric=photometric, planar=planar, compression=compression,
        predictor=facts.one(PREDICTOR, 1) if compression in PREDICTED else 1, fill_order=facts.one(FILL_ORDER, 1),
        orientation=facts.one(ORIENTATION, 1), tiled=tiled, segment_width=segment_width, segment_height=segment_height,
        offsets=offsets, counts=counts if counts is not None else np.zeros(0, np.int64),
        extras=tuple(extras[: samples - colours]), colours=colours, layout=layout, has_counts=counts is not None,
    )  # fmt: skip


@dataclass(frozen=True)
class _Facts:
    """The values of one directory, with defaults."""

    file: FileBytes
    structure: Structure
    directory: Directory

    def many(self, tag: int, *, most: int) -> list[int]:
        entry = self.directory.entry(tag)
        return numbers(self.file, self.structure, entry, most=most) if entry else []

    def one(self, tag: int, default: int) -> int:
        values = self.many(tag, most=1)
        return values[0] if values else default

    def refused(self, why: str) -> UnreadableFileError:
        return UnreadableFileError(
            f"{self.file.path.name}, {self.directory.name}, cannot be opened: {why}.",
            advice="The file may be damaged; compare it with another copy.",
        )

    def foreign(self, why: str) -> UnreadableFileError:
        """A sound file of a kind that is not read: whoever has it must not be sent in search of another copy."""
        return UnreadableFileError(
            f"{self.file.path.name}, {self.directory.name}, cannot be opened: {why}.",
            advice="Convert it to grey, RGB or CMYK with the program that wrote it.",
        )


def _samples(facts: _Facts) -> tuple[int, int, int]:
    """How many samples a pixel has, their bits and their format: one for all of them."""
    samples = facts.one(SAMPLES, 1)
    if not 0 < samples <= 64:
        raise facts.refused(f"it claims {samples} samples a pixel")
    bits = set(facts.many(BITS, most=samples) or [1])
    impossible = sorted(number for number in bits if not 0 < number <= 64)
    if impossible:
        raise facts.refused(f"it claims samples of {impossible[0] or 'no'} bits")
    if len(bits) != 1:
        raise facts.foreign("its samples have different depths")
    formats = set(facts.many(SAMPLE_FORMAT, most=samples) or [1])
    if len(formats) != 1:
        raise facts.foreign("its samples are of different kinds")
    if samples > 1 and facts.one(PLANAR, 1) not in {0, 1, 2}:
        raise facts.refused("its colours are arranged in an unknown way")
    return samples, bits.pop(), formats.pop()


def _segment_size(facts: _Facts, width: int, height: int, *, tiled: bool) -> tuple[int, int]:
    if tiled:
        size = facts.one(TILE_WIDTH, 0), facts.one(TILE_HEIGHT, 0)
        if not (0 < size[0] <= 2**20 and 0 < size[1] <= 2**20):
            raise facts.refused(f"its tiles of {size[0]} × {size[1]} pixels are impossible")
        return size
    rows = facts.one(ROWS_PER_STRIP, height)
    return width, min(rows, height) if rows > 0 else height  # 2³² - 1 and 0 both mean one strip


def _layout(facts: _Facts, photometric: int, samples: int) -> tuple[Layout, int]:
    known = photometric in _LAYOUTS
    if photometric in {LOG_L, LOG_LUV}:  # their values mean something in their own coding alone
        known = facts.one(COMPRESSION, 1) in {SGI_LOG, SGI_LOG_24}
    if not known:
        name = PHOTOMETRIC_NAMES.get(photometric)
        told = facts.refused if name is None else facts.foreign
        raise told(f"its colours are stored as {name or f'kind {photometric}'}, which this program does not read")
    layout, colours = _LAYOUTS[photometric]
    if photometric == 5 and facts.one(INK_SET, 1) != 1:
        raise facts.foreign("it is separated into inks other than CMYK")
    if samples < colours:
        raise facts.refused(f"it has {samples} samples a pixel, but {PHOTOMETRIC_NAMES[photometric]} needs {colours}")
    return layout, colours


def _segment_places(facts: _Facts, count: int, *, tiled: bool) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Offsets and byte counts of all segments; the counts may be missing, as old writers left them out."""
    word = "tiles" if tiled else "strips"
    places = facts.directory.entry(TILE_OFFSETS if tiled else STRIP_OFFSETS) or facts.directory.entry(STRIP_OFFSETS)
    if places is None:
        raise facts.refused("it has no picture data")
    if places.count < count:  # before anything is allocated for a wild claim
        raise facts.refused(f"it needs {count} {word} but lists {places.count}")
    offsets = number_array(facts.file, facts.structure, places, most=count)
    sizes = facts.directory.entry(TILE_COUNTS if tiled else STRIP_COUNTS) or facts.directory.entry(STRIP_COUNTS)
    counts = None
    if sizes is not None and sizes.count >= count:
        counts = number_array(facts.file, facts.structure, sizes, most=count)
    if len(offsets) < count or (counts is not None and len(counts) < count):
        raise facts.refused(f"the list of its {word} is of no known type")
    if counts is not None and not counts.any() and offsets.all():  # a count of zero everywhere says nothing either
        counts = None
    return offsets, counts


def segment_lists(page: Page) -> list[Entry]:
    """The entries that list offsets and byte counts; some writers list tiles under the names of strips."""
    pairs = ((TILE_OFFSETS, STRIP_OFFSETS), (TILE_COUNTS, STRIP_COUNTS))
    found = []
    for tile_tag, strip_tag in pairs:
        entry = (page.tiled and page.directory.entry(tile_tag)) or page.directory.entry(strip_tag)
        if isinstance(entry, Entry):
            found.append(entry)
    return found


def resolution(file: FileBytes, structure: Structure, directory: Directory) -> tuple[float, float] | None:
    """Dots an inch across and down, where the file says so in a real unit."""
    across, down = directory.entry(X_RESOLUTION), directory.entry(Y_RESOLUTION)
    unit_entry = directory.entry(RESOLUTION_UNIT)
    unit = (numbers(file, structure, unit_entry, most=1) or [2])[0] if unit_entry else 2
    if across is None or down is None or unit not in {2, 3}:
        return None
    values = [*fractions(file, structure, across, most=1)[:1], *fractions(file, structure, down, most=1)[:1]]
    if len(values) != 2 or not all(0 < value < 1e6 for value in values):
        return None
    inch = 2.54 if unit == 3 else 1.0
    return values[0] * inch, values[1] * inch


def image_directories(file: FileBytes, structure: Structure) -> tuple[Directory, ...]:
    """What counts as a page: the chain, then whole pictures that hang from it as SubIFDs.

    Where the chain begins with a small copy, as some scanners write it, whole pictures come first: nobody who opens
    the file means the copy.
    """
    main = [page for page in structure.pages if page.entry(WIDTH) is not None]
    hanging = [
        child
        for page in structure.pages
        for child in page.family()
        if child is not page
        and "SubIFD" in child.name
        and child.entry(WIDTH) is not None
        and not is_reduced(file, structure, child)
    ]
    if main and is_reduced(file, structure, main[0]):
        small = [page for page in main if is_reduced(file, structure, page)]
        return (*hanging, *(page for page in main if not is_reduced(file, structure, page)), *small)
    return (*main, *hanging)


def is_reduced(file: FileBytes, structure: Structure, directory: Directory) -> bool:
    """Whether a directory calls itself a smaller copy of another."""
    entry = directory.entry(NEW_SUBFILE_TYPE)
    return entry is not None and bool((numbers(file, structure, entry, most=1) or [0])[0] & 1)
