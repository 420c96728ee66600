"""Packets as other programs leave them: taken apart, damaged, in other encodings."""

import zlib

import pytest

from restorer_app.files.metadata import all_records, embedded, lost, updated
from restorer_app.files.opening import open_here
from restorer_app.files.reader import Reader
from restorer_app.files.saving import save
from restorer_app.files.scratch import Scratch
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


def test_a_png_with_an_endless_keyword_is_believed_by_the_one_who_asked_for_it(tmp_path):
    """The reader process tells no text of more than 2 000 letters, or it counts as made to do harm."""
    master = tmp_path / "scan.png"
    master.write_bytes(make.png_of(noise(80, 90), before=(make.chunk(b"tEXt", b"k" * 3000),)))
    with Scratch(tmp_path / "scratch") as scratch, Reader(scratch) as reader:
        assert ("k" * 79, "") in reader.open(master).facts


def test_a_png_with_a_second_packet_keeps_that_as_it_stands(tmp_path):
    """None may have two; of those that do, the first one is read and takes the record."""
    second = make.chunk(b"iTXt", b"XML:com.adobe.xmp\0\x01\0\0\0no deflate")
    first = make.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
    master = tmp_path / "scan.png"
    master.write_bytes(make.png_of(noise(80, 90), before=(first,), behind=(second,)))
    done = saved_once(master)
    assert done.patched
    assert second in done.path.read_bytes()
    assert len(all_records(open_here(done.path).xmp)) == 1


EXIFTOOL = f"""<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x='adobe:ns:meta/' x:xmptk='Image::ExifTool 12.57'>
<rdf:RDF xmlns:rdf='{RDF}'>

 <rdf:Description rdf:about=''
  xmlns:restorer='{OURS}'>
  <restorer:MasterSHA256>{"f" * 64}</restorer:MasterSHA256>
  <restorer:NewRecords>0</restorer:NewRecords>
  <restorer:Records>[]</restorer:Records>
 </rdf:Description>

 <rdf:Description rdf:about=''
  xmlns:xmpMM='http://ns.adobe.com/xap/1.0/mm/'
  xmlns:stEvt='http://ns.adobe.com/xap/1.0/sType/ResourceEvent#'
  xmlns:stRef='http://ns.adobe.com/xap/1.0/sType/ResourceRef#'>
  <xmpMM:DerivedFrom rdf:parseType='Resource'>
   <stRef:documentID>urn:sha256:ff</stRef:documentID>
  </xmpMM:DerivedFrom>
  <xmpMM:DocumentID>xmp.did:1</xmpMM:DocumentID>
  <xmpMM:History>
   <rdf:Seq>
    <rdf:li rdf:parseType='Resource'>
     <stEvt:action>edited</stEvt:action>
    </rdf:li>
   </rdf:Seq>
  </xmpMM:History>
  <xmpMM:PreservedFileName>plate.tif</xmpMM:PreservedFileName>
 </rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end='w'?>""".encode()


def test_what_exiftool_itself_writes_takes_save_after_save():
    assert embedded(EXIFTOOL) is not None
    once = updated(EXIFTOOL, of(record()))
    twice = updated(once, of(record()))
    for new in (once, twice):
        assert lost(EXIFTOOL, new) == []
        assert Packet(new).text(("http://ns.adobe.com/xap/1.0/mm/", "PreservedFileName")) == "plate.tif"
    assert len(Packet(twice).items(("http://ns.adobe.com/xap/1.0/mm/", "History"))) == 3
    assert once.count(b"Description") == twice.count(b"Description")
