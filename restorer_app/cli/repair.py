"""restorer repair: fills what a mask covers."""

from __future__ import annotations

import argparse
from typing import Any, get_args

from restorer_app.cli import operate, options
from restorer_app.core.operation import Repair, RepairMethod


def add_parser(subparsers: Any) -> None:
    what = "fill what a mask covers from what surrounds it"
    parser = subparsers.add_parser("repair", help=what, description=what.capitalize() + ".")
    operate.add_shared(parser, mask=True)
    parser.add_argument(
        "--method", choices=get_args(RepairMethod), default="faithful", help="(faithful, a trained net)"
    )
    parser.add_argument("--grain", type=options.grain, default=1.0, metavar="G", help="of the surroundings, 0 to 2 (1)")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    return operate.operate(args, Repair(method=args.method, grain=args.grain))
