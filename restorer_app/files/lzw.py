"""TIFF's LZW in numpy: the proof's own decoder, which shares no code with the one that reads and writes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_CLEAR, _END, _FIRST = 256, 257, 258
_MOST = 3839  # codes between two clears: 4096 entries less 258, and the first code makes no entry
_GROUP = 1 << 15  # codes decoded at once: arrays that stay in the processor's cache, half the time of all at once

Ints = NDArray[np.int64]


def _schedule() -> tuple[Ints, Ints]:
    """Width of each code after a clear, and the bits before it: TIFF widens one entry early (at 511, 1023, 2047)."""
    entries = _FIRST - 1 + np.arange(_MOST + 1, dtype=np.int64)  # in the table when the code is read
    widths = np.select([entries < 511, entries < 1023, entries < 2047], [9, 10, 11], 12).astype(np.int64)
    return widths, np.cumsum(widths) - widths


_WIDTHS, _BEFORE = _schedule()
_AFTER = _BEFORE + _WIDTHS
_MASKS = (1 << _WIDTHS) - 1
_SHIFTS = 24 - _WIDTHS


class LzwError(ValueError):
    """The codes make no sense."""


def lzw_decode(data: bytes | memoryview, expected: int) -> NDArray[np.uint8]:
    """Up to `expected` bytes. No string table: a code is a copy of bytes that were written before it.

    Entry k holds what code k wrote and the byte after it; so every byte points back to an earlier one or is a
    literal, and following the pointers by doubling them needs only array operations.
    """
    parts: list[NDArray[np.uint8]] = []
    found = 0
    for codes, begins in _groups(data):
        part = _expanded(codes, begins)
        parts.append(part)
        found += len(part)
        if found >= expected:
            break
    return np.concatenate(parts)[:expected] if parts else np.zeros(0, np.uint8)


def _expanded(codes: Ints, begins: Ints) -> NDArray[np.uint8]:
    """The bytes of some codes that refer to nothing before them."""
    literal = codes < _CLEAR
    own = np.arange(len(codes), dtype=np.int64)
    parent = np.where(literal, own, begins + codes - _FIRST)
    if np.any((parent >= own) & ~literal):
        raise LzwError("a code names an entry that does not exist yet")
    lengths = _lengths(parent, literal)
    ends = np.cumsum(lengths)
    starts = ends - lengths
    back = starts - starts.take(parent)  # how far behind itself a code's bytes lie
    pointer = np.arange(int(ends[-1]), dtype=np.int64)
    pointer -= np.repeat(back, lengths)
    values = np.zeros(len(pointer), np.uint8)
    values[starts[literal]] = codes[literal]
    return values.take(_followed(pointer))


def _groups(data: bytes | memoryview) -> Iterator[tuple[Ints, Ints]]:
    """Codes without clears and the end, and for each the number of the first code after its clear, in groups."""
    words = _words(data)
    bits = len(data) * 8
    parts: list[Ints] = []
    begins: list[int] = []
    at, count, ended = 0, 0, False
    while not ended and at + 9 <= bits:
        room = int(np.searchsorted(_AFTER, bits - at, side="right")) if bits - at < _AFTER[-1] else len(_AFTER)
        codes, ended, used = _run(words, at, room)
        at += used
        if len(codes):
            parts.append(codes)
            begins.append(count)
            count += len(codes)
        if count >= _GROUP:
            yield _joined(parts, begins)
            parts, begins, count = [], [], 0
    if parts:
        yield _joined(parts, begins)


def _joined(parts: list[Ints], begins: list[int]) -> tuple[Ints, Ints]:
    return np.concatenate(parts), np.repeat(begins, [len(part) for part in parts])


def _words(data: bytes | memoryview) -> NDArray[np.uint32]:
    """The 24 bits that begin at each byte: enough for 7 bits to skip and 12 to read."""
    padded = np.zeros(len(data) + 4, np.uint8)
    padded[:-4] = np.frombuffer(data, np.uint8)
    words = padded[:-3].astype(np.uint32)
    for more in (padded[1:-2], padded[2:-1]):
        words <<= 8
        words |= more
    return words


def _run(words: NDArray[np.uint32], at: int, room: int) -> tuple[Ints, bool, int]:
    """The codes up to the next clear or end, whether it was the end, and the bits that all took."""
    before = _BEFORE[:room] + at
    codes = words.take(before >> 3).astype(np.int64)
    before &= 7
    codes >>= _SHIFTS[:room] - before
    codes &= _MASKS[:room]
    stops = np.flatnonzero((codes | 1) == _END)
    if not len(stops):
        if room > _MOST:
            raise LzwError("the table is full and never cleared")
        return codes, True, int(_AFTER[room - 1])  # cut off: what is there, is there
    stop = int(stops[0])
    return codes[:stop], bool(codes[stop] == _END), int(_AFTER[stop])


def _lengths(parent: Ints, literal: NDArray[np.bool_]) -> Ints:
    """How many bytes each code writes: one more than the code it continues."""
    steps = np.where(literal, 0, 1)
    up = parent
    while True:
        more = steps.take(up)
        if not more.any():
            return steps + 1
        steps = steps + more
        up = up.take(up)


def _followed(pointer: Ints) -> Ints:
    """Where each chain of pointers ends: at a byte that points to itself."""
    while True:
        further = pointer.take(pointer)
        if np.array_equal(further, pointer):
            return pointer
        pointer = further
