"""Bytes of packets as other programs leave them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.files.metadata import embedded, lost, told_of_unparsed, updated
from restorer_app.files.xmp import Packet
from restorer_app.files.xmpbytes import mended, with_lone_ands_told
from tests.files.make import XMP
from tests.files.test_metadata import of
from tests.files.test_saving import record

DC = "http://purl.org/dc/elements/1.1/"
SOURCE = "Box 7, no. 12"
TEXT = XMP.decode()
BODY = TEXT[TEXT.index("<x:xmpmeta") : TEXT.index("<?xpacket end")]
IN_UTF_16 = '<?xml version="1.0" encoding="UTF-16"?>' + BODY


@pytest.mark.parametrize(
    "old",
    [
        b"words before " + XMP,
        b"\0\0" + XMP,
        BODY.encode() + b" words behind",
        TEXT.encode("utf-16-le") + b"\0",
        IN_UTF_16.encode("utf-16"),
        IN_UTF_16.encode("utf-16-be"),
        TEXT.encode("utf-32"),
    ],
    ids=["before", "zeros before", "behind the tree", "half a letter", "utf-16 said", "utf-16-be said", "utf-32"],
)
def test_a_packet_is_found_among_what_lies_around_it(old):
    assert told_of_unparsed(old) == ()
    new = updated(old, of(record()))
    assert lost(old, new) == []
    assert embedded(new) is not None
    assert Packet(new).text((DC, "source")) == SOURCE


_LETTERS = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn"], exclude_characters='<>&"'))


@given(_LETTERS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]), st.sampled_from(["", "-le", "-be"]))
def test_every_letter_comes_through_every_code(letters, code, order):
    code += order if code in {"utf-16", "utf-32"} else ""
    packet = TEXT.replace(SOURCE, f"x{letters}").encode(code)
    assert mended(packet) == TEXT.replace(SOURCE, f"x{letters}").encode()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"<t>A & B &amp; &#38; &#x26; &lt;</t>", b"<t>A &amp; B &amp; &#38; &#x26; &lt;</t>"),
        (b"<t>R&D; B&copy;</t>", b"<t>R&amp;D; B&amp;copy;</t>"),
        (b"<t><![CDATA[A & B]]> & C</t>", b"<t><![CDATA[A & B]]> &amp; C</t>"),
        (b"<?a & b?><!-- a & b --><t>&</t>", b"<?a & b?><!-- a & b --><t>&amp;</t>"),
        (b"<t><![CDATA[A & B", b"<t><![CDATA[A & B"),
    ],
)
def test_a_lone_and_is_told_where_it_would_be_markup_alone(said, told):
    assert with_lone_ands_told(said) == told


def test_a_section_that_needs_no_escape_keeps_its_words_beside_one_that_does():
    inner = b"><dc:source><![CDATA[A & B]]></dc:source><dc:title>C & D</dc:title></rdf:Description>"
    new = updated(XMP.replace(b'dc:source="Box 7, no. 12"/>', inner), of(record()))
    assert [Packet(new).text((DC, name)) for name in ("source", "title")] == ["A & B", "C & D"]


def test_bytes_that_are_no_text_are_told_of_in_plain_words():
    half_of_a_pair = TEXT.replace("Box", "\ud800").encode("utf-16-le", "surrogatepass")
    (note,) = told_of_unparsed(half_of_a_pair)
    assert "damaged (some of its bytes are no text)" in note


def test_a_packet_of_nothing_but_escapes_is_refused_before_it_costs_minutes():
    (note,) = told_of_unparsed(XMP.replace(b"Box 7", b"&" * 5_000_000))
    assert "larger than any packet" in note
