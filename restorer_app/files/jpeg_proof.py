"""The proof for JPEG: coefficients block by block, segments byte by byte, and libjpeg's pixels away from the edit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from restorer_app.core.errors import RestorerError, UnreadableFileError
from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken
from restorer_app.core.raster import Raster
from restorer_app.files.jpeg_decode import decode_scan
from restorer_app.files.jpeg_markers import DHT, Header, read_header
from restorer_app.files.jpeg_patch import is_xmp
from restorer_app.files.jpeg_scan import Scan, read_scan
from restorer_app.files.patching import Progress, SavingStoppedError, Verdict, stop_if_cancelled
from restorer_app.files.refusal import cannot_read

_REACH = 2  # pixels that chroma's up-sampling spreads beyond an MCU
_BAND = 1024  # rows compared at once

Grid = NDArray[np.bool_]  # rows × columns of MCUs


@dataclass(frozen=True)
class _Side:
    """One of the two files."""

    path: Path
    header: Header
    scan: Scan
    data: NDArray[np.uint8]
    metadata: tuple[tuple[str, bytes], ...]
    packets: tuple[bytes, ...]
    behind: bytes


def compare_jpeg(
    master: Path,
    derivative: Path,
    *,
    page: int,
    allowed: Raster | None,
    progress: Progress,
    cancel: CancelToken | None,
) -> Verdict:
    """Compares blocks; those of an MCU that the mask touches may differ, all others must be identical."""
    verdict = Verdict(judged=True, unit="blocks", judged_by="nothing may differ" if allowed is None else "mask")
    try:
        if page != 0:
            raise UnreadableFileError("a JPEG has only one page.")
        with master.open("rb") as first, derivative.open("rb") as second:
            verdict = replace(verdict, derivative_sha256=hashlib.file_digest(second, "sha256").hexdigest())
            sides = _side(master, first), _side(derivative, second)
        return _compare(*sides, verdict, allowed=allowed, progress=progress, cancel=cancel)
    except SavingStoppedError:
        raise
    except RestorerError as problem:
        return replace(verdict, judged=False, reason=problem.message)
    except OSError as problem:
        return replace(verdict, judged=False, reason=cannot_read(derivative, problem).message)


def _side(path: Path, file: BinaryIO) -> _Side:
    header = read_header(file)
    if not header.end or not header.is_baseline:
        raise UnreadableFileError(f"{path.name} is no complete baseline JPEG.")
    scan, data = read_scan(file, header)
    described = [
        (f"segment {segment.marker:02X}", segment.content)
        for segment in header.segments
        if segment.marker != DHT and not is_xmp(segment)
    ]
    file.seek(header.end)
    packets = tuple(segment.content for segment in header.segments if is_xmp(segment))
    return _Side(path, header, scan, data, tuple(described), packets, file.read())


def _compare(
    one: _Side,
    other: _Side,
    verdict: Verdict,
    *,
    allowed: Raster | None,
    progress: Progress,
    cancel: CancelToken | None,
) -> Verdict:
    wrong = _differences(one, other)
    total = one.scan.blocks
    verdict = replace(
        verdict,
        samples_total=total,
        metadata_differences=tuple(wrong),
        metadata_changed=("XMP",) if one.packets != other.packets else (),
    )
    if one.scan.blocks != other.scan.blocks or one.scan.slots != other.scan.slots:
        return replace(verdict, outside_changed=total, metadata_differences=(*wrong, "size or colour sampling"))
    if allowed is not None and allowed.bounds != Region.of_size(one.header.width, one.header.height):
        return replace(verdict, judged=False, reason="the mask has another size than the picture.")
    touched, whole = _mcus_under(one.scan, allowed)
    changed = _changed_blocks(one, other, progress=progress, cancel=cancel).reshape(*touched.shape, -1)
    progress("Proving the pixels", 0.8)
    if not _same_far_away(one, other, touched):
        verdict = replace(verdict, metadata_differences=(*wrong, "pixels away from the edit, as libjpeg reads them"))
    return replace(
        verdict,
        outside_changed=int(changed[~touched].sum()),
        inside_changed=int(changed[whole].sum()),
        edge_changed=int(changed[touched & ~whole].sum()),
        segments_total=total,
        segments_identical=total - int(changed.sum()),
    )


def _changed_blocks(one: _Side, other: _Side, *, progress: Progress, cancel: CancelToken | None) -> Grid:
    """Which blocks differ in any coefficient. The coefficients, three bytes a pixel, are let go before pixels come."""
    progress("Proving the blocks", 0.0)
    first = decode_scan(one.scan, one.data)
    stop_if_cancelled(cancel)
    progress("Proving the blocks", 0.4)
    second = decode_scan(other.scan, other.data)
    stop_if_cancelled(cancel)
    changed: Grid = (first != second).any(axis=1)
    return changed


def _differences(one: _Side, other: _Side) -> list[str]:
    """Segments that should be the same and are not; code tables say nothing about the picture."""
    wrong = []
    if one.metadata != other.metadata:
        names = sorted({name for name, _ in one.metadata + other.metadata})
        wrong = [name for name in names if _all_of(one, name) != _all_of(other, name)] or ["the order of the segments"]
    return wrong + (["bytes behind the picture"] if one.behind != other.behind else [])


def _all_of(side: _Side, wanted: str) -> list[bytes]:
    return [content for name, content in side.metadata if name == wanted]


def _mcus_under(scan: Scan, allowed: Raster | None) -> tuple[Grid, Grid]:
    """The MCUs that a mask touches, and those that it covers."""
    touched, whole = np.zeros((scan.down, scan.across), bool), np.zeros((scan.down, scan.across), bool)
    if allowed is None:
        return touched, whole
    height, width = scan.mcu_size()
    for row in range(scan.down):
        bottom = min((row + 1) * height, allowed.bounds.height)
        line = allowed.read(Region(0, row * height, allowed.bounds.width, bottom))[:, :, 0] > 0
        line = np.pad(line, ((0, 0), (0, scan.across * width - line.shape[1])), mode="edge")
        columns = line.reshape(len(line), scan.across, width)
        touched[row], whole[row] = columns.any(axis=(0, 2)), columns.all(axis=(0, 2))
    return touched, whole


def _same_far_away(one: _Side, other: _Side, touched: Grid) -> bool:
    """A second opinion by another decoder: pixels beyond the reach of touched MCUs are the same."""
    height, width = one.scan.mcu_size()
    first, second = (_pixels(side.path) for side in (one, other))
    if first.shape != second.shape:
        return False
    for top in range(0, len(first), _BAND):
        differs = first[top : top + _BAND] != second[top : top + _BAND]
        rows, columns = np.nonzero(differs.reshape(*differs.shape[:2], -1).any(axis=2))
        near = np.zeros(len(rows), bool)
        for down in (-_REACH, 0, _REACH):
            for across in (-_REACH, 0, _REACH):
                row = np.clip((rows + top + down) // height, 0, touched.shape[0] - 1)
                near |= touched[row, np.clip((columns + across) // width, 0, touched.shape[1] - 1)]
        if not near.all():
            return False
    return True


def _pixels(path: Path) -> NDArray[np.uint8]:
    try:
        return np.asarray(imagecodecs.jpeg8_decode(path.read_bytes()))
    except (imagecodecs.Jpeg8Error, ValueError) as problem:
        raise UnreadableFileError(f"{path.name} cannot be decoded by libjpeg.") from problem
