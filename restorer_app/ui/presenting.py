"""What panels say about a picture: plain values made from sessions, records and proofs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import isclose

from PySide6.QtCore import QCoreApplication

from restorer_app.core.history import Step
from restorer_app.core.record import Record
from restorer_app.files.picture import Picture
from restorer_app.session.pending import Pending
from restorer_app.session.provenance import KINDS, Kind, cells_to_count, kind_of, shares
from restorer_app.ui.canvas.settings import Adjustment, OverlayMode
from restorer_app.ui.document import Document
from restorer_app.ui.panels.file_facts import FileWords
from restorer_app.ui.panels.film import Frame
from restorer_app.ui.panels.proof import ProofWords
from restorer_app.ui.panels.record import RecordRow
from restorer_app.ui.panels.step_rows import Kin, StepRow, runs
from restorer_app.ui.wording import amount, grouped, pixels, share, shortened, stops

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated

_LEARNED, _CLASSICAL, _BY_HAND = KINDS
_MOST_CELLS = 60  # about 15 ms to count


# --------------------------------------------------------------------------------------------- history
def step_rows(document: Document) -> list[StepRow]:
    session = document.session
    waiting = {pending.id: pending for pending in session.pending}
    steps, cursor = session.history.steps, session.history.cursor
    kins = [None if (step.job_id or "") in waiting else _kin(step) for step in steps]
    rows = []
    for run in runs(kins):
        for position in run:
            step = steps[position]
            pending = waiting.get(step.job_id or "")
            is_shown = len(run) > 1 and position == min(max(cursor, run[0]), run[-1])
            rows.append(
                StepRow(
                    _doing(pending.operation.name, step.title) if pending else translate("presenting", step.title),
                    _waiting_detail(pending) if pending else _step_detail(document, position, step),
                    document.thumb_of(position),
                    reachable=step.after is not None,
                    running=pending is not None,
                    is_low=position > 0 and pending is None and step.record is None,
                    kin=kins[position],
                    run_thumb=document.thumb_of(position, since=run[0]) if is_shown else None,
                )
            )
    return rows


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
    # Between two repairs by Enter there are the strokes that asked for them: no others follow each other.
    key = f"{step.record.name} {step.record.operation.get('method')} {step.record.model_id}"
    return Kin(key, translate("presenting", step.title), _method(step.record))


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
        return " · ".join([pixels(picture.width, picture.height), bits])
    if record is None:
        return ""
    if record.operation.get("name") == "upscale" and step.after is not None:  # every pixel of it is new
        bounds = step.after.image.bounds
        return " · ".join([_method(record), pixels(bounds.width, bounds.height)])
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
    return words.get(str(record.operation.get("method")), _kind_word(kind_of(record)))


# ----------------------------------------------------------------------------------------------- proof
def proof_words(document: Document | None) -> ProofWords:
    if document is None:
        return ProofWords(translate("presenting", "Nothing is open"))
    session = document.session
    if document.saving_share is not None:
        return ProofWords(
            translate("presenting", "Saving and proving…"),
            detail=translate("presenting", "The copy is opened again and compared."),
            verdict="pending",
        )
    if document.saved is not None and session.is_changed and not session.is_unsaved:
        return _proved(document)
    if not session.is_changed:
        return ProofWords(
            translate("presenting", "Nothing was changed"),
            detail=translate("presenting", "The file is as it was opened."),
        )
    kept = translate("presenting", "The original file is not touched; saving writes a copy and proves it.")
    return ProofWords(translate("presenting", "Not saved yet"), _lines(kinds(document)), kept, "pending")


def _proved(document: Document) -> ProofWords:
    assert document.saved is not None  # asked by proof_words
    verdict = document.saved.verdict
    strong, changed, rest = verdict.sentence.partition(" changed ")
    detail = _lines(
        [*kinds(document), translate("presenting", "record kept in the file"), shortened(document.saved.path.name)]
    )
    return ProofWords(
        strong,
        f"changed {rest}" if changed else "",
        detail,
        "proved" if verdict.same else "broken",
        can_show_file=True,
    )


def _lines(facts: list[str]) -> str:
    return "\n".join(facts)  # one below the other: in a narrow panel dots end up at the ends of lines


def changed_share(document: Document) -> float:
    return min(1.0, sum(_shares(document).values()))


def kinds(document: Document) -> list[str]:
    """Share of the picture by kind of method."""
    words = {
        _LEARNED: translate("presenting", "{share} treated by a learned model"),
        _CLASSICAL: translate("presenting", "{share} treated by classical methods"),
        _BY_HAND: translate("presenting", "{share} by hand"),
    }
    found = _shares(document)
    return [words[kind].format(share=share(found[kind])) for kind in KINDS if kind in found]


def _shares(document: Document) -> Mapping[Kind, float]:
    """Where a count would hold the window up, at most: places repaired twice count twice."""
    session = document.session
    if cells_to_count(session.history) <= _MOST_CELLS:
        return shares(session.history)
    sums: dict[Kind, float] = {}
    for record in session.records:
        part = record.changed_pixels / session.image.bounds.area
        sums[kind_of(record)] = min(1.0, sums.get(kind_of(record), 0.0) + part)
    return sums


def _kind_word(kind: Kind) -> str:
    return {
        _LEARNED: translate("presenting", "learned"),
        _CLASSICAL: translate("presenting", "classical"),
        _BY_HAND: translate("presenting", "by hand"),
    }[kind]


# ------------------------------------------------------------------------------------------------ file
def file_words(picture: Picture | None) -> FileWords:
    if picture is None:
        return FileWords()
    rows = [
        (translate("presenting", "Name"), picture.path.name),
        (translate("presenting", "Kind"), f"{picture.kind.upper()}, {_layout(picture.layout)}, {picture.bits} bit"),
        (translate("presenting", "Size"), f"{pixels(picture.width, picture.height)} px, {amount(picture.size_bytes)}"),
    ]
    if picture.dpi is not None:
        rows.append((translate("presenting", "Resolution"), f"{picture.dpi[0]:.0f} dpi"))
    rows.append(
        (
            translate("presenting", "Saving"),
            picture.reason
            or (
                translate("presenting", "patches a copy")
                if picture.patchable
                else translate("presenting", "a new TIFF")
            ),
        )
    )
    rows.append((translate("presenting", "Metadata"), ", ".join(picture.metadata) or translate("presenting", "none")))
    rows += (
        [
            (
                translate("presenting", "Profile"),
                translate("presenting", "embedded, {size}").format(size=amount(len(picture.icc))),
            )
        ]
        if picture.icc
        else []
    )
    known = {name for name, _ in rows}
    rows += [(name, value) for name, value in picture.facts if name not in known]
    rows += [(translate("presenting", "Stays old"), sentence) for sentence in picture.stale]
    return FileWords(tuple(rows), picture.page, picture.page_count)


def frames(documents: Sequence[Document]) -> list[Frame]:
    """Two of the same name say whose they are: archives number the plates of each box anew."""
    names = Counter(document.name for document in documents)
    return [
        Frame(
            document.name if names[document.name] == 1 else f"{document.path.parent.name}/{document.name}",
            document.frame,
            unsaved=document.session.is_unsaved,
        )
        for document in documents
    ]


# ---------------------------------------------------------------------------------------------- record
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


def _layout(layout: str) -> str:
    return layout.upper() if layout in ("rgb", "cmyk") else layout.capitalize() if layout == "lab" else layout


def values_words(values: Sequence[int | float], layout: str) -> str:
    """A pixel's values in the file's own depth, channel by channel."""
    names = {"rgb": "RGB", "cmyk": "CMYK", "lab": "Lab"}.get(layout, "")
    told = [grouped(value) if isinstance(value, int) else f"{value:.4f}" for value in values]
    if len(names) == len(told):
        return "  ".join(f"{name} {value}" for name, value in zip(names, told, strict=True))
    return "  ".join(told)


def view_words(adjustment: Adjustment, overlay: OverlayMode) -> str:
    """What makes the picture look other than it is: a hidden mask, a view turned over or lightened."""
    told = {
        "off": translate("presenting", "Mask hidden (O)"),
        "mask only": translate("presenting", "Mask alone (O)"),
    }
    parts = [told.get(overlay, "")]
    if adjustment.invert:
        parts.append(translate("presenting", "Shown inverted"))
    if adjustment.exposure:
        parts.append(translate("presenting", "Shown {stops}").format(stops=stops(adjustment.exposure)))
    if not isclose(adjustment.gamma, 1):
        lighter, darker = (
            translate("presenting", "Shadows shown lighter"),
            translate("presenting", "Shadows shown darker"),
        )
        parts.append(lighter if adjustment.gamma > 1 else darker)
    return " · ".join(part for part in parts if part)
