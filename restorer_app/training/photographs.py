"""Clean photographs as one flat buffer of bytes from which crops are drawn."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from restorer_app.core.errors import UnreadableFileError
from restorer_app.files.atomic import cannot_write
from restorer_app.files.refusal import cannot_read
from restorer_app.training.clean import READ, Rule, clean
from restorer_app.training.listing import Found, photographs_in

_FORM = 2  # of what is kept; another is decoded anew


@dataclass(frozen=True)
class Photographs:
    """Every photograph's RGB bytes behind each other, where each starts, and how large it is."""

    pixels: Tensor  # uint8, flat
    starts: Tensor  # int64, one a photograph
    heights: Tensor
    widths: Tensor
    files: tuple[Found, ...] = ()  # where they were found; what cannot be learnt from is not among them

    def to(self, device: torch.device) -> "Photographs":
        """The same photographs on a device, so that crops are cut there."""
        pixels, starts, heights, widths = (x.to(device) for x in (self.pixels, self.starts, self.heights, self.widths))
        return Photographs(pixels, starts, heights, widths, self.files)

    def have(self, size: int) -> bool:
        """Is any photograph large enough for crops of this size?"""
        return bool(((self.heights >= size) & (self.widths >= size)).any())

    def detailed_crops(self, count: int, size: int, generator: torch.Generator, *, rivals: int = 3) -> Tensor:
        """Crops of which three quarters are the most detailed of `rivals`: sky and blur are soon learnt."""
        drawn = self.crops(count * rivals, size, generator).view(count, rivals, 3, size, size)
        thin = drawn[:, :, 1, ::3].int()  # every third row of green is enough to judge by
        detail = (thin[..., 1:] - thin[..., :-1]).abs().sum((-1, -2))
        detail[: count // 4, 0] = detail.max() + 1  # these stay as they were drawn
        return drawn[torch.arange(count, device=drawn.device), detail.argmax(1)]

    def crops(self, count: int, size: int, generator: torch.Generator) -> Tensor:
        """Random crops as uint8 B 3 H W, turned and mirrored; large photographs are drawn by the root of their area."""
        fits = (self.heights >= size) & (self.widths >= size)
        weights = (self.heights * self.widths).double().sqrt() * fits
        which = torch.multinomial(weights, count, replacement=True, generator=generator)
        height, width = self.heights[which], self.widths[which]
        chance = torch.rand(2, count, generator=generator, device=which.device, dtype=torch.float64)
        top = (chance[0] * (height - size + 1)).long()
        left = (chance[1] * (width - size + 1)).long()
        turn = torch.randint(0, 8, (count,), generator=generator, device=which.device)
        rows, columns = _turned_grid(size, turn)
        at = (
            self.starts[which, None, None]
            + ((top[:, None, None] + rows) * width[:, None, None] + left[:, None, None] + columns) * 3
        )
        channel = torch.arange(3, device=at.device)
        return self.pixels[at[:, None] + channel[None, :, None, None]]


def _turned_grid(size: int, turn: Tensor) -> tuple[Tensor, Tensor]:
    """Row and column indices of a crop under each of the eight turns of a square."""
    line = torch.arange(size, device=turn.device)
    rows, columns = line[:, None].expand(size, size), line[None, :].expand(size, size)
    swap, flip_rows, flip_columns = (((turn >> bit) & 1).bool()[:, None, None] for bit in range(3))
    first, second = torch.where(swap, columns, rows), torch.where(swap, rows, columns)
    return torch.where(flip_rows, size - 1 - first, first), torch.where(flip_columns, size - 1 - second, second)


def gather(
    folders: Sequence[Path], cache: Path, rules: Sequence[Rule] = (), *, halvings: int = 1, least: int = 64
) -> Photographs:
    """Decode every photograph under the folders once into `cache`, halved as often as said too, and map the result."""
    files = photographs_in(folders)
    made_of = repr((_FORM, [_known_by(*found) for found in files], tuple(rules), halvings, least))
    key = hashlib.sha256(made_of.encode()).hexdigest()[:16]
    pixels, index = cache / f"{key}.bytes", cache / f"{key}.json"
    if not index.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = cache / f"{key}-{os.getpid()}.part"  # two runs may start at the same time
        try:
            sizes_found, unused = _decode_all(files, unfinished, rules, halvings, least)
            if not sizes_found:
                raise UnreadableFileError(
                    f"There is no photograph in {', '.join(map(str, folders))} that can be learnt from.",
                    advice=f"{READ}, of at least {least} pixels a side, are taken.",
                )
            unfinished.replace(pixels)
            unfinished.write_text(json.dumps({"sizes": sizes_found, "left out": unused}))
            unfinished.replace(index)
        except OSError as problem:
            raise cannot_write(pixels, problem) from problem
        finally:
            unfinished.unlink(missing_ok=True)
    told = json.loads(index.read_text())
    left_out = set(told["left out"])
    taken = tuple(found for number, found in enumerate(files) if number not in left_out)
    sizes = torch.tensor(told["sizes"], dtype=torch.int64).reshape(-1, 2)
    lengths = sizes.prod(1) * 3
    # Mapped copy-on-write because torch knows no read-only tensors; nothing ever writes to it.
    flat = torch.from_numpy(np.memmap(pixels, np.uint8, mode="c"))
    starts = lengths.cumsum(0) - lengths
    return Photographs(flat, starts, sizes[:, 0].contiguous(), sizes[:, 1].contiguous(), taken)


def _known_by(folder: Path, file: Path) -> tuple[str, str, int, int]:
    """Scans of one scanner are often called alike and of one size: only the place and the time tell them apart."""
    try:
        status = file.stat()
    except OSError as problem:
        raise cannot_read(file, problem) from problem
    return str(folder.resolve()), str(file.relative_to(folder)), status.st_size, status.st_mtime_ns


def _decode_all(
    files: Sequence[Found], pixels: Path, rules: Sequence[Rule], halvings: int, least: int
) -> tuple[list[tuple[int, int]], list[int]]:
    """The sizes of what was written, and the numbers of the files that nothing was written of."""
    sizes: list[tuple[int, int]] = []
    left_out: list[int] = []
    with pixels.open("wb") as out:
        for number, (folder, file) in enumerate(files):
            picture = clean(folder, file, rules)
            if picture is None or min(picture.size) < least:
                left_out.append(number)
                continue
            smaller = [picture.reduce(2**times) for times in range(1, halvings + 1)]
            for version in (picture, *smaller):  # the smaller, the more detail to the pixel
                if min(version.size) >= least:
                    out.write(version.tobytes())
                    sizes.append((version.height, version.width))
    if left_out:
        print(
            f"{len(left_out)} of {len(files)} photographs cannot be learnt from and are left out, "
            f"{files[left_out[0]][1]} the first."
        )
    return sizes, left_out
