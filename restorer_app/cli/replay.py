"""restorer replay: does again what a derivative says was done to its master, and compares the hashes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from restorer_app.cli import options, telling, work
from restorer_app.cli.progress import Progress
from restorer_app.cli.verify import DIFFERENT, NOT_JUDGED, SAME
from restorer_app.core import mask as masks
from restorer_app.core.errors import RestorerError
from restorer_app.core.raster import Raster
from restorer_app.core.record import Record
from restorer_app.files import cards, metadata
from restorer_app.files.reader import Reader
from restorer_app.session import runner
from restorer_app.session.replay import Replayed, replay


def add_parser(subparsers: Any) -> None:
    what = "do again what a derivative's record says, and see whether the same comes out"
    closing = "Exit code 0: the same to the bit; 1: something else; 4: it could not be replayed."
    parser = subparsers.add_parser("replay", help=what, description=options.sentence(what), epilog=closing)
    parser.add_argument("master", type=Path, metavar="MASTER", help="the scan that the derivative was made from")
    parser.add_argument("derivative", type=Path, metavar="DERIVATIVE", help="what this program saved")
    options.add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    progress = Progress()
    try:
        with work.reading() as (reader, _):
            done = _replayed(reader, args.master, args.derivative, progress)
    except RestorerError as problem:
        progress.clear()
        told = f"This could not be replayed: {problem}"
        telling.tell({"judged": False, "reason": str(problem)}, [told], as_json=args.json)
        return NOT_JUDGED
    progress.clear()
    steps = [{"same": one.same, "sentence": one.sentence, "record": one.found.to_fields()} for one in done]
    same = all(one.same for one in done)
    telling.tell({"judged": True, "same": same, "steps": steps}, [one.sentence for one in done], as_json=args.json)
    return SAME if same else DIFFERENT


def _replayed(reader: Reader, master: Path, derivative: Path, progress: Progress) -> list[Replayed]:
    said = _said(reader, derivative)
    if said is None:  # named the other way round: only one of the two says how it was made
        master, derivative = derivative, master
        said = _said(reader, derivative)
    if said is None:
        raise RestorerError(
            f"{master.name} has no record of this program.", advice="Only what it saved can be replayed."
        )
    image = Raster(reader.open(master, page=said.page).source)
    models = {model.card.sha256: model.card for model in cards.all_models() if model.card is not None}
    return list(
        replay(
            said.records,
            image,
            masks=[_mask_of(record, said.allowed, image) for record in said.records],
            models=models,
            run=runner.run,
            progress=lambda tile: progress.show("Replaying", tile.done / tile.total),
        )
    )


def _said(reader: Reader, path: Path) -> metadata.Embedded | None:
    """What a file says was done to it, if anything."""
    said = metadata.embedded(reader.open(path, decode=False).xmp)
    return said if said is not None and said.records else None


def _mask_of(record: Record, allowed: Raster | None, image: Raster) -> Raster | None:
    """The file keeps the union of all masks, which is the mask of a step where there was only one."""
    if record.mask_sha256 is None:
        return None
    if allowed is None or allowed.bounds != image.bounds or masks.digest(allowed) != record.mask_sha256:
        raise RestorerError(
            "The mask of this step was soft, or put together with others on saving, and cannot be had back exactly.",
            advice="A derivative of one step under a hard mask can be replayed.",
        )
    return allowed
