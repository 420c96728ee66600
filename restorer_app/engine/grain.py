"""Film grain: measured around a hole, and grown again on what fills it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer_app.core.geometry import Region
from restorer_app.engine.values import Floats, Hole

_SIDE = 16  # of the blocks whose spectrum is taken: grain is finer than this, pictures are coarser
_SMOOTH = 3.0  # Gaussian that takes the picture away from the grain
_REACH = 4  # of the kernel that gives white noise the measured spectrum
_SEEN = 0.2  # of the power at a frequency must have been left by the smoothing to be measured
_LEAST_BLOCKS = 4
_MOST_BLOCKS = 4000  # evenly from all there are: a hairline across a scan has 30 000 around it, which say no more
_CLIPPED = 0.1  # of a block at black or white: there the grain has been cut off
_QUIETEST = 0.2  # of the blocks are taken as free of texture …
_LOW_BY = 1.12  # … and have that much less variance than grain as a whole, for they were picked as the least
_TEXTURED = 1.7  # times the variance of grain: no block of grain alone, so there is texture or an edge in it

Kernel = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Grain:
    """How grain looks: how strong in each channel, how coarse, and how alike the channels are."""

    level: tuple[float, ...]  # standard deviation, of a full scale of 1
    kernels: Kernel = field(repr=False)  # channels × side × side; each has energy 1
    mix: Floats = field(repr=False)  # lower triangle that makes independent channels as alike as measured


def measure(picture: Floats, hole: Hole) -> Grain | None:
    """The grain of the flat parts around a hole, or None when there is too little to see it in.

    A picture without colour has one grain for all its channels, and what grows of it has no colour either.
    """
    if (picture == picture[:, :, :1]).all(2)[~hole].all():  # a coloured stamp that is to go is no colour of the picture
        picture = picture[:, :, :1]
    blocks = _flat_blocks(picture, hole)
    if len(blocks) < _LEAST_BLOCKS:
        return None
    spectrum = (np.abs(np.fft.fft2(blocks, axes=(1, 2))) ** 2).mean(0) / _SIDE**2
    spectrum = _without_the_smoothing(spectrum)
    level = np.sqrt(spectrum.mean((0, 1)))
    kernels = np.stack([_kernel(spectrum[:, :, channel]) for channel in range(picture.shape[2])])
    return Grain(tuple(float(one) for one in level), kernels, _mix(blocks.reshape(-1, picture.shape[2])))


def grow(grain: Grain, region: Region, seed: int) -> Floats:
    """Grain for a region; every pixel depends on its place in the picture and the seed alone."""
    around = region.grown(_REACH)
    white = np.stack([_white(around, channel, seed) for channel in range(len(grain.level))], axis=-1)
    # Plain sums in a fixed order: OpenCV's filters round differently at the end of a row, a matter of tile edges.
    alike = np.zeros_like(white)
    for target in range(white.shape[2]):
        for source in range(target + 1):
            alike[:, :, target] += grain.mix[target, source] * white[:, :, source]
    grown = np.zeros((*region.shape, white.shape[2]), np.float32)
    for dy in range(2 * _REACH + 1):
        for dx in range(2 * _REACH + 1):
            grown += alike[dy : dy + region.height, dx : dx + region.width] * grain.kernels[:, dy, dx]
    grown *= np.asarray(grain.level, np.float32)
    return grown


def _flat_blocks(picture: Floats, hole: Hole) -> Floats:
    """Blocks of what remains without the picture: number × side × side × channels."""
    known = ~hole
    if min(hole.shape) < _SIDE or not known.any():
        return np.empty((0, _SIDE, _SIDE, picture.shape[2]), np.float32)
    rest = residue(picture, known)
    clipped = ((picture <= 0) | (picture >= 1)).any(2)
    # The smoothing beside a hole sees less, so blocks keep a little away from it.
    near = cv2.dilate(hole.astype(np.uint8), np.ones((5, 5), np.uint8))
    places = np.flatnonzero((_shares(near) == 0) & (_shares(clipped) <= _CLIPPED))
    blocks = _blocks(rest, places[:: len(places) // _MOST_BLOCKS + 1])
    if len(blocks) == 0:
        return blocks
    variance = blocks.var((1, 2)).mean(1)
    of_grain = np.quantile(variance, _QUIETEST) * _LOW_BY
    flat: Floats = blocks[variance <= of_grain * _TEXTURED]
    return flat


def residue(picture: Floats, known: Hole) -> Floats:
    """The picture less its own smooth version, which looks at known pixels alone."""
    weight = known.astype(np.float32)
    seen = cv2.GaussianBlur(weight, (0, 0), _SMOOTH)
    planes = []
    for channel in range(picture.shape[2]):
        plane = picture[:, :, channel] * weight
        smooth = cv2.GaussianBlur(plane, (0, 0), _SMOOTH) / np.maximum(seen, 1e-6)
        planes.append((picture[:, :, channel] - smooth) * weight)
    return np.stack(planes, axis=-1)


def _blocks(plane: Floats, places: Any) -> Floats:
    """Some of the blocks, which overlap by half: number × side × side × channels."""
    windows = np.lib.stride_tricks.sliding_window_view(plane, (_SIDE, _SIDE), (0, 1))[:: _SIDE // 2, :: _SIDE // 2]
    found: Floats = np.moveaxis(windows, (-2, -1), (2, 3))[np.divmod(places, windows.shape[1])]
    return found


def _shares(where: Any) -> Any:
    """How much of each block is marked."""
    marked = where.astype(np.float32)
    means = cv2.boxFilter(marked, -1, (_SIDE, _SIDE), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    return means[: 1 - _SIDE : _SIDE // 2, : 1 - _SIDE : _SIDE // 2].ravel()


def _without_the_smoothing(spectrum: Any) -> Any:
    """Divides out what the smoothing took; where it took nearly all, grain is as strong as just beside it."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(_SIDE), np.fft.fftfreq(_SIDE)))
    kept = (1 - np.exp(-2 * (np.pi * _SMOOTH * frequency) ** 2)) ** 2
    corrected = spectrum / np.maximum(kept, _SEEN)[:, :, None]
    beside = (kept >= _SEEN) & (frequency < 3.5 / _SIDE)
    corrected[kept < _SEEN] = corrected[beside].mean(0)
    return corrected


def _kernel(spectrum: Any) -> Kernel:
    """The smallest symmetric kernel that gives white noise this spectrum, with energy 1."""
    whole = np.fft.fftshift(np.fft.ifft2(np.sqrt(spectrum)).real)
    middle = _SIDE // 2
    cut = whole[middle - _REACH : middle + _REACH + 1, middle - _REACH : middle + _REACH + 1]
    energy = np.sqrt((cut**2).sum())
    if energy == 0:  # no grain at all
        return np.zeros(cut.shape, np.float32)
    kernel: Kernel = (cut / energy).astype(np.float32)
    return kernel


def _mix(samples: Any) -> Floats:
    """The Cholesky factor of the channels' correlation."""
    moments = samples.T.astype(np.float64) @ samples.astype(np.float64)
    spread = np.sqrt(np.maximum(np.diagonal(moments), 1e-12))
    correlation = moments / np.outer(spread, spread)
    np.fill_diagonal(correlation, 1)
    # Channels may be nearly equal (a grey negative scanned in colour), and a factor needs a little difference.
    eased = correlation * (1 - 1e-6) + 1e-6 * np.eye(len(spread))
    mix: Floats = np.linalg.cholesky(eased).astype(np.float32)
    return mix


def _white(region: Region, channel: int, seed: int) -> Floats:
    """White noise of variance 1 from a hash of place, channel and seed: the same in every tile and on every machine."""
    rows = (np.arange(region.top, region.bottom).astype(np.uint64) << np.uint64(32))[:, None]
    columns = np.arange(region.left, region.right).astype(np.uint64)[None, :] & np.uint64(0xFFFFFFFF)
    key = _hashed(_hashed(np.array([seed], np.uint64)) + np.uint64(channel))
    bits = _hashed(_hashed(rows | columns) ^ key)
    # Four 16-bit numbers summed are near enough to a bell curve, and exact everywhere.
    total = np.zeros(bits.shape, np.int64)
    for shift in (0, 16, 32, 48):
        total += ((bits >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.int64)
    centred = total - 2 * 65535
    noise: Floats = (centred * (np.sqrt(3) / 65536)).astype(np.float32)
    return noise


def _hashed(words: Any) -> Any:
    """The mixing function of SplitMix64."""
    words = words + np.uint64(0x9E3779B97F4A7C15)  # arrays of unsigned numbers wrap around without a warning
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
