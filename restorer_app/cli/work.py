"""The way of every operation: a file opened, one job run in this process, a derivative saved and proven."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from restorer_app.cli.progress import Progress
from restorer_app.core import mask as masks
from restorer_app.core.card import ModelCard
from restorer_app.core.errors import (
    InvalidValueError,
    NotPatchableError,
    RestorerError,
    UnusableModelError,
    UnwritableFileError,
)
from restorer_app.core.job import Advanced, Dtype, Failed, Finished, Note, Stopped, TileDone
from restorer_app.core.operation import Decompress, Denoise, Operation, Repair, Upscale
from restorer_app.core.raster import Raster
from restorer_app.core.record import Record
from restorer_app.files import cards, naming, places
from restorer_app.files import saving as files_saving
from restorer_app.files.maskfile import read_mask
from restorer_app.files.picture import Picture
from restorer_app.files.reader import Reader
from restorer_app.files.saving import Saved
from restorer_app.files.scratch import Scratch, SpillStore
from restorer_app.session import runner, settings
from restorer_app.session.saving import jpeg_would_undo
from restorer_app.session.session import Session

_MUCH = 0.5  # of the picture: no photograph that is kept is damaged so much
_SPILL_BYTES = 256 * 2**30  # the disc itself is the limit: a store that finds no room says so


class JobFailedError(RestorerError):
    """A fault in the program stopped a job; where it happened is kept for --debug."""

    def __init__(self, message: str, *, advice: str = "", where: str = "") -> None:
        super().__init__(message, advice=advice)
        self.where = where


@dataclass(frozen=True, slots=True)
class Computing:
    """How a job is to be computed."""

    seed: int = 0
    device: str = "auto"
    dtype: Dtype = "auto"
    deterministic: bool = False


@contextlib.contextmanager
def reading() -> Iterator[tuple[Reader, Scratch]]:
    """A reader process and its scratch files, gone afterwards."""
    with Scratch(chosen=settings.load(places.settings_file()).scratch) as scratch, Reader(scratch) as reader:
        yield reader, scratch


@contextlib.contextmanager
def opened(path: Path, progress: Progress, *, page: int | None, mask: Path | None = None) -> Iterator[Session]:
    """A session on one file, its mask in place; of several pages on the first, which is told unless one is named."""
    with reading() as (reader, scratch):
        picture = reader.open(path, page=page or 0, progress=lambda share: progress.show("Reading", share))
        if page is None and picture.page_count > 1:
            progress.say(f"Note: {path.name} has {picture.page_count} pages. This is page 1; others with --page N.")
        session = Session(picture, store=store_in(scratch))
        if mask is not None:
            session.set_mask("Loaded mask", mask_for(session, mask, reader))
            _warn_of_much(session, mask, progress)
        yield session


def store_in(scratch: Scratch) -> SpillStore:
    """Where results lie that memory has no room for."""
    return SpillStore(scratch, limit=_SPILL_BYTES)


def _warn_of_much(session: Session, mask: Path, progress: Progress) -> None:
    """A mask that is inverted, or the scan itself, covers nearly everything, and the proof would not object."""
    share = masks.count_covered(session.mask) / session.mask.bounds.area
    if _MUCH < share < 1:  # all of it is refused
        progress.say(
            f"The mask {mask.name} covers {100 * share:.0f} % of the picture: white is what is repaired. "
            f"If it is inverted: restorer mask {mask.name} invert -o OTHER"
        )


def mask_for(session: Session, path: Path, reader: Reader) -> Raster:
    """The mask in a file; one that covers nothing is refused."""
    bounds, orientation = session.original.bounds, session.picture.orientation
    mask = read_mask(path, bounds=bounds, orientation=orientation, open_picture=reader.open)
    if masks.is_empty(mask):
        raise InvalidValueError(
            f"The mask {path.name} is empty: it covers no pixel.", advice="Paint what may change white."
        )
    return mask


def model_for(operation: Operation) -> ModelCard | None:
    """The model that an operation runs on, or a sentence that says what to use as long as it is not trained."""
    if operation.task is None:
        return None
    if not is_trained(operation):
        raise UnusableModelError(f"The model {_model_id(operation)} is not trained yet.", advice=_instead_of(operation))
    return cards.find_model(_model_id(operation)).card


def is_trained(operation: Operation) -> bool:
    """Whether what the operation runs on is here; classical methods need nothing."""
    return operation.task is None or any(model.folder.name == _model_id(operation) for model in cards.list_models())


def _model_id(operation: Operation) -> str:
    return f"{operation.task}-x{operation.scale}" if operation.scale > 1 else str(operation.task)


def _instead_of(operation: Operation) -> str:
    match operation:
        case Repair():
            return "Use --method patch, telea or navier-stokes."
        case Denoise():
            return "Use --method nlm or guided."
        case Upscale():
            return "Use --method lanczos."
        case Decompress():
            return "Nothing classical does the same; restorer denoise --method nlm softens the blocks a little."


def carry_out(session: Session, operation: Operation, how: Computing, progress: Progress) -> Record:
    """Runs one operation on the open picture; the session then holds its result."""
    session.ask(
        operation,
        model=model_for(operation),
        seed=how.seed,
        device=how.device,
        dtype=how.dtype,
        deterministic=how.deterministic,
    )
    job = session.next_job()
    assert job is not None  # it was just asked for, and nothing else waits
    progress.show(operation.title, 0)  # a net takes seconds to load, and a wide hole to close
    for event in runner.run(job):
        session.take(event)
        match event:
            case TileDone(done=done, total=total) | Advanced(done=done, total=total):
                progress.show(operation.title, done / total)
            case Note(message=message):
                progress.say(f"Note: {message}")
            case Failed(message=message, traceback=where):
                raise JobFailedError(message, where=where)
            case Finished(record=record):
                progress.clear()
                return record
            case Stopped():
                break
    raise AssertionError("a job that nobody stopped ended without a result")


def save(
    session: Session, progress: Progress, *, output: Path | None = None, derive: bool = False, pyramid: bool = False
) -> Saved:
    """Writes the derivative: a patched copy where that is possible, else a new TIFF, unless a name forbids it."""
    saving = session.saving()
    derives = derive or must_derive(session, output)
    try:
        saved = saving.run(output, derive=derives, progress=progress.show, pyramid=pyramid)
    except NotPatchableError as problem:
        if derives or (output is not None and not output.is_dir()):  # a name was asked for
            raise
        progress.say(f"Note: {problem.message} So a new TIFF is written.")
        saved = saving.run(output, derive=True, progress=progress.show)
    session.saved(saving, saved)
    progress.clear()
    return saved


def check_output(session: Session, operation: Operation, *, output: Path | None, derive: bool) -> bool:
    """Where nothing can be saved, that is said before minutes or hours are spent; else whether a new TIFF is made."""
    picture = session.picture
    undone = jpeg_would_undo(picture, [operation.name])
    if output is not None and not output.is_dir() and not output.suffix and not output.exists():  # no picture's name
        patches = picture.patchable and operation.scale == 1 and not undone and not derive
        named = f"{output.name}{picture.path.suffix if patches else '.tif'}"
        raise UnwritableFileError(f"There is no folder {output}.", advice=f"Make it first, or name a file: {named}.")
    derives = derive or _derives(picture, output, other_size=operation.scale > 1, undone=undone)
    if output is not None and not derives and (operation.scale > 1 or not picture.patchable):
        why = "The enlarged picture has another size than its file." if operation.scale > 1 else picture.reason
        raise NotPatchableError(why, advice=_as_tiff(output))
    files_saving.must_be_possible(picture, output, patch=not derives, scale=operation.scale)
    return derives


def must_derive(session: Session, output: Path | None) -> bool:
    """Whether a new TIFF is the only way; a name that asks for another kind of file is not overruled."""
    picture = session.picture
    other_size = session.image.bounds != session.original.bounds
    undone = jpeg_would_undo(picture, [record.name for record in session.records])
    return _derives(picture, output, other_size=other_size, undone=undone)


def _derives(picture: Picture, output: Path | None, *, other_size: bool, undone: bool) -> bool:
    if not (other_size or undone or not picture.patchable):
        return False
    if output is None or output.is_dir() or output.suffix.lower() in naming.SUFFIXES["bigtiff"]:
        return True
    if undone:
        why = "Saved as a JPEG again, the picture would get back most of what is taken away."
        if output.suffix.lower() not in naming.SUFFIXES["jpeg"]:
            why = f"What is taken away from a JPEG is kept in a TIFF, not in a {output.suffix} file."
        raise NotPatchableError(why, advice=_as_tiff(output))
    return False  # saving says why it cannot be patched, and names the TIFF


def _as_tiff(output: Path) -> str:
    return f"It can be saved as a new TIFF: {output.with_suffix('.tif').name} (--derive)."
