"""restorer tour: everything that the program can do, on one picture, without a screen."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from restorer_app.cli import info, options, telling, work
from restorer_app.cli.beside import write_beside
from restorer_app.cli.progress import Progress
from restorer_app.core import mask as masks
from restorer_app.core.errors import RestorerError
from restorer_app.core.operation import USUAL_LOOKS, Denoise, Operation, Repair, Upscale
from restorer_app.core.raster import Raster
from restorer_app.core.stroke import Point, Stroke
from restorer_app.files import naming
from restorer_app.files.maskfile import read_mask, write_mask
from restorer_app.files.patching import spaced
from restorer_app.files.reader import Reader
from restorer_app.files.verify import verify
from restorer_app.session.session import Session

_MOST_PIXELS = 24_000_000  # a larger picture is toured without denoising and upscaling all of it


def add_parser(subparsers: Any) -> None:
    what = "show on one picture all that the program can do"
    parser = subparsers.add_parser("tour", help=what, description=options.sentence(what))
    parser.add_argument(
        "input", type=Path, metavar="PICTURE", help="where PICTURE_mask.png lies beside it, that is its mask"
    )
    parser.add_argument("--out", type=options.file, required=True, metavar="DIR", help="where the results go")
    options.add_page(parser, default=None)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    args.out.mkdir(parents=True, exist_ok=True)
    args.stopped = f"What was finished lies in {args.out}."
    progress = Progress()
    with work.reading() as (reader, _), work.opened(args.input, progress, page=args.page) as session:
        tour = Tour(session, args.out, progress, reader)
        tour.look()
        if not session.picture.editable:
            return 0
        steps: list[Callable[[], None]] = [tour.mask, tour.repair]
        if session.original.bounds.area <= _MOST_PIXELS:
            steps += [tour.denoise, tour.upscale]
        failed = [problem for step in steps if (problem := _problem_of(step))]
        print(f"\nThe results lie in {args.out}")
        return 1 if failed else 0


def _problem_of(step: Callable[[], None]) -> RestorerError | None:
    """What went wrong in one step, said; the others go on."""
    try:
        step()
    except RestorerError as problem:
        print(f"  {problem}")
        return problem
    return None


class Tour:
    """One walk through the program: each step goes on from the one before."""

    def __init__(self, session: Session, out: Path, progress: Progress, reader: Reader) -> None:
        self._session = session
        self._out = out
        self._progress = progress
        self._reader = reader  # of the mask and for the proof: neither is decoded in this process

    def look(self) -> None:
        """What the file is."""
        lines = info.lines_of(self._session.picture)
        _title("The file", lines)
        (self._out / f"{self._session.picture.path.stem}_info.txt").write_text("\n".join(lines) + "\n", "utf-8")

    def mask(self) -> None:
        """A mask, there and back through a file."""
        picture, bounds = self._session.picture, self._session.original.bounds
        beside = picture.path.with_name(f"{picture.path.stem}_mask.png")
        if beside.is_file():
            mask, whence = work.mask_for(self._session, beside, self._reader), f"read from {beside.name}"
        else:
            mask, whence = _a_line(self._session.mask), "a line drawn across, as there is no mask beside the picture"
        path = naming.first_free(self._out / f"{picture.path.stem}_mask.png")
        write_mask(path, mask, orientation=picture.orientation)
        again = read_mask(path, bounds=bounds, orientation=picture.orientation)
        same = masks.digest(mask) == masks.digest(again)
        self._session.set_mask("Loaded mask", mask)
        told = "the same after writing and reading" if same else "CHANGED by writing and reading"
        _title(
            "The mask", [whence, f"{spaced(masks.count_covered(mask))} pixels covered, {told}", f"saved {path.name}"]
        )

    def repair(self) -> None:
        """The mask filled, saved as a patched copy, proven by the second reader and by verify."""
        self._do("Repair", "repaired", Repair(), Repair(method="patch"))

    def denoise(self) -> None:
        self._do("Denoise", "denoised", Denoise(looks=USUAL_LOOKS), Denoise(method="nlm"))

    def upscale(self) -> None:
        self._do("Upscale", "upscaled", Upscale(looks=USUAL_LOOKS), Upscale(method="lanczos"))

    def _do(self, title: str, name: str, learned: Operation, classical: Operation) -> None:
        trained = work.is_trained(learned)
        _title(title, [] if trained else ["its model is not trained yet, so a classical method does it"])
        session, master = self._session, self._session.picture
        before = session.image
        record = work.carry_out(session, learned if trained else classical, work.Computing(), self._progress)
        derives = work.must_derive(session, None)
        kind, suffix = ("tiff", ".tif") if derives else (master.kind, None)
        target = naming.default_target(
            master.path, kind=kind, folder=self._out, template=f"{{stem}}_{name}", suffix=suffix
        )
        saved = work.save(session, self._progress, output=target, derive=derives)
        lines = [telling.of_record(record), *telling.of_save(saved)]
        if session.image.bounds == session.original.bounds:
            verdict = verify(
                master.path,
                saved.path,
                progress=self._progress.show,
                open_picture=lambda path, *, page=0: self._reader.open(path, page=page, decode=False),
            )
            self._progress.clear()
            lines.append(f"Verified once more from the files alone: {verdict.sentence}")
        picture = naming.first_free(self._out / f"{master.path.stem}_before_{name}.png")
        if write_beside(picture, master, before, session.image):
            lines.append(f"Before and after: {picture.name}")
        _lines(lines)


def _a_line(mask: Raster) -> Raster:
    """A hair's breadth across the middle half."""
    width, height = mask.bounds.width, mask.bounds.height
    ends = Point(width * 0.25, height * 0.4), Point(width * 0.75, height * 0.6)
    painted, _ = masks.paint(mask, Stroke("line", ends, max(2.0, min(width, height) / 200)))
    return painted


def _title(title: str, lines: list[str]) -> None:
    print(f"\n{title}")
    _lines(lines)


def _lines(lines: list[str]) -> None:
    for line in lines:
        print(f"  {line}", flush=True)
