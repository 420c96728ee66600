import base64
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core.errors import InvalidValueError, RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.raster import Raster
from restorer_app.files import maskcode, xmp
from restorer_app.files.coveragecode import decode_coverage
from restorer_app.files.maskcode import decode_mask, encode_mask
from restorer_app.files.metadata import SOURCE_TYPES, Saving, all_records, embedded, lost, source_type, updated
from restorer_app.files.xmp import IPTC_EXT, REFERENCE, XMP_MM, Packet, XmpError
from tests.files.make import XMP
from tests.files.test_saving import record

DC = "http://purl.org/dc/elements/1.1/"
RICH = f"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <r:Description r:about="uuid:1" xmlns:m="{XMP_MM}" xmlns:own="http://example.org/own/"
   xmlns:xmp="http://ns.adobe.com/xap/1.0/"
   m:DocumentID="doc:1" m:InstanceID="ins:1" xmp:CreatorTool="ScanSuite 4" own:Inventory="7 &amp; 8">
  <m:History xmlns:e="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"><r:Seq>
   <r:li e:action="created" e:when="2019"/></r:Seq></m:History>
  <own:Tree r:parseType="Resource"><own:Leaf>ä</own:Leaf></own:Tree>
  <!-- a comment -->
 </r:Description>
 <r:Description r:about="uuid:1" xmlns:dc="{DC}">
  <dc:subject><r:Bag><r:li>tear</r:li><r:li>stain</r:li></r:Bag></dc:subject></r:Description>
</r:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def of(*records, allowed: Raster | None = None, **values: object) -> Saving:
    facts = {
        "records": records, "allowed": allowed, "master_sha256": "f" * 64, "master_name": "scan.tif", "page": 0,
        "derived": False, "at": "2026-11-20T12:00:00+00:00",
    }  # fmt: skip
    return Saving(**(facts | values))


@pytest.mark.parametrize("old", [None, b"", XMP, RICH, XMP + bytes(20), b"\xef\xbb\xbf" + RICH.decode().encode()])
def test_everything_that_was_there_stays(old):
    new = updated(old, of(record()))
    assert lost(old, new) == []
    Packet(new)
    if old and b"own:Tree" in old:
        assert b"<!-- a comment -->" in new
        assert "ä".encode() in new
        assert b"7 &amp; 8" in new
        assert Packet(new).text(("http://ns.adobe.com/xap/1.0/", "CreatorTool")) == "ScanSuite 4"


def test_line_ends_and_tabs_of_an_attribute_survive_any_number_of_saves():
    """Photoshop keeps its history in one attribute, a line an entry."""
    history = 'own:History="opened&#x9;scan.tif&#xA;saved&#xD;&#xA;closed&#10;" own:Inventory'
    old = RICH.replace(b"own:Inventory", history.encode()).replace(b"\xc3\xa4", b"\xc3\xa4&#xD;&#xA;")
    new = old
    for _ in range(3):
        before, new = new, updated(new, of(record()))
        assert lost(before, new) == []
    assert Packet(new).text(("http://example.org/own/", "History")) == "opened\tscan.tif\nsaved\r\nclosed\n"
    assert lost(old, new) == []


def test_a_utf_16_packet_is_merged_too():
    old = RICH.decode().encode("utf-16")
    assert lost(old, updated(old, of(record()))) == []


def test_a_name_that_is_no_text_does_not_spoil_the_packet():
    new = updated(RICH, of(record(), master_name="scan\udcff\x01.tif"))
    assert Packet(new).fields((XMP_MM, "DerivedFrom"))[REFERENCE, "filePath"] == "scan\ufffd\ufffd.tif"
    assert embedded(new) is not None


def test_a_packet_of_millions_of_elements_is_kept_and_not_parsed(monkeypatch):
    monkeypatch.setattr(xmp, "_MOST_MARKS", 200)
    old = RICH.replace(b"<own:Leaf>", b"<own:Twig/>" * 200 + b"<own:Leaf>")
    with pytest.raises(XmpError, match="larger than any"):
        Packet(old)
    assert lost(old, updated(old, of(record()))) == []


def test_history_is_appended_once_for_each_group_of_operations():
    model = {"model_id": "repair-1", "model_sha256": "c" * 64}
    done = [record(), record(), record("repair", **model), record()]
    packet = Packet(updated(RICH, of(*done)))
    events = packet.items((XMP_MM, "History"))
    assert len(events) == 1 + 3
    assert "created" in events[0]
    assert "clone, 2 times" in events[1]
    assert "repair-1" in events[2]
    again = Packet(updated(packet.to_bytes(), of(record())))
    assert again.items((XMP_MM, "History"))[:4] == events


def test_identities_are_new_and_name_where_they_come_from():
    packet = Packet(updated(RICH, of(record())))
    assert packet.text((XMP_MM, "DocumentID")) not in {None, "doc:1"}
    assert packet.text((XMP_MM, "InstanceID")) not in {None, "ins:1"}
    assert packet.text((XMP_MM, "OriginalDocumentID")) == "doc:1"
    origin = {name[1]: value for name, value in packet.fields((XMP_MM, "DerivedFrom")).items()}
    assert origin == {
        "documentID": "doc:1", "instanceID": "ins:1", "originalDocumentID": "doc:1", "filePath": "scan.tif",
    }  # fmt: skip
    second = Packet(updated(packet.to_bytes(), of(record(), master_sha256="e" * 64)))
    assert second.text((XMP_MM, "OriginalDocumentID")) == "doc:1"
    assert second.text((XMP_MM, "InstanceID")) != packet.text((XMP_MM, "InstanceID"))
    assert updated(RICH, of(record())) == updated(RICH, of(record()))  # the same edit gives the same identities


LEARNED = {"model_id": "m", "model_sha256": "c" * 64}


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], None),
        ([record("clone")], "humanEdits"),
        ([record("repair")], "humanEdits"),
        ([record("denoise", **LEARNED)], "algorithmicallyEnhanced"),
        ([record("denoise"), record("clone")], "algorithmicallyEnhanced"),
        ([record("decompress", **LEARNED, changed_pixels=0)], None),
        ([record("repair", **LEARNED, changed_pixels=0), record("clone")], "humanEdits"),
        ([record("repair", **LEARNED)], "compositeWithTrainedAlgorithmicMedia"),
        ([record("upscale", **LEARNED, synthesises_detail=True)], "compositeWithTrainedAlgorithmicMedia"),
    ],
)
def test_the_kind_of_source_is_what_was_really_used(records, expected):
    assert source_type(records) == expected
    said = Packet(updated(RICH, of(*records))).text((IPTC_EXT, "DigitalSourceType"))
    assert said == (SOURCE_TYPES + expected if expected else None)


def test_a_file_is_never_made_to_look_less_invented_than_it_said():
    strong = updated(None, of(record("repair", **LEARNED)))
    after = Packet(updated(strong, of(record("clone"))))
    assert after.text((IPTC_EXT, "DigitalSourceType")) == SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"


def test_a_person_may_say_otherwise_and_that_is_written_down():
    packet = Packet(updated(None, of(record("denoise"), source_type="digitisedFromPrint")))
    assert packet.text((IPTC_EXT, "DigitalSourceType")) == SOURCE_TYPES + "digitisedFromPrint"
    assert b"algorithmicallyEnhanced" in packet.to_bytes()


def test_records_of_this_save_and_of_those_before_are_told_apart():
    first = updated(RICH, of(record("clone", seed=1)))
    second = updated(first, of(record("denoise", seed=2)))
    said = embedded(second)
    assert said is not None
    assert [one.seed for one in said.records] == [2]
    assert [one.seed for one in all_records(second)] == [1, 2]


@pytest.mark.parametrize(
    ("old", "new"),
    [(b">1</restorer:NewRecords", b">3</restorer:NewRecords"), (b">0</restorer:Page", b">-1</restorer:Page")],
)
def test_a_record_that_counts_wrongly_is_no_record(old, new):
    packet = updated(None, of(record()))
    assert old in packet
    assert embedded(packet) is not None
    assert embedded(packet.replace(old, new)) is None


@pytest.mark.parametrize(
    "broken",
    [
        b"not xml", b"<a>", b"<x/>", RICH[:-40],
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
        b"<r>" * 5000 + b"</r>" * 5000,
    ],
)  # fmt: skip
def test_a_packet_that_cannot_be_parsed_is_kept_whole_beside_a_new_one(broken):
    with pytest.raises(XmpError):
        Packet(broken)
    new = updated(broken, of(record()))
    assert lost(broken, new) == []
    assert lost(broken, updated(None, of(record()))) != []
    assert embedded(broken) is None


def test_a_lost_property_and_a_cut_history_are_noticed():
    bare = updated(None, of(record()))
    gone = lost(RICH, bare)
    assert "Tree in the XMP" in gone
    assert "subject in the XMP" in gone
    assert "History in the XMP" in gone


def test_a_packet_that_has_to_be_short_tells_the_mask_more_coarsely():
    rng = np.random.default_rng(1)
    mask = Raster.from_array((rng.random((600, 600, 1)) < 0.3).astype(np.uint8))
    long, short = updated(None, of(record(), allowed=mask)), updated(None, of(record(), allowed=mask), most=20_000)
    assert len(long) > 20_000 >= len(short)
    with pytest.raises(RestorerError, match="too long"):
        updated(None, of(*[record()] * 80), most=20_000)


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1), st.integers(0, 9))
def test_any_mask_comes_back_from_its_text(height, width, share, seed):
    mask = (np.random.default_rng(seed).random((height, width, 1)) < share).astype(np.uint8)
    back = decode_mask(encode_mask(Raster.from_array(mask), most=1 << 20))
    np.testing.assert_array_equal(back.read(back.bounds) > 0, mask > 0)


@given(
    full=st.booleans(),
    height=st.integers(1, 900),
    places=st.lists(st.tuples(st.integers(0, 899), st.integers(0, 29), st.booleans()), max_size=4),
)
def test_a_mask_that_was_painted_in_few_places_comes_back_from_its_text(full, height, places):
    mask = Raster.flat(Region.of_size(30, height), value=255 if full else 0)
    for top, left, is_set in places:
        region = Region.clipped(left, top, left + 9, top + 40, inside=mask.bounds)
        if region is not None:
            mask = mask.with_patch(region, np.full((*region.shape, 1), 255 * is_set, np.uint8))
    back = decode_mask(encode_mask(mask, most=1 << 20))
    np.testing.assert_array_equal(back.read(back.bounds) > 0, mask.read(mask.bounds) > 0)


def test_a_mask_too_long_to_tell_is_told_by_cells():
    mask = np.zeros((600, 600, 1), np.uint8)
    mask[300::2, 300::2] = 1
    text = encode_mask(Raster.from_array(mask), most=400)
    back = decode_mask(text).read(Region(0, 0, 600, 600))
    assert len(text) <= 400
    assert back[mask > 0].all()
    assert not back[:256].any()


def test_a_mask_with_more_edges_than_are_read_again_is_told_by_cells(monkeypatch):
    monkeypatch.setattr(maskcode, "_MOST_TURNS", 1000)
    mask = np.zeros((600, 600, 1), np.uint8)
    mask[300::2, 300::2] = 1
    back = decode_mask(encode_mask(Raster.from_array(mask), most=1 << 20)).read(Region(0, 0, 600, 600))
    assert back[mask > 0].all()
    assert not back[:256].any()


def test_a_record_that_claims_a_mask_of_endless_edges_is_refused_before_it_takes_memory():
    lengths = zlib.compress(bytes(300 << 20), 1)  # 1.3 MB of text
    tracemalloc.start()
    with pytest.raises(InvalidValueError, match="more finely divided than any"):
        decode_mask("runs 9999 9999 " + base64.b64encode(lengths).decode())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200 << 20


@given(st.text(max_size=60))
def test_any_text_for_a_mask_is_a_mask_or_refused(text):
    for given_text in (text, f"runs 10 10 {text}"):
        try:
            decode_mask(given_text)
        except InvalidValueError:
            continue


def test_the_masks_of_the_steps_come_back_and_go_first_where_there_is_no_room():
    soft = np.random.default_rng(3).integers(0, 256, (300, 300, 1), np.uint8)
    saving = of(record(), record(), masks=(Raster.from_array(soft), None))
    told = embedded(updated(None, saving)).masks
    assert np.array_equal(decode_coverage(told[0], Region.of_size(300, 300)).read(Region.of_size(300, 300)), soft)
    assert told[1] == ""
    small = updated(None, saving, most=65_000)
    assert embedded(small).masks == ("", "")
    assert len(embedded(small).records) == 2


@pytest.mark.parametrize("said", ["[", "[" * 100_000, "{}", '["a"]', "[1, 2]", "[null, null]"])
def test_masks_that_make_no_sense_cost_only_themselves(said):
    packet = Packet(updated(None, of(record(), record())))
    packet.set_text((xmp.OURS, "Masks"), said)
    assert embedded(packet.to_bytes()).masks == ("", "")
