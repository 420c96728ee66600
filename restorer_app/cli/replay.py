"""restorer replay: does again what a derivative says was done to its master, and compares the hashes."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from restorer_app.cli import options, telling, work
from restorer_app.cli.progress import Progress
from restorer_app.cli.verify import DIFFERENT, NOT_JUDGED, SAME
from restorer_app.core import operation as operations
from restorer_app.core.errors import RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.history import Store
from restorer_app.core.job import TileDone
from restorer_app.core.raster import Raster
from restorer_app.core.record import Record
from restorer_app.files import cards, metadata
from restorer_app.files.coveragecode import decode_coverage
from restorer_app.files.hashing import sha256_of
from restorer_app.files.reader import Reader
from restorer_app.session import by_hand, runner
from restorer_app.session.replay import fits, replay


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
        with work.reading() as (reader, scratch):
            done = list(_replayed(reader, args.master, args.derivative, progress, work.store_in(scratch)))
    except RestorerError as problem:
        progress.clear()
        told = f"This could not be replayed: {problem}"
        telling.tell({"judged": False, "reason": str(problem)}, [told], as_json=args.json)
        return NOT_JUDGED
    progress.clear()
    same = all(step["same"] for step in done)
    telling.tell({"judged": True, "same": same, "steps": done}, [step["sentence"] for step in done], as_json=args.json)
    return SAME if same else DIFFERENT


def _replayed(
    reader: Reader, master: Path, derivative: Path, progress: Progress, store: Store
) -> Iterator[dict[str, Any]]:
    """What became of each step, without its picture: those of several would not fit into memory together."""
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
    step, used = 1, list(_used(said, image.bounds))

    def show(tile: TileDone) -> None:
        progress.show(f"Replaying step {step} of {len(used)}", tile.done / tile.total)

    for one in replay(said.records, image, used=used, models=models, run=runner.run, store=store, progress=show):
        sentence = one.sentence
        if not one.same_input and step == 1 and sha256_of(master) != said.master_sha256:
            sentence += f" ({master.name} is not the file that {derivative.name} was made from)"
        yield {"same": one.same, "sentence": sentence, "record": one.found.to_fields()}
        step += 1


def _said(reader: Reader, path: Path) -> metadata.Embedded | None:
    """What a file says was done to it, if anything."""
    said = metadata.embedded(reader.open(path, decode=False).xmp)
    return said if said is not None and said.records else None


def _used(said: metadata.Embedded, bounds: Region) -> Iterator[Raster | None]:
    """The mask of every step, for the size that the picture had then."""
    for record, told in zip(said.records, said.masks, strict=True):
        yield _mask_of(record, told, said.allowed, bounds)
        if record.name not in by_hand.NAMES:
            bounds = bounds.scaled(operations.from_fields(dict(record.operation)).scale)


def _mask_of(record: Record, told: str, allowed: Raster | None, bounds: Region) -> Raster | None:
    """As the file keeps it; one by an earlier version has only the union of all, which is that of a lone hard one."""
    if record.mask_sha256 is None:
        return None
    mask = decode_coverage(told, bounds) if told else allowed
    if mask is not None and mask.bounds == bounds and fits(record, mask):
        return mask
    raise RestorerError(
        f"The mask of the step {record.name} is not in the file, so it cannot be done again exactly.",
        advice="There was no room for it, as in a JPEG, or the file was saved by an earlier version.",
    )
