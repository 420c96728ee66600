"""What a derivative says of itself: found on the page that was made of a certain master, of several the newest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from restorer_app.core.errors import RestorerError
from restorer_app.files import metadata
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.hashing import sha256_of
from restorer_app.files.picture import Picture
from restorer_app.files.refusal import refusing_damage
from restorer_app.files.tiff_page import XMP, image_directories
from restorer_app.files.tiff_structure import read_structure, value_bytes

_MOST_XMP = 64 << 20  # bytes: a packet beyond this is no metadata
_OURS = b"MasterSHA256"  # in every packet that this program wrote
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class OpenPicture(Protocol):
    """How a page of a file is opened: in this process, or through the reader process for files of unknown origin."""

    def __call__(self, path: Path, *, page: int = 0) -> Picture: ...


def said_by(
    path: Path, *, of: Path, page: int | None, open_picture: OpenPicture, strict: bool = True
) -> tuple[Picture, metadata.Embedded | None]:
    """A page and what it says of how it was made `of` a master, of which `page` is asked for.

    Without one it is a page that names this master, of those the one that was saved last; or the first page where none
    says anything. A record that cannot be read is refused when `strict`, and else as good as none.
    """
    if page is not None:
        return _on_page(path, page, open_picture=open_picture, strict=strict)
    first = open_picture(path)
    said = _said(first, strict=strict)
    found = [(0, said)] if said is not None else []
    if first.page_count > 1 and first.kind in {"tiff", "bigtiff"}:  # no others with pages are ever written
        found += refusing_damage(path, lambda: list(_further(path)))
    if len(found) > 1:
        master = sha256_of(of)
        found.sort(key=lambda one: (one[1].master_sha256 == master, _saved_at(one[1]), one[0]), reverse=True)
    for number, each in found:
        with suppress(RestorerError):  # a page that is no picture
            return first if number == 0 else open_picture(path, page=number), each
    return first, None


def _on_page(
    path: Path, page: int, *, open_picture: OpenPicture, strict: bool
) -> tuple[Picture, metadata.Embedded | None]:
    """The page that stands for one of the master: of a new TIFF of that page, its only one."""
    try:
        picture = open_picture(path, page=page)
    except RestorerError:
        picture = open_picture(path)
        if not _is_made_of_one(picture, metadata.embedded(picture.xmp)):
            raise
    said = _said(picture, strict=strict)
    if said is not None and _is_made_of_one(picture, said) and said.page != page:
        raise RestorerError(
            f"{path.name} was made of page {said.page + 1} alone, not of page {page + 1}.",
            advice=f"Ask for --page {said.page + 1}, or for none.",
        )
    return picture, said


def _is_made_of_one(picture: Picture, said: metadata.Embedded | None) -> bool:
    return said is not None and said.derived and picture.page_count == 1


def _further(path: Path) -> Iterator[tuple[int, metadata.Embedded]]:
    """Every page behind the first that says something, found without opening each: there may be thousands.

    Of a file with more pages than a structure lists, nothing is missed: it counts as damaged, and is never patched.
    """
    with FileBytes(path) as file:
        pages = image_directories(file, read_structure(file))
        for number, page in enumerate(pages[1:], start=1):
            entry = page.entry(XMP)
            if entry is None or entry.size > _MOST_XMP or entry.data_at + entry.size > file.size:
                continue
            packet = value_bytes(file, entry)
            if _OURS not in packet and b"\0" not in packet:  # quicker than parsing thousands; zeros are in UTF-16
                continue
            said = metadata.embedded(packet)
            if said is not None:
                yield number, said


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
