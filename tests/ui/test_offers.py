"""What can be done is made from operations and cards, and says what it does to the evidence."""

import pytest

from restorer_app.core.card import ModelCard
from restorer_app.core.geometry import Region
from restorer_app.core.job import Job
from restorer_app.core.operation import OPERATIONS, Repair
from restorer_app.core.raster import Raster
from restorer_app.ui.offers import methods, offers, usable_method, ways


def card(name, task, scale=1, invents=False):
    return ModelCard(
        id=name, version="1", task=task, net="trunk", net_args={}, scale=scale, halo=8, multiple_of=1, tiling=True,
        dtypes=("float32",), sha256="0" * 64, licence="MIT", trained_by="us", synthesises_detail=invents,
    )  # fmt: skip


CARDS = [card("denoise", "denoise"), card("upscale-x2", "upscale", 2), card("jpeg", "decompress")]


def test_without_models_everything_that_arithmetic_can_do_is_there():
    assert [way.id for way in ways([])] == ["denoise", "upscale-2", "upscale-4"]
    assert all(way.card is None for way in ways([]))


def test_a_card_gives_its_operation_a_model():
    found = {way.id: way.card.id if way.card else None for way in ways(CARDS)}
    assert found == {"denoise": "denoise", "decompress": "jpeg", "upscale-2": "upscale-x2", "upscale-4": None}


def test_two_models_for_one_operation_are_two_offers():
    found = ways([*CARDS, card("denoise-strong", "denoise")])
    assert [way.id for way in found if way.kind.name == "denoise"] == ["denoise:denoise", "denoise:denoise-strong"]
    assert len({offer.detail for offer in offers(found, masked=False, editable=True)[:2]}) == 2


@pytest.mark.parametrize("strength", [None, 0.0, 0.5, 1.0])
def test_every_way_makes_a_job_that_is_accepted(strength):
    image = Raster.flat(Region.of_size(4, 4))
    for way in ways(CARDS):
        job = Job("1", way.operation(strength), image, image.bounds, model=way.card)
        assert job.operation.name == way.kind.name


def test_a_mask_is_named_where_it_counts():
    told = [(offer.title, offer.button) for offer in offers(ways(CARDS), masked=True, editable=True)]
    assert told[:2] == [("Denoise", "In mask"), ("Remove compression", "In mask")]
    assert told[2:] == [("Upscale ×2", ""), ("Upscale ×4", "")], "it makes the whole picture larger"


def test_a_model_that_invents_says_so():
    found = offers(ways([card("dream", "upscale", 4, invents=True)]), masked=False, editable=True)
    told = next(offer for offer in found if offer.id == "upscale-4")
    assert "plausible" in told.detail
    assert "may never have been there" in told.hint


def test_methods_are_those_of_the_repair_and_each_says_what_it_does():
    found = methods([card("fill", "repair")])
    assert [method.id for method in found] == ["faithful", "patch", "telea", "navier-stokes"]
    for method in found:
        assert Repair(method=method.id)
        assert len(method.hint) > 40
        assert method.available


def test_a_method_that_cannot_be_had_gives_way_to_the_next():
    assert usable_method("faithful", []) == "patch"
    assert usable_method("telea", []) == "telea"
    assert usable_method("faithful", [card("fill", "repair")]) == "faithful"


def test_every_operation_without_a_mask_has_a_place_in_the_panel():
    assert {way.kind for way in ways(CARDS)} == {kind for kind in OPERATIONS if not kind.needs_mask}


@pytest.mark.parametrize(("layout", "name"), [("cmyk", "CMYK"), ("lab", "Lab")])
def test_inks_are_no_light_so_no_model_is_offered_and_the_reason_is_said(layout, name):
    faithful = methods([], layout)[0]
    assert not faithful.available
    assert faithful.hint == f"Learned methods know grey and RGB, and this picture is {name}."
    assert methods([])[0].hint == "No repair model is installed."
