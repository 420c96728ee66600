"""What passes between a client and the reader process: frames of JSON, judged field by field on arrival.

The child reads untrusted bytes and could be taken over by them, so nothing it says is unpickled or believed: sizes,
names and texts are checked here, and pixels go through files that the client made.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, get_args

import numpy as np

from restorer_app.core.errors import RestorerError
from restorer_app.core.raster import DTYPES, Source
from restorer_app.files.handle import Stamp
from restorer_app.files.patching import NARROW
from restorer_app.files.picture import Layout, Picture
from restorer_app.files.sniff import Kind

_HEAD = struct.Struct(">I")
_MOST_FRAME = 128 * 1024 * 1024  # a picture's ICC profile and XMP packet, as text
_MOST_TEXT = 2_000
_MOST_ITEMS = 200
_MOST_CHANNELS = 64
_NO_TEXT = frozenset(map(chr, range(0xDC80, 0xDD00)))  # bytes of a file name, as Python keeps them


class BrokenFrameError(RestorerError):
    """The other side said what it may not say."""


def write_frame(pipe: IO[bytes], message: Mapping[str, Any]) -> None:
    content = json.dumps(message, separators=(",", ":")).encode("ascii")
    pipe.write(_HEAD.pack(len(content)) + content)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> dict[str, Any] | None:
    """The next message, or None where the other side is gone."""
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    length = _HEAD.unpack(head)[0]
    if length > _MOST_FRAME:
        raise BrokenFrameError("A message of the reader process is too long.")
    content = pipe.read(length)
    if len(content) < length:
        return None
    try:
        message = json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise BrokenFrameError("A message of the reader process cannot be understood.") from problem
    if not isinstance(message, dict):
        raise BrokenFrameError("A message of the reader process is not of the agreed form.")
    return message


def picture_fields(picture: Picture) -> dict[str, Any]:
    """A picture without its path and its pixels."""
    return {
        "kind": picture.kind,
        "page": picture.page,
        "page_count": picture.page_count,
        "layout": picture.layout,
        "source": source_fields(picture.source),
        "alpha": source_fields(picture.alpha) if picture.alpha else None,
        "bits": picture.bits,
        "orientation": picture.orientation,
        "white_is_zero": picture.white_is_zero,
        "icc": _text_of(picture.icc),
        "dpi": list(picture.dpi) if picture.dpi else None,
        "editable": picture.editable,
        "patchable": picture.patchable,
        "reason": picture.reason,
        "size_bytes": picture.size_bytes,
        "modified_ns": picture.modified_ns,
        "xmp": _text_of(picture.xmp),
        "facts": [list(fact) for fact in picture.facts[:_MOST_ITEMS]],
        "metadata": list(picture.metadata[:_MOST_ITEMS]),
        "stale": list(picture.stale[:_MOST_ITEMS]),
    }


def source_fields(source: Source) -> dict[str, Any]:
    return {"shape": [*source.bounds.shape, source.channels], "dtype": source.dtype.name}


def picture_from(path: Path, said: Mapping[str, Any], *, source: Source, alpha: Source | None) -> Picture:
    """A picture whose every fact was checked; the sources are the client's own."""
    dpi = said.get("dpi")
    return Picture(
        path=path,
        kind=_one_of(said, "kind", get_args(Kind)),
        page=whole_number(said, "page"),
        page_count=whole_number(said, "page_count", least=1),
        layout=_one_of(said, "layout", get_args(Layout)),
        source=source,
        alpha=alpha,
        bits=whole_number(said, "bits", least=1, most=64),
        orientation=whole_number(said, "orientation", least=1, most=8),
        white_is_zero=_truth(said, "white_is_zero"),
        icc=_bytes_of(said, "icc"),
        dpi=None if dpi is None else _pair_of_numbers(dpi),
        editable=_truth(said, "editable"),
        patchable=_truth(said, "patchable"),
        reason=_text(said.get("reason")),
        size_bytes=whole_number(said, "size_bytes"),
        modified_ns=whole_number(said, "modified_ns", least=-(2**63)),
        xmp=_bytes_of(said, "xmp"),
        facts=tuple(_pair_of_texts(fact) for fact in _items(said, "facts")),
        metadata=tuple(_text(name) for name in _items(said, "metadata")),
        stale=tuple(_text(sentence) for sentence in _items(said, "stale")),
    )


def stamp_from(said: Mapping[str, Any]) -> Stamp:
    """Which file it was that the child has opened."""
    return Stamp(whole_number(said, "size_bytes"), whole_number(said, "modified_ns", least=-(2**63)))


def shape_and_dtype(said: Mapping[str, Any] | None) -> tuple[tuple[int, int, int], np.dtype[Any]]:
    """The size of a source that the child describes."""
    if not isinstance(said, dict):
        raise _broken("source")
    shape = said.get("shape")
    if not isinstance(shape, list) or len(shape) != 3:
        raise _broken("shape")
    sides = {"height": shape[0], "width": shape[1], "channels": shape[2]}
    height, width = (whole_number(sides, name, least=1) for name in ("height", "width"))
    channels = whole_number(sides, "channels", least=1, most=_MOST_CHANNELS)
    return (height, width, channels), np.dtype(_one_of(said, "dtype", DTYPES))


def whole_number(said: Mapping[str, Any], name: str, *, least: int = 0, most: int = 2**63) -> int:
    value = said.get(name)
    if type(value) is not int or not least <= value <= most:
        raise _broken(name)
    return value


def error_from(said: object) -> tuple[str, str]:
    """The sentence and the advice of an error."""
    if not isinstance(said, dict):
        raise _broken("error")
    return _text(said.get("message")), _text(said.get("advice"))


def _one_of(said: Mapping[str, Any], name: str, allowed: tuple[Any, ...]) -> Any:
    value = said.get(name)
    if value not in allowed:
        raise _broken(name)
    return value


def _truth(said: Mapping[str, Any], name: str) -> bool:
    value = said.get(name)
    if not isinstance(value, bool):
        raise _broken(name)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise _broken("text")
    return "".join(_shown(letter) for letter in value)


def _shown(letter: str) -> str:
    """A letter of a text; a byte of a name that is no text as an escape, and nothing for what steers a terminal."""
    if letter.isprintable() or letter in {"\n", NARROW}:
        return letter
    return letter.encode("ascii", "backslashreplace").decode("ascii") if letter in _NO_TEXT else ""


def _items(said: Mapping[str, Any], name: str) -> list[Any]:
    value = said.get(name)
    if not isinstance(value, list) or len(value) > _MOST_ITEMS:
        raise _broken(name)
    return value


def _pair_of_texts(value: object) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) != 2:
        raise _broken("fact")
    return _text(value[0]), _text(value[1])


def _pair_of_numbers(value: object) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2 or not all(type(part) in {int, float} for part in value):
        raise _broken("dpi")
    return float(value[0]), float(value[1])


def _text_of(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode("ascii")


def _bytes_of(said: Mapping[str, Any], name: str) -> bytes | None:
    value = said.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _broken(name)
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise _broken(name) from problem


def _broken(name: str) -> BrokenFrameError:
    return BrokenFrameError(f"The reader process gave a wrong {name}.")
