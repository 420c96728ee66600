"""What the record panel says of everything that was done to a picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from restorer_app.core.record import Record
from restorer_app.ui.panels.record import RecordRow
from restorer_app.ui.wording import grouped

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated


def record_rows(records: Sequence[Record]) -> tuple[RecordRow, ...]:
    return tuple(RecordRow(_record_title(record), _record_lines(record)) for record in records)


def _record_title(record: Record) -> str:
    method = record.operation.get("method")
    return f"{record.name} · {method}" if method else record.name


def _record_lines(record: Record) -> tuple[str, ...]:
    region = record.region
    lines = [
        record.at.replace("T", " ", 1),
        translate("presenting", "{count} pixels changed").format(count=grouped(record.changed_pixels)),
        translate("presenting", "within {place}").format(
            place=f"x {region.left} – {region.right}, y {region.top} – {region.bottom}"
        ),
    ]
    if record.model_id is not None:
        lines.append(
            translate("presenting", "model {id}, SHA-256 {hash}…").format(
                id=record.model_id, hash=(record.model_sha256 or "")[:8]
            )
        )
    if record.synthesises_detail:
        lines.append(translate("presenting", "adds detail that may never have been there"))
    lines.append(
        translate("presenting", "seed {seed}, {device}, {dtype}").format(
            seed=record.seed, device=record.device, dtype=record.dtype
        )
    )
    lines.append(f"{record.before_sha256[:8]}… → {record.after_sha256[:8]}…")
    return tuple(lines)
