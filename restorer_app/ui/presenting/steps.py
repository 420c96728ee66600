"""What the history panel says of the steps of a picture; each step's row is made once."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from restorer_app.core.history import Step
from restorer_app.core.raster import Pixels
from restorer_app.core.record import Record
from restorer_app.session.pending import Pending
from restorer_app.session.provenance import kind_of
from restorer_app.ui.document import Document
from restorer_app.ui.panels.step_rows import Kin, StepRow, runs
from restorer_app.ui.presenting.pictures import as_shown
from restorer_app.ui.presenting.proof import kind_word
from restorer_app.ui.wording import grouped

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated


class StepRows:
    """Of one picture. After four hundred strokes, one more makes one row more, and not four hundred and one."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._made: list[tuple[Step, StepRow]] = []
        self._overview: Pixels | None = None  # the small pictures were made from it

    def rows(self) -> list[StepRow]:
        session = self._document.session
        if self._overview is not self._document.overview:
            self._overview, self._made = self._document.overview, []
        waiting = {pending.id: pending for pending in session.pending}
        steps, cursor = session.history.steps, session.history.cursor
        del self._made[len(steps) :]
        rows = [self._row(position, step, waiting.get(step.job_id or "")) for position, step in enumerate(steps)]
        for run in runs([row.kin for row in rows]):
            if len(run) > 1:
                shown = min(max(cursor, run[0]), run[-1])
                rows[shown] = replace(rows[shown], run_thumb=self._document.thumb_of(shown, since=run[0]))
        return rows

    def _row(self, position: int, step: Step, pending: Pending | None) -> StepRow:
        known = self._made[position] if position < len(self._made) else None
        if known is not None and known[0] is step and not known[1].running and pending is None:
            return known[1]
        row = StepRow(
            _doing(pending.operation.name, step.title) if pending else translate("presenting", step.title),
            _waiting_detail(pending) if pending else _step_detail(self._document, position, step),
            self._document.thumb_of(position),
            reachable=step.after is not None,
            running=pending is not None,
            is_low=position > 0 and pending is None and step.record is None,
            kin=None if pending else _kin(step),
        )
        self._made[position : position + 1] = [(step, row)]
        return row


def _kin(step: Step) -> Kin | None:
    """What a hand does again and again: strokes of the mask, of a tool, and repairs after each stroke."""
    if step.record is None:
        if step.title in ("Painted mask", "Erased mask"):
            return Kin("mask", translate("presenting", "Changed mask"))
        if step.title in ("Painted protection", "Erased protection"):
            return Kin("protection", translate("presenting", "Changed protection"))
        return None
    if step.record.name not in ("repair", "restore", "clone"):
        return None
    # Between two repairs by Enter there are the strokes that asked for them, unless one was cancelled.
    key = f"{step.record.name} {step.record.operation.get('method')} {step.record.model_id}"
    is_repair = step.record.name == "repair"
    return Kin(key, translate("presenting", step.title), _method(step.record), are_repairs=is_repair)


def _doing(name: str, title: str) -> str:
    words = {
        "repair": translate("presenting", "Repairing…"),
        "denoise": translate("presenting", "Denoising…"),
        "decompress": translate("presenting", "Removing compression…"),
        "upscale": translate("presenting", "Upscaling…"),
    }
    return words.get(name, title)


def _waiting_detail(pending: Pending) -> str:
    if pending.is_running:
        return translate("presenting", "piece by piece")
    return translate("presenting", "waits for its turn")


def _step_detail(document: Document, position: int, step: Step) -> str:
    record = step.record
    if position == 0:
        picture = document.picture
        bits = translate("presenting", "{bits} bit").format(bits=picture.bits)
        return " · ".join([as_shown(picture.source.bounds, picture), bits])
    if record is None:
        return ""
    if record.operation.get("name") == "upscale" and step.after is not None:  # every pixel of it is new
        return " · ".join([_method(record), as_shown(step.after.image.bounds, document.picture)])
    # A count and no share: what is filled is a share too, and some of it comes out as it was.
    changed = translate("presenting", "{count} pixels changed").format(count=grouped(record.changed_pixels))
    return " · ".join([_method(record), changed])


def _method(record: Record) -> str:
    """As the options call it; the record itself has the exact name."""
    words = {
        "faithful": translate("presenting", "faithful"),
        "patch": translate("presenting", "patch"),
        "telea": translate("presenting", "smooth"),
        "navier-stokes": translate("presenting", "lines"),
    }
    return words.get(str(record.operation.get("method")), kind_word(kind_of(record)))
