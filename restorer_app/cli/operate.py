"""What the four operations share on the command line: from the arguments to the derivative and its proof."""

from __future__ import annotations

import argparse

from restorer_app.cli import options, telling, work
from restorer_app.cli.progress import Progress
from restorer_app.core.operation import Operation
from restorer_app.files.picture import Picture
from restorer_app.files.tiff import holds_levels


def add_shared(parser: argparse.ArgumentParser, *, mask: bool | None) -> None:
    """Input, output and computing; a mask that is needed (True), possible (False) or not there (None)."""
    options.add_input(parser)
    if mask is not None:
        options.add_mask(parser, required=mask)
    options.add_output(parser)
    options.add_page(parser, default=None)
    options.add_computing(parser)
    options.add_json(parser)
    parser.set_defaults(stopped="Nothing was written.", refuse=parser.error)


def operate(args: argparse.Namespace, operation: Operation) -> int:
    """Opens, computes, saves, proves, tells."""
    _must_fit_together(args, operation)
    work.model_for(operation)  # refused before a large file is read
    progress = Progress()
    how = work.Computing(args.seed, args.device, args.dtype, args.deterministic)
    with work.opened(args.input, progress, page=args.page, mask=getattr(args, "mask", None)) as session:
        derives = work.check_output(session, operation, output=args.output, derive=args.derive)
        if args.pyramid:
            _tell_of_no_levels(session.picture, progress, derives=derives)
        record = work.carry_out(session, operation, how, progress)
        saved = work.save(session, progress, output=args.output, derive=args.derive, pyramid=args.pyramid)
        args.stopped = f"{saved.path} is complete."  # what is left to do is tidying up
        lines = [telling.of_record(record), *telling.of_save(saved)]
        telling.tell(telling.saved_fields(saved, session.records), lines, as_json=args.json)
    return 0


def _must_fit_together(args: argparse.Namespace, operation: Operation) -> None:
    """Refuses words that would be passed over in silence; arithmetic always works on the processor, in its own way."""
    chosen = {"--device": args.device != "auto", "--dtype": args.dtype != "auto", "--deterministic": args.deterministic}
    words = [word for word, is_chosen in chosen.items() if is_chosen]
    if words and operation.task is None:
        belong = "belongs" if len(words) == 1 else "belong"
        args.refuse(f"{' and '.join(words)} {belong} to the trained network; --method {args.method} knows none")
    if args.pyramid and (args.derive or operation.scale > 1):
        why = "--derive writes a new TIFF" if args.derive else "an enlarged picture becomes a new TIFF"
        args.refuse(f"{why}, which holds no smaller copies for --pyramid to carry the edit into")


def _tell_of_no_levels(picture: Picture, progress: Progress, *, derives: bool) -> None:
    """That --pyramid has nothing to do; which file it is, and what is in it, is known only now."""
    if derives:
        progress.say("Note: A new TIFF is written, which holds no smaller copies, so --pyramid changes nothing.")
    elif not holds_levels(picture):
        progress.say(f"Note: {picture.path.name} holds no smaller copies of the picture, so --pyramid changes nothing.")
