"""restorer train: teaches a model on photographs, from nothing or from where another one stands."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from restorer_app.cli import options
from restorer_app.files import places

_MINUTES = 60.0
_EPILOG = (
    "A checkpoint goes on exactly where it stopped; weights or a model's folder are a start that is fine-tuned. "
    "The new model replaces the shipped one of the same name for this person: delete its folder to go back."
)


def add_parser(subparsers: Any) -> None:
    what = "teach a model on photographs, or fine-tune one on an archive's own"
    parser = subparsers.add_parser("train", help=what, description=options.sentence(what), epilog=_EPILOG)
    parser.add_argument("model", metavar="ID", help="denoise, decompress, upscale-x2, upscale-x4 or repair")
    parser.add_argument("--photos", metavar="DIR", type=Path, nargs="+", required=True, help="folders of photographs")
    parser.add_argument("--from", metavar="START", dest="start", type=Path, help="checkpoint, weights or model folder")
    length = parser.add_mutually_exclusive_group()
    told = "of training in all, kept in the checkpoint (default: 60)"
    length.add_argument("--minutes", type=options.minutes, metavar="N", default=_MINUTES, help=told)
    told = "in all; resumed runs then equal uninterrupted ones exactly"
    length.add_argument("--steps", type=options.at_least_one, metavar="N", help=told)
    parser.add_argument("--recipe", metavar="FILE", type=Path, help="a recipe other than the model's own")
    parser.add_argument("--elements", metavar="DIR", type=Path, help="alpha pictures of hairs and dust, for repair")
    parser.add_argument("--work", metavar="DIR", type=Path, default=Path("runs"), help="checkpoints and journal")
    parser.add_argument("--into", metavar="DIR", type=Path, help="folder of models that gets it (default: your own)")
    parser.add_argument("--by", metavar="NAME", default="", help="who trained it, for the card")
    parser.add_argument("--licence", metavar="WORDS", default="", help="of the new weights, for the card")
    parser.add_argument("--device", metavar="D", default="cpu", help="cpu, cuda, mps (default: cpu)")
    parser.add_argument(
        "--threads", type=options.at_least_one, metavar="N", default=1, help="of the processor (default: 1)"
    )
    parser.add_argument("--compile", action="store_true", help="compile the net; needs a C++ compiler")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    # Torch takes two seconds to load, and every other command does without.
    from restorer_app.training.loop import Order, StoppedError, teach  # noqa: PLC0415 (see above)

    order = Order(
        model=args.model,
        photos=tuple(args.photos),
        into=args.into or places.own_models(),
        work=args.work,
        steps=args.steps,
        minutes=args.minutes,
        start=args.start,
        recipe=args.recipe,
        elements=args.elements,
        trained_by=args.by,
        licence=args.licence,
        device=args.device,
        threads=args.threads,
        compiled=args.compile,
    )
    try:
        print(f"The model is in {teach(order)}.")
    except StoppedError as stopped:
        args.stopped = str(stopped)
        raise KeyboardInterrupt from None
    return 0
