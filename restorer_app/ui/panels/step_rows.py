"""The rows of the history: steps of one kin that follow each other stand as one row, which opens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import groupby

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QImage

from restorer_app.ui.wording import grouped

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated


@dataclass(frozen=True, slots=True)
class Kin:
    """What makes strokes, or repairs, that follow each other one piece of work."""

    key: str
    title: str  # where their own titles differ
    how: str = ""  # the method that they share
    are_repairs: bool = False  # not single strokes


@dataclass(frozen=True, slots=True, eq=False)
class StepRow:
    """One step as the panel shows it."""

    title: str
    detail: str = ""
    thumb: QImage | None = None
    reachable: bool = True  # False: its pixels were let go to save space
    running: bool = False  # not a step yet: the job that will make it
    is_low: bool = False  # it changed no picture: twenty strokes of a mask would push every repair out of sight
    kin: Kin | None = None  # None: it always has a row of its own
    run_thumb: QImage | None = None  # what all of its kin before it and the step itself changed


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One row that is drawn: a step, or the first to the last of one kin."""

    first: int
    last: int
    row: StepRow
    is_open: bool = False
    is_inside: bool = False  # one of the steps that an open row shows

    @property
    def is_head(self) -> bool:
        return self.first < self.last


def runs(kins: Sequence[Kin | None]) -> Iterator[range]:
    """Steps in order, as many together as belong together."""
    start = 0
    for kin, group in groupby(kins):
        end = start + len(list(group))
        if kin is None:
            yield from (range(place, place + 1) for place in range(start, end))
        else:
            yield range(start, end)
        start = end


def folded(rows: Sequence[StepRow], *, cursor: int, opened: AbstractSet[int]) -> list[Line]:
    """The rows as they are to be drawn; `opened` has the first steps of those that show theirs."""
    lines: list[Line] = []
    for run in runs([row.kin for row in rows]):
        if len(run) == 1:
            lines.append(Line(run[0], run[0], rows[run[0]]))
            continue
        is_open = run[0] in opened
        lines.append(Line(run[0], run[-1], _head(rows[run[0] : run[-1] + 1], cursor - run[0]), is_open))
        if is_open:
            lines += [Line(place, place, rows[place], is_inside=True) for place in run]
    return lines


def line_of(lines: Sequence[Line], cursor: int) -> int:
    """The row that a step stands in: its own where there is one."""
    places = [place for place, line in enumerate(lines) if line.first <= cursor <= line.last]
    return places[-1] if places else -1


def _head(steps: Sequence[StepRow], reached: int) -> StepRow:
    """One row for all of them; `reached` is where among them the history stands."""
    kin = steps[0].kin
    assert kin is not None  # only kin is folded
    titles = {step.title for step in steps}
    shown = steps[min(max(reached, 0), len(steps) - 1)]
    count = _count(kin, len(steps), reached + 1 if 0 <= reached < len(steps) - 1 else None)
    return StepRow(
        steps[0].title if len(titles) == 1 else kin.title,
        f"{kin.how} · {count}" if kin.how else count,
        shown.run_thumb or shown.thumb,
        reachable=steps[-1].reachable,
        is_low=steps[0].is_low,
        kin=kin,
    )


def _count(kin: Kin, total: int, reached: int | None) -> str:
    if reached is None:
        words = translate("steps", "{total} repairs") if kin.are_repairs else translate("steps", "{total} strokes")
        return words.format(total=grouped(total))
    if kin.are_repairs:
        words = translate("steps", "{reached} of {total} repairs")  # the later ones were undone
    else:
        words = translate("steps", "{reached} of {total} strokes")
    return words.format(reached=grouped(reached), total=grouped(total))
