"""restorer info: what a file is, and how it can be saved."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from restorer_app.cli import options, telling, work
from restorer_app.files.picture import Picture


def add_parser(subparsers: Any) -> None:
    what = "what a file is, and whether a repair can be patched into a copy of it"
    parser = subparsers.add_parser("info", help=what, description=options.sentence(what))
    parser.add_argument("file", type=Path, metavar="FILE", help="a picture of any kind that the program reads")
    options.add_page(parser)
    options.add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    with work.reading() as (reader, _):
        picture = reader.open(args.file, page=args.page, decode=False)
        telling.tell(telling.picture_fields(picture, args.file), lines_of(picture), as_json=args.json)
    return 0


def lines_of(picture: Picture) -> list[str]:
    """The same for a person, one fact a line."""
    depth = f"{picture.source.dtype} ({picture.bits} bits stored)"
    facts = [
        ("File", picture.path.name),
        ("Kind", f"{picture.kind}, {telling.megabytes(picture.size_bytes)}"),
        ("Page", f"{picture.page + 1} of {picture.page_count}"),
        ("Size", f"{picture.width} × {picture.height} pixels as stored{_turned(picture)}"),
        ("Samples", f"{picture.source.channels} × {depth}, {picture.layout}{_extras(picture)}"),
        ("Resolution", f"{picture.dpi[0]:g} × {picture.dpi[1]:g} dpi" if picture.dpi else ""),
        ("Colour", f"ICC profile of {len(picture.icc):,} bytes" if picture.icc else ""),
        ("Metadata", ", ".join(picture.metadata)),
        *picture.facts,
        ("Editing", _editing(picture)),
        *(("Note", sentence) for sentence in picture.stale),
    ]
    return [f"{name + ':':<17}{value}" for name, value in facts if value]


def _turned(picture: Picture) -> str:
    return f" (orientation {picture.orientation})" if picture.orientation != 1 else ""


def _extras(picture: Picture) -> str:
    extras = [text for text, has in (("alpha", picture.alpha), ("white is 0", picture.white_is_zero)) if has]
    return "".join(f", {text}" for text in extras)


def _editing(picture: Picture) -> str:
    how = "for viewing only" if not picture.editable else "patched" if picture.patchable else "saved as a new TIFF"
    return f"{how}. {picture.reason}".strip()
