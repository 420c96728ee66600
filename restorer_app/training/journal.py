"""The journal of a run: a line now and then, a CSV, TensorBoard where it is installed, a plot."""

import csv
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from restorer_app.training.learner import Learner
from restorer_app.training.lessons import Lesson

LINE_EVERY_S = 15.0
LOOK_EVERY_S = 90.0


class Journal:
    """Notes what a run does; `watched` is a lesson that is never learnt from."""

    def __init__(self, folder: Path, watched: Lesson) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file, self._watched = folder / "journal.csv", watched
        self._board = _board(folder)
        self._errors: list[torch.Tensor] = []
        self._lined = self._looked = time.perf_counter()
        self._started_at: tuple[float, float] | None = None

    def note(self, learner: Learner, progress: float, error: torch.Tensor) -> None:
        """One step was made."""
        self._errors.append(error)
        now = time.perf_counter()
        self._started_at = self._started_at or (now, progress)
        if now - self._lined > LINE_EVERY_S:
            self._line(learner, progress, now)
        if now - self._looked > LOOK_EVERY_S:
            self._look(learner)

    def close(self, learner: Learner) -> None:
        """The run is over: one last look, and the plot."""
        self._look(learner)
        if self._board:
            self._board.close()
        plot(self._file, self._file.with_name("plot.png"), title=learner.recipe.id)

    def _line(self, learner: Learner, progress: float, now: float) -> None:
        error = float(torch.stack(self._errors).mean())
        assert self._started_at is not None
        spent, gained = now - self._started_at[0], progress - self._started_at[1]
        left = spent / gained * (1 - progress) / 60 if gained > 0 else float("nan")
        pace = len(self._errors) / (now - self._lined)
        done = f"{learner.recipe.id} {progress:6.1%}  step {learner.step}  {pace:.2f} steps/s"
        print(f"{done}  loss {error:.4f}  {left:.0f} min left", flush=True)
        if self._board:
            self._board.add_scalar("loss", error, learner.step)
        self._errors.clear()
        self._lined = now

    def _look(self, learner: Learner) -> None:
        """What the watched lesson comes to with the running mean of the weights."""
        net, w = learner.mean_net(), self._watched
        with torch.inference_mode():
            answer = net(w.picture.cpu(), w.guide.cpu())
        mse = (answer - w.answer.cpu()).square().mean((1, 2, 3))
        psnr = float(-10 * mse.clamp_min(1e-10).log10().mean())
        self._write([learner.step, round(learner.seconds, 1), round(psnr, 3)])
        print(f"{learner.recipe.id}  watched {psnr:.2f} dB after {learner.seconds / 60:.1f} min", flush=True)
        if self._board:
            self._board.add_scalar("psnr", psnr, learner.step)
            self._board.add_images("answer", answer[:8].nan_to_num().clamp(0, 1), learner.step)
        self._looked = time.perf_counter()

    def _write(self, row: list[float]) -> None:
        """A run does not end for a line that the disc refuses."""
        before = 0
        try:
            before = self._file.stat().st_size if self._file.exists() else 0
            with self._file.open("a", newline="") as out:
                csv.writer(out).writerows([["step", "seconds", "psnr"]] * (not before) + [row])
        except OSError as problem:
            with suppress(OSError):  # half a line would join the next one
                os.truncate(self._file, before)
            print(f"{self._file} lacks a line: {problem.strerror or problem}.", flush=True)


def plot(journal: Path, picture: Path, *, title: str) -> bool:
    """Draw the run; False where matplotlib is not installed, or there is nothing to draw."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional
    except ImportError:
        return False
    try:
        with journal.open(encoding="utf-8") as lines:
            rows = [(float(r["seconds"]) / 60, float(r["psnr"])) for r in csv.DictReader(lines) if r.get("psnr")]
    except (OSError, ValueError, KeyError):
        return False
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.add_subplot(xlabel="minutes of training", ylabel="PSNR of watched crops, dB", title=title)
    axes.plot([minutes for minutes, _ in rows], [psnr for _, psnr in rows])
    axes.grid(alpha=0.3)
    try:
        figure.savefig(picture, dpi=110)
    except OSError as problem:
        print(f"{picture} was not drawn: {problem.strerror or problem}.", flush=True)
        picture.unlink(missing_ok=True)
        return False
    return True


def _board(folder: Path) -> Any:
    """TensorBoard's writer, where it is installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - optional
    except ImportError:
        return None
    return SummaryWriter(str(folder / "board"))
