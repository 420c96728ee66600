"""What the proof panel says: what changed, by which kind of method, and whether it was proved."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from restorer_app.session.provenance import KINDS, Kind, cells_to_count, kind_of, shares
from restorer_app.session.session import Session
from restorer_app.ui.document import Document
from restorer_app.ui.panels.proof import ProofWords
from restorer_app.ui.wording import share, shortened

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated

_LEARNED, _CLASSICAL, _BY_HAND = KINDS
_MOST_CELLS = 60  # about 15 ms to count


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
    """Counted once for the same records: it is asked for after every change of anything."""
    records = document.session.records
    if document.counted is None or document.counted[0] != records:
        document.counted = (records, _counted(document.session))
    return document.counted[1]


def _counted(session: Session) -> Mapping[Kind, float]:
    """Where a count would hold the window up, at most: places repaired twice count twice."""
    if cells_to_count(session.history) <= _MOST_CELLS:
        return shares(session.history)
    sums: dict[Kind, float] = {}
    for record in session.records:
        part = record.changed_pixels / session.image.bounds.area
        sums[kind_of(record)] = min(1.0, sums.get(kind_of(record), 0.0) + part)
    return sums


def kind_word(kind: Kind) -> str:
    return {
        _LEARNED: translate("presenting", "learned"),
        _CLASSICAL: translate("presenting", "classical"),
        _BY_HAND: translate("presenting", "by hand"),
    }[kind]
