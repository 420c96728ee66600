"""Raster: immutable tiled pixels over a read-only source."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region, cell_region

CELL = 256  # 256² of 16-bit RGB is 393 kB: a 60-pixel dab copies one or two, a 512² patch at most nine

Pixels = NDArray[Any]  # height × width × channels, in the file's own depth
Cell = tuple[int, int]  # row, column

DTYPES = ("uint8", "uint16", "float32")
_NOTHING: Mapping[Cell, Pixels] = MappingProxyType({})


@runtime_checkable
class Source(Protocol):
    """Read-only pixels that a raster stands on: a file, a mapped scratch file, one value."""

    @property
    def bounds(self) -> Region: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def channels(self) -> int: ...
    def read(self, region: Region) -> Pixels:
        """The pixels of a region inside the bounds; the caller does not write to them."""
        ...


@dataclass(frozen=True)
class FlatSource:
    """One value everywhere: an empty mask costs nothing."""

    bounds: Region
    dtype: np.dtype[Any]
    channels: int
    value: float = 0

    def read(self, region: Region) -> Pixels:
        flat = np.full((1, 1, 1), self.value, self.dtype)
        return np.broadcast_to(flat, (*region.shape, self.channels))


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Pixels in memory, or mapped from a file."""

    pixels: Pixels

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3:
            raise InvalidValueError(
                f"Pixels must be height × width × channels, but have {self.pixels.ndim} dimensions."
            )
        frozen = self.pixels.view()
        frozen.flags.writeable = False
        object.__setattr__(self, "pixels", frozen)

    @property
    def bounds(self) -> Region:
        return Region.of_size(self.pixels.shape[1], self.pixels.shape[0])

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.pixels.dtype

    @property
    def channels(self) -> int:
        return int(self.pixels.shape[2])

    def read(self, region: Region) -> Pixels:
        return self.pixels[region.slices()]


class Raster:
    """Immutable pixels: a source, and the tiles in which this raster differs from it.

    An edit makes a new raster that shares the source and every tile it did not touch; nothing here
    changes after construction, so threads and snapshots share rasters without a lock.
    """

    __slots__ = ("_tiles", "bounds", "channels", "dtype", "source")

    def __init__(self, source: Source, tiles: Mapping[Cell, Pixels] | None = None) -> None:
        dtype = np.dtype(source.dtype)
        if dtype.name not in DTYPES:
            raise InvalidValueError(f"Pixels of the kind {dtype.name} cannot be edited, only {', '.join(DTYPES)}.")
        if source.channels < 1:
            raise InvalidValueError("A raster needs at least one channel.")
        if (source.bounds.left, source.bounds.top) != (0, 0):
            raise InvalidValueError(f"A raster starts at 0, 0, not at {source.bounds.left}, {source.bounds.top}.")
        self.source = source
        self.bounds = source.bounds
        self.dtype = dtype
        self.channels = source.channels
        self._tiles: dict[Cell, Pixels] = dict(tiles) if tiles else {}

    @classmethod
    def from_array(cls, pixels: Pixels) -> Raster:
        """A raster over pixels in memory; grey may come as height × width."""
        return cls(ArraySource(pixels[:, :, None] if pixels.ndim == 2 else pixels))

    @classmethod
    def flat(cls, bounds: Region, *, dtype: str = "uint8", channels: int = 1, value: float = 0) -> Raster:
        return cls(FlatSource(bounds, np.dtype(dtype), channels, value))

    def __repr__(self) -> str:
        size = f"{self.bounds.width}×{self.bounds.height}×{self.channels}"
        return f"Raster({size} {self.dtype.name}, {len(self._tiles)} own tiles)"

    @property
    def tiles(self) -> Mapping[Cell, Pixels]:
        """The tiles that differ from the source, by row and column."""
        return self._tiles

    @property
    def maximum(self) -> float:
        """What white is: the type's maximum, 1 for floats."""
        return 1.0 if self.dtype.kind == "f" else float(np.iinfo(self.dtype).max)

    def cell_region(self, cell: Cell) -> Region:
        return cell_region(*cell, size=CELL, inside=self.bounds)

    def region_around(self, cells: Collection[Cell]) -> Region | None:
        """One region around many cells, in a hundredth of the time that their own regions take."""
        if not cells:
            return None
        rows, columns = [cell[0] for cell in cells], [cell[1] for cell in cells]
        ends = (min(columns) * CELL, min(rows) * CELL, (max(columns) + 1) * CELL, (max(rows) + 1) * CELL)
        return Region.clipped(*ends, inside=self.bounds)

    def read(self, region: Region) -> Pixels:
        """The pixels of a region; do not write to them (they may be shared)."""
        self._must_contain(region)
        own = [cell for cell in region.cells(CELL) if cell in self._tiles] if self._tiles else []
        if not own:
            return self.source.read(region)
        if len(own) == 1 and self.cell_region(own[0]).contains(region):
            return self._tiles[own[0]][region.slices(self.cell_region(own[0]))]
        out = np.empty((*region.shape, self.channels), self.dtype)
        self._fill_from_source(out, region, own)
        for cell in own:
            whole = self.cell_region(cell)
            part = whole.intersect(region)
            assert part is not None  # cells() yields only squares that the region touches
            out[part.slices(region)] = self._tiles[cell][part.slices(whole)]
        return out

    def _fill_from_source(self, out: Pixels, region: Region, own: list[Cell]) -> None:
        """Reads what the raster's own tiles do not cover: one read, or none when they cover everything."""
        missing = [cell for cell in region.cells(CELL) if cell not in self._tiles]
        if not missing:
            return
        if len(own) * 4 < len(missing):
            out[...] = self.source.read(region)  # mostly source: one large read beats many small ones
            return
        for cell in missing:
            part = self.cell_region(cell).intersect(region)
            assert part is not None  # as above
            out[part.slices(region)] = self.source.read(part)

    def with_patch(self, region: Region, pixels: Pixels, around: Mapping[Cell, Pixels] = _NOTHING) -> Raster:
        """A raster that shows `pixels` in `region` and shares every tile the region does not touch.

        `around` holds what the source has in cells that the region touches only in part, where it was read before:
        a source may be slow.
        """
        self._must_contain(region)
        if pixels.ndim == 2:
            pixels = pixels[:, :, None]
        expected = (*region.shape, self.channels)
        if pixels.shape != expected or pixels.dtype != self.dtype:
            raise InvalidValueError(
                f"A patch of {pixels.shape} {pixels.dtype} does not fit a place of {expected} {self.dtype.name}."
            )
        tiles = dict(self._tiles)
        for cell in region.cells(CELL):
            whole = self.cell_region(cell)
            part = whole.intersect(region)
            assert part is not None  # as above
            piece = pixels[part.slices(region)]
            tile = piece.copy() if part == whole else self._copy_of(cell, whole, around)
            if part != whole:
                tile[part.slices(whole)] = piece
            tile.flags.writeable = False
            tiles[cell] = tile
        return Raster(self.source, tiles)

    def changed_cells(self, since: Raster | None = None) -> frozenset[Cell]:
        """Cells that may differ from an earlier raster over the same source, or from the source itself.

        Judged by identity of tiles, so it costs the same for any depth; a cell painted back to its old
        values still counts.
        """
        if since is None:
            return frozenset(self._tiles)
        if since.source is not self.source:
            if since.bounds != self.bounds:
                raise InvalidValueError("Rasters of different size have no cells in common.")
            return frozenset(self.bounds.cells(CELL))
        mine, theirs = self._tiles, since._tiles
        return frozenset(cell for cell in mine.keys() | theirs.keys() if mine.get(cell) is not theirs.get(cell))

    def own_bytes(self) -> int:
        return sum(tile.nbytes for tile in self._tiles.values())

    def move_tiles(self, moved: Mapping[int, Pixels]) -> None:
        """Puts equal pixels that lie elsewhere (a mapped spill file) in place of tiles, by the old tile's id.

        The values stay what they were, so the raster is still immutable to everyone who reads it; the one
        caller is the history when it spills.
        """
        for cell, tile in list(self._tiles.items()):
            if id(tile) in moved:
                self._tiles[cell] = moved[id(tile)]

    def _copy_of(self, cell: Cell, whole: Region, around: Mapping[Cell, Pixels]) -> Pixels:
        tile = self._tiles.get(cell)
        if tile is None:
            tile = around.get(cell)
        return np.array(self.source.read(whole) if tile is None else tile)

    def _must_contain(self, region: Region) -> None:
        if not self.bounds.contains(region):
            raise InvalidValueError(
                f"The region {region.left}, {region.top} to {region.right}, {region.bottom} lies outside the picture "
                f"of {self.bounds.width} × {self.bounds.height} pixels."
            )


def digest_cells(raster: Raster, cells: Iterable[Cell]) -> str:
    """SHA-256 over the sorted digests of cells: little-endian, C order, shape and dtype first."""
    return combined_digest({cell: digest_cell(cell, raster.read(raster.cell_region(cell))) for cell in cells})


def digest_cell(cell: Cell, pixels: Pixels) -> bytes:
    """The digest of one cell, for whoever sees cells pass by one at a time."""
    little = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{cell} {little.shape} {little.dtype.str}".encode())
    digest.update(little.data)
    return digest.digest()


def combined_digest(digests: Mapping[Cell, bytes]) -> str:
    """What `digest_cells` gives for cells with these digests."""
    whole = hashlib.sha256()
    for cell in sorted(digests):
        whole.update(digests[cell])
    return whole.hexdigest()
