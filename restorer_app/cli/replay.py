"""restorer replay: does again what a derivative says was done to its master, and compares hashes and pixels."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from restorer_app.cli import options, telling, work
from restorer_app.cli.progress import Progress
from restorer_app.cli.verify import DIFFERENT, NOT_JUDGED, SAME
from restorer_app.core import operation as operations
from restorer_app.core.errors import RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.job import Advanced, TileDone
from restorer_app.core.raster import Raster
from restorer_app.core.record import Record
from restorer_app.files import cards, metadata
from restorer_app.files.containers import container
from restorer_app.files.coveragecode import decode_coverage
from restorer_app.files.hashing import sha256_of
from restorer_app.files.patching import spaced
from restorer_app.files.picture import Picture
from restorer_app.files.reader import Reader
from restorer_app.files.saying import said_by
from restorer_app.files.scratch import Scratch
from restorer_app.files.values import compare_reads
from restorer_app.session import by_hand, runner
from restorer_app.session.replay import fits, replay


def add_parser(subparsers: Any) -> None:
    what = "do again what a derivative's record says, and see whether the same comes out"
    closing = (
        "Exit code 0: the same to the bit, and the derivative still shows it; 1: something else; "
        "4: it could not be replayed."
    )
    parser = subparsers.add_parser("replay", help=what, description=options.sentence(what), epilog=closing)
    what = "the scan that the derivative was made from"
    parser.add_argument("master", type=options.file, metavar="MASTER", help=what)
    parser.add_argument("derivative", type=options.file, metavar="DERIVATIVE", help="what this program saved")
    page = "the page to replay, from 1; without it, the one that was saved last"
    parser.add_argument("--page", type=options.page, default=None, metavar="N", help=page)
    options.add_json(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    progress = Progress()
    try:
        with work.reading() as (reader, scratch), work.reading() as (second, _):
            said = _said(reader, args.master, args.derivative, args.page)
            replayed = _Replay(reader, second, said, progress, scratch)
            done = list(replayed.steps())
            done.append(replayed.as_saved(came_out_again=all(step["same"] for step in done)))
    except RestorerError as problem:
        progress.clear()
        telling.tell_not_judged(str(problem), f"This could not be replayed: {problem}", as_json=args.json)
        return NOT_JUDGED
    progress.clear()
    same = all(step["same"] for step in done)
    telling.tell({"judged": True, "same": same, "steps": done}, [step["sentence"] for step in done], as_json=args.json)
    return SAME if same else DIFFERENT


@dataclass(frozen=True, slots=True)
class _Said:
    """Which file says what was done to the other."""

    master: Path
    derivative: Path
    embedded: metadata.Embedded


def _said(reader: Reader, master: Path, derivative: Path, page: int | None) -> _Said:
    """Named the other way round, too: only one of the two says how it was made."""
    opened = partial(reader.open, decode=False)
    for one, other in ((master, derivative), (derivative, master)):
        _, said = said_by(other, of=one, page=page, open_picture=opened)
        if said is not None and said.records:
            return _Said(one, other, said)
    where = "" if page is None else f" on page {page + 1}"
    raise RestorerError(
        f"{derivative.name} has no record of this program{where}.", advice="Only what it saved can be replayed."
    )


class _Replay:
    """The steps done again one after the other, and what came out held against what was saved."""

    def __init__(self, reader: Reader, second: Reader, said: _Said, progress: Progress, scratch: Scratch) -> None:
        self._said, self._progress, self._scratch = said, progress, scratch
        self._reader, self._second = reader, second  # each holds one file open at a time
        self._picture = reader.open(said.master, page=said.embedded.page)
        self._image = Raster(self._picture.source)

    def steps(self) -> Iterator[dict[str, Any]]:
        """What became of each step, without its picture: those of several would not fit into memory together."""
        said = self._said.embedded
        models = {model.card.sha256: model.card for model in cards.all_models() if model.card is not None}
        step, used = 1, list(_used(said, self._image.bounds))

        def show(event: TileDone | Advanced) -> None:
            self._progress.show(f"Replaying step {step} of {len(used)}", event.done / event.total)

        store = work.store_in(self._scratch)
        image = self._image
        for one in replay(said.records, image, used=used, models=models, run=runner.run, store=store, progress=show):
            sentence = one.sentence
            if step == 1 and sha256_of(self._said.master) != said.master_sha256:
                sentence += self._of_another_master(same_pixels=one.same_input)
            yield {"same": one.same, "sentence": sentence, "record": one.found.to_fields()}
            self._image = one.image
            step += 1

    def _of_another_master(self, *, same_pixels: bool) -> str:
        master, derivative = self._said.master.name, self._said.derivative.name
        but = ", but there its pixels are the same" if same_pixels else ""
        return f" ({master} is not the file that {derivative} was made from{but})"

    def as_saved(self, *, came_out_again: bool) -> dict[str, Any]:
        """Whether the derivative still shows what came out: someone may have painted in it since."""
        said = self._said.embedded
        saved = self._second.open(self._said.derivative, page=0 if said.derived else said.page)
        name = saved.path.name
        found, its = self._as_it_is_stored(saved), saved.source
        if (found.bounds, found.channels, found.dtype) != (its.bounds, its.channels, np.dtype(its.dtype)):
            return {"same": False, "sentence": f"{name} is another picture than came out: of another size or depth"}
        verdict = compare_reads(
            found.read,
            its.read,
            region=found.bounds,
            channels=found.channels,
            allowed=None,
            progress=self._progress.show,
            cancel=None,
        )
        changed, total = verdict.outside_changed, verdict.samples_total
        if not changed:
            return {"same": True, "sentence": f"{name} shows what came out: {spaced(total)} samples, to the bit"}
        told = f"{name} shows something else than came out: {spaced(changed)} of {spaced(total)} samples differ"
        so = ", so it was changed after it was saved"
        if not came_out_again:
            so = "; whether it was changed after it was saved cannot be told, as not every step came out again"
        return {"same": False, "sentence": told + so}

    def _as_it_is_stored(self, saved: Picture) -> Raster:
        """What came out; for a JPEG as it looks when its blocks have been written."""
        holder = container(saved.kind)
        if saved.kind != "jpeg" or holder is None or self._said.embedded.derived:
            return self._image
        target = self._scratch.create(1).path  # written over; a file is known by what is in it
        holder.patch(self._picture, self._image, target=target, xmp=None, progress=self._progress.show, cancel=None)
        return Raster(self._reader.open(target).source)


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
