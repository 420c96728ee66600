"""What the four operations share on the command line: from the arguments to the derivative and its proof."""

from __future__ import annotations

import argparse

from restorer_app.cli import options, telling, work
from restorer_app.cli.progress import Progress
from restorer_app.core.operation import Operation


def add_shared(parser: argparse.ArgumentParser, *, mask: bool | None) -> None:
    """Input, output and computing; a mask that is needed (True), possible (False) or not there (None)."""
    options.add_input(parser)
    if mask is not None:
        options.add_mask(parser, required=mask)
    options.add_output(parser)
    options.add_page(parser, default=None)
    options.add_computing(parser)
    options.add_json(parser)
    parser.set_defaults(stopped="Nothing was written.")


def operate(args: argparse.Namespace, operation: Operation) -> int:
    """Opens, computes, saves, proves, tells."""
    work.model_for(operation)  # refused before a large file is read
    progress = Progress()
    how = work.Computing(args.seed, args.device, args.dtype, args.deterministic)
    with work.opened(args.input, progress, page=args.page, mask=getattr(args, "mask", None)) as session:
        work.check_output(session, operation, output=args.output, derive=args.derive)
        record = work.carry_out(session, operation, how, progress)
        saved = work.save(session, progress, output=args.output, derive=args.derive, pyramid=args.pyramid)
        args.stopped = f"{saved.path} is complete."  # what is left to do is tidying up
        lines = [telling.of_record(record), *telling.of_save(saved)]
        telling.tell(telling.saved_fields(saved, session.records), lines, as_json=args.json)
    return 0
