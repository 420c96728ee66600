"""restorer repair: fills what a mask covers."""

from __future__ import annotations

import argparse
from typing import Any, get_args

from restorer_app.cli import operate, options
from restorer_app.core.operation import Repair, RepairMethod


def add_parser(subparsers: Any) -> None:
    what = "fill what a mask covers from what surrounds it"
    parser = subparsers.add_parser("repair", help=what, description=options.sentence(what))
    operate.add_shared(parser, mask=True)
    ways = (
        "faithful: a trained network (the default); patch: pieces of the same picture; "
        "telea and navier-stokes: the surroundings carried inward"
    )
    parser.add_argument("--method", choices=get_args(RepairMethod), default="faithful", help=ways)
    grain = "how much of the grain and texture around a hole its fill gets: 0 none, 1 as much, 2 twice (1)"
    parser.add_argument("--grain", type=options.grain, default=1.0, metavar="G", help=grain)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    return operate.operate(args, Repair(method=args.method, grain=args.grain))
