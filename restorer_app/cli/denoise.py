"""restorer denoise: takes noise away."""

from __future__ import annotations

import argparse
from typing import Any, get_args

from restorer_app.cli import operate, options
from restorer_app.core.operation import Denoise, DenoiseMethod


def add_parser(subparsers: Any) -> None:
    what = "take noise away, as much as the picture shows or as told"
    parser = subparsers.add_parser("denoise", help=what, description=options.sentence(what))
    operate.add_shared(parser, mask=False)
    strength = "auto, or 0 (nothing) to 1 (the strongest) (auto)"
    parser.add_argument("--strength", type=options.strength, default=None, metavar="S", help=strength)
    ways = "learned: a trained network (the default); nlm, guided: arithmetic on this picture alone"
    parser.add_argument("--method", choices=get_args(DenoiseMethod), default="learned", help=ways)
    options.add_looks(parser)
    parser.set_defaults(run=lambda args: _run(args, parser))


def _run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    looks = options.looks_of(args, parser)
    return operate.operate(args, Denoise(strength=args.strength, method=args.method, looks=looks))
