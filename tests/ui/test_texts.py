"""Every text can be translated: Qt's own extraction finds it."""

import ast
from pathlib import Path

import pytest
from defusedxml.ElementTree import parse

import restorer_app
from restorer_app.session.commands import COMMANDS, GESTURES, GROUPS
from restorer_app.ui import texts
from restorer_app.ui.acts.picture import OF_PROTECTION

PACKAGE = Path(restorer_app.__file__).parent
TITLED = {"Step", "set_mask", "_set", "_add_handwork", "_load"}  # whose first word is a step's title


@pytest.fixture(scope="module")
def extracted(tmp_path_factory):
    target = tmp_path_factory.mktemp("texts") / "restorer.ts"
    texts.extract(target)
    return {
        (context.findtext("name"), message.findtext("source"))
        for context in parse(target).getroot().iter("context")
        for message in context.iter("message")
    }


def test_every_title_hint_menu_and_gesture_of_the_table_is_found(extracted):
    wanted = {command.title for command in COMMANDS} | {command.hint for command in COMMANDS} - {""}
    wanted |= set(GROUPS.values()) | {text for gesture in GESTURES for text in gesture}
    assert {("commands", text) for text in wanted} <= extracted


@pytest.mark.parametrize(
    "name",
    [
        "offers",
        "presenting/steps",
        "presenting/proof",
        "presenting/pictures",
        "presenting/records",
        "wording",
        "jobs",
        "room",
        "dialogs/unsaved",
        "panels/step_rows",
    ],
)
def test_texts_outside_of_classes_are_found(extracted, name):
    tree = ast.parse((texts.FOLDER / f"{name}.py").read_text("utf-8"))
    asked = {
        tuple(word.value for word in call.args)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "translate"
        and all(isinstance(word, ast.Constant) for word in call.args)
    }
    assert asked
    assert asked <= extracted


def test_every_title_of_a_step_is_found(extracted):
    sources = [
        *(PACKAGE / "session").glob("*.py"),
        *(PACKAGE / "ui" / "acts").glob("*.py"),
        PACKAGE / "ui" / "editing.py",
    ]
    titles = {
        call.args[0].value
        for source in sources
        for call in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and (getattr(call.func, "id", "") in TITLED or getattr(call.func, "attr", "") in TITLED)
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    titles |= set(OF_PROTECTION.values())
    assert len(titles) > 15
    assert {("presenting", title) for title in titles} <= extracted


def test_a_translation_that_is_there_already_stays(tmp_path):
    target = tmp_path / "restorer.ts"
    texts.extract(target)
    told = target.read_text("utf-8")
    old = '<source>Invert mask</source>\n        <translation type="unfinished"></translation>'
    assert old in told
    target.write_text(told.replace(old, old.replace(' type="unfinished">', ">反转蒙版")), "utf-8")
    texts.extract(target)
    assert "反转蒙版" in target.read_text("utf-8")
