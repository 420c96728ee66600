"""restorer verify: the proof that a derivative changed nothing that it was not allowed to."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from restorer_app.cli import options, telling, work
from restorer_app.cli.progress import Progress
from restorer_app.core.errors import RestorerError
from restorer_app.core.raster import Raster
from restorer_app.files.maskfile import read_mask
from restorer_app.files.patching import Verdict, spaced
from restorer_app.files.reader import Reader
from restorer_app.files.saying import said_by
from restorer_app.files.verify import verify

SAME, DIFFERENT, NOT_JUDGED = 0, 1, 4


def add_parser(subparsers: Any) -> None:
    what = "prove that a derivative changed nothing outside its mask"
    told = "Without --mask the record in the derivative says what was allowed; without a record nothing may differ."
    closing = "Exit code 0: nothing else changed; 1: something did; 4: it could not be judged."
    parser = subparsers.add_parser("verify", help=what, description=f"{options.sentence(what)} {told}", epilog=closing)
    parser.add_argument("master", type=options.file, metavar="MASTER", help="the scan that it was made from")
    parser.add_argument("derivative", type=options.file, metavar="DERIVATIVE", help="what this program saved")
    options.add_mask(parser, required=False, of="MASTER")
    parser.add_argument("--page", type=options.page, default=None, metavar="N", help="the page to judge, from 1")
    options.add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    progress = Progress()
    try:
        with work.reading() as (reader, _):
            allowed = _mask(reader, args) if args.mask else None
            verdict = verify(
                args.master,
                args.derivative,
                allowed=allowed,
                page=args.page,
                progress=progress.show,
                open_picture=lambda path, *, page=0: reader.open(path, page=page, decode=False),
            )
    except RestorerError as problem:
        verdict = Verdict(judged=False, reason=str(problem))
    progress.clear()
    if not verdict.judged:
        telling.tell_not_judged(verdict.reason, verdict.sentence, as_json=args.json)
        return NOT_JUDGED
    telling.tell(verdict.to_fields(), _lines(verdict), as_json=args.json)
    return SAME if verdict.same else DIFFERENT


def _mask(reader: Reader, args: argparse.Namespace) -> Raster:
    """The mask that is named, as large as the page that is judged: the one of the record where nobody names one."""
    page = args.page
    if page is None:
        _, said = said_by(
            args.derivative, of=args.master, page=None, open_picture=partial(reader.open, decode=False), strict=False
        )
        page = 0 if said is None else said.page
    picture = reader.open(args.master, page=page, decode=False)
    return read_mask(
        args.mask,
        bounds=picture.source.bounds,
        orientation=picture.orientation,
        open_picture=reader.open,
    )


def _lines(verdict: Verdict) -> list[str]:
    lines = [verdict.sentence]
    by = {"mask": "the mask given", "record": "the record in the derivative"}.get(verdict.judged_by)
    lines += [f"Judged by {by}."] if by else []
    if verdict.segments_total:
        lines.append(_segments(verdict))
    if verdict.metadata_changed:
        lines.append(f"Metadata written by the save: {', '.join(verdict.metadata_changed)}.")
    return lines


def _segments(verdict: Verdict) -> str:
    identical, total = spaced(verdict.segments_identical), spaced(verdict.segments_total)
    if verdict.unit == "blocks":  # a JPEG's code tables may be others, and so its bytes
        return f"{identical} of {total} blocks have the same coefficients, every one of them."
    told = f"{identical} of {total} segments are identical in every byte"
    return f"{told}." if identical == total else f"{told}; the others were written anew, and their pixels compared."
