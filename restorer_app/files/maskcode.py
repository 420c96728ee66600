"""A mask as a short text: where it is above zero, as compressed lengths of runs."""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import CELL, FlatSource, Pixels, Raster

_MOST_TURNS = 16 << 20  # 64 MB as they are stored, 128 as they are used: the text comes from a file


@dataclass(frozen=True, eq=False)
class RunSource:
    """A mask by the places where it turns on and off, counted row by row."""

    bounds: Region
    turns: NDArray[np.int64]
    dtype: np.dtype[Any] = np.dtype("uint8")  # noqa: RUF009 (a dtype never changes)
    channels: int = 1

    def read(self, region: Region) -> Pixels:
        rows = np.arange(region.top, region.bottom, dtype=np.int64)[:, None] * self.bounds.width
        columns = np.arange(region.left, region.right, dtype=np.int64)[None, :]
        odd = np.searchsorted(self.turns, rows + columns, side="right") & 1
        return (odd.astype(np.uint8) * np.uint8(255))[..., None]


def encode_mask(mask: Raster, *, most: int) -> str:
    """The mask as text, exactly; where that is longer than `most`, by whole cells; empty if that is too long too."""
    exact = _text("runs", mask.bounds, _turns(mask))
    if exact and len(exact) <= most:
        return exact
    coarse = _text("runs", mask.bounds, _turns(_by_cells(mask)))
    return coarse if len(coarse) <= most else ""


def decode_mask(text: str) -> Raster:
    """The mask that `encode_mask` wrote. The text comes from a file and may say anything."""
    try:
        kind, width, height, coded = text.split(" ", 3)
        bounds = Region.of_size(int(width), int(height))
        unpacker = zlib.decompressobj()
        lengths = unpacker.decompress(base64.b64decode(coded, validate=True), 4 * _MOST_TURNS)
    except (ValueError, binascii.Error, zlib.error) as problem:
        raise InvalidValueError("The mask in the record cannot be read.") from problem
    if unpacker.unconsumed_tail:
        raise InvalidValueError("The mask in the record is more finely divided than any that this program writes.")
    if kind != "runs" or len(lengths) % 4:
        raise InvalidValueError("The mask in the record is of an unknown kind.")
    turns = np.cumsum(np.frombuffer(lengths, "<u4"), dtype=np.int64)
    if len(turns) and turns[-1] > bounds.area:
        raise InvalidValueError("The mask in the record does not fit its picture.")
    return Raster(RunSource(bounds, turns))


def _text(kind: str, bounds: Region, turns: NDArray[np.int64] | None) -> str:
    if turns is None:
        return ""
    lengths = np.diff(turns, prepend=0).astype("<u4")
    return f"{kind} {bounds.width} {bounds.height} " + base64.b64encode(zlib.compress(lengths.tobytes(), 9)).decode()


def _turns(mask: Raster) -> NDArray[np.int64] | None:
    """Every place, counted row by row, whose value differs from the one before it; before the first lies nothing.

    None where there are more of them than would be read again.
    """
    width, count = mask.bounds.width, 0
    found: list[NDArray[np.int64]] = []
    last = np.False_
    untouched = _untouched_rows(mask)
    for band in mask.bounds.divided(width, CELL):
        shown = Region.of_size(1, 1).shifted(0, band.top) if band.top // CELL in untouched else band
        flat = (mask.read(shown)[..., 0] > 0).ravel()
        places = np.flatnonzero(flat[1:] != flat[:-1]) + 1
        if flat[0] != last:
            places = np.concatenate([[0], places])
        found.append(places.astype(np.int64) + band.top * width)
        last = flat[-1]
        count += len(places)
        if count > _MOST_TURNS:
            return None
    turns = np.concatenate(found)
    # Lengths are kept in 32 bits: a run longer than that is cut by two turns at one place, which cancel out.
    while len(turns) and int(np.diff(turns, prepend=0).max()) >= 2**32:
        at = int(np.diff(turns, prepend=0).argmax())
        before = int(turns[at - 1]) if at else 0
        turns = np.insert(turns, at, [before + 2**32 - 1] * 2)
    return turns


def _untouched_rows(mask: Raster) -> set[int]:
    """Rows of cells that are one value throughout: reading all of a large picture's took longer than the rest."""
    if not isinstance(mask.source, FlatSource):
        return set()
    touched = {row for row, _ in mask.changed_cells()}
    return set(range(-(-mask.bounds.height // CELL))) - touched


def _by_cells(mask: Raster) -> Raster:
    coarse = Raster.flat(mask.bounds)
    for region in mask.bounds.divided(CELL):
        if mask.read(region).any():
            coarse = coarse.with_patch(region, np.full((*region.shape, 1), 255, np.uint8))
    return coarse
