"""What a derivative says of itself: found on the page that was made of a certain master, of several the newest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from restorer_app.core.errors import RestorerError
from restorer_app.files import metadata
from restorer_app.files.hashing import sha256_of
from restorer_app.files.picture import Picture

_MOST_PAGES = 64
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class OpenPicture(Protocol):
    """How a page of a file is opened: in this process, or through the reader process for files of unknown origin."""

    def __call__(self, path: Path, *, page: int = 0) -> Picture: ...


def said_by(
    path: Path, *, of: Path, page: int | None, open_picture: OpenPicture, strict: bool = True
) -> tuple[Picture, metadata.Embedded | None]:
    """A page and what it says of how it was made `of` a master.

    Without a page asked for it is one that names this master, of those the one that was saved last; or the first page
    where none says anything. A record that cannot be read is refused when `strict`, and else as good as none.
    """
    first = open_picture(path, page=page or 0)
    said = _said(first, strict=strict)
    if page is not None:
        return first, said
    found = [(first, said)] if said is not None else []
    found += _further(path, first.page_count, open_picture)
    if len(found) > 1:
        master = sha256_of(of)
        found.sort(key=lambda one: (one[1].master_sha256 == master, _saved_at(one[1]), one[0].page))
    return found[-1] if found else (first, None)


def _further(path: Path, count: int, open_picture: OpenPicture) -> Iterator[tuple[Picture, metadata.Embedded]]:
    for number in range(1, min(count, _MOST_PAGES)):
        try:
            picture = open_picture(path, page=number)
        except RestorerError:
            continue  # a page that is no picture
        said = metadata.embedded(picture.xmp)
        if said is not None:
            yield picture, said


def _said(picture: Picture, *, strict: bool) -> metadata.Embedded | None:
    said = metadata.embedded(picture.xmp)
    if strict and said is None and metadata.has_unreadable_record(picture.xmp):
        raise RestorerError(
            f"The record in {picture.path.name} is damaged, or was written by a newer version of this program.",
            advice="Without it, only a mask can tell what was allowed.",
        )
    return said


def _saved_at(said: metadata.Embedded) -> datetime:
    try:
        at = datetime.fromisoformat(said.records[-1].at) if said.records else _LONG_AGO
    except ValueError:
        return _LONG_AGO
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
