"""run_job: the one way anything is computed."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from importlib import metadata

import cv2
import numpy as np

import restorer_app
from restorer_app.core.errors import RestorerError
from restorer_app.core.job import Advanced, CancelToken, Failed, Finished, Job, JobEvent, Note, Stopped, TileDone
from restorer_app.core.operation import to_fields
from restorer_app.core.raster import CELL, Cell
from restorer_app.core.record import Record
from restorer_app.engine.cover import Cover, cover_of
from restorer_app.engine.ledger import Ledger
from restorer_app.engine.work import Unseen, Work, amount, first_method, plan
from restorer_app.files.allocator import large_buffers_kept


def run_job(job: Job, cancel: CancelToken) -> Iterator[JobEvent]:
    """Finished tiles, and then exactly one of Finished, Stopped, Failed. Never raises."""
    try:
        with large_buffers_kept() as keeping, closing(_run(job, cancel)) as events:
            for event in events:
                yield event
                keeping.look()
    except RestorerError as problem:
        yield Failed(job.id, str(problem))
    except Exception as problem:  # noqa: BLE001 - one of the two named places: a job ends in a closing event, whatever happens
        told = f"{job.operation.title} failed because of a fault in the program: {problem or type(problem).__name__}."
        yield Failed(job.id, told, traceback.format_exc())


def _run(job: Job, cancel: CancelToken) -> Generator[JobEvent]:
    started, at = time.perf_counter(), datetime.now().astimezone()
    if cancel.is_cancelled:
        yield Stopped(job.id)
        return
    cover = cover_of(job)
    method, note = first_method(job, cancel)
    if note:
        yield Note(job.id, note)
    tiles = plan(job, cover, method)
    total, done = amount(tiles), 0
    work = Work(job, cover, method, cancel)
    with Ledger(job.image, scale=method.scale, region=job.region, cells=_touched(job, cover)) as ledger:
        ledger.expect(tile.out for tile in tiles)
        for found in work.through(tiles):
            if isinstance(found, str):
                yield Note(job.id, found)
                continue
            done += found.area
            if isinstance(found, Unseen):
                yield Advanced(job.id, done, total)
                continue
            ledger.add(found.out, found.before, found.after)
            found.after.flags.writeable = False
            yield TileDone(job.id, found.out, found.after, done, total)
        if cancel.is_cancelled:
            yield Stopped(job.id)
        else:
            record = _record(job, work, cover, ledger, at=at.isoformat(timespec="seconds"))
            yield Finished(job.id, record.with_seconds(round(time.perf_counter() - started, 3)))


def _touched(job: Job, cover: Cover) -> Iterable[Cell]:
    """The cells that a job may change; they depend on what was asked alone, never on how it was cut."""
    return cover.boxes or frozenset(job.region.cells(CELL))


def _record(job: Job, work: Work, cover: Cover, ledger: Ledger, *, at: str) -> Record:
    before, after = ledger.digests()
    model = job.model if job.operation.task is not None else None
    return Record(
        at=at,
        operation=to_fields(job.operation),
        region=job.region,
        seed=job.seed,
        model_id=model.id if model else None,
        model_sha256=model.sha256 if model else None,
        mask_sha256=cover.digest,
        before_sha256=before,
        after_sha256=after,
        versions=versions(),
        device=", then ".join(work.devices),
        dtype=work.method.dtype,
        seconds=0.0,
        deterministic=job.deterministic,
        synthesises_detail=model.synthesises_detail if model else False,
        changed_pixels=ledger.changed_pixels,
        measured=dict(work.method.measured),
    )


def versions() -> dict[str, str]:
    """What computed it. Torch is asked by name, not imported: classical methods do without its two seconds."""
    found = {"restorer": restorer_app.__version__, "numpy": np.__version__, "opencv": cv2.__version__}
    try:
        found["torch"] = metadata.version("torch")
    except metadata.PackageNotFoundError:  # a frozen program may come without the packages' metadata
        torch = sys.modules.get("torch")
        found["torch"] = str(torch.__version__) if torch else "not loaded"
    return found
