"""Options that several commands share, and what counts as a valid value of them."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import get_args

from restorer_app.core.operation import USUAL_LOOKS, Looks

_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")


def sentence(what: str) -> str:
    """The line of the list of commands as a command's own description; capitalize() would make Jpeg of JPEG."""
    return f"{what[:1].upper()}{what[1:]}."


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help='one JSON object on stdout, for programs; {"error": …} where it fails'
    )


def add_page(parser: argparse.ArgumentParser, *, default: int | None = 0) -> None:
    """None where it has to be known that nobody named one."""
    what = "page of a file with several, from 1 (1)"
    parser.add_argument("--page", type=page, default=default, metavar="N", help=what)


def add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", type=file, metavar="IN", help="the picture; it is only ever read")


def add_mask(parser: argparse.ArgumentParser, *, required: bool, of: str = "IN") -> None:
    what = f"a picture as large as {of}, as that is seen unless M states an orientation: white where it may change"
    parser.add_argument("--mask", "-m", type=file, metavar="M", required=required, help=what)


def add_output(parser: argparse.ArgumentParser) -> None:
    """Where the derivative goes, and how."""
    default = "file, or a folder that is there; without it IN_restored_v01 beside IN"
    parser.add_argument("-o", "--output", type=file, metavar="OUT", help=default)
    parser.add_argument("--derive", action="store_true", help="write a new TIFF instead of a patched copy")
    what = "carry the edit into the smaller copies inside a TIFF (the levels of a pyramid) too"
    parser.add_argument("--pyramid", action="store_true", help=what)


def add_computing(parser: argparse.ArgumentParser) -> None:
    """How it is computed."""
    parser.add_argument("--device", type=device, default="auto", metavar="D", help="auto, cpu, cuda or cuda:1 (auto)")
    parser.add_argument("--dtype", choices=("auto", "float32", "bfloat16"), default="auto", help="(auto)")
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="of everything random (0)")
    parser.add_argument("--deterministic", action="store_true", help="float32 on the CPU: the reference for replays")


def add_looks(parser: argparse.ArgumentParser) -> None:
    """How often a net looks; None where nobody said, as arithmetic does not look at all."""
    what = f"at the picture by the trained network: 1 is quickest, 4 most exact ({USUAL_LOOKS})"
    parser.add_argument("--looks", type=int, choices=get_args(Looks), default=None, metavar="N", help=what)


def looks_of(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """The looks that are meant; refused where there is no network to look."""
    if args.looks is not None and args.method != "learned":
        parser.error(f"looks belong to the trained network; --method {args.method} knows none")
    return 1 if args.method != "learned" else args.looks or USUAL_LOOKS


def file(text: str) -> Path:
    """A name; an empty one, from a variable of the shell that is not set, would stand for the folder one is in."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return Path(text)


def page(text: str) -> int:
    """A page as a person counts, as the program counts: from 0."""
    number = whole_number(text)
    if number < 1:
        raise argparse.ArgumentTypeError("pages are counted from 1")
    return number - 1


def seed(text: str) -> int:
    number = whole_number(text)
    if not 0 <= number < 2**63:
        raise argparse.ArgumentTypeError("a seed goes from 0 to 2⁶³ - 1")
    return number


def strength(text: str) -> float | None:
    """`auto`, which is None, or a share from 0 to 1."""
    return None if text == "auto" else share(text)


def share(text: str) -> float:
    return between(text, 0, 1)


def grain(text: str) -> float:
    return between(text, 0, 2)


def quality(text: str) -> int | None:
    """`auto`, which is None, or a JPEG quality."""
    if text == "auto":
        return None
    number = whole_number(text)
    if not 1 <= number <= 100:
        raise argparse.ArgumentTypeError(f"goes from 1 to 100, not {text}")
    return number


def minutes(text: str) -> float:
    return between(text, 0.01, 1_000_000)


def at_least_one(text: str) -> int:
    number = whole_number(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"is at least 1, not {text}")
    return number


def device(text: str) -> str:
    if not _DEVICE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"is auto, cpu, cuda or cuda:1, not {text}")
    return text


def whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"is a whole number, not {text!r}") from None


def between(text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"is a number from {least} to {most}, not {text!r}") from None
    if not least <= number <= most:  # also refuses nan
        raise argparse.ArgumentTypeError(f"goes from {least} to {most}, not {text}")
    return number
