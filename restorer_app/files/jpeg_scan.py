"""The one scan of a baseline JPEG: its tables, the order of its blocks, and its bytes cut at restart markers."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.errors import NotPatchableError, UnreadableFileError
from restorer_app.files.jpeg_markers import DHT, DQT, Component, Header

ZIGZAG = np.array(
    sorted(range(64), key=lambda at: (s := at // 8 + at % 8, at // 8 if s % 2 else at % 8)), np.intp
)  # row-major place of each coefficient in the order in which it is stored


@dataclass(frozen=True, eq=False)
class Huffman:
    """One table: for every 16 bits the length of the code they begin with and its symbol; for symbols their code."""

    decode: NDArray[np.uint16]  # length << 8 | symbol; 0 where no code begins so
    codes: NDArray[np.uint32]
    lengths: NDArray[np.int64]  # 0 for symbols without a code


def huffman(counts: bytes, symbols: bytes) -> Huffman:
    """From the numbers of codes of 1 to 16 bits, and the symbols in their order."""
    decode = np.zeros(1 << 16, np.uint16)
    codes, lengths = np.zeros(256, np.uint32), np.zeros(256, np.int64)
    code = at = 0
    for length, count in enumerate(counts, 1):
        for symbol in symbols[at : at + count]:
            first, width = code << (16 - length), 1 << (16 - length)
            if first + width > 1 << 16:
                raise UnreadableFileError(
                    "The JPEG's code tables are damaged.", advice="Look for another copy of the file."
                )
            decode[first : first + width] = length << 8 | symbol
            codes[symbol], lengths[symbol] = code, length
            code += 1
        at += count
        code <<= 1
    return Huffman(decode, codes, lengths)


@dataclass(frozen=True, eq=False)
class Scan:
    """How blocks follow each other: slot after slot in an MCU, MCU after MCU."""

    components: tuple[Component, ...]
    across: int  # MCUs
    down: int
    slots: tuple[int, ...]  # the component of each block of an MCU
    dc: tuple[int, ...]  # the table of each component
    ac: tuple[int, ...]
    tables: dict[tuple[int, int], Huffman]  # by class (0 DC, 1 AC) and number
    quantisation: dict[int, NDArray[np.int64]]  # row-major, by number
    interval: int  # MCUs between restart markers; 0: none

    @property
    def mcus(self) -> int:
        return self.across * self.down

    @property
    def blocks(self) -> int:
        return self.mcus * len(self.slots)

    def first_slot(self, component: int) -> int:
        return self.slots.index(component)

    def mcu_size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        if len(self.components) == 1:
            return 8, 8
        return 8 * self.components[0].vertical, 8 * self.components[0].horizontal


def read_scan(file: BinaryIO, header: Header) -> tuple[Scan, NDArray[np.uint8]]:
    """The scan's description, and its bytes from behind SOS up to EOI and the fill bytes before it."""
    file.seek(header.scan_start + 2)
    length = struct.unpack(">H", file.read(2))[0]
    content = file.read(length - 2)
    data = np.frombuffer(file.read(header.end - 2 - (header.scan_start + 2 + length)).rstrip(b"\xff"), np.uint8)
    count = content[0]
    if len(content) != 4 + 2 * count or tuple(content[-3:]) != (0, 63, 0):
        raise NotPatchableError("This JPEG's pixels are not stored in one plain scan.")
    order = [part.code for part in header.components]
    chosen = [content[1 + 2 * n] for n in range(count)]
    if chosen != order:
        raise NotPatchableError("This JPEG's pixels are not stored in one plain scan.")
    selectors = [content[2 + 2 * n] for n in range(count)]
    scan = Scan(
        components=header.components,
        across=-(-header.width // _mcu_pixels(header, across=True)),
        down=-(-header.height // _mcu_pixels(header, across=False)),
        slots=_slots(header.components),
        dc=tuple(selector >> 4 for selector in selectors),
        ac=tuple(selector & 15 for selector in selectors),
        tables=_tables(header),
        quantisation=_quantisation(header),
        interval=header.restart_interval,
    )
    _must_be_complete(scan)
    return scan, data


def cut_at_restarts(scan: Scan, data: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bytes without stuffing and markers, and where each interval begins and the last one ends."""
    marks = np.flatnonzero(data[:-1] == 0xFF) if data.size > 1 else np.zeros(0, np.int64)
    following = data[marks + 1]
    stuffed, restarts = marks[following == 0], marks[(following >= 0xD0) & (following <= 0xD7)]
    if len(stuffed) + len(restarts) != len(marks) or (data.size and data[-1] == 0xFF):
        raise NotPatchableError("This JPEG holds markers among its pixels.")
    expected = -(-scan.mcus // scan.interval) - 1 if scan.interval else 0
    numbers = data[restarts + 1] - 0xD0
    if len(restarts) != expected or not np.array_equal(numbers, np.arange(expected) % 8):
        raise NotPatchableError("This JPEG's restart markers are damaged.")
    dropped = np.concatenate([stuffed + 1, restarts, restarts + 1])
    before = np.searchsorted(np.sort(dropped), restarts)
    starts = np.concatenate([[0], restarts - before, [data.size - len(dropped)]]).astype(np.int64)
    return np.delete(data, dropped), starts


def _mcu_pixels(header: Header, *, across: bool) -> int:
    if len(header.components) == 1:
        return 8
    return 8 * (header.components[0].horizontal if across else header.components[0].vertical)


def _slots(components: tuple[Component, ...]) -> tuple[int, ...]:
    if len(components) == 1:  # alone, a component is stored block by block whatever its sampling says
        return (0,)
    return tuple(n for n, part in enumerate(components) for _ in range(part.horizontal * part.vertical))


def _tables(header: Header) -> dict[tuple[int, int], Huffman]:
    found = {}
    for content in header.contents(DHT):
        at = 0
        while at + 17 <= len(content):
            counts = content[at + 1 : at + 17]
            symbols = content[at + 17 : at + 17 + sum(counts)]
            found[content[at] >> 4, content[at] & 15] = huffman(counts, symbols)
            at += 17 + sum(counts)
    return found


def _quantisation(header: Header) -> dict[int, NDArray[np.int64]]:
    found = {}
    for content in header.contents(DQT):
        at = 0
        while at < len(content):
            number, wide = content[at] & 15, content[at] >> 4
            end = at + 1 + 64 * (2 if wide else 1)
            if end > len(content):
                raise UnreadableFileError(
                    "The JPEG's quantisation tables are damaged.", advice="Look for another copy of the file."
                )
            table = np.zeros(64, np.int64)
            table[ZIGZAG] = np.frombuffer(content[at + 1 : end], ">u2" if wide else "u1")
            found[number] = table
            at = end
    return found


def _must_be_complete(scan: Scan) -> None:
    have_codes = all((0, n) in scan.tables for n in scan.dc) and all((1, n) in scan.tables for n in scan.ac)
    have_steps = all(
        part.table in scan.quantisation and scan.quantisation[part.table].min() > 0 for part in scan.components
    )
    if not have_codes or not have_steps:
        raise NotPatchableError("This JPEG leaves out some of its tables.")
