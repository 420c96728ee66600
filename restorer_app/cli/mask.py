"""restorer mask: looks at a mask, reshapes it and writes it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restorer_app.cli import options, telling, work
from restorer_app.core import mask as masks
from restorer_app.core.errors import UnwritableFileError
from restorer_app.core.raster import Raster
from restorer_app.files.maskfile import read_mask, write_mask
from restorer_app.files.patching import spaced

_WITH_RADIUS: dict[str, Callable[[Raster, int], Raster]] = {
    "grow": masks.grow,
    "shrink": masks.shrink,
    "feather": masks.feather,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do to a mask."""

    name: str
    radius: int = 0

    def apply(self, mask: Raster) -> Raster:
        return masks.invert(mask) if self.name == "invert" else _WITH_RADIUS[self.name](mask, self.radius)


def add_parser(subparsers: Any) -> None:
    what = "look at a mask, reshape it, write it as 8-bit grey"
    parser = subparsers.add_parser(
        "mask",
        help=what,
        description=options.sentence(what),
        epilog="Example: restorer mask m.png grow 3 feather 2 -o n.png",
    )
    parser.add_argument("input", type=options.file, metavar="IN", help="a picture: white where it covers")
    words = "grow N, shrink N, feather N, invert; in this order, as many as needed"
    parser.add_argument("changes", nargs="*", metavar="CHANGE", help=words)
    parser.add_argument("-o", "--output", type=options.file, metavar="OUT", help="a PNG or TIFF that is not there yet")
    options.add_json(parser)
    parser.set_defaults(run=lambda args: _run(args, parser), stopped="Nothing was written.")


def _run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    changes = changes_of(args.changes, refuse=parser.error)
    if changes and args.output is None:
        parser.error("a changed mask needs a place: -o OUT")
    with work.reading() as (reader, _):
        picture = reader.open(args.input)
        mask = read_mask(
            args.input, bounds=picture.source.bounds, orientation=picture.orientation, open_picture=lambda _: picture
        )
        for change in changes:
            mask = change.apply(mask)
        if args.output is not None:
            write_new(args.output, mask, orientation=picture.orientation)
            args.stopped = f"{args.output} is complete."
    written = str(args.output) if args.output else None
    telling.tell(_fields(mask) | {"output": written}, _lines(mask, written), as_json=args.json)
    return 0


def changes_of(words: list[str], *, refuse: Callable[[str], object]) -> list[Change]:
    """`grow 3 invert` as changes; anything else is refused."""
    changes, left = [], list(words)
    while left:
        word = left.pop(0)
        if word == "invert":
            changes.append(Change(word))
        elif word in _WITH_RADIUS and left and left[0].isdecimal():
            changes.append(Change(word, int(left.pop(0))))
        elif word in _WITH_RADIUS:
            refuse(f"{word} needs a number of pixels, as in: {word} 3")
        else:
            refuse(f"a mask can be changed by grow, shrink, feather and invert, not by {word}")
    return changes


def write_new(path: Path, mask: Raster, *, orientation: int) -> None:
    """Writes a mask to a name that is free."""
    if path.exists():
        raise UnwritableFileError(
            f"{path.name} is already there; it was not overwritten.", advice="Choose another name."
        )
    write_mask(path, mask, orientation=orientation)


def _fields(mask: Raster) -> dict[str, Any]:
    covered, box = masks.count_covered(mask), masks.covered_region(mask)
    return {
        "width": mask.bounds.width,
        "height": mask.bounds.height,
        "covered_pixels": covered,
        "covered_share": covered / mask.bounds.area,
        "box": [box.left, box.top, box.right, box.bottom] if box and covered else None,
        "sha256": masks.digest(mask),
    }


def _lines(mask: Raster, written: str | None) -> list[str]:
    facts = _fields(mask)
    share = f"{100 * facts['covered_share']:.3g} %"
    lines = [f"{facts['width']} × {facts['height']} pixels, {spaced(facts['covered_pixels'])} covered ({share})"]
    if facts["box"]:
        left, top, right, bottom = facts["box"]
        lines.append(f"They lie between {left}, {top} and {right - 1}, {bottom - 1}.")
    return lines + ([f"Saved {written}."] if written else [])
