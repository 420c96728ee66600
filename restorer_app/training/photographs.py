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
from restorer_app.training.clean import READ, SUFFIXES, Rule, clean

_MADE = ("journal.csv", "card.toml")  # stand in what training made
_LIST_ABOVE = 3  # folders above the photographs where their list is looked for


@dataclass(frozen=True)
class Photographs:
    """Every photograph's RGB bytes behind each other, where each starts, and how large it is."""

    pixels: Tensor  # uint8, flat
    starts: Tensor  # int64, one a photograph
    heights: Tensor
    widths: Tensor

    def to(self, device: torch.device) -> "Photographs":
        """The same photographs on a device, so that crops are cut there."""
        return Photographs(*(x.to(device) for x in (self.pixels, self.starts, self.heights, self.widths)))

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
    for folder in folders:
        if not folder.is_dir():
            raise UnreadableFileError(f"There is no folder {folder}.", advice="Check its name and its drive.")
    files = [(folder, file) for folder in folders for file in _files(folder)]
    # Scans of one scanner are often called alike and of one size: only the place and the time tell them apart.
    names = [
        (str(folder.resolve()), str(file.relative_to(folder)), file.stat().st_size, file.stat().st_mtime_ns)
        for folder, file in files
    ]
    made_of = repr((names, tuple(rules), halvings, least))
    key = hashlib.sha256(made_of.encode()).hexdigest()[:16]
    pixels, index = cache / f"{key}.bytes", cache / f"{key}.json"
    if not index.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = cache / f"{key}-{os.getpid()}.part"  # two runs may start at the same time
        try:
            sizes_found = _decode_all(files, unfinished, rules, halvings, least)
            if not sizes_found:
                raise UnreadableFileError(
                    f"There is no photograph in {', '.join(map(str, folders))} that can be learnt from.",
                    advice=f"{READ}, of at least {least} pixels a side, are taken.",
                )
            unfinished.replace(pixels)
            unfinished.write_text(json.dumps(sizes_found))
            unfinished.replace(index)
        except OSError as problem:
            raise cannot_write(pixels, problem) from problem
        finally:
            unfinished.unlink(missing_ok=True)
    sizes = torch.tensor(json.loads(index.read_text()), dtype=torch.int64).reshape(-1, 2)
    lengths = sizes.prod(1) * 3
    # Mapped copy-on-write because torch knows no read-only tensors; nothing ever writes to it.
    flat = torch.from_numpy(np.memmap(pixels, np.uint8, mode="c"))
    return Photographs(flat, lengths.cumsum(0) - lengths, sizes[:, 0].contiguous(), sizes[:, 1].contiguous())


def _decode_all(
    files: Sequence[tuple[Path, Path]], pixels: Path, rules: Sequence[Rule], halvings: int, least: int
) -> list[tuple[int, int]]:
    sizes: list[tuple[int, int]] = []
    left_out: list[Path] = []
    with pixels.open("wb") as out:
        for folder, file in files:
            picture = clean(folder, file, rules)
            if picture is None:
                left_out.append(file)
                continue
            smaller = [picture.reduce(2**times) for times in range(1, halvings + 1)]
            for version in (picture, *smaller):  # the smaller, the more detail to the pixel
                if min(version.size) >= least:
                    out.write(version.tobytes())
                    sizes.append((version.height, version.width))
    if left_out:
        print(f"{len(left_out)} of {len(files)} photographs cannot be read and are left out, {left_out[0]} the first.")
    return sizes


def manifest(folders: Sequence[Path]) -> str:
    """Every photograph with its SHA-256, one a line; source and terms too where the collection has a list of them."""
    lines, headers = [], dict[str, None]()
    for folder in folders:
        listed = _listed(folder.resolve())
        if listed:
            header, *rows = listed
        else:
            header = "file,sha256"
            rows = [_row(folder, file) for file in _files(folder)]
        lines += rows if header in headers else [header, *rows]
        headers[header] = None
    return "\n".join(lines) + "\n"


def joined(newer: str, older: str) -> str:
    """One list of two, each line once, under its own header."""
    sections = dict[str, dict[str, None]]()
    for listed in (newer, older):
        header = ""
        for line in listed.splitlines():
            if line.startswith("file,"):
                header = line
            sections.setdefault(header, {}).update({} if line == header else {line: None})
    lines = [line for header, rows in sections.items() for line in (header, *rows)]
    return "\n".join(lines) + "\n"


def _listed(folder: Path) -> list[str]:
    """Header and rows of a collection's own MANIFEST.csv that concern a folder of it."""
    for parent in list(folder.parents)[:_LIST_ABOVE]:
        if (parent / "MANIFEST.csv").is_file():
            try:
                header, *rows = (parent / "MANIFEST.csv").read_text(encoding="utf-8").splitlines()
            except (OSError, ValueError):  # also of another encoding, or empty: somebody else's list
                continue
            own = [row for row in rows if row.startswith(f"{folder.relative_to(parent).as_posix()}/")]
            if header.startswith("file,") and own:
                return [header, *own]
    return []


def _row(folder: Path, file: Path) -> str:
    """A name and its hash as CSV wants them; what is no letter in a name stands as the bytes that it is."""
    name = f"{folder.resolve().name}/{file.relative_to(folder).as_posix()}"
    if any(sign in name for sign in ',"\n\r'):
        name = '"' + name.replace('"', '""') + '"'
    return f"{name},{hashlib.sha256(file.read_bytes()).hexdigest()}"


def _files(folder: Path) -> list[Path]:
    """Photographs, but not the plots of runs and models that may lie among them."""
    made = {sign.parent for name in _MADE for sign in folder.rglob(name)} - {folder}
    found = (f for f in folder.rglob("*") if f.suffix.lower() in SUFFIXES and f.is_file())
    return sorted(f for f in found if made.isdisjoint(f.parents))
