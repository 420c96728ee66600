"""The benchmark of quality: every trained model beside its classical peers, on pictures never trained on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from restorer_app.bench import answers
from restorer_app.bench.cases import CASES, Case, pictures_of
from restorer_app.bench.peers import OWN, Kept, Peer, Trial, kept_figures, merged, pictures_hash, table_of
from restorer_app.bench.report import BUSY_SHARE, Cell, Report, Table, machine, others_load, say
from restorer_app.bench.sheet import Sheet
from restorer_app.core.card import ModelCard
from restorer_app.core.errors import InvalidValueError
from restorer_app.core.job import CancelToken, Failed, Job, TileDone
from restorer_app.core.operation import THOROUGH_LOOKS, USUAL_LOOKS, Repair
from restorer_app.core.raster import Raster
from restorer_app.engine import levels, loading, looks
from restorer_app.engine.run import run_job
from restorer_app.engine.values import Floats
from restorer_app.files import cards
from restorer_app.files.atomic import landing
from restorer_app.files.toml import toml

COLUMNS = ("case", "method", "PSNR", "median", "least", "SSIM", "MP/s", "must", "aim", "pictures")
_Way = Callable[[Trial], Floats]


@dataclass(frozen=True, slots=True)
class Figures:
    """What one method reaches on one case: over all its pictures."""

    case: str
    method: str
    psnr: float
    median: float
    least: float
    ssim: float
    speed: float | None  # megapixels a second; None beside other work, where it would be wrong
    pictures: int

    def row(self, case: Case) -> tuple[Cell, ...]:
        found = (round(self.psnr, 2), round(self.median, 2), round(self.least, 2), round(self.ssim, 4))
        return (case.name, self.method, *found, self.speed, case.must, case.aim, self.pictures)


def run(
    models: Sequence[str],
    data: Path,
    *,
    out: Path,
    with_peers: bool = False,
    most: int | None = None,
    to_cards: bool = False,
) -> Report:
    """Measure the models, or all that are here; writes tables and sheets into `out`, figures into the cards if told."""
    chosen = {name: case for name, case in CASES.items() if not models or {name, case.model} & set(models)}
    unknown = [name for name in models if not any(name in {known, case.model} for known, case in CASES.items())]
    if unknown:
        raise InvalidValueError(
            f"There is no case for {', '.join(unknown)}.",
            advice=f"There are {', '.join(sorted({case.model for case in CASES.values()} | set(CASES)))}.",
        )
    for case in chosen.values():  # what is missing is said before hours of measuring, not after
        next(iter(pictures_of(data, case)))
        cards.verify(cards.find_model(case.model))
    out.mkdir(parents=True, exist_ok=True)
    report, slow = Report("quality", machine(), ()), list[Kept]()
    for name, case in chosen.items():
        sheet = Sheet(case.name)
        asked = out / "answers" if with_peers else None
        found, kept = _measure(name, case, data, sheet, asked=asked, most=most)
        sheet.write(out / f"{name}.png")
        table = Table(case.name, COLUMNS, tuple(one.row(case) for one in found), note=case.note)
        report, slow = replace(report, tables=(*report.tables, table)), [*slow, *kept]
        # What was measured stays, whatever ends the hours that are left.
        (out / "quality.md").write_text(report.markdown(), encoding="utf-8")
        if with_peers:
            (out / "peers.toml").write_text(table_of(merged(kept_figures(), slow)), encoding="utf-8")
        if to_cards:
            _to_cards(found)
    return report


def _measure(
    name: str,
    case: Case,
    data: Path,
    sheet: Sheet,
    *,
    asked: Path | None,
    most: int | None,
) -> tuple[list[Figures], list[Kept]]:
    """Peers first, then our own; slow peers are asked where there is a folder for their answers."""
    pictures = list(islice(pictures_of(data, case), most))
    trials = [case.trial(pixels, title) for title, pixels in pictures]
    sheet.show("as it was", [trial.truth for trial in trials])
    stamp = pictures_hash([pixels for _, pixels in pictures])
    found, kept = [], []
    for peer in case.peers:
        if peer.slow and asked is None:
            found += [_from_table(row, len(trials)) for row in kept_figures() if _is(row, name, peer.name, stamp)]
            continue
        way = _way(peer, asked)
        figures = _judged((name, peer.name), case, trials, way, sheet)
        # Answers that were kept took their time in an earlier run.
        found.append(figures if way is peer.run else replace(figures, speed=None))
        if peer.slow:
            values = (round(x, 3) for x in (figures.psnr, figures.median, figures.least, figures.ssim))
            kept.append(Kept(name, peer.name, peer.version, stamp, *values))
    for method, own in _ways(case):
        found.append(_judged((name, method), case, trials, own, sheet))
    return found, kept


def _way(peer: Peer, asked: Path | None) -> _Way:
    """Our own methods change without a new version and are asked anew, as is what takes no time."""
    return answers.kept(peer, asked) if asked and peer.slow and peer.package != OWN else peer.run


def _ways(case: Case) -> Iterator[tuple[str, _Way]]:
    """Our model, told the level of damage, and where it applies with the level estimated."""
    stored = cards.find_model(case.model)
    assert stored.card is not None  # found models have one
    cards.verify(stored)
    card = stored.card
    if card.task == "repair":
        yield card.id, lambda trial: _repaired(card, trial)
        return
    net = loading.load(card, "cpu")
    if case.name != "clean, halved: change":  # nothing to tell
        told = f"{case.model}, told" if case.estimates else case.model
        yield told, partial(_answer, card, net)
        if case.must:
            yield f"{told}, 1 look", partial(_answer, card, net, often=1)
            yield f"{told}, {THOROUGH_LOOKS} looks", partial(_answer, card, net, often=THOROUGH_LOOKS)
    if case.estimates:
        yield f"{case.model}, auto", lambda trial: _answer(card, net, trial, level=_estimate(case, trial))


def _estimate(case: Case, trial: Trial) -> float:
    if case.model == "denoise":
        return levels.noise_level(trial.seen)
    quality = levels.jpeg_trace(trial.seen).quality
    return 0.0 if quality is None else 1 - quality / 100


def _repaired(card: ModelCard, trial: Trial) -> Floats:
    """What the engine gives, hole by hole; without grain, which no other method grows either."""
    assert trial.hole is not None  # repair's trials have one
    image, covered = Raster.from_array(trial.seen), trial.hole[:, :, None].astype(np.uint8) * 255
    job = Job(
        "bench",
        Repair(grain=0),
        image,
        image.bounds,
        model=card,
        mask=Raster.flat(image.bounds).with_patch(image.bounds, covered),
        device="cpu",
        deterministic=True,
    )
    for event in run_job(job, CancelToken()):
        assert not isinstance(event, Failed), event.message
        if isinstance(event, TileDone):
            image = image.with_patch(event.region, event.pixels)
    return np.asarray(image.read(image.bounds), np.float32)


def _answer(
    card: ModelCard, net: nn.Module, trial: Trial, *, level: float | None = None, often: int = USUAL_LOOKS
) -> Floats:
    """The whole picture in one piece, in as many looks as the engine takes; told the true level where none is named."""
    level = trial.level if level is None else level
    grid = levels.jpeg_trace(trial.seen, round(100 * (1 - level))).grid if card.net_args.get("blocks") else None
    eye = looks.Eye.of(card, trial.seen.shape[2], grid=grid)
    look = looks.looking(lambda pictures, _: [_seen(net, one, level) for one in pictures], often, eye)
    return look([trial.seen], None)[0]


def _seen(net: nn.Module, seen: Floats, level: float) -> Floats:
    """One look, grey as three equal channels, as the engine does it."""
    channels = seen.shape[2]
    picture = _tensor(np.repeat(seen, 3, axis=2) if channels == 1 else seen)
    guide = torch.full_like(picture[:, :1], level)
    with torch.inference_mode():
        answer = net(picture, guide)[0].permute(1, 2, 0)
    found: Floats = (answer if channels == 3 else answer.mean(2, keepdim=True)).numpy()
    return found


def _tensor(pixels: Any) -> Tensor:
    picture = torch.from_numpy(np.ascontiguousarray(pixels, np.float32)).permute(2, 0, 1)[None]
    return picture.contiguous(memory_format=torch.channels_last)


def _judged(names: tuple[str, str], case: Case, trials: Sequence[Trial], way: _Way, sheet: Sheet) -> Figures:
    load, seconds, answers = others_load(), 0.0, []
    for trial in trials:
        start = time.perf_counter()
        answers.append(way(trial))
        seconds += time.perf_counter() - start
    sheet.show(names[1], answers)
    scores = [case.judge(trial, answer) for trial, answer in zip(trials, answers, strict=True)]
    psnr = [min(score[0], 100.0) for score in scores]
    say(f"{case.name}, {names[1]}: {np.mean(psnr):.3f} dB")
    quiet = load is not None and load < BUSY_SHARE
    pixels = sum(trial.truth.shape[0] * trial.truth.shape[1] for trial in trials)
    return Figures(
        *names,
        float(np.mean(psnr)),
        float(np.median(psnr)),
        float(np.min(psnr)),
        float(np.mean([score[1] for score in scores])),
        round(pixels / seconds / 1e6, 3) if quiet else None,
        len(trials),
    )


def _is(row: Kept, case: str, method: str, stamp: str) -> bool:
    return (row.case, row.method, row.pictures) == (case, method, stamp)


def _from_table(row: Kept, pictures: int) -> Figures:
    return Figures(row.case, f"{row.method} ({row.version})", row.psnr, row.median, row.least, row.ssim, None, pictures)


def _to_cards(figures: Sequence[Figures]) -> None:
    """Our own figures onto the cards, in place of those of the same name; other figures stay."""
    by_model: dict[str, list[Figures]] = {}
    for one in figures:
        if one.method.startswith(CASES[one.case].model):
            by_model.setdefault(CASES[one.case].model, []).append(one)
    for model, found in by_model.items():
        stored = cards.find_model(model)
        assert stored.card is not None  # it was just measured
        measured = dict(stored.card.measured) | dict(map(_measured, found))
        file = stored.folder / cards.CARD
        card = toml(asdict(replace(stored.card, measured=measured))).encode()
        with landing(file) as spot:
            spot.path.write_bytes(card)
            spot.sync()
            spot.publish(replace=True)


def _measured(one: Figures) -> tuple[str, dict[str, float]]:
    case, how = CASES[one.case], one.method.partition(", ")[2]
    name = case.name if case.pictures in case.name else f"{case.name}, {case.pictures}"
    values = {"psnr": one.psnr, "median": one.median, "least": one.least, "ssim": one.ssim}
    rounded = {key: round(value, 3) for key, value in values.items()}
    return f"{name}, {how}" if how else name, {**rounded, "pictures": one.pictures}
