import json
from dataclasses import fields

import pytest

from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.core.operation import Repair, to_fields
from restorer_app.core.record import Record


def a_record(**changes):
    values = {
        "at": "2026-11-20T12:00:00+00:00",
        "operation": to_fields(Repair("patch", grain=0.5)),
        "region": Region(1, 2, 30, 40),
        "seed": 7,
        "model_id": None,
        "model_sha256": None,
        "mask_sha256": "0" * 64,
        "before_sha256": "1" * 64,
        "after_sha256": "2" * 64,
        "versions": {"restorer": "0.1.0"},
        "device": "cpu",
        "dtype": "float32",
        "seconds": 1.5,
    }
    return Record(**(values | changes))


def test_a_record_survives_json():
    record = a_record(measured={"sigma": 0.02}, changed_pixels=12)
    again = Record.from_fields(json.loads(json.dumps(record.to_fields())))
    assert again == record
    assert again.name == "repair"
    assert not again.is_learned


def test_a_record_by_hand_survives_too():
    record = a_record(operation={"name": "clone", "dx": 3, "dy": -4})
    assert Record.from_fields(record.to_fields()) == record


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 99}, "newer program"),
        ({"region": [1, 2, 3]}, "incomplete"),
        ({"surprise": 1}, "incomplete"),
        ({"operation": {}}, "incomplete"),
        ({"operation": {"name": "repair", "method": "magic"}}, "magic"),
        ({"operation": {"name": "repair", "force": 1}}, "knows no force"),
    ],
)
def test_a_record_that_cannot_be_understood_is_refused(change, sentence):
    with pytest.raises(InvalidValueError, match=sentence):
        Record.from_fields(a_record().to_fields() | change)


@pytest.mark.parametrize("name", [field.name for field in fields(Record)])
@pytest.mark.parametrize("value", [{"a": []}, ["x"], 1.5, "x", None, True], ids=repr)
def test_whatever_a_file_says_a_record_has_the_kinds_that_its_readers_count_on(name, value):
    said = json.loads(json.dumps(a_record().to_fields())) | {name: value}
    try:
        record = Record.from_fields(said)
    except InvalidValueError:
        return
    assert type(getattr(record, name)) is type(value)
    assert type(value) in {
        type(getattr(one, name)) for one in (a_record(), a_record(model_id="a", model_sha256="b", mask_sha256=None))
    }


def test_a_record_without_a_field_is_refused():
    fields = a_record().to_fields()
    del fields["seed"]
    with pytest.raises(InvalidValueError, match="incomplete"):
        Record.from_fields(fields)
