"""The XMP that a derivative begins with, put together where the opened file keeps it in two places."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from restorer_app.core.errors import RestorerError
from restorer_app.files import metadata
from restorer_app.files.filebytes import FileBytes
from restorer_app.files.jpeg import extended_packets
from restorer_app.files.picture import Picture
from restorer_app.files.tiff import above
from restorer_app.files.tiff_page import XMP, image_directories
from restorer_app.files.tiff_structure import read_structure, value_bytes
from restorer_app.files.xmp import OURS, Name, Node, Packet, XmpError

_EXTENDED: Name = ("http://ns.adobe.com/xmp/note/", "HasExtendedXMP")
_XMLNS = "http://www.w3.org/2000/xmlns/"
_MOST = 64 << 20
_PART = "A part of the XMP that {} was left behind: "
_IN_JPEG, _IN_COPY = "the JPEG keeps apart", "stands with the small copy that the file begins with"


@dataclass(frozen=True, slots=True)
class Told:
    """All that a file says in XMP of one picture, and what of it could not be taken in, a sentence each."""

    packet: bytes | None
    left: tuple[str, ...] = ()


def xmp_before(picture: Picture, *, derived: bool) -> bytes | None:
    """The XMP that a save adds to: a patched copy keeps every part where it is."""
    return whole_xmp(picture).packet if derived else picture.xmp


def whole_xmp(picture: Picture) -> Told:
    """A picture's own packet with what a JPEG keeps in further segments, or a TIFF with the small copy above."""
    try:
        if picture.kind == "jpeg":
            return _with_extended(picture)
        if picture.kind in {"tiff", "bigtiff"}:
            return _with_copy(picture)
    except (RestorerError, OSError, struct.error, LookupError, ValueError):
        return Told(picture.xmp)  # as `carried` has it: the pixels are what matters
    return Told(picture.xmp)


def _with_extended(picture: Picture) -> Told:
    further = extended_packets(picture.path)
    try:
        packet = _Joint(picture.xmp)
    except XmpError:
        return Told(picture.xmp, _left(_IN_JPEG, "the packet cannot be parsed") if further else ())
    named = packet.text(_EXTENDED)
    left = _left(_IN_JPEG, "the packet does not name it") if further.keys() - {(named or "").upper()} else ()
    if named is None:
        return Told(picture.xmp, left)
    packet.set_text(_EXTENDED, None)  # it would promise a part that a TIFF keeps in one with the rest
    joined = _joined(packet, further.get(named.upper()), where=_IN_JPEG)
    return Told(joined.packet, joined.left + left)


def _with_copy(picture: Picture) -> Told:
    with FileBytes(picture.path) as file:
        structure = read_structure(file)
        copy = above(file, structure, image_directories(file, structure)[picture.page])
        entry = copy.entry(XMP) if copy is not None else None
        if entry is None or not entry.size:
            return Told(picture.xmp)
        further = value_bytes(file, entry) if entry.size <= _MOST else None
    if picture.xmp is None and further is not None:
        return Told(further)
    try:
        packet = _Joint(picture.xmp)
    except XmpError:
        return Told(picture.xmp, _left(_IN_COPY, "the picture's own cannot be parsed"))
    return _joined(packet, further, where=_IN_COPY)


def _joined(packet: _Joint, further: bytes | None, *, where: str) -> Told:
    """One packet of two; the first one's word goes before the other's."""
    if further is None:
        return Told(packet.to_bytes(), _left(where, "it is incomplete"))
    try:
        packet.take(Packet(further))
    except XmpError:
        return Told(packet.to_bytes(), _left(where, "it cannot be parsed"))
    whole = packet.to_bytes()
    gone = metadata.lost(further, whole)
    return Told(whole, _left(where, f"{', '.join(gone)} is said otherwise there") if gone else ())


def _left(where: str, why: str) -> tuple[str, ...]:
    return (f"{_PART.format(where)}{why}.",)


class _Joint(Packet):
    """A packet that can take in what another one says."""

    def take(self, other: Packet) -> None:
        """Adds the properties that this packet has not; the prefixes of the other's outer elements come along."""
        said = self.properties().keys()
        for name in other.properties():
            if name in said or name[0] == OURS:  # records belong to the picture that they were made for
                other._remove(name)
        for description in other._descriptions():
            taken = self._document.importNode(description, deep=True)
            for attribute in _declared_around(description):
                if not taken.hasAttribute(attribute.name):
                    taken.setAttributeNS(_XMLNS, attribute.name, attribute.value)
            self._rdf.appendChild(taken)


def _declared_around(node: Node) -> Iterator[Node]:
    """Prefixes declared by the elements around one, the nearest first."""
    while (node := node.parentNode) is not None and node.attributes is not None:
        yield from (each for each in node.attributes.values() if each.namespaceURI == _XMLNS)
