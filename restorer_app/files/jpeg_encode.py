"""Entropy coding of a baseline JPEG in numpy: blocks to the bytes of a scan, restart markers and all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from restorer_app.files.jpeg_decode import Coefficients, Numbers
from restorer_app.files.jpeg_scan import Huffman, Scan, huffman

_CHUNK = 1 << 17  # blocks coded at once: 40 MB of numbers
_ZERO_RUN, _END_OF_BLOCK = 0xF0, 0x00

# How many codes there are of each length. Annex K's own numbers: room for every symbol of 8-bit pictures, and short
# codes for the frequent ones, whichever they are.
_DC_COUNTS = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
_AC_COUNTS = bytes([0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125])
_DC_SYMBOLS = tuple(range(12))
_AC_SYMBOLS = (_END_OF_BLOCK, _ZERO_RUN, *(run << 4 | size for run in range(16) for size in range(1, 11)))


class MissingCodeError(Exception):
    """The tables have no code for a symbol that the edit needs."""


@dataclass(frozen=True)
class _Symbols:
    """What a chunk of blocks is coded as, in order: table, symbol, and the bits behind it."""

    table: Numbers  # component × 2, then + 1 for AC
    symbol: Numbers
    extra: Numbers
    size: Numbers
    block: Numbers  # within the chunk


def encode_scan(scan: Scan, coefficients: Coefficients) -> bytes:
    """The bytes between SOS and EOI. Raises MissingCodeError where the scan's tables lack a code."""
    differences = _differences(scan, coefficients)
    tables = [
        scan.tables[kind, (scan.ac if kind else scan.dc)[n]] for n in range(len(scan.components)) for kind in (0, 1)
    ]
    codes, lengths = np.stack([table.codes for table in tables]), np.stack([table.lengths for table in tables])
    per_interval = (scan.interval or scan.mcus) * len(scan.slots)
    out: list[bytes] = []
    carry = _Carry()
    number = 0
    for first, end in _chunks(scan, per_interval):
        found = _symbols(scan, differences, coefficients[first:end], first)
        length = lengths[found.table, found.symbol]
        if not length.all():
            raise MissingCodeError
        value = codes[found.table, found.symbol].astype(np.int64) << found.size | found.extra
        last = end == scan.blocks
        if scan.interval:
            marks, value, bits = _aligned(found.block // per_interval, value, length + found.size)
        else:
            marks, bits = np.zeros(0, np.int64), length + found.size
        packed, carry = _packed(value, bits, carry, last=last)
        marks = marks[:-1] if last else marks
        out.append(_stuffed(packed, marks, number))
        number += len(marks)
    return b"".join(out)


def roomier(scan: Scan, coefficients: Coefficients) -> tuple[Scan, bytes]:
    """The scan with tables that have a code for everything, and the content of their DHT segment."""
    differences = _differences(scan, coefficients)
    counts = np.zeros((len(scan.components) * 2, 256), np.int64)
    for first, end in _chunks(scan, (scan.interval or scan.mcus) * len(scan.slots)):
        found = _symbols(scan, differences, coefficients[first:end], first)
        np.add.at(counts, (found.table, found.symbol), 1)
    tables: dict[tuple[int, int], Huffman] = {}
    content = b""
    for kind, number in sorted(scan.tables):
        users = [n for n in range(len(scan.components)) if (scan.ac if kind else scan.dc)[n] == number]
        used = counts[[n * 2 + kind for n in users]].sum(axis=0) if users else np.zeros(256, np.int64)
        symbols = bytes(sorted(_AC_SYMBOLS if kind else _DC_SYMBOLS, key=lambda symbol: -used[symbol]))
        lengths = _AC_COUNTS if kind else _DC_COUNTS
        tables[kind, number] = huffman(lengths, symbols)
        content += bytes([kind << 4 | number]) + lengths + symbols
    return replace(scan, tables=tables), content


def _chunks(scan: Scan, per_interval: int) -> Iterator[tuple[int, int]]:
    """First and end block; with restart markers only between intervals."""
    step = max(_CHUNK // per_interval, 1) * per_interval if scan.interval else _CHUNK
    for first in range(0, scan.blocks, step):
        yield first, min(first + step, scan.blocks)


def _differences(scan: Scan, coefficients: Coefficients) -> Numbers:
    """What is stored for each block's DC: its difference from the one before of the same component and interval."""
    out = np.zeros(len(coefficients), np.int64)
    slots = np.array(scan.slots)
    for part in range(len(scan.components)):
        mine = np.flatnonzero(slots == part)
        index = (np.arange(scan.mcus)[:, None] * len(slots) + mine).reshape(-1)
        values = coefficients[index, 0].astype(np.int64)
        before = np.concatenate([[0], values[:-1]])
        before[:: (scan.interval or scan.mcus) * len(mine)] = 0
        out[index] = values - before
    return out


def _symbols(scan: Scan, differences: Numbers, blocks: Coefficients, first: int) -> _Symbols:
    """DC, then runs and values, then the end of each block that does not fill it."""
    component = np.array(scan.slots)[(first + np.arange(len(blocks))) % len(scan.slots)]
    all_blocks = np.arange(len(blocks))
    dc = differences[first : first + len(blocks)]
    block, k = np.nonzero(blocks[:, 1:])
    value = blocks[block, k + 1].astype(np.int64)
    k = k + 1
    starts = np.concatenate([[True], block[1:] != block[:-1]]) if len(block) else np.zeros(0, bool)
    gap = k - np.where(starts, 0, np.concatenate([[0], k[:-1]])) - 1 if len(block) else k
    zero_runs = np.repeat(np.arange(len(block)), gap >> 4)
    last = np.zeros(len(blocks), np.int64)
    np.maximum.at(last, block, k)
    open_blocks = np.flatnonzero(last < 63)
    size_dc, size_ac = _sizes(dc), _sizes(value)
    parts = [  # block, place in it, is AC, symbol, extra, size
        (all_blocks, 0 * all_blocks, 0, size_dc, _extras(dc, size_dc), size_dc),
        (block[zero_runs], 2 * k[zero_runs] - 1, 1, np.full(len(zero_runs), _ZERO_RUN), 0 * zero_runs, 0 * zero_runs),
        (block, 2 * k, 1, (gap & 15) << 4 | size_ac, _extras(value, size_ac), size_ac),
        (open_blocks, 0 * open_blocks + 128, 1, 0 * open_blocks, 0 * open_blocks, 0 * open_blocks),
    ]
    order = np.argsort(np.concatenate([part[0] * 256 + part[1] for part in parts]), kind="stable")
    where = np.concatenate([part[0] for part in parts])[order]
    is_ac = np.concatenate([np.full(len(part[0]), part[2]) for part in parts])[order]
    symbol, extra, size = (np.concatenate([part[n] for part in parts])[order] for n in (3, 4, 5))
    return _Symbols(component[where] * 2 + is_ac, symbol, extra, size, where)


def _sizes(values: Numbers) -> Numbers:
    """Bits of each magnitude."""
    return np.frexp(np.abs(values).astype(np.float64))[1].astype(np.int64)


def _extras(values: Numbers, sizes: Numbers) -> Numbers:
    """The bits behind a symbol: negative numbers count from the bottom of their size."""
    return np.where(values < 0, values + (1 << sizes) - 1, values)


def _aligned(interval: Numbers, value: Numbers, bits: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Where each interval ends in bytes, and the symbols with the ones that fill its last byte."""
    firsts = np.flatnonzero(np.diff(interval, prepend=-1))
    lengths = np.add.reduceat(bits, firsts)
    pad = -lengths % 8
    ends = np.append(firsts[1:], len(bits))
    value, bits = np.insert(value, ends, (1 << pad) - 1), np.insert(bits, ends, pad)
    return np.cumsum(lengths + pad) // 8, value, bits


@dataclass(frozen=True)
class _Carry:
    """Bits that do not fill a byte yet."""

    value: int = 0
    bits: int = 0


def _packed(value: Numbers, bits: Numbers, carry: _Carry, *, last: bool) -> tuple[NDArray[np.uint8], _Carry]:
    """Values of up to 27 bits behind each other; at the end ones fill the last byte."""
    value, bits = np.concatenate([[carry.value], value]), np.concatenate([[carry.bits], bits])
    total = int(bits.sum())
    if last and total % 8:
        pad = -total % 8
        value, bits, total = np.append(value, (1 << pad) - 1), np.append(bits, pad), total + pad
    place = np.cumsum(bits) - bits
    word, room = place >> 5, 64 - (place & 31) - bits
    window = value.astype(np.uint64) << room.astype(np.uint64)
    words = (total >> 5) + 2
    # No two values share a bit, so sums are unions; they stay below 2³² and are exact in float64.
    sums = np.bincount(word, (window >> np.uint64(32)).astype(np.float64), words)
    sums += np.bincount(word + 1, (window & np.uint64(0xFFFFFFFF)).astype(np.float64), words)
    packed = sums.astype(">u4").view(np.uint8)
    left = total % 8
    rest = int(packed[total // 8]) >> (8 - left) if left else 0
    return packed[: total // 8], _Carry(rest, left)


def _stuffed(packed: NDArray[np.uint8], marks: Numbers, number: int) -> bytes:
    """A zero behind every 0xFF, and a restart marker at every mark."""
    ones = np.flatnonzero(packed == 0xFF) + 1
    markers = np.stack([np.full(len(marks), 0xFF), 0xD0 + (number + np.arange(len(marks))) % 8], axis=1).reshape(-1)
    where = np.concatenate([ones, np.repeat(marks, 2)])
    what = np.concatenate([np.zeros(len(ones), np.uint8), markers.astype(np.uint8)])
    return np.insert(packed, where, what).tobytes()
