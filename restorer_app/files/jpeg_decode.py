"""Entropy decoding of a baseline JPEG in numpy: thousands of places of the stream advance together, a symbol a step.

A Huffman stream can be read from one place only, its beginning. But started anywhere, a reader falls into step with
the true symbols after a few hundred bits. So the stream is cut into pieces; each is read from a guess, then from where
the piece before it ended, until nothing changes any more: usually twice. No step depends on that being quick, only the
time does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.errors import UnreadableFileError
from restorer_app.files.jpeg_scan import Scan, cut_at_restarts

Numbers = NDArray[np.int64]
Coefficients = NDArray[np.int16]  # blocks in scan order × 64 in stored order; the first is the true DC, no difference

_Start = tuple[int, int]  # bit, place
_End = tuple[int, int, int]  # bit, place, blocks

_SHORTEST, _LONGEST = 1 << 11, 1 << 14  # bits of a piece: short ones fall in step too late, long ones need many steps
_PIECES = 4096  # numpy's cost a step hardly grows up to here
_MOST_ROUNDS = 400  # photographs need two, flat drawings some ten
_SWEEP = 64  # steps between looking for pieces that have ended
_MOST_DC = (1 << 15) - 1  # far above what 8-bit pictures have; more would not fit
_BEHIND = 512  # bytes after the stream: what a sweep can read beyond an end

# What one symbol means, packed for a single look-up: bits it takes, steps of k, bits of its value.
_TAKES, _STEPS, _SIZE = 0, 6, 13
_END_OF_BLOCK = 64


@dataclass(frozen=True)
class _State:
    """Where readers stand: bit, place in the MCU (slot × 64 + k), and how many blocks each has left behind."""

    bit: Numbers
    place: Numbers
    block: Numbers

    def only(self, which: NDArray[np.bool_] | Numbers) -> _State:
        return _State(self.bit[which], self.place[which], self.block[which])


@dataclass(frozen=True)
class _Pieces:
    """The parts of the stream that are read together; `first` says which begin an interval."""

    start: Numbers
    end: Numbers
    first: NDArray[np.bool_]
    interval: Numbers


def decode_scan(scan: Scan, data: NDArray[np.uint8]) -> Coefficients:
    """Every block of a scan, or a sentence where its bits make no sense."""
    plain, starts = cut_at_restarts(scan, data)
    reader = _Reader(scan, plain)
    pieces = _pieces(starts * 8)
    begin = _in_step(reader, pieces)
    coefficients = _written(reader, scan, pieces, begin)
    _integrate(scan, coefficients)
    return coefficients


def _pieces(starts: Numbers) -> _Pieces:
    lengths = np.diff(starts)
    wanted = min(max(int(lengths.sum()) // _PIECES, _SHORTEST), _LONGEST)
    counts = np.maximum(1, lengths // wanted)
    interval = np.repeat(np.arange(len(lengths)), counts)
    number = np.arange(len(interval)) - np.repeat(np.cumsum(counts) - counts, counts)
    start = starts[:-1][interval] + lengths[interval] * number // counts[interval]
    last = number == counts[interval] - 1
    end = np.where(last, starts[1:][interval], np.roll(start, -1))
    return _Pieces(start, end, number == 0, interval)


class _Reader:
    """The bits and the tables; one step reads one symbol at many places."""

    def __init__(self, scan: Scan, plain: NDArray[np.uint8]) -> None:
        padded = np.concatenate([plain, np.full(_BEHIND, 0xFF, np.uint8)]).astype(np.uint32)
        self._window = padded[:-3] << 24 | padded[1:-2] << 16 | padded[2:-1] << 8 | padded[3:]
        keys = sorted({(0, n) for n in scan.dc} | {(1, n) for n in scan.ac})
        self._meaning = np.concatenate([_meanings(scan.tables[key].decode, is_ac=key[0] == 1) for key in keys])
        first = {key: n << 16 for n, key in enumerate(keys)}
        tables = [[first[0, scan.dc[part]], *[first[1, scan.ac[part]]] * 63] for part in scan.slots]
        self._table = np.array(tables, np.int64).reshape(-1)  # by place
        self.slots = len(scan.slots)
        self._next = _successors(self.slots)

    def step(self, state: _State) -> tuple[_State, Numbers]:
        """The state after one symbol, and what that symbol meant; 0 where no code begins so."""
        meaning = self._meaning[self._table[state.place] + self.peek(state.bit)]
        place = self._next[state.place * 128 + ((meaning >> _STEPS) & 127)]
        bit = state.bit + np.maximum(meaning & 63, 1)
        return _State(bit, place, state.block + ((place & 63) == 0)), meaning

    def peek(self, bit: Numbers) -> Numbers:
        """The next 16 bits; behind the end there are ones."""
        found: Numbers = (self._window[bit >> 3] >> (16 - (bit & 7))) & 0xFFFF
        return found


def _meanings(decode: NDArray[np.uint16], *, is_ac: bool) -> Numbers:
    length, symbol = (decode >> 8).astype(np.int64), (decode & 0xFF).astype(np.int64)
    if not is_ac:
        packed = length + symbol << _TAKES | 1 << _STEPS | symbol << _SIZE
        return np.where((length > 0) & (symbol <= 11), packed, 0)
    run, size = symbol >> 4, symbol & 15
    steps = np.where((size == 0) & (run < 15), _END_OF_BLOCK, run + 1)
    return np.where((length > 0) & (size <= 10), length + size << _TAKES | steps << _STEPS | size << _SIZE, 0)


def _successors(slots: int) -> Numbers:
    """The place after so many steps from a place; a full block leads to the next slot."""
    slot, k, steps = np.ogrid[:slots, :64, :128]
    return np.where(k + steps >= 64, (slot + 1) % slots * 64, slot * 64 + k + steps).reshape(-1)


def _in_step(reader: _Reader, pieces: _Pieces) -> _State:
    """Where each piece truly begins, counted in blocks of its interval.

    What a piece leads to is remembered for every start it was read from. Flat parts of a picture never tell which
    block of the MCU a reader is in, so from the third round on pieces are read from every one of them at once.
    """
    known: list[dict[_Start, _End]] = [{} for _ in pieces.start]
    for number in range(_MOST_ROUNDS):
        starts = _chained(pieces, known)
        missing = [(piece, start) for piece, start in enumerate(starts) if start not in known[piece]]
        if not missing:
            ends = [known[piece][start] for piece, start in enumerate(starts)]
            bits, places = np.array(starts, np.int64).T
            return _State(bits, places, _blocks_before(pieces, np.array([end[2] for end in ends], np.int64)))
        if number > 1 and len(missing) * reader.slots <= _PIECES:
            missing = [(piece, other) for piece, start in missing for other in _in_every_slot(start, reader.slots)]
        where = np.array([piece for piece, _ in missing])
        bits, places = np.array([start for _, start in missing], np.int64).T
        end = _read_to_end(reader, _State(bits, places, np.zeros_like(bits)), pieces.end[where])
        for (piece, start), found in zip(missing, zip(*_lists(end), strict=True), strict=True):
            known[piece][start] = found
    raise UnreadableFileError(
        "The JPEG's pixels are damaged and cannot be followed.", advice="Look for another copy of the file."
    )


def _chained(pieces: _Pieces, known: list[dict[_Start, _End]]) -> list[_Start]:
    """Each piece begins where the one before ends: from its own start if that was read, or else as it last ended."""
    starts: list[_Start] = []
    for piece, first in enumerate(pieces.first.tolist()):
        before = known[piece - 1] if piece else {}
        if first or not before:
            starts.append((int(pieces.start[piece]), 0))
            continue
        end = before.get(starts[-1]) or next(reversed(before.values()))
        starts.append(end[:2])
    return starts


def _in_every_slot(start: _Start, slots: int) -> list[_Start]:
    """The same bit, for each block of the MCU; the one asked for last, so that it counts as the latest."""
    bit, place = start
    return [(bit, (place + 64 * more) % (64 * slots)) for more in range(1, slots + 1)]


def _lists(state: _State) -> tuple[list[int], list[int], list[int]]:
    return state.bit.tolist(), state.place.tolist(), state.block.tolist()


def _with(state: _State, which: Numbers, new: _State) -> _State:
    """A state with some places replaced."""
    parts = [part.copy() for part in (state.bit, state.place, state.block)]
    for part, values in zip(parts, (new.bit, new.place, new.block), strict=True):
        part[which] = values
    return _State(*parts)


def _blocks_before(pieces: _Pieces, counts: Numbers) -> Numbers:
    """How many blocks of its interval lie before each piece."""
    total = np.cumsum(counts) - counts
    firsts = np.flatnonzero(pieces.first)
    before: Numbers = total - total[firsts][pieces.interval]
    return before


def _read_to_end(reader: _Reader, state: _State, end: Numbers) -> _State:
    """The state of each reader at the first symbol that begins at or behind its end."""
    result = state
    where = np.arange(len(end))
    while len(where):
        open_ = np.ones(len(where), bool)
        for _ in range(_SWEEP):
            crossed = open_ & (state.bit >= end)
            if crossed.any():
                result = _with(result, where[crossed], state.only(crossed))
                open_ &= ~crossed
            state, _ = reader.step(state)
        state, end, where = state.only(open_), end[open_], where[open_]
    return result


def _written(reader: _Reader, scan: Scan, pieces: _Pieces, begin: _State) -> Coefficients:
    """Every coefficient in its place, DC as difference.

    A reader that runs on behind its piece writes what the next one writes; behind an interval it writes nothing.
    """
    per_interval = scan.interval * len(scan.slots) if scan.interval else scan.blocks
    first_block = pieces.interval * per_interval
    limit = np.minimum(first_block + per_interval, scan.blocks)
    out = np.zeros((scan.blocks + 1) * 64, np.int16)  # the last block takes what belongs nowhere
    state, end = replace(begin, block=begin.block + first_block), pieces.end
    ended = np.zeros(int(pieces.interval[-1]) + 1, bool)
    while len(end):
        damaged = False
        for _ in range(_SWEEP):
            inside = state.block < limit
            before = state
            state, meaning = reader.step(state)
            at, value, sound = _value(reader, before, meaning)
            damaged |= bool((inside & ~sound).any())
            out[np.where(inside & (at >= 0), at, scan.blocks * 64)] = value
            done = np.flatnonzero(inside & (state.block >= limit))
            ended[(limit[done] - 1) // per_interval] = True
        if damaged:
            raise UnreadableFileError(
                "The JPEG's pixels are damaged and cannot be followed.", advice="Look for another copy of the file."
            )
        going = (state.bit < end) & (state.block < limit)
        state, end, limit = state.only(going), end[going], limit[going]
    if not ended.all():
        raise UnreadableFileError("The JPEG ends too early; part of it is missing.", advice="Look for a complete copy.")
    return out.reshape(-1, 64)[:-1]


def _value(reader: _Reader, before: _State, meaning: Numbers) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Where in the blocks a symbol's value belongs (-1: it has none), the value, and whether that makes sense."""
    size, steps = meaning >> _SIZE, (meaning >> _STEPS) & 127
    extra = reader.peek(before.bit + (meaning & 63) - size) >> (16 - size)
    power = 1 << size
    value = np.where(extra < power >> 1, extra - power + 1, extra)
    k = (before.place & 63) + steps - 1
    has_value = (size > 0) & (k < 64)
    sound = (meaning > 0) & ((size == 0) | (k < 64))
    return np.where(has_value, before.block * 64 + k, -1), value, sound


def _integrate(scan: Scan, coefficients: Coefficients) -> None:
    """Differences of DC summed up, component by component, anew in each interval."""
    per_interval = scan.interval or scan.mcus
    slots = len(scan.slots)
    for part in range(len(scan.components)):
        mine = np.flatnonzero(np.array(scan.slots) == part)
        index = (np.arange(scan.mcus)[:, None] * slots + mine).reshape(-1)
        differences = coefficients[index, 0].astype(np.int64)
        sums = np.cumsum(differences)
        starts = np.arange(0, len(index), per_interval * len(mine))
        base = np.concatenate([[0], sums[starts[1:] - 1]]) if len(starts) > 1 else np.zeros(1, np.int64)
        sums -= np.repeat(base, np.diff(np.append(starts, len(index))))
        if len(sums) and np.abs(sums).max() > _MOST_DC:
            raise UnreadableFileError(
                "The JPEG's pixels are damaged: their differences lead nowhere.",
                advice="Look for another copy of the file.",
            )
        coefficients[index, 0] = sums
