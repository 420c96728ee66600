"""What a save writes into the XMP: events, identities, the kind of source, and the records to do it all again."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from restorer_app import __version__
from restorer_app.core.errors import InvalidValueError, RestorerError
from restorer_app.core.raster import Raster
from restorer_app.core.record import Record
from restorer_app.files.coveragecode import encode_coverage
from restorer_app.files.maskcode import decode_mask, encode_mask
from restorer_app.files.xmp import EVENT, IPTC_EXT, OURS, REFERENCE, XMP_BASIC, XMP_MM, Name, Packet, XmpError

AGENT = f"Restorer {__version__}"
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# From weak to strong: what is in the file already is never made to look less invented than it said.
_STRENGTH = ("humanEdits", "algorithmicallyEnhanced", "compositeWithTrainedAlgorithmicMedia")
_STRONGER = {"trainedAlgorithmicMedia", "compositeSynthetic", "algorithmicMedia"}

_SOURCE_TYPE: Name = (IPTC_EXT, "DigitalSourceType")
_DOCUMENT: Name = (XMP_MM, "DocumentID")
_INSTANCE: Name = (XMP_MM, "InstanceID")
_ORIGINAL: Name = (XMP_MM, "OriginalDocumentID")
_DERIVED: Name = (XMP_MM, "DerivedFrom")
_HISTORY: Name = (XMP_MM, "History")
_MODIFIED: Name = (XMP_BASIC, "ModifyDate")
_METADATA_DATE: Name = (XMP_BASIC, "MetadataDate")
_RECORDS: Name = (OURS, "Records")
_NEW: Name = (OURS, "NewRecords")  # how many of them, the last, belong to this save
_ALLOWED: Name = (OURS, "Allowed")
_MASKS: Name = (OURS, "Masks")  # of the new records, with every value; a list of texts, "" where one is not kept
_MASTER: Name = (OURS, "MasterSHA256")
_PAGE: Name = (OURS, "Page")
_DERIVED_FILE: Name = (OURS, "Derived")
_OVERRIDE: Name = (OURS, "SourceTypeSetBy")
_UNPARSED: Name = (OURS, "Unparsed")
_CHANGED = {_SOURCE_TYPE, _DOCUMENT, _INSTANCE, _ORIGINAL, _DERIVED, _HISTORY, _MODIFIED, _METADATA_DATE}
ANYWHERE = "anywhere"

_MOST_MASK = 4 << 20  # characters: exact for anything a person paints
_MOST_MASKS = 8 << 20  # of all steps together
# What XML cannot hold: control characters, and bytes of a file's name that are no text.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACE = uuid.UUID("6f2c1a52-6a0e-4f0e-9a54-0c5a1f6e2a11")  # ours alone, so that identities made from it are


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a derivative says about how it was made."""

    records: tuple[Record, ...]
    allowed: Raster | None  # None: anywhere, or it does not say
    anywhere: bool
    master_sha256: str
    page: int
    derived: bool  # a new TIFF, not a patched copy
    masks: tuple[str, ...]  # one for each record, as `coveragecode` wrote it; "" where it is not kept


@dataclass(frozen=True, slots=True)
class Saving:
    """What the XMP has to say about one save."""

    records: Sequence[Record]
    allowed: Raster | None
    master_sha256: str
    master_name: str
    page: int
    derived: bool
    at: str  # when, for a save without records; otherwise the last record's own time
    source_type: str | None = None  # set by the person, against the rules below
    masks: Sequence[Raster | None] = ()  # of the records, where they had one


def source_type(records: Sequence[Record]) -> str | None:
    """The DigitalSourceType that was really earned, or None where nothing was done."""
    records = [record for record in records if record.changed_pixels]
    if not records:
        return None
    if any(record.synthesises_detail or (record.name == "repair" and record.is_learned) for record in records):
        return _STRENGTH[2]
    if any(record.name in {"denoise", "deblur", "tone", "decompress", "upscale"} for record in records):
        return _STRENGTH[1]
    return _STRENGTH[0]


def updated(old: bytes | None, saving: Saving, *, most: int | None = None) -> bytes:
    """The file's packet with this save merged in; at most so many bytes.

    What a replay needs goes first, then the mask is told more coarsely.
    """
    masks = _masks_told(saving.masks, most=_MOST_MASKS if most is None else most)
    for share, told in ((_MOST_MASK, masks), (_MOST_MASK, ""), (16_000, ""), (0, "")):
        data = _updated(old, saving, most_mask=share, masks=told, earlier=True)
        if most is None or len(data) <= most:
            return data
    data = _updated(old, saving, most_mask=0, masks="", earlier=False)
    if most is not None and len(data) > most:
        raise RestorerError(
            "The record of this edit is too long for the metadata of this kind of file.",
            advice="Save it as a new TIFF instead.",
        )
    return data


def _masks_told(masks: Sequence[Raster | None], *, most: int) -> str:
    """The masks of the steps as one text; those that have no room are left out, and cannot be replayed."""
    told: list[str] = []
    for mask in masks:
        text = "" if mask is None else encode_coverage(mask, most=most)
        most -= len(text)
        told.append(text)
    return json.dumps(told) if any(told) else ""


def _updated(old: bytes | None, saving: Saving, *, most_mask: int, masks: str, earlier: bool) -> bytes:
    try:
        packet = Packet(old)
    except XmpError:
        packet = Packet(None)  # nothing can be merged into it, but nothing is lost either
        packet.set_text(_UNPARSED, base64.b64encode(old or b"").decode())
    at = saving.records[-1].at if saving.records else saving.at
    before = _records_of(packet) if earlier else []
    _set_identity(packet, saving, at)
    _append_events(packet, saving, at)
    packet.set_text(_MODIFIED, at)
    packet.set_text(_METADATA_DATE, at)
    _set_source_type(packet, saving)
    fields = before + [record.to_fields() for record in saving.records]
    packet.set_text(_RECORDS, json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True))
    packet.set_text(_NEW, str(len(saving.records)))
    allowed = ANYWHERE if saving.allowed is None else encode_mask(saving.allowed, most=most_mask)
    packet.set_text(_ALLOWED, allowed or None)
    packet.set_text(_MASKS, masks or None)
    packet.set_text(_MASTER, saving.master_sha256)
    packet.set_text(_PAGE, str(saving.page))
    packet.set_text(_DERIVED_FILE, "True" if saving.derived else None)
    return packet.to_bytes()


def embedded(xmp: bytes | None) -> Embedded | None:
    """What a derivative's packet says, or None where it was not written by this program or is damaged."""
    if not xmp:
        return None
    try:
        packet = Packet(xmp)
        master = packet.text(_MASTER)
        if master is None:
            return None
        fields = _records_of(packet)
        new, page = int(packet.text(_NEW) or len(fields)), int(packet.text(_PAGE) or 0)
        if not 0 <= new <= len(fields) or page < 0:
            return None
        records = tuple(Record.from_fields(one) for one in fields[len(fields) - new :])
        said = packet.text(_ALLOWED) or ""
        allowed = decode_mask(said) if said and said != ANYWHERE else None
        derived = packet.text(_DERIVED_FILE) is not None
        masks = _masks_of(packet, len(records))
        return Embedded(records, allowed, said == ANYWHERE, master, page, derived, masks)
    except (XmpError, InvalidValueError, ValueError, TypeError, AttributeError):
        return None


def has_unreadable_record(xmp: bytes | None) -> bool:
    """Whether this program wrote into a packet what can no longer be understood."""
    return xmp is not None and b"MasterSHA256" in xmp and OURS.encode() in xmp and embedded(xmp) is None


def all_records(xmp: bytes | None) -> list[Record]:
    """Every record that a file carries, of this save and of those before it."""
    try:
        return [Record.from_fields(one) for one in _records_of(Packet(xmp))] if xmp else []
    except (XmpError, InvalidValueError, ValueError, TypeError, AttributeError):
        return []


def lost(old: bytes | None, new: bytes | None) -> list[str]:
    """Properties of the old packet that the new one no longer says, but for those that a save has to change."""
    if not old or old == new:
        return []
    try:
        before = Packet(old)
    except XmpError:
        return [] if _keeps_unparsed(old, new) else ["the XMP that could not be parsed"]
    try:
        after = Packet(new)
    except XmpError:
        return ["the whole XMP"]
    now = after.properties()
    gone = [
        f"{name[1]} in the XMP"
        for name, values in before.properties().items()
        if name not in _CHANGED and name[0] != OURS and any(value not in now.get(name, []) for value in values)
    ]
    events = after.items(_HISTORY)
    if before.items(_HISTORY) != events[: len(before.items(_HISTORY))]:
        gone.append("History in the XMP")
    return gone


def why_unparsed(old: bytes | None) -> str:
    """What is wrong with a packet that cannot be parsed, or nothing."""
    try:
        Packet(old)
    except XmpError as problem:
        return f"damaged ({problem})"
    return ""


def told_of_unparsed(old: bytes | None) -> tuple[str, ...]:
    """What a person should know where other programs will find less than they did."""
    why = why_unparsed(old)
    kept = "the saved file keeps its bytes inside the record, where other programs do not look."
    return (f"The XMP of the opened file is {why}: {kept}",) if why else ()


def _keeps_unparsed(old: bytes, new: bytes | None) -> bool:
    try:
        return Packet(new).text(_UNPARSED) == base64.b64encode(old).decode()
    except XmpError:
        return False


def _masks_of(packet: Packet, count: int) -> tuple[str, ...]:
    """Programs before this one wrote none."""
    try:
        said = json.loads(packet.text(_MASKS) or "[]")
    except (ValueError, RecursionError):
        said = []
    is_list = isinstance(said, list) and len(said) == count and all(isinstance(one, str) for one in said)
    return tuple(said) if is_list else ("",) * count


def _records_of(packet: Packet) -> list[dict[str, Any]]:
    text = packet.text(_RECORDS)
    if not text:
        return []
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [one for one in fields if isinstance(one, dict)] if isinstance(fields, list) else []


def _set_identity(packet: Packet, saving: Saving, at: str) -> None:
    """A derivative is a document of its own that names the one it came from.

    Identities come from what was done to what, not from chance: the same project gives the same file again.
    """
    document, instance = packet.text(_DOCUMENT), packet.text(_INSTANCE)
    source = document or f"urn:sha256:{saving.master_sha256}"
    original = packet.text(_ORIGINAL) or source
    reference: dict[Name, str] = {(REFERENCE, "documentID"): source}
    if instance:
        reference[REFERENCE, "instanceID"] = instance
    reference[REFERENCE, "originalDocumentID"] = original
    reference[REFERENCE, "filePath"] = _NOT_IN_XML.sub("\ufffd", saving.master_name)
    packet.set_fields(_DERIVED, reference)
    packet.set_text(_ORIGINAL, original)
    packet.set_text(_DOCUMENT, f"xmp.did:{_identity(saving, at, 'document')}")
    packet.set_text(_INSTANCE, f"xmp.iid:{_identity(saving, at, 'instance')}")


def _identity(saving: Saving, at: str, what: str) -> uuid.UUID:
    done = json.dumps([record.to_fields() for record in saving.records], sort_keys=True)
    return uuid.uuid5(_SPACE, f"{what} {saving.master_sha256} {saving.page} {at} {done}")


def _append_events(packet: Packet, saving: Saving, at: str) -> None:
    """One event for each group of equal operations in a row, or one that says only that the file was saved."""
    instance = packet.text(_INSTANCE) or ""
    groups = [list(group) for _, group in groupby(saving.records, key=lambda record: record.name)]
    for group in groups or [[]]:
        values: dict[Name, str] = {
            (EVENT, "action"): "edited" if group else "saved",
            (EVENT, "instanceID"): instance,
            (EVENT, "when"): group[-1].at if group else at,
            (EVENT, "softwareAgent"): AGENT,
            (EVENT, "changed"): "/",
        }
        if group:
            values[EVENT, "parameters"] = _parameters(group)
        packet.append_item(_HISTORY, values)


def _parameters(group: Sequence[Record]) -> str:
    """What a person reads in the history: the operation, how often, and with which models."""
    name = group[0].name
    text = name if len(group) == 1 else f"{name}, {len(group)} times"
    methods = sorted({str(record.operation["method"]) for record in group if record.operation.get("method")})
    models = sorted({f"{r.model_id} (SHA-256 {r.model_sha256})" for r in group if r.model_id})
    parts = [text]
    if methods:
        parts.append("method " + ", ".join(methods))
    if models:
        parts.append("model " + ", ".join(models))
    return "; ".join(parts)


def _set_source_type(packet: Packet, saving: Saving) -> None:
    if saving.source_type is not None:
        packet.set_text(_SOURCE_TYPE, SOURCE_TYPES + saving.source_type)
        packet.set_text(_OVERRIDE, f"a person; by the rules it is {source_type(saving.records) or 'unchanged'}")
        return
    earned = source_type(saving.records)
    said = (packet.text(_SOURCE_TYPE) or "").rsplit("/", 1)[-1]
    if earned is None or said in _STRONGER:
        return
    if said in _STRENGTH and _STRENGTH.index(said) >= _STRENGTH.index(earned):
        return
    packet.set_text(_SOURCE_TYPE, SOURCE_TYPES + earned)
