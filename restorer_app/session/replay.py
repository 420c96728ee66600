"""Replay: does what a record says once more, and tells whether the same came out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from restorer_app.core import mask as masks
from restorer_app.core import operation as operations
from restorer_app.core.card import ModelCard
from restorer_app.core.errors import InvalidValueError, RestorerError, UnusableModelError
from restorer_app.core.history import Store
from restorer_app.core.job import Advanced, Failed, Finished, Job, JobEvent, Stopped, TileDone
from restorer_app.core.raster import Raster
from restorer_app.core.record import Record
from restorer_app.session import by_hand
from restorer_app.session.pending import Pending

Runner = Callable[[Job], Iterator[JobEvent]]
Progress = Callable[[TileDone | Advanced], None]


@dataclass(frozen=True, slots=True)
class Replayed:
    """The record as it was, the one that came out, and the picture after it."""

    expected: Record
    found: Record
    image: Raster

    @property
    def same_input(self) -> bool:
        return (self.expected.before_sha256, self.expected.mask_sha256) == (
            self.found.before_sha256,
            self.found.mask_sha256,
        )

    @property
    def same(self) -> bool:
        return self.same_input and self.expected.after_sha256 == self.found.after_sha256

    @property
    def sentence(self) -> str:
        """What a person needs to know about it."""
        name = self.expected.name
        if self.same:
            return f"{name}: the same again, to the bit"
        if self.expected.before_sha256 != self.found.before_sha256:
            return f"{name}: the picture was another one before this step"
        if self.expected.mask_sha256 != self.found.mask_sha256:
            return f"{name}: the mask is another one"
        changed = [
            f"{what} {now} instead of {then}"
            for what, then, now in _circumstances(self.expected, self.found)
            if then != now
        ]
        return f"{name}: another result" + (f" ({', '.join(changed)})" if changed else "")


def job_of(record: Record, image: Raster, *, mask: Raster | None, models: Mapping[str, ModelCard]) -> Job:
    """The job that a record describes, to be run as reference: on the CPU in the type it was computed in."""
    operation = operations.from_fields(dict(record.operation))
    # of a whole picture in which places were protected, the record has the digest of those
    protect = None if mask is None or record.mask_sha256 is None else masks.invert(mask)
    is_protection = protect is not None and masks.digest(protect) == record.mask_sha256
    return Job(
        id=record.after_sha256[:16],
        operation=operation,
        image=image,
        region=record.region,
        model=_model_of(record, models),
        mask=mask if record.mask_sha256 is not None and not is_protection else None,
        protect=protect if is_protection else None,
        seed=record.seed,
        device="cpu" if record.device.startswith("cpu") else "auto",
        dtype="bfloat16" if record.dtype == "bfloat16" else "float32",
        deterministic=record.deterministic,
    )


def fits(record: Record, mask: Raster) -> bool:
    """Is this the mask of a step; of one without, what was not protected."""
    return record.mask_sha256 in (masks.digest(mask), masks.digest(masks.invert(mask)))


def replay(
    records: Sequence[Record],
    image: Raster,
    *,
    used: Sequence[Raster | None],
    models: Mapping[str, ModelCard],
    run: Runner,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Iterator[Replayed]:
    """Does one step after the other, each on the result of the one before; `used` has a mask for each record."""
    original = image
    for record, mask in zip(records, used, strict=True):
        if record.name in by_hand.NAMES:
            done = _by_hand(record, image, original, mask)
            yield done
            image = done.image
            continue
        job = job_of(record, image, mask=mask, models=models)
        done = _run(record, job, run, store, progress)
        yield done
        image = done.image


def _by_hand(record: Record, image: Raster, original: Raster, covered: Raster | None) -> Replayed:
    if covered is None:
        raise RestorerError(
            f"The step {record.name} was made by hand, and its stroke is not in the record.",
            advice="The file was saved by an earlier version, or there was no room for it.",
        )
    done = by_hand.again(image, original, covered, record.operation)
    return Replayed(record, done.record, done.image)


def _run(record: Record, job: Job, run: Runner, store: Store | None, progress: Progress | None) -> Replayed:
    whole = Raster.flat(job.image.bounds, value=255)
    result = Pending(
        job_id=job.id,
        operation=job.operation,
        region=job.region,
        mask=job.mask,
        touched=whole,
        mask_at_enter=whole,
        model=job.model,
    )
    result.start_on(job.image)
    for event in run(job):
        if progress is not None and isinstance(event, (TileDone, Advanced)):
            progress(event)
        match event:
            case TileDone():
                result.take(event, store)
            case Finished(record=found):
                return Replayed(record, found, result.result)
            case Failed(message=message):
                raise RestorerError(message)
            case Stopped():
                raise RestorerError("The replay was cancelled.")
            case _:
                continue
    raise InvalidValueError("The job ended without an outcome.")


def _model_of(record: Record, models: Mapping[str, ModelCard]) -> ModelCard | None:
    """`models` are known by the SHA-256 of their weights: another of the same name may have come since."""
    if record.model_id is None:
        return None
    card = models.get(record.model_sha256 or "")
    if card is None:
        raise UnusableModelError(
            f"The weights of {record.model_id} that this step was computed with are not here.",
            advice=f"They have the SHA-256 {record.model_sha256}.",
        )
    return card


def _circumstances(then: Record, now: Record) -> Iterator[tuple[str, str, str]]:
    yield "device", then.device, now.device
    yield "type", then.dtype, now.dtype
    for name in sorted(then.versions.keys() | now.versions.keys()):
        yield name, then.versions.get(name, "none"), now.versions.get(name, "none")
