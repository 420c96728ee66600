"""PNG's five line filters in numpy: applied to write, undone to prove."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from restorer_app.core.errors import UnreadableFileError

Bytes = NDArray[np.uint8]
Wide = NDArray[np.int16]  # sums of two bytes and differences of three fit
NONE, SUB, UP, AVERAGE, PAETH = range(5)


def filter_line(used: int, line: Bytes, above: Bytes, step: int) -> Bytes:
    """One line under a filter; `step` is the bytes of a pixel."""
    a, c = np.zeros_like(line), np.zeros_like(line)
    a[step:], c[step:] = line[:-step], above[:-step]
    predicted: Bytes = np.zeros_like(line)
    if used == SUB:
        predicted = a
    elif used == UP:
        predicted = above
    elif used == AVERAGE:
        predicted = ((a.astype(np.int16) + above) >> 1).astype(np.uint8)
    elif used == PAETH:
        predicted = _paeth(a.astype(np.int16), above.astype(np.int16), c.astype(np.int16)).astype(np.uint8)
    out: Bytes = line - predicted
    return out


def unfilter(lines: Bytes, above: Bytes, step: int) -> Bytes:
    """Lines as they come from the stream, the filter's byte first, made plain; `above` is the plain line before."""
    used = lines[:, 0]
    if used.max() > PAETH:
        raise UnreadableFileError(
            "The PNG's pixels are damaged and cannot be decoded.", advice="Look for another copy of the file."
        )
    if used.max() <= UP:
        return _unfilter_simply(lines, above, step)
    return _unfilter_along_diagonals(lines, above, step)


def _unfilter_simply(lines: Bytes, above: Bytes, step: int) -> Bytes:
    """Without Average and Paeth every line is a sum along itself or with the one above."""
    out = np.empty((lines.shape[0], lines.shape[1] - 1), np.uint8)
    for number, line in enumerate(lines):
        content = line[1:]
        if line[0] == SUB:
            out[number] = np.cumsum(content.reshape(-1, step), axis=0, dtype=np.uint8).reshape(-1)
        elif line[0] == UP:
            np.add(content, above, out=out[number])
        else:
            out[number] = content
        above = out[number]
    return out


def _unfilter_along_diagonals(lines: Bytes, above: Bytes, step: int) -> Bytes:
    """Pixels of one diagonal depend on earlier diagonals alone, so each is computed at once.

    Skewed, pixel x of line y lies at time x + y + 1; line 0 is the one above. Left of a line all stays zero.
    """
    height, width = lines.shape[0], (lines.shape[1] - 1) // step
    skewed = np.zeros((width + height + 1, height + 1, step), np.int16)
    skewed[:width, 0] = above.reshape(width, step)
    for number, line in enumerate(lines):
        skewed[number + 1 : number + 1 + width, number + 1] = line[1:].reshape(width, step)
    kinds = [lines[:, 0] == kind for kind in range(5)]
    only = next((kind for kind, rows in enumerate(kinds) if rows.all()), None)
    before = np.zeros((height, step), np.int16)
    for time in range(1, width + height + 1):
        now, last = skewed[time, 1:], skewed[time - 1]
        predicted = _predicted(last[1:], last[:-1], before, kinds, only)
        before = last[:-1]
        now += predicted
        now &= 255
    out = np.empty((height, width * step), np.uint8)
    for number in range(height):
        out[number] = skewed[number + 1 : number + 1 + width, number + 1].reshape(-1)
    return out


def _predicted(a: Wide, b: Wide, c: Wide, kinds: list[NDArray[np.bool_]], only: int | None) -> Wide:
    """For one pixel of each line: its left, upper and upper left neighbour under that line's own filter."""
    if only == PAETH:
        return _paeth(a, b, c)
    if only == AVERAGE:
        return (a + b) >> 1
    out = np.zeros_like(a)
    for kind, value in ((SUB, a), (UP, b)):
        out[kinds[kind]] = value[kinds[kind]]
    rows = kinds[AVERAGE]
    out[rows] = (a[rows] + b[rows]) >> 1
    rows = kinds[PAETH]
    out[rows] = _paeth(a[rows], b[rows], c[rows])
    return out


def _paeth(a: Wide, b: Wide, c: Wide) -> Wide:
    """The neighbour nearest to a + b - c; of equals the left, then the upper."""
    to_a, to_b = b - c, a - c
    to_c = np.abs(to_a + to_b)
    np.abs(to_a, out=to_a)
    np.abs(to_b, out=to_b)
    upper = np.where(to_b <= to_c, b, c)
    return np.where((to_a <= to_b) & (to_a <= to_c), a, upper)
