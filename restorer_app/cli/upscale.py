"""restorer upscale: makes a picture 2 or 4 times as wide and high."""

from __future__ import annotations

import argparse
from typing import Any, get_args

from restorer_app.cli import operate, options
from restorer_app.core.operation import Upscale, UpscaleMethod, UpscaleMode


def add_parser(subparsers: Any) -> None:
    what = "make a picture 2 or 4 times as wide and high"
    parser = subparsers.add_parser("upscale", help=what, description=options.sentence(what))
    operate.add_shared(parser, mask=None)
    parser.add_argument("--scale", type=int, choices=(2, 4), default=2, help="(2)")
    ways = "learned: a trained network (the default); lanczos: arithmetic alone"
    parser.add_argument("--method", choices=get_args(UpscaleMethod), default="learned", help=ways)
    kinds = "of the trained network (faithful)"
    parser.add_argument("--mode", choices=get_args(UpscaleMode), default="faithful", help=kinds)
    options.add_looks(parser)
    parser.set_defaults(run=lambda args: _run(args, parser))


def _run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    if args.method == "lanczos" and args.mode != "faithful":
        parser.error(f"the mode {args.mode} belongs to the trained network; --method lanczos knows none")
    looks = options.looks_of(args, parser)
    return operate.operate(args, Upscale(scale=args.scale, method=args.method, mode=args.mode, looks=looks))
