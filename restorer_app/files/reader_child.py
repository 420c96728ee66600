"""The reader process: opens and decodes untrusted files under limits, and answers one request at a time."""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from restorer_app.core.errors import RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Pixels, Source
from restorer_app.files.budget import Budget
from restorer_app.files.handle import MappedHandle, Stamp
from restorer_app.files.opening import open_here
from restorer_app.files.overview import overview
from restorer_app.files.picture import Picture
from restorer_app.files.reader_protocol import picture_fields, read_frame, source_fields, write_frame
from restorer_app.files.refusal import must_be_unchanged, refusing_damage
from restorer_app.files.scratch import map_pixels
from restorer_app.files.whole import WholeSource

_MOST_OPEN = 4  # pictures whose headers are kept between requests
_FLOOR = 1 << 30  # what decoding may take of address space however small the picture is
_TIMES = 10  # OpenJPEG holds samples of 8 bits as 32, twice

_Key = tuple[str, int, int, int]  # path, page, size, time: another file under the same name is opened anew


def serve(requests: BinaryIO, answers: BinaryIO) -> int:
    """Answers until the client is gone. What is not foreseen ends the process; the client says so in a sentence."""
    opened = _Opened()
    while (request := read_frame(requests)) is not None:
        try:
            answer = {"done": _answer(request, opened)}
        except RestorerError as problem:
            answer = {"error": {"message": problem.message[:2000], "advice": problem.advice[:2000]}}
        write_frame(answers, answer)
    return 0


def own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Requests and answers; what a codec prints goes where it cannot be taken for an answer."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    os.close(nowhere)
    return requests, answers


class _Opened:
    """The last few pictures, so that a region costs no second look at the header."""

    def __init__(self) -> None:
        self._pictures: OrderedDict[_Key, Picture] = OrderedDict()

    def get(self, path: Path, page: int, budget: Budget) -> Picture:
        key = _key(path, page)
        picture = self._pictures.pop(key, None)
        if picture is None:
            limit_memory(budget, 0)
            picture = open_here(path, page=page, budget=budget)
        if not isinstance(picture.source, WholeSource):  # those would keep their pixels
            self._pictures[key] = picture
        while len(self._pictures) > _MOST_OPEN:
            self._pictures.popitem(last=False)
        return picture


def _key(path: Path, page: int) -> _Key:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return str(path), page, 0, 0  # opening will say what is wrong
    return str(path), page, status.st_size, status.st_mtime_ns


def _answer(request: dict[str, Any], opened: _Opened) -> dict[str, Any]:
    path, budget = Path(request["path"]), Budget(**request["budget"])
    if "stamp" in request:
        must_be_unchanged(path, Stamp(*request["stamp"]))
    picture = opened.get(path, request["page"], budget)
    whole = picture.source.whole if isinstance(picture.source, WholeSource) else None
    match request["do"]:
        case "open":
            return picture_fields(picture) | {"regions": whole is None}
        case "decode":
            assert whole is not None  # the client was told so at opening
            colours, alpha = _mapped(request["into"]), _mapped(request["alpha"]) if request["alpha"] else None
            limit_memory(budget, colours.nbytes)
            refusing_damage(path, lambda: whole.decode_into(colours, alpha))
            return {}
        case "read":
            source = picture.alpha if request["part"] == "alpha" else picture.source
            assert source is not None  # as above
            target = _mapped(request["into"])
            limit_memory(budget, target.nbytes)
            refusing_damage(path, lambda: _copy(source, Region(*request["region"]), target))
            return {}
        case "overview":
            return _overview(request, picture, budget)
    raise AssertionError(request["do"])


def _copy(source: Source, region: Region, target: Pixels) -> None:
    target[...] = source.read(region)


def _overview(request: dict[str, Any], picture: Picture, budget: Budget) -> dict[str, Any]:
    limit_memory(budget, picture.source.bounds.area * picture.source.channels * picture.source.dtype.itemsize)
    small = refusing_damage(picture.path, lambda: overview(picture, request["longest_side"]))
    target = _mapped(request["into"]).reshape(-1)
    content = np.ascontiguousarray(small).view(np.uint8).reshape(-1)
    assert content.size <= target.size  # the client reserved the most that an overview can take
    target[: content.size] = content
    return {"shape": list(small.shape), "dtype": small.dtype.name} | {"whole": source_fields(picture.source)}


def _mapped(said: dict[str, Any]) -> Pixels:
    height, width, channels = said["shape"]
    handle = MappedHandle(Path(said["path"]), said["offset"], (height, width, channels), said["dtype"])
    return map_pixels(handle, mode="r+")


def limit_memory(budget: Budget, decoded: int) -> None:
    """Bounds the address space to what is taken now, the mapped result, and what a codec may need beside it."""
    if sys.platform in {"win32", "darwin"}:  # no such limit there, or one that is not kept: the time-out remains
        return
    import resource  # noqa: PLC0415 - there is no such module on Windows

    room = min(budget.memory, _FLOOR + _TIMES * decoded) + decoded
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + room if hard < 0 else min(taken + room, hard), hard))
