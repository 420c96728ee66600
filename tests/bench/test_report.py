import json

import pytest

from restorer_app.bench import report as reports
from restorer_app.bench.report import BusyMachineError, Report, Table, must_be_quiet, others_load, timed


def table() -> Table:
    return Table(
        "Speed", ("work", "ms", "fits"), (("a | b", 1234.5, True), ("c", 0.0123, None)), note="Lower is better."
    )


def test_a_table_has_one_line_for_each_row_and_every_line_the_same_bars():
    lines = table().markdown().splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == 4
    assert {len(line) for line in rows} == {len(rows[0])}
    assert {line.replace("\\|", "").count("|") for line in rows} == {4}
    assert lines[-1] == "Lower is better."


def test_a_table_shows_numbers_as_a_person_writes_them():
    text = table().markdown()
    assert "1 234.50" in text
    assert "0.0123" in text
    assert "yes" in text
    assert "–" in text


def test_a_row_of_the_wrong_length_is_our_own_mistake():
    with pytest.raises(AssertionError, match="Speed"):
        Table("Speed", ("work", "ms"), (("a",),))


def test_a_report_reads_back_from_its_json():
    report = Report("core", {"cores": 2}, (table(),), ("A note.",))
    read = json.loads(report.json())
    assert read["tables"][0]["rows"] == [["a | b", 1234.5, True], ["c", 0.0123, None]]
    assert read["machine"] == {"cores": 2}


def test_work_is_timed_as_often_as_asked_after_its_warm_up():
    runs = []
    timing = timed(lambda: runs.append(1), repeats=3, warm_up=2)
    assert len(runs) == 5
    assert len(timing.seconds) == 3
    assert timing.least <= timing.median <= timing.most


def test_a_busy_machine_is_refused_with_what_to_do(monkeypatch):
    monkeypatch.setattr(reports, "others_load", lambda: 1.6)
    with pytest.raises(BusyMachineError, match=r"1\.6 of .* cores") as refusal:
        must_be_quiet(patience_seconds=0)
    assert "--anyway" in str(refusal.value)
    must_be_quiet(patience_seconds=0, anyway=True)


def test_a_machine_that_becomes_quiet_is_waited_for(monkeypatch):
    loads = iter([1.5, 0.9, 0.1])
    monkeypatch.setattr(reports, "others_load", lambda: next(loads))
    must_be_quiet(patience_seconds=60)
    assert next(loads, None) is None


def test_a_system_that_does_not_tell_its_load_is_believed(monkeypatch, tmp_path):
    monkeypatch.setattr(reports, "_STAT", tmp_path / "nowhere")
    assert others_load() is None
    must_be_quiet(patience_seconds=0)


def test_own_work_does_not_count_as_the_load_of_others(monkeypatch):
    monkeypatch.setattr(reports, "_busy_seconds", iter([100.0, 100.5]).__next__)
    monkeypatch.setattr(reports.time, "process_time", iter([1.0, 1.5]).__next__)
    monkeypatch.setattr(reports.time, "sleep", lambda seconds: None)
    assert others_load() == 0.0
