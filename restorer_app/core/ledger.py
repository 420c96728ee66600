"""Ledger: which tiles the snapshots of a history hold, each counted once."""

from __future__ import annotations

from collections.abc import Iterable

from restorer_app.core.raster import Pixels, Raster


class Ledger:
    """Counts holders of rasters and of tiles, so that a stroke costs what it touched and not the whole history."""

    def __init__(self) -> None:
        self._rasters: dict[int, tuple[Raster, int]] = {}
        self._tiles: dict[int, tuple[Pixels, int]] = {}  # in order of arrival: the oldest first
        self._elsewhere: set[int] = set()  # tiles that lie in the store
        self.bytes_in_memory = 0

    def hold(self, rasters: Iterable[Raster]) -> None:
        for raster in rasters:
            _, holders = self._rasters.get(id(raster), (raster, 0))
            self._rasters[id(raster)] = (raster, holders + 1)
            if holders == 0:
                for tile in raster.tiles.values():
                    self._hold_tile(tile, 1)

    def release(self, rasters: Iterable[Raster]) -> None:
        for raster in rasters:
            _, holders = self._rasters[id(raster)]
            if holders > 1:
                self._rasters[id(raster)] = (raster, holders - 1)
                continue
            del self._rasters[id(raster)]
            for tile in raster.tiles.values():
                self._release_tile(tile)

    def in_memory(self, *, without: Iterable[Raster]) -> list[Pixels]:
        """Tiles in memory that the given rasters do not show, the oldest first."""
        shown = {id(tile) for raster in without for tile in raster.tiles.values()}
        return [tile for key, (tile, _) in self._tiles.items() if key not in shown and key not in self._elsewhere]

    def bytes_of(self, rasters: Iterable[Raster]) -> int:
        """Bytes in memory that these rasters alone need."""
        tiles = {id(tile): tile for raster in rasters for tile in raster.tiles.values()}
        return sum(tile.nbytes for key, tile in tiles.items() if key not in self._elsewhere)

    def move(self, moved: dict[int, Pixels]) -> None:
        """Puts equal tiles that lie elsewhere in place of those with the given ids, in every raster held."""
        for raster, _ in self._rasters.values():
            raster.move_tiles(moved)
        for old, new in moved.items():
            tile, holders = self._tiles.pop(old)
            self.bytes_in_memory -= tile.nbytes
            self._elsewhere.add(id(new))
            self._tiles[id(new)] = (new, holders)

    def _hold_tile(self, tile: Pixels, count: int) -> None:
        _, holders = self._tiles.get(id(tile), (tile, 0))
        self._tiles[id(tile)] = (tile, holders + count)
        if holders == 0 and id(tile) not in self._elsewhere:
            self.bytes_in_memory += tile.nbytes

    def _release_tile(self, tile: Pixels) -> None:
        _, holders = self._tiles[id(tile)]
        if holders > 1:
            self._tiles[id(tile)] = (tile, holders - 1)
            return
        del self._tiles[id(tile)]
        if id(tile) in self._elsewhere:
            self._elsewhere.discard(id(tile))
        else:
            self.bytes_in_memory -= tile.nbytes
