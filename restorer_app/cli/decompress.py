"""restorer decompress: takes the traces of JPEG compression away."""

from __future__ import annotations

import argparse
from typing import Any

from restorer_app.cli import operate, options
from restorer_app.core.operation import USUAL_LOOKS, Decompress


def add_parser(subparsers: Any) -> None:
    what = "take the traces of JPEG compression away"
    parser = subparsers.add_parser("decompress", help=what, description=options.sentence(what))
    operate.add_shared(parser, mask=False)
    quality = "auto, or the JPEG quality it was saved with, 1 to 100 (auto)"
    parser.add_argument("--quality", type=options.quality, default=None, metavar="Q", help=quality)
    options.add_looks(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    return operate.operate(args, Decompress(quality=args.quality, looks=args.looks or USUAL_LOOKS))
