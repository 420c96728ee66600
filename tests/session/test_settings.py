import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core.errors import UnwritableFileError
from restorer_app.session.settings import RECENT_COUNT, Settings, load, save


def test_what_was_saved_is_loaded(tmp_path):
    chosen = replace(Settings(), theme="light", brush_diameter=3.5, recent=("/a.tif", "/ü.tif"), pressure=False)
    save(tmp_path / "deep" / "settings.json", chosen)
    assert load(tmp_path / "deep" / "settings.json") == chosen


def test_no_file_gives_the_defaults(tmp_path):
    assert load(tmp_path / "none.json") == Settings()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(asdict(Settings()))), json_values) | json_values)
def test_nonsense_in_the_file_never_reaches_the_window(tmp_path, told):
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(told), "utf-8")
    settings = load(file)
    for name, default in asdict(Settings()).items():
        value = getattr(settings, name)
        assert isinstance(value, (int, float)) if isinstance(default, float) else type(value) is type(default)
    assert settings.theme in {"system", "dark", "light"}
    assert 1 <= settings.brush_diameter <= 5000


def test_a_value_out_of_range_costs_only_itself(tmp_path):
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"brush_diameter": 1e9, "method": "magic", "grain": 0.5, "unknown": 1}), "utf-8")
    assert load(file) == replace(Settings(), grain=0.5)


def test_the_recent_list_keeps_each_file_once_newest_first():
    settings = Settings()
    for number in range(RECENT_COUNT + 3):
        settings = settings.with_recent(Path(f"/{number}.tif"))
    settings = settings.with_recent(Path("/5.tif"))
    assert settings.recent[:2] == ("/5.tif", f"/{RECENT_COUNT + 2}.tif")
    assert len(settings.recent) == len(set(settings.recent)) == RECENT_COUNT


def test_a_place_that_cannot_be_written_is_told_in_a_sentence_and_leaves_no_litter(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder should be")
    with pytest.raises(UnwritableFileError, match="settings could not be written"):
        save(blocked / "settings.json", Settings())
    assert list(tmp_path.iterdir()) == [blocked]


def test_a_recent_file_whose_name_is_no_text_is_remembered(tmp_path):
    settings = Settings().with_recent(Path(os.fsdecode(b"/scans/Gro\xdfmutter.tif")))
    save(tmp_path / "settings.json", settings)
    assert load(tmp_path / "settings.json") == settings


@pytest.mark.parametrize(
    "text", ['{"grain": 1' + "0" * 400 + "}", "[" * 200_000, '{"grain": 1e999}', '{"surround": NaN}']
)
def test_what_no_program_writes_is_not_fatal_either(tmp_path, text):
    (tmp_path / "settings.json").write_text(text, "ascii")
    assert load(tmp_path / "settings.json") == Settings()
