"""Packets as other programs leave them: taken apart, damaged, in other encodings."""

import zlib

import pytest

from restorer_app.core.raster import Raster
from restorer_app.files.metadata import all_records, embedded, lost, updated
from restorer_app.files.opening import open_here
from restorer_app.files.saving import save
from restorer_app.files.xmp import Packet
from tests.files import make
from tests.files.make import XMP, noise
from tests.files.test_metadata import of
from tests.files.test_saving import edited, mask, record, saved_once

DC = "http://purl.org/dc/elements/1.1/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
OURS = "urn:x-restorer:xmp:1#"
BARE = XMP.replace(b"Box 7, no. 12", b"Meyer & Sohn")


def taken_apart(packet):
    """One description for each namespace, as exiftool writes a packet that it has changed."""
    document = Packet(packet)
    pieces = []
    for (space, name), values in document.properties().items():
        inner = "".join(f"<n:{name}>{value}</n:{name}>" for value in values if not value.startswith("<"))
        prefix = "restorer" if space == OURS else "n"
        inner = inner.replace("n:", f"{prefix}:")
        pieces.append(f'<rdf:Description rdf:about="" xmlns:{prefix}="{space}">{inner}</rdf:Description>')
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">{"".join(pieces)}</rdf:RDF></x:xmpmeta>'


def test_a_packet_that_another_program_has_taken_apart_takes_the_next_save():
    first = updated(XMP, of(record()))
    apart = taken_apart(first).encode()
    assert embedded(apart) is not None
    again = updated(apart, of(record(), record()))
    assert lost(apart, again) == []
    assert len(all_records(again)) == 3
    assert len(embedded(again).records) == 2


def test_a_packet_with_rdf_as_its_own_namespace_is_merged():
    old = (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><RDF xmlns="{RDF}"><Description about="" xmlns:dc="{DC}">'
        "<dc:source>Box 7</dc:source></Description></RDF></x:xmpmeta>"
    ).encode()
    new = updated(old, of(record()))
    assert lost(old, new) == []
    assert embedded(new) is not None
    assert Packet(new).text((DC, "source")) == "Box 7"


def test_a_history_in_a_bag_goes_on_there():
    space = "http://ns.adobe.com/xap/1.0/mm/"
    event = 'xmlns:e="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#" e:action="scanned"'
    old = (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" '
        f'xmlns:m="{space}"><m:History><rdf:Bag><rdf:li {event}/></rdf:Bag></m:History></rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()
    new = updated(old, of(record()))
    assert lost(old, new) == []
    events = Packet(new).items((space, "History"))
    assert len(events) > 1
    assert "scanned" in events[0]


@pytest.mark.parametrize(
    "old",
    [
        XMP + b"\n more words behind it",
        XMP + b"\0\0<trailing>",
        XMP.replace(b"Box 7", b"Box\0 7"),
        BARE,
        XMP.decode().encode("utf-16"),
        XMP.decode().encode("utf-16-be"),
        XMP.decode().encode("utf-16-le"),
    ],
    ids=["words behind", "zeros and words", "a zero inside", "a lone and", "utf-16", "utf-16-be", "utf-16-le"],
)
def test_what_other_programs_read_all_the_same_is_merged(old):
    new = updated(old, of(record()))
    assert lost(old, new) == []
    assert embedded(new) is not None
    source = Packet(new).text((DC, "source"))
    assert source in {"Box 7, no. 12", "Meyer & Sohn"}


@pytest.mark.parametrize("derive", [False, True])
def test_xmp_that_is_no_xml_is_told_of_when_it_is_saved(tmp_path, derive):
    master = tmp_path / "scan.tif"
    master.write_bytes(make.tiff(noise(80, 90), extratags=[(700, 1, 25, b"<x:xmpmeta this is no xml ", True)]))
    (note,) = (note for note in saved_once(master, derive=derive).notes if "XMP" in note)
    assert "is damaged" in note


def test_a_png_whose_xmp_does_not_inflate_is_saved_as_a_new_tiff_that_says_so(tmp_path):
    broken = b"XML:com.adobe.xmp\0\x01\0\0\0" + zlib.compress(XMP)[:2] + b"no deflate"
    master = tmp_path / "scan.png"
    master.write_bytes(make.png_of(noise(80, 90), before=(make.chunk(b"iTXt", broken),)))
    picture = open_here(master)
    assert not picture.patchable
    assert "XMP" in picture.reason
    done = save(picture, edited(picture), allowed=mask(picture), records=[record()], derive=True)
    assert any("XMP of the PNG" in note for note in done.notes)


def test_a_png_with_an_endless_keyword_opens(tmp_path):
    master = tmp_path / "scan.png"
    master.write_bytes(make.png_of(noise(80, 90), before=(make.chunk(b"tEXt", b"k" * 3000),)))
    assert Raster(open_here(master).source).bounds.width == 90
