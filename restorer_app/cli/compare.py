"""restorer compare: how two pictures differ."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from restorer_app.cli import options, telling, work
from restorer_app.cli.difference import Difference, difference, to_fields
from restorer_app.cli.further import Further, compare_further
from restorer_app.cli.progress import Progress
from restorer_app.cli.verify import DIFFERENT, NOT_JUDGED, SAME
from restorer_app.core.errors import RestorerError
from restorer_app.files.hashing import sha256_of
from restorer_app.files.patching import spaced
from restorer_app.files.picture import Layout, Picture

_LOOKED_AT: dict[Layout, Layout] = {"palette": "rgb", "bilevel": "grey"}  # what they are compared as
_COLOURS: dict[Layout, str] = {"grey": "grey", "rgb": "RGB", "cmyk": "CMYK", "lab": "Lab"}


def add_parser(subparsers: Any) -> None:
    what = "how two pictures differ: MSE, PSNR, SSIM, changed samples and where they are"
    told = "Metadata are not looked at: those are what verify is for."
    closing = (
        "Exit code 0: every sample is the same, and means the same; 1: some differ, or are shown otherwise; "
        "4: they could not be compared."
    )
    parser = subparsers.add_parser("compare", help=what, description=f"{options.sentence(what)} {told}", epilog=closing)
    parser.add_argument("one", type=options.file, metavar="A", help="a picture")
    parser.add_argument("other", type=options.file, metavar="B", help="another of the same size, depth and channels")
    options.add_page(parser)
    options.add_json(parser)
    parser.set_defaults(run=_run)


@dataclass(frozen=True, slots=True)
class _Found:
    """All that is compared of two pictures."""

    samples: Difference
    alpha: bool  # differs
    further: Further
    shown: list[str]  # how the same numbers are shown otherwise, a sentence each

    @property
    def same(self) -> bool:
        return self.samples.same and not (self.alpha or self.further.differ or self.shown)

    def to_fields(self) -> dict[str, Any]:
        return to_fields(self.samples) | {
            "same": self.same,
            "alpha_differs": self.alpha,
            "further_channels_differ": self.further.differ,
            "shown_otherwise": self.shown,
        }

    def lines(self) -> list[str]:
        lines = _lines(self.samples) + (["The alpha channels differ."] if self.alpha else [])
        lines += [self.further.told] if self.further.told else []
        lines += [f"Not compared: {self.further.unread}"] if self.further.unread else []
        return lines + self.shown


def _run(args: argparse.Namespace) -> int:
    progress = Progress()
    try:
        # Two readers, because each holds one file open at a time and bands come from both in turns.
        with work.reading() as (first, _), work.reading() as (second, _):
            one, other = first.open(args.one, page=args.page), second.open(args.other, page=args.page)
            found = _compared(one, other, progress)
        if found.same and found.further.unread and sha256_of(args.one) != sha256_of(args.other):
            raise RestorerError(f"What is shown is the same in both, but {found.further.unread}")
    except RestorerError as problem:
        telling.tell_not_judged(str(problem), f"These could not be compared: {problem}", as_json=args.json)
        return NOT_JUDGED
    telling.tell(found.to_fields(), found.lines(), as_json=args.json)
    return SAME if found.same else DIFFERENT


def _compared(one: Picture, other: Picture, progress: Progress) -> _Found:
    samples = difference(one.source, other.source, progress)
    alpha = _alpha_differs(one, other, progress)
    return _Found(samples, alpha, compare_further(one, other, progress), list(_shown_otherwise(one, other)))


def _shown_otherwise(one: Picture, other: Picture) -> Iterator[str]:
    """In which ways the same numbers are another picture."""
    names = one.path.name, other.path.name
    layouts = [_LOOKED_AT.get(each.layout, each.layout) for each in (one, other)]
    if layouts[0] != layouts[1]:
        words = [_COLOURS[each] for each in layouts]
        yield f"{names[0]} is {words[0]} and {names[1]} is {words[1]}, so the same numbers are other colours."
    if one.white_is_zero != other.white_is_zero:
        white, black = names if one.white_is_zero else reversed(names)
        yield f"Zero is white in {white} and black in {black}, so the same numbers show the negative."
    if one.orientation != other.orientation:
        yield f"They are shown turned differently (orientation {one.orientation} and {other.orientation})."


def _alpha_differs(one: Picture, other: Picture, progress: Progress) -> bool:
    if one.alpha is None or other.alpha is None:
        return one.alpha is not other.alpha
    return not difference(one.alpha, other.alpha, progress).same


def _lines(found: Difference) -> list[str]:
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
    return lines


def _rounded_down(similarity: float) -> str:
    """So that 1 is said of equal pictures alone."""
    return f"{math.floor(similarity * 1e5) / 1e5:.5f}"
