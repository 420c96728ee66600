"""What a command tells at its end: a few lines for a person, or one JSON object for a program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from restorer_app.core.record import Record
from restorer_app.files import metadata
from restorer_app.files.patching import spaced
from restorer_app.files.picture import Picture
from restorer_app.files.png import UNREADABLE_XMP
from restorer_app.files.saving import Saved


def tell(fields: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
    """The fields as JSON, or the lines as they are."""
    print(as_text(fields) if as_json else "\n".join(lines))


def tell_not_judged(reason: str, sentence: str, *, as_json: bool) -> None:
    """Why nothing could be compared; in JSON without counts, which a program could take for good ones."""
    tell({"judged": False, "reason": reason, "error": sentence}, [sentence], as_json=as_json)


def as_text(fields: Any) -> str:
    """JSON in letters that every stream knows: what a terminal makes of others need not be JSON any more."""
    return json.dumps(fields, indent=2, default=str)


def megabytes(size: int) -> str:
    return f"{spaced(size / 1e6)} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def of_record(record: Record) -> str:
    """One line: what was done, how and in which time."""
    method = record.operation.get("method")
    by = f" ({method})" if method and not record.model_id else ""
    where = [record.model_id, record.device, record.dtype, f"seed {record.seed}"]
    where += _measured(record.measured)
    changed = f"{spaced(record.changed_pixels)} pixels changed" if record.changed_pixels else "no pixel had to change"
    details = ", ".join(part for part in where if part)
    return f"{record.name.capitalize()}{by}: {changed} in {record.seconds:.1f} s [{details}]"


def _measured(found: Mapping[str, Any]) -> list[str]:
    """What the picture showed, and what was done about it, in the units that people know."""
    words = [f"noise of {_of_255(found['noise_sigma'])} found"] if "noise_sigma" in found else []
    if found.get("sigma_used") != found.get("noise_sigma"):
        words.append(f"worked for noise of {_of_255(found['sigma_used'])}")
    if "jpeg_quality" in found:
        quality = found["jpeg_quality"]
        words.append("no JPEG compression found" if quality is None else f"JPEG quality {quality} found")
    return words


def _of_255(sigma: float) -> str:
    return f"σ {255 * sigma:.1f} of 255"


def of_save(saved: Saved) -> list[str]:
    """Where the derivative is, how it was written, and the proof."""
    how = "new TIFF"
    if saved.patched:
        how = f"{spaced(saved.segments_patched)} of {spaced(saved.segments_total)} segments patched"
    lines = [f"Saved {saved.path} ({megabytes(saved.size_bytes)}, {how}).", f"Proof: {saved.verdict.sentence}"]
    return lines + [f"Note: {note}" for note in saved.notes]


def saved_fields(saved: Saved, records: tuple[Record, ...]) -> dict[str, Any]:
    """A save as plain values."""
    return {
        "output": str(saved.path),
        "sha256": saved.sha256,
        "size_bytes": saved.size_bytes,
        "patched": saved.patched,
        "segments_patched": saved.segments_patched,
        "segments_total": saved.segments_total,
        "master_sha256": saved.master_sha256,
        "proof": saved.verdict.to_fields(),
        "notes": list(saved.notes),
        "records": [record.to_fields() for record in records],
    }


def picture_fields(picture: Picture, path: Path) -> dict[str, Any]:
    """A picture as plain values; width and height as stored."""
    width, height = picture.width, picture.height
    turned = picture.orientation > 4
    return {
        "path": str(path),
        "kind": picture.kind,
        "page": picture.page + 1,
        "page_count": picture.page_count,
        "width": width,
        "height": height,
        "upright_width": height if turned else width,
        "upright_height": width if turned else height,
        "dtype": str(picture.source.dtype),
        "bits": picture.bits,
        "channels": picture.source.channels,
        "layout": picture.layout,
        "alpha": picture.alpha is not None,
        "white_is_zero": picture.white_is_zero,
        "orientation": picture.orientation,
        "icc_bytes": len(picture.icc) if picture.icc else 0,
        "dpi": list(picture.dpi) if picture.dpi else None,
        "size_bytes": picture.size_bytes,
        "editable": picture.editable,
        "patchable": picture.patchable,
        "reason": picture.reason,
        "metadata": list(picture.metadata),
        "stale": list(picture.stale),
        "facts": dict(facts_of(picture)),
    }


def facts_of(picture: Picture) -> tuple[tuple[str, str], ...]:
    """What is worth knowing of a file, its XMP with it where other programs will not find that after a save."""
    why = metadata.why_unparsed(picture.xmp)
    return picture.facts + (((UNREADABLE_XMP, why),) if why else ())
