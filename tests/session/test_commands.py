import itertools
from collections import Counter
from dataclasses import replace

import pytest

from restorer_app.session.command import FACTS, Situation
from restorer_app.session.commands import COMMANDS, GROUPS, command, found, in_group

EVERYTHING = replace(Situation(), **dict.fromkeys(FACTS, True))


def test_ids_are_unique():
    assert [name for name, count in Counter(known.id for known in COMMANDS).items() if count > 1] == []


def test_no_key_belongs_to_two_commands():
    keys = Counter(itertools.chain.from_iterable(known.keys for known in COMMANDS))
    assert [key for key, count in keys.items() if count > 1] == []


def test_titles_are_unique_so_that_the_palette_is_clear():
    assert max(Counter(known.title for known in COMMANDS).values()) == 1


@pytest.mark.parametrize("known", COMMANDS, ids=lambda known: known.id)
def test_a_command_names_facts_that_exist_and_a_group_that_has_a_menu(known):
    assert set(known.when) <= FACTS
    assert not known.checked or known.checked in FACTS
    assert known.group in GROUPS
    assert known.method.isidentifier()
    assert known.title[0].isupper() or known.title[0].isdigit()


@pytest.mark.parametrize("known", COMMANDS, ids=lambda known: known.id)
def test_a_command_is_possible_exactly_while_its_facts_hold(known):
    assert known.is_possible(EVERYTHING)
    for fact in known.when:
        assert not known.is_possible(replace(EVERYTHING, **{fact: False}))


def test_keys_that_need_altgr_on_german_and_french_keyboards_have_a_second_key():
    for known in COMMANDS:
        if any(character in key for key in known.keys for character in "\\[]{}"):
            assert any(not set(key) & set("\\[]{}") for key in known.keys)


@pytest.mark.parametrize(("plain", "shifted"), ["[{", "]}", ",<", ".>", "/?", ";:", "'\"", "\\|", "-_"])
def test_no_key_is_named_both_by_what_is_pressed_and_by_what_it_types(plain, shifted):
    """A keyboard's Shift+[ types a brace: Qt takes two such names for two wishes and does neither."""
    keys = [key for known in COMMANDS for key in known.keys]
    for key in keys:
        if key.endswith(f"Shift+{plain}"):
            before = key.removesuffix(f"Shift+{plain}")
            assert not {f"{before}{shifted}", f"{before}Shift+{shifted}"} & set(keys)


def test_keys_of_tools_to_come_are_free():
    taken = set(itertools.chain.from_iterable(known.keys for known in COMMANDS))
    assert not taken & {"W", "A", "N", "P", "R", "Backspace", "1", "2", "3", "4"}


def test_a_tool_in_hand_is_ticked():
    brush, hand = command("tool.brush"), command("tool.hand")
    assert brush.is_checked(Situation(tool="brush"))
    assert not hand.is_checked(Situation(tool="brush"))


def test_search_puts_titles_that_begin_with_the_words_first():
    assert found("zoom")[0].title.startswith("Zoom")
    assert found("ground glass elephant") == []
    assert len(found("")) == len(COMMANDS)
    assert command("mask.grow") in found("mask grow")


def test_groups_hold_every_command_once():
    assert [known for group in GROUPS for known in in_group(group)] == list(COMMANDS)
