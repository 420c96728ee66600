"""What there is to draw of a picture, and what is still wanted of the builder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QImage

from restorer_app.core.geometry import Region
from restorer_app.core.raster import CELL, FlatSource, Pixels, Raster, Source
from restorer_app.ui.canvas.colour import Converter, Look
from restorer_app.ui.canvas.impression import Impression
from restorer_app.ui.canvas.orientation import Turn
from restorer_app.ui.canvas.pyramid import OVERVIEW, Pyramid
from restorer_app.ui.canvas.tiles import Content, Layer, Place, Request, Tile, TileCache, TileKey
from restorer_app.ui.canvas.viewport import tile_region

_MOST_REGIONS = 32
_LOOKED_AT_UP_TO = 3  # levels at which asking each of a tile's cells costs less than rendering it anew


@dataclass(frozen=True)
class Piece:
    """An image to draw: its first pixel lies at x, y of the shown picture, each pixel is `step` wide."""

    image: QImage
    x: float
    y: float
    step: float
    is_best: bool = True


def lies_in_tiles(pyramid: Pyramid) -> bool:
    """All of the picture: what an upscaled one stands on is empty, and would be black until its tiles are drawn."""
    return isinstance(pyramid.source, FlatSource)


class ShownPicture:
    """Image and original of one picture as tiles in a cache. Lives on the window's thread."""

    def __init__(
        self, image: Raster, original: Raster, alpha: Source | None = None, *, look: Look, turn: Turn, limit: int
    ) -> None:
        self.turn = turn
        self.bounds = image.bounds
        self.image = image
        self.original = original
        self.look = look
        self._cache = TileCache(limit)
        self._numbers: dict[int, int] = {}  # a pyramid's, by its id; none is used twice
        self._last_number = 0
        self._pyramids: list[Pyramid] = []
        self._layers: dict[str, Layer] = {}
        self._alpha = None if alpha is None else Layer(Raster(alpha), Pyramid(alpha))
        self._overviews: dict[int, Impression] = {}
        self._edits: list[Region] = []  # every change of image or original
        self._stale: set[TileKey] = set()  # in the cache, but changed since: shown until the new one comes
        self._converter = self._new_converter()
        self._adopt()

    # --------------------------------------------------------------------------------- what is shown
    @property
    def has_alpha(self) -> bool:
        return self._alpha is not None

    @property
    def pyramids(self) -> list[Pyramid]:
        return self._pyramids + ([self._alpha.pyramid] if self._alpha else [])

    @property
    def has_pixels(self) -> bool:
        return bool(self._cache) or bool(self._overviews)

    @property
    def cached_bytes(self) -> int:
        return self._cache.bytes

    def replace_image(self, image: Raster, region: Region | None) -> list[Region]:
        """Takes another image; what must be drawn again."""
        changed = _changes(self.image, image, region)
        self.image = image
        return self._replaced(changed)

    def relook(self, look: Look) -> None:
        """Shows the same pixels in another way."""
        self.look = look
        self._converter = self._new_converter()
        self._cache.clear()
        self._stale.clear()
        for overview in self._overviews.values():
            overview.show(self._converter, everything=True)

    def take_tile(self, tile: Tile) -> Region | None:
        """Keeps a rendered tile, unless it is of no use any more; what to draw again."""
        request = tile.request
        if request.converter is not self._converter or not self._is_of_use(request.key):
            return None
        self._cache.put(tile)
        self._stale.discard(request.key)
        if not isinstance(request.key.pixels, int):
            later = self._edits[request.serial :]
            if any(edit.overlaps(request.region) for edit in later):
                self._stale.add(request.key)
        return tile_region(*request.key.place, self.bounds)

    def take_overview(self, pyramid: Pyramid, pixels: Pixels) -> bool:
        number = self._numbers.get(id(pyramid))
        if number is None:
            return False
        self._overviews[number] = Impression(pixels, self.bounds, self.turn, self._converter)
        return True

    def take_band(self, pyramid: Pyramid, band: int) -> None:
        """Puts what has been read into the overview, which so grows true from the guess that it was."""
        number = self._numbers.get(id(pyramid))
        found = pyramid.band_rows(band, OVERVIEW)
        if number is None or found is None or lies_in_tiles(pyramid):
            return
        region, rows = found
        if number not in self._overviews:
            self._overviews[number] = Impression.plain(rows, self.bounds, self.turn, self._converter)
        self._overviews[number].put(region, rows)

    def complete_overview(self, pyramid: Pyramid) -> Pixels | None:
        """A small picture of a source, once all of it has been read."""
        found = self._overviews.get(self._numbers.get(id(pyramid), -1))
        return found.pixels if found and pyramid.is_complete else None

    def show_growth(self) -> list[Region]:
        """Shows what bands have been put into the overviews; the stored pixels that look different now."""
        return [region for each in self._overviews.values() for region in each.show(self._converter)]

    # ------------------------------------------------------------------------------- what to draw
    def piece(self, content: Content, place: Place) -> Piece | None:
        """The best there is for a tile's place: itself, an older one, or a coarser one."""
        for key, is_best in self._keys_to_try(content, place):
            tile = self._cache.get(key)
            if tile is not None:
                return Piece(tile.image, tile.x, tile.y, tile.step, is_best and key not in self._stale)
        if content == "difference":
            return None
        found = self._overviews.get(self._numbers[id(self._layer(content).pyramid)])
        return Piece(found.image, found.x, found.y, found.step, is_best=False) if found else None

    def request(self, content: Content, place: Place) -> Request:
        layer = self._layer(content)
        against = self._layer("original") if content == "difference" else None
        key = self._key(content, place)
        return Request(key, layer, self._converter, self.turn, against, self._alpha, len(self._edits))

    def is_ready(self, content: Content, place: Place) -> bool:
        key = self._key(content, place)
        return key in self._cache and key not in self._stale

    def is_stale(self, key: TileKey) -> bool:
        return key in self._stale

    def _keys_to_try(self, content: Content, place: Place) -> Iterator[tuple[TileKey, bool]]:
        yield self._key(content, place), True
        level, row, column = place
        if content != "difference":
            number = self._numbers[id(self._layer(content).pyramid)]
            yield TileKey(content, place), False
            yield TileKey(number, place), False
        top = self._layer(content).pyramid.top
        for up in range(1, top - level + 1):
            yield self._key(content, (level + up, row >> up, column >> up)), False

    def _key(self, content: Content, place: Place) -> TileKey:
        if content == "difference":
            return TileKey(content, place)
        layer = self._layer(content)
        touched = self._is_touched(layer.raster, place)
        return TileKey(content if touched else self._numbers[id(layer.pyramid)], place)

    def _is_touched(self, raster: Raster, place: Place) -> bool:
        """Whether a raster may differ from its source in a tile or the pixels around it."""
        if not raster.tiles:
            return False
        if place[0] > _LOOKED_AT_UP_TO:
            return True
        region = tile_region(*place, self.bounds).grown(1 << place[0], inside=self.bounds)
        return any(cell in raster.tiles for cell in region.cells(CELL))

    def _is_of_use(self, key: TileKey) -> bool:
        return not isinstance(key.pixels, int) or key.pixels in self._numbers.values()

    # -------------------------------------------------------------------------------------- pyramids
    def _layer(self, content: Content) -> Layer:
        return self._layers["original" if content == "original" else "image"]

    def _replaced(self, changed: list[Region]) -> list[Region]:
        self._edits += changed
        hit = [key for key in self._cache if self._is_hit(key, changed)]
        were_stale = self._stale.intersection(hit)
        self._stale.update(hit)
        self._adopt()
        return changed + [
            tile_region(*key.place, self.bounds) for key in were_stale if not self._stands_for_itself(key)
        ]

    def _stands_for_itself(self, key: TileKey) -> bool:
        """Whether a tile is still the one for its place; otherwise no newer one will come and be drawn over it all."""
        return isinstance(key.pixels, int) or self._key(key.pixels, key.place) == key

    def _is_hit(self, key: TileKey, changed: list[Region]) -> bool:
        if isinstance(key.pixels, int):
            return False  # a source never changes
        region = tile_region(*key.place, self.bounds).grown(1 << key.place[0], inside=self.bounds)
        return any(region.overlaps(each) for each in changed)

    def _adopt(self) -> None:
        """Pyramids of the sources in use; those of no other."""
        sources = [self.image.source]
        if self.original.source is not self.image.source:
            sources.append(self.original.source)
        kept = [each for each in self._pyramids if any(each.source is source for source in sources)]
        known = [each.source for each in kept]
        kept += [Pyramid(source) for source in sources if not any(source is each for each in known)]
        gone = [each for each in self._pyramids if each not in kept]
        self._pyramids = kept
        for pyramid in gone:
            number = self._numbers.pop(id(pyramid))
            self._cache.drop_pixels(number)
            self._overviews.pop(number, None)
        for pyramid in kept:
            if id(pyramid) not in self._numbers:
                self._last_number += 1
                self._numbers[id(pyramid)] = self._last_number
        for content, raster in (("image", self.image), ("original", self.original)):
            self._layers[content] = Layer(raster, next(each for each in kept if each.source is raster.source))

    def _new_converter(self) -> Converter:
        return Converter(self.look, np.dtype(self.image.dtype), min(self.image.channels, 4))


def _changes(before: Raster, after: Raster, region: Region | None) -> list[Region]:
    if region is not None:
        return [region]
    if before.source is not after.source:
        return [after.bounds]
    changed = after.changed_cells(before)
    # every tile in the cache is held against every region: one around many costs less
    whole = after.region_around(changed) if len(changed) > _MOST_REGIONS else None
    return [after.cell_region(cell) for cell in changed] if whole is None else [whole]
