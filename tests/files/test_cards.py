"""Model cards on disc: what is wrong with one is said in a sentence, and costs no other model."""

import hashlib
import shutil

import pytest

from restorer_app.core.errors import UnusableModelError
from restorer_app.files import places
from restorer_app.files.cards import find_model, list_models, read_card, verify, weights_of

WEIGHTS = b"weights of a very small net"


def card(**changes: object) -> str:
    values = {
        "id": '"denoise-small"',
        "version": '"1"',
        "task": '"denoise"',
        "net": '"unet"',
        "net_args": "{ width = 16 }",
        "scale": 1,
        "halo": 16,
        "multiple_of": 8,
        "tiling": "true",
        "dtypes": '["float32", "bfloat16"]',
        "sha256": f'"{hashlib.sha256(WEIGHTS).hexdigest()}"',
        "licence": '"MIT"',
        "trained_by": '"us"',
        "synthesises_detail": "false",
        "minutes": 12,
        "measured": "{ psnr = 31.5 }",
    } | changes
    return "\n".join(f"{name} = {value}" for name, value in values.items() if value is not None)


@pytest.fixture
def folder(tmp_path):
    model = tmp_path / "denoise-small"
    model.mkdir()
    (model / "card.toml").write_text(card(), "utf-8")
    (model / "weights.safetensors").write_bytes(WEIGHTS)
    return model


def test_a_card_is_read_and_its_weights_are_verified(folder):
    found = find_model("denoise-small", folder.parent)
    assert found.card.net_args == {"width": 16}
    assert found.card.dtypes == ("float32", "bfloat16")
    assert found.card.measured["psnr"] == 31.5
    verify(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (card(task='"paint"'), "known tasks are"),
        (card(licence=None), "lacks licence"),
        (card(surprise=1), "unknown entries surprise"),
        (card(halo='"16"'), "entry halo is of the wrong kind"),
        (card(scale="true"), "entry scale is of the wrong kind"),
        (card(id='"other"'), "that of other"),
        ("id = ", "is damaged"),
        ("\xff", "is damaged"),
    ],
)
def test_what_is_wrong_with_a_card_is_said(folder, text, said):
    (folder / "card.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(UnusableModelError, match=said):
        read_card(folder)
    with pytest.raises(UnusableModelError, match=said):
        find_model("denoise-small", folder.parent)


def test_weights_that_are_not_the_cards_are_refused(folder):
    (folder / "weights.safetensors").write_bytes(WEIGHTS[:-1])
    with pytest.raises(UnusableModelError, match="not those that its card describes"):
        verify(find_model("denoise-small", folder.parent))


def test_one_broken_model_does_not_hide_the_others(folder):
    for name, content in {"no-weights": card(id='"no-weights"'), "empty-card": ""}.items():
        (folder.parent / name).mkdir()
        (folder.parent / name / "card.toml").write_text(content, "utf-8")
    (folder.parent / "README.md").write_text("not a model", "utf-8")
    found = {model.folder.name: model.problem for model in list_models(folder.parent)}
    assert list(found) == ["denoise-small", "empty-card", "no-weights"]
    assert found["denoise-small"] is None
    assert "no weights" in found["no-weights"].message


def test_a_model_that_is_not_there_is_named_beside_those_that_are(folder):
    with pytest.raises(UnusableModelError, match=r"There is no model best.*These are here: denoise-small"):
        find_model("best", folder.parent)
    with pytest.raises(UnusableModelError, match="These are here: none"):
        find_model("best", folder.parent / "nowhere")


def test_the_first_folder_wins(folder, tmp_path):
    own = tmp_path / "own" / "denoise-small"
    own.mkdir(parents=True)
    (own / "card.toml").write_text(card(version='"2"'), "utf-8")
    (own / "weights.safetensors").write_bytes(WEIGHTS)
    assert find_model("denoise-small", tmp_path / "own", folder.parent).card.version == "2"
    assert find_model("denoise-small", folder.parent, tmp_path / "own").card.version == "1"


def test_a_model_that_a_person_trained_stands_before_the_shipped_one_of_its_name():
    shipped = find_model("denoise", places.models())
    own = places.own_models() / "denoise"
    own.mkdir(parents=True)
    (own / "card.toml").write_text(card(id='"denoise"', version='"mine"'), "utf-8")
    (own / "weights.safetensors").write_bytes(WEIGHTS)
    assert find_model("denoise").card.version == "mine"
    assert weights_of(shipped.card) == shipped.weights, "what the shipped one did can be done again"
    assert weights_of(find_model("denoise").card) == own / "weights.safetensors"
    assert {model.folder.name for model in list_models()} >= {"denoise", "repair"}
    shutil.rmtree(own)
    assert find_model("denoise") == shipped
