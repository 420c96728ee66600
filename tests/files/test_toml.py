"""What is written as TOML is read back equal."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from restorer_app.files.toml import toml

_plain = st.one_of(st.integers(-(2**40), 2**40), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
_text = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs"], exclude_characters="\x7f"),
    max_size=12,
)
_values = st.dictionaries(_text, st.one_of(_plain, _text, st.lists(st.integers(), max_size=3)), max_size=4)


@given(_values, st.dictionaries(_text.filter(bool), _values, max_size=2))
def test_values_and_tables_are_read_back_equal(values, tables):
    whole = {**values, **{f"table {name}": table for name, table in tables.items()}}
    assert tomllib.loads(toml(whole)) == whole
