"""restorer info: what files are, and how they can be saved."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from restorer_app.cli import options, streams, telling, work
from restorer_app.core.errors import RestorerError
from restorer_app.files.picture import Picture
from restorer_app.files.reader import Reader
from restorer_app.files.tiff import SIGNED

_KINDS = {
    "tiff": "TIFF", "bigtiff": "BigTIFF", "png": "PNG", "jpeg": "JPEG", "jp2": "JPEG 2000", "webp": "WebP",
    "avif": "AVIF", "raw": "camera raw", "psd": "Photoshop document", "heic": "HEIC",
}  # fmt: skip
_LAYOUTS = {
    "grey": "grey", "rgb": "RGB", "cmyk": "CMYK", "lab": "Lab", "palette": "colours from a palette",
    "bilevel": "black and white alone",
}  # fmt: skip
_TURNS = {
    2: "mirrored",
    3: "turned upside down",
    4: "mirrored top to bottom",
    5: "mirrored, and turned to the left",
    6: "turned to the right",
    7: "mirrored, and turned to the right",
    8: "turned to the left",
}


def add_parser(subparsers: Any) -> None:
    what = "what files are, and whether a repair can be patched into a copy of them"
    told = "Several files are told one after the other; with --json they make a list."
    closing = "Exit code 0: all were read; 1: at least one was not, and the others are told all the same."
    parser = subparsers.add_parser("info", help=what, description=f"{options.sentence(what)} {told}", epilog=closing)
    help_files = "pictures of any kind that the program reads"
    parser.add_argument("files", type=options.file, nargs="+", metavar="FILE", help=help_files)
    options.add_page(parser)
    options.add_json(parser)
    parser.set_defaults(run=_run, only_tells=True)


def _run(args: argparse.Namespace) -> int:
    with work.reading() as (reader, _):
        if len(args.files) > 1:
            return _several(reader, args.files, page=args.page, as_json=args.json)
        picture = reader.open(args.files[0], page=args.page, decode=False)
        telling.tell(telling.picture_fields(picture, args.files[0]), lines_of(picture), as_json=args.json)
    return 0


def _several(reader: Reader, files: list[Path], *, page: int, as_json: bool) -> int:
    """One block each; what cannot be read is named, and costs the others nothing."""
    told: list[dict[str, Any]] = []
    refused = blocks = 0
    for path in files:
        if streams.nobody_reads():  # the rest of a folder on a slow drive may take minutes
            break
        try:
            picture = reader.open(path, page=page, decode=False)
        except RestorerError as problem:
            refused += 1
            told.append({"path": str(path), "error": str(problem)})
            if not as_json:
                print(f"restorer: {path}: {problem}", file=sys.stderr, flush=True)
            continue
        told.append(telling.picture_fields(picture, path))
        if not as_json:  # at once: a folder on a slow drive may take minutes
            print("\n" * bool(blocks) + "\n".join(lines_of(picture, path)), flush=True)
            blocks += 1
    if as_json:
        print(telling.as_text(told))
    return 1 if refused else 0


def lines_of(picture: Picture, path: Path | None = None) -> list[str]:
    """The same for a person, one fact a line; `path` as the person wrote it."""
    facts = [
        ("File", str(path) if path else picture.path.name),
        ("Kind", f"{_KINDS.get(picture.kind, picture.kind)}, {telling.megabytes(picture.size_bytes)}"),
        ("Page", f"{picture.page + 1} of {picture.page_count}"),
        ("Size", f"{picture.width} × {picture.height} pixels{_turned(picture)}"),
        ("Samples", f"{_LAYOUTS[picture.layout]}{_extras(picture)}, {_depth(picture)}"),
        ("Resolution", f"{picture.dpi[0]:g} × {picture.dpi[1]:g} dpi" if picture.dpi else ""),
        ("Colour profile", f"ICC, {telling.megabytes(len(picture.icc))}" if picture.icc else ""),
        ("Metadata", ", ".join(picture.metadata)),
        *telling.facts_of(picture),
        ("Editing", _editing(picture)),
        *(("Note", sentence) for sentence in picture.stale),
    ]
    return [f"{name + ':':<16} {value}" for name, value in facts if value]


def _turned(picture: Picture) -> str:
    if picture.orientation == 1:
        return ""
    how = f" as stored; shown {_TURNS[picture.orientation]} (orientation {picture.orientation})"
    return how + (f", {picture.height} × {picture.width}" if picture.orientation > 4 else "")


def _depth(picture: Picture) -> str:
    dtype = picture.source.dtype
    if dtype.kind == "f":
        return f"floating point of {picture.bits} bits"
    each = "" if picture.layout == "bilevel" else " each"
    worked = dtype.itemsize * 8
    signed = ", signed" if SIGNED in dict(picture.facts) else ""
    read = "" if picture.bits == worked else f", read as {worked}"
    return f"{picture.bits} bit{'s' * (picture.bits > 1)}{each}{signed}{read}"


def _extras(picture: Picture) -> str:
    extras = [text for text, has in ((" with alpha", picture.alpha), (", 0 is white", picture.white_is_zero)) if has]
    return "".join(extras)


def _editing(picture: Picture) -> str:
    if not picture.editable and "viewing" in picture.reason:
        return picture.reason
    how = "for viewing only"
    if picture.editable:
        how = "a repair is patched into a copy of the file" if picture.patchable else "a repair is saved as a new TIFF"
    return f"{how}. {picture.reason}".strip()
