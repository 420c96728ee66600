"""An XMP packet as a tree: parsed with distrust, changed property by property, everything unknown kept as it is."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.dom import minidom  # the types only; parsing goes through defusedxml
from xml.parsers.expat import ExpatError

import defusedxml.minidom
from defusedxml.common import DefusedXmlException

from restorer_app.files.xmpbytes import mended, with_lone_ands_told

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
META = "adobe:ns:meta/"
XMP_BASIC = "http://ns.adobe.com/xap/1.0/"
XMP_MM = "http://ns.adobe.com/xap/1.0/mm/"
EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
REFERENCE = "http://ns.adobe.com/xap/1.0/sType/ResourceRef#"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
OURS = "urn:x-restorer:xmp:1#"

_PREFIXES = {
    RDF: "rdf", META: "x", XMP_BASIC: "xmp", XMP_MM: "xmpMM", EVENT: "stEvt", REFERENCE: "stRef",
    IPTC_EXT: "Iptc4xmpExt", OURS: "restorer",
}  # fmt: skip
_AT_HOME = (OURS, XMP_BASIC, XMP_MM, EVENT, REFERENCE, IPTC_EXT)
_LISTS = frozenset({(RDF, "Seq"), (RDF, "Bag"), (RDF, "Alt")})
_XMLNS = "http://www.w3.org/2000/xmlns/"
_MOST_BYTES = 64 << 20
_MOST_MARKS = 400_000  # parsed in four seconds; Photoshop's longest lists of ancestors have half as many
_MOST_ANDS = 4_000_000  # mended in two seconds; a record of this program has fifty
_MOST_DEPTH = 100
_EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    f'<x:xmpmeta xmlns:x="{META}"><rdf:RDF xmlns:rdf="{RDF}"/></x:xmpmeta><?xpacket end="w"?>'
)

Name = tuple[str, str]  # namespace and local name
Node = Any  # minidom's classes carry no useful types


class XmpError(ValueError):
    """A packet that cannot be parsed."""


class Packet:
    """One packet. Every change keeps what it does not name."""

    def __init__(self, data: bytes | None) -> None:
        try:
            self._document = _parsed(data) if data and data.strip(b"\0 \r\n\t") else _parsed(_EMPTY.encode())
        except UnicodeError as problem:
            raise XmpError("some of its bytes are no text") from problem
        except (ExpatError, DefusedXmlException, ValueError, LookupError) as problem:
            raise XmpError(str(problem)) from problem
        roots = self._document.getElementsByTagNameNS(RDF, "RDF")
        if not roots:
            raise XmpError("it has no rdf:RDF")
        self._rdf: Node = roots[0]
        if not self._rdf.prefix:  # rdf is the default namespace, and attributes need a prefix
            self._rdf.setAttributeNS(_XMLNS, f"xmlns:{_PREFIXES[RDF]}", RDF)

    def to_bytes(self) -> bytes:
        """The packet in UTF-8, as TIFF, PNG and JPEG carry it."""
        # minidom writes line ends and tabs as they are (in attributes before Python 3.13), and the next reader makes
        # spaces of them: Photoshop keeps its history in one attribute. A mark that nobody can guess holds their places.
        mark = f"\ue000{secrets.token_hex(16)}"
        held = [(node, node.nodeValue) for node in _with_blanks(self._document)]
        for node, value in held:
            node.nodeValue = _BLANKS[node.nodeType].sub(lambda found: f"{mark}{ord(found[0])};", value)
        try:
            parts = [node.toxml() for node in self._document.childNodes]
        finally:
            for node, value in held:
                node.nodeValue = value
        return "\n".join(parts).replace(mark, "&#").encode("utf-8", "xmlcharrefreplace")

    def text(self, name: Name) -> str | None:
        """A simple property, written as an element or as an attribute."""
        for description in self._descriptions():
            if description.hasAttributeNS(*name):
                return str(description.getAttributeNS(*name))
            for element in _children(description, name):
                return _text_of(element)
        return None

    def fields(self, name: Name) -> dict[Name, str]:
        """The simple fields of a structure."""
        for description in self._descriptions():
            for element in _children(description, name):
                return dict(_fields_of(element))
        return {}

    def items(self, name: Name) -> list[str]:
        """The entries of a list, each in one canonical form."""
        found = []
        for description in self._descriptions():
            for element in _children(description, name):
                found += [_canonical(item) for item in element.getElementsByTagNameNS(RDF, "li")]
        return found

    def set_text(self, name: Name, value: str | None) -> None:
        """Sets or, with None, removes a simple property; whatever form it had is replaced."""
        self._remove(name)
        if value is not None:
            element = self._create(name)
            element.appendChild(self._document.createTextNode(value))
            self._home().appendChild(element)

    def set_fields(self, name: Name, values: Mapping[Name, str]) -> None:
        """Replaces a structure by one with these fields."""
        self._remove(name)
        element = self._create(name)
        self._put_fields(element, values)
        self._home().appendChild(element)

    def append_item(self, name: Name, values: Mapping[Name, str]) -> None:
        """Adds a structure to the end of a list; an ordered one is made if there is none."""
        lists = [
            inner
            for description in self._descriptions()
            for element in _children(description, name)
            for inner in _elements(element)
            if (inner.namespaceURI, inner.localName) in _LISTS
        ]
        if not lists:
            self._remove(name)
            element = self._create(name)
            self._home().appendChild(element)
            lists = [element.appendChild(self._create((RDF, "Seq")))]
        item = self._create((RDF, "li"))
        self._put_fields(item, values)
        lists[-1].appendChild(item)

    def properties(self) -> dict[Name, list[str]]:
        """Every top-level property in a canonical form, for comparing packets."""
        found: dict[Name, list[str]] = {}
        for description in self._descriptions():
            for attribute in _attributes(description):
                name = attribute.namespaceURI, attribute.localName
                if attribute.namespaceURI not in {RDF, _XMLNS, "http://www.w3.org/XML/1998/namespace", None}:
                    found.setdefault(name, []).append(str(attribute.value))
            for child in _elements(description):
                name = child.namespaceURI, child.localName
                simple = not list(_elements(child)) and len(_attributes(child)) == 0
                found.setdefault(name, []).append(_text_of(child) if simple else _canonical(child))
        return found

    def _descriptions(self) -> list[Node]:
        return [
            child for child in _elements(self._rdf) if (child.namespaceURI, child.localName) == (RDF, "Description")
        ]

    def _home(self) -> Node:
        """Where new properties go: a description of our own, so that none of the others changes its namespaces."""
        for description in self._descriptions():
            # another program may have moved what is ours to one where the other prefixes are not declared
            if all(description.getAttributeNS(_XMLNS, _PREFIXES[space]) == space for space in _AT_HOME):
                return description
        about = next((d.getAttributeNS(RDF, "about") for d in self._descriptions()), "")
        home = self._document.createElementNS(RDF, self._qualified((RDF, "Description")))
        home.setAttributeNS(RDF, f"{self._prefix(RDF)}:about", about)
        for space in _AT_HOME:
            home.setAttributeNS(_XMLNS, f"xmlns:{_PREFIXES[space]}", space)
        self._rdf.appendChild(home)
        return home

    def _prefix(self, space: str) -> str:
        if space == RDF:  # the packet's own prefix for it, which need not be rdf
            return str(self._rdf.prefix) if self._rdf.prefix else _PREFIXES[RDF]
        return _PREFIXES[space]

    def _qualified(self, name: Name) -> str:
        return f"{self._prefix(name[0])}:{name[1]}"

    def _create(self, name: Name) -> Node:
        return self._document.createElementNS(name[0], self._qualified(name))

    def _put_fields(self, element: Node, values: Mapping[Name, str]) -> None:
        element.setAttributeNS(RDF, f"{self._prefix(RDF)}:parseType", "Resource")
        for name, value in values.items():
            # A list that was there may lie where our prefixes are not declared.
            field = self._document.createElementNS(name[0], self._qualified(name))
            field.setAttributeNS(_XMLNS, f"xmlns:{_PREFIXES[name[0]]}", name[0])
            field.appendChild(self._document.createTextNode(value))
            element.appendChild(field)

    def _remove(self, name: Name) -> None:
        for description in self._descriptions():
            if description.hasAttributeNS(*name):
                description.removeAttributeNS(*name)
            for element in list(_children(description, name)):
                description.removeChild(element)


def _parsed(data: bytes) -> Node:
    if len(data) > _MOST_BYTES or data.count(b"<") > _MOST_MARKS or data.count(b"&") > _MOST_ANDS:
        raise XmpError("it is larger than any packet")
    text = mended(data)
    try:
        document = _document_of(text)
    except ExpatError:
        told = with_lone_ands_told(text)
        if told == text:
            raise
        document = _document_of(told)
    if _depth(document) > _MOST_DEPTH:
        raise XmpError("it is nested too deeply")
    return document


def _document_of(text: bytes) -> Node:
    # bytes, not text: only they carry their own encoding
    return defusedxml.minidom.parseString(text, forbid_dtd=True)  # type: ignore[arg-type]  # the stub knows str only


def _depth(document: Node) -> int:
    """How deep the tree is; counted without recursion, which a packet made for that purpose would exhaust."""
    level, depth = [document], 0
    while level:
        depth += 1
        level = [child for node in level for child in node.childNodes]
    return depth


def _elements(node: Node) -> Iterator[Node]:
    return (child for child in node.childNodes if child.nodeType == minidom.Node.ELEMENT_NODE)


def _children(node: Node, name: Name) -> Iterator[Node]:
    return (child for child in _elements(node) if (child.namespaceURI, child.localName) == name)


def _attributes(node: Node) -> list[Node]:
    attributes = node.attributes
    return [attributes.item(number) for number in range(attributes.length)] if attributes is not None else []


def _text_of(node: Node) -> str:
    return "".join(str(child.data) for child in node.childNodes if child.nodeType in _TEXTS)


# What a reader does not give back as it stands: every line end and tab of an attribute, the carriage return of a text.
_BLANKS = {minidom.Node.ATTRIBUTE_NODE: re.compile("[\t\n\r]"), minidom.Node.TEXT_NODE: re.compile("\r")}


def _with_blanks(document: Node) -> Iterator[Node]:
    """Attributes and texts that have to be written with more care."""
    todo = list(document.childNodes)
    while todo:
        node = todo.pop()
        todo += node.childNodes
        for each in (node, *_attributes(node)):
            if each.nodeType in _BLANKS and _BLANKS[each.nodeType].search(each.nodeValue):
                yield each


_TEXTS = (minidom.Node.TEXT_NODE, minidom.Node.CDATA_SECTION_NODE)


def _fields_of(element: Node) -> Iterable[tuple[Name, str]]:
    holders = [element, *_children(element, (RDF, "Description"))]
    for holder in holders:
        for attribute in _attributes(holder):
            if attribute.namespaceURI not in {RDF, _XMLNS, None}:
                yield (attribute.namespaceURI, attribute.localName), str(attribute.value)
        for child in _elements(holder):
            if child.namespaceURI != RDF:
                yield (child.namespaceURI, child.localName), _text_of(child)


def _canonical(node: Node) -> str:
    """The same text for the same content, whatever prefixes and white space were used."""
    attributes = sorted(
        f"{{{a.namespaceURI}}}{a.localName}={a.value!r}" for a in _attributes(node) if a.namespaceURI != _XMLNS
    )
    inner = [_canonical(child) for child in _elements(node)]
    text = "" if inner else _text_of(node)
    return f"<{{{node.namespaceURI}}}{node.localName} {' '.join(attributes)}>{text}{''.join(inner)}"
