"""Tiles as the screen wants them: rendered from pyramid and raster, kept up to a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from restorer_app.core.geometry import Region
from restorer_app.core.raster import CELL, Pixels, Raster
from restorer_app.ui.canvas.colour import Converter, to_steps
from restorer_app.ui.canvas.orientation import Turn
from restorer_app.ui.canvas.pyramid import Pyramid
from restorer_app.ui.canvas.viewport import tile_region

Content = Literal["image", "original", "difference"]
Place = tuple[int, int, int]  # level, row, column

DIFFERENCE_GAIN = 8


class TileKey(NamedTuple):
    """`pixels` says whose: a pyramid's number where a raster changed nothing, else the content's name."""

    pixels: int | Content
    place: Place


@dataclass(frozen=True, slots=True)
class Layer:
    """A raster and the pyramid of the source it stands on."""

    raster: Raster
    pyramid: Pyramid


@dataclass(frozen=True)
class Request:
    """Everything that rendering a tile needs; nothing in it changes, so any thread may do it."""

    key: TileKey
    layer: Layer
    converter: Converter
    turn: Turn
    against: Layer | None = None  # for a difference
    alpha: Layer | None = None
    serial: int = 0  # of the last edit that it knows

    @property
    def region(self) -> Region:
        """The stored pixels of the tile and of one level pixel around it, so that scaling knows its neighbours."""
        level, row, column = self.key.place
        bounds = self.layer.raster.bounds
        return tile_region(level, row, column, bounds).grown(1 << level, inside=bounds)

    def asks_the_same(self, other: Request) -> bool:
        return (self.key, self.serial) == (other.key, other.serial) and self.converter is other.converter

    def missing_bands(self) -> list[tuple[Pyramid, int]]:
        """What must be built first."""
        layers = [layer for layer in (self.layer, self.against, self.alpha) if layer is not None]
        level = self.key.place[0]
        return [(each.pyramid, band) for each in layers for band in each.pyramid.missing_bands(level, self.region)]


@dataclass(frozen=True)
class Tile:
    """An image for the screen, upright, and where its first pixel lies in the shown picture."""

    request: Request = field(repr=False)
    image: QImage
    x: float
    y: float

    @property
    def step(self) -> int:
        """Picture pixels a pixel of the image."""
        return 1 << self.request.key.place[0]


def render(request: Request) -> Tile:
    """Reads, reduces, converts and turns; the work of the builder's thread."""
    level, region = request.key.place[0], request.region
    if request.against is not None:
        shown = _difference(request.layer.raster, request.against.raster, region, level)
    else:
        shown = request.converter(request.layer.pyramid.read(level, region, request.layer.raster))
    alpha = None
    if request.alpha is not None and request.against is None:
        alpha = _eight(request.alpha.pyramid.read(level, region, request.alpha.raster))
    size = 1 << level
    # the last pixel of a level may reach beyond the picture; mirrored, it begins before it
    whole = region.aligned(size)
    x, y, _, _ = request.turn.shown_box(whole.left, whole.top, whole.right, whole.bottom)
    return Tile(request, as_image(shown, request.turn, alpha), x, y)


def as_image(shown: NDArray[np.uint8], turn: Turn, alpha: Pixels | None = None) -> QImage:
    """Upright, as Qt draws it fastest."""
    return image_of(np.ascontiguousarray(turn.turned(screen_values(shown, alpha))), has_alpha=alpha is not None)


def image_of(upright: NDArray[np.uint8], *, has_alpha: bool = False) -> QImage:
    """An image over these values; it shows what is written to them later."""
    kind = QImage.Format.Format_ARGB32_Premultiplied if has_alpha else QImage.Format.Format_RGB32
    return QImage(upright.reshape(-1).data, upright.shape[1], upright.shape[0], upright.strides[0], kind)


def screen_values(shown: NDArray[np.uint8], alpha: Pixels | None = None) -> NDArray[np.uint8]:
    """RGB or grey in 32 bits a pixel, blue in the lowest byte."""
    rows, columns, channels = shown.shape
    wide = np.empty((rows, columns, 4), np.uint8)
    if alpha is None:
        wide[:, :, 3] = 255
    else:
        # Qt blends premultiplied pixels without a division each time
        wide[:, :, 3] = alpha[:, :, 0]
        share = np.broadcast_to(alpha, shown.shape)
        shown = np.asarray(cv2.multiply(shown, share, scale=1 / 255), np.uint8).reshape(shown.shape)
    order = [0, 0, 0, 1, 0, 2] if channels == 1 else [0, 2, 1, 1, 2, 0]
    cv2.mixChannels([np.ascontiguousarray(shown)], [wide], order)
    return wide


def _difference(image: Raster, original: Raster, region: Region, level: int) -> NDArray[np.uint8]:
    """What changed, eight times as strong. The largest of four is kept, so that one changed pixel stays in sight."""
    size = 1 << level
    rows, columns = -(-region.height // size), -(-region.width // size)
    channels = 1 if image.channels < 3 else 3
    out = np.zeros((rows, columns, channels), np.uint8)
    if image.source is original.source:
        cells = [cell for cell in region.cells(CELL) if image.tiles.get(cell) is not original.tiles.get(cell)]
    else:
        cells = list(region.cells(CELL))
    for cell in cells:
        part = image.cell_region(cell).intersect(region)
        assert part is not None  # cells() yields only squares that the region touches
        piece = _changed(image.read(part)[:, :, :channels], original.read(part)[:, :, :channels], level)
        top, left = (part.top - region.top) // size, (part.left - region.left) // size
        out[top : top + piece.shape[0], left : left + piece.shape[1]] = piece
    return out


def _changed(one: Pixels, other: Pixels, level: int) -> NDArray[np.uint8]:
    if one.dtype.kind == "f":
        one, other = to_steps(one), to_steps(other)
    scale = DIFFERENCE_GAIN / (1 if one.dtype == np.uint8 else 257)
    far = np.asarray(cv2.absdiff(np.ascontiguousarray(one), np.ascontiguousarray(other))).reshape(one.shape)
    strong: Pixels = np.minimum(np.ceil(far * np.float32(scale)), 255).astype(np.uint8)
    for _ in range(level):
        strong = _largest_of_four(strong)
    return strong


def _largest_of_four(pixels: Pixels) -> Pixels:
    rows, columns, channels = pixels.shape
    pixels = np.pad(pixels, ((0, rows % 2), (0, columns % 2), (0, 0)))
    largest: Pixels = pixels.reshape(pixels.shape[0] // 2, 2, pixels.shape[1] // 2, 2, channels).max(axis=(1, 3))
    return largest


def _eight(pixels: Pixels) -> Pixels:
    if pixels.dtype == np.uint8:
        return pixels
    return (to_steps(pixels) // 257).astype(np.uint8)


class TileCache:
    """Tiles by key; the least recently drawn go first when they are more than a number of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._tiles: OrderedDict[TileKey, Tile] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tiles)

    @property
    def bytes(self) -> int:
        return self._bytes

    def get(self, key: TileKey) -> Tile | None:
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
        return tile

    def put(self, tile: Tile) -> None:
        self._drop(tile.request.key)
        self._tiles[tile.request.key] = tile
        self._bytes += tile.image.sizeInBytes()
        while self._bytes > self._limit and len(self._tiles) > 1:
            self._drop(next(iter(self._tiles)))

    def __contains__(self, key: TileKey) -> bool:
        return key in self._tiles

    def __iter__(self) -> Iterator[TileKey]:
        return iter(self._tiles)

    def clear(self) -> None:
        self._tiles.clear()
        self._bytes = 0

    def drop_pixels(self, pixels: int | Content) -> None:
        for key in [key for key in self._tiles if key.pixels == pixels]:
            self._drop(key)

    def _drop(self, key: TileKey) -> None:
        tile = self._tiles.pop(key, None)
        if tile is not None:
            self._bytes -= tile.image.sizeInBytes()
