"""restorer compare: how two pictures differ."""

from __future__ import annotations

import argparse
import math
from typing import Any

from restorer_app.cli import options, telling, work
from restorer_app.cli.difference import Difference, difference, to_fields
from restorer_app.cli.progress import Progress
from restorer_app.cli.verify import DIFFERENT, NOT_JUDGED, SAME
from restorer_app.core.errors import RestorerError
from restorer_app.files.patching import spaced
from restorer_app.files.picture import Picture


def add_parser(subparsers: Any) -> None:
    what = "how two pictures differ: MSE, PSNR, SSIM, changed samples and where they are"
    closing = "Exit code 0: every sample is the same; 1: some differ; 4: they could not be compared."
    parser = subparsers.add_parser("compare", help=what, description=options.sentence(what), epilog=closing)
    parser.add_argument("one", type=options.file, metavar="A", help="a picture")
    parser.add_argument("other", type=options.file, metavar="B", help="another of the same size, depth and channels")
    options.add_page(parser)
    options.add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    progress = Progress()
    try:
        # Two readers, because each holds one file open at a time and bands come from both in turns.
        with work.reading() as (first, _), work.reading() as (second, _):
            one, other = first.open(args.one, page=args.page), second.open(args.other, page=args.page)
            found = difference(one.source, other.source, progress)
            alpha = _alpha_differs(one, other, progress)
    except RestorerError as problem:
        telling.tell_not_judged(str(problem), f"These could not be compared: {problem}", as_json=args.json)
        return NOT_JUDGED
    telling.tell(to_fields(found) | {"alpha_differs": alpha}, _lines(found, alpha=alpha), as_json=args.json)
    return SAME if found.same and not alpha else DIFFERENT


def _alpha_differs(one: Picture, other: Picture, progress: Progress) -> bool:
    if one.alpha is None or other.alpha is None:
        return one.alpha is not other.alpha
    return not difference(one.alpha, other.alpha, progress).same


def _lines(found: Difference, *, alpha: bool) -> list[str]:
    lines = [f"{spaced(found.samples_changed)} of {spaced(found.samples_total)} samples differ."]
    if found.box is not None:
        box = found.box
        corners = f"{box.left}, {box.top} and {box.right - 1}, {box.bottom - 1}"
        pixels = "1 pixel" if found.pixels_changed == 1 else f"{spaced(found.pixels_changed)} pixels"
        lines += [
            f"They lie in {pixels} between {corners}; the largest difference is {found.largest:g}.",
            f"MSE {found.mse:.6g}, PSNR {found.psnr:.2f} dB"
            + (f", SSIM {_rounded_down(found.ssim)}" if found.ssim is not None else "")
            if math.isfinite(found.mse)
            else "Some samples are no numbers in one of them (NaN or infinity), so no mean can be told.",
        ]
    return lines + (["The alpha channels differ."] if alpha else [])


def _rounded_down(similarity: float) -> str:
    """So that 1 is said of equal pictures alone."""
    return f"{math.floor(similarity * 1e5) / 1e5:.5f}"
