"""What is shipped: whole, as its card says, and harmless to black, white, smooth ramps and mean colour."""

from pathlib import Path

import pytest
import torch

from restorer_app.engine import loading
from restorer_app.files import cards, places

SHIPPED = ("decompress", "denoise", "repair", "upscale-x2", "upscale-x4")
LEVELS = {"denoise": 0.1, "decompress": 0.7, "upscale": 0.0, "repair": 1.0}  # guides as the engine gives them
DEPTH = 1 / 65535


@pytest.fixture(params=SHIPPED)
def model(request):
    stored = cards.find_model(request.param, places.models())
    cards.verify(stored)
    yield stored.card, loading.load(stored.card, "cpu")
    loading.forget_all()


def _answer(model, picture, *, dtype=None, level=None):
    card, net = model
    guide = torch.full_like(picture[:, :1], LEVELS[card.task] if level is None else level)
    if card.task == "repair":
        guide = torch.zeros_like(guide)
        guide[..., 20:30, 20:60] = 1
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=dtype is not None):
        return net(picture, guide)


def test_the_card_says_how_far_the_net_sees(model):
    card, net = model
    assert card.halo == net.reach
    assert card.measured
    assert not card.synthesises_detail


def test_together_they_are_small():
    folders = [places.models() / name for name in SHIPPED]
    assert sum(file.stat().st_size for folder in folders for file in folder.iterdir()) < 60e6


def test_every_model_has_its_recipe_and_plot():
    for name in SHIPPED:
        assert {"card.toml", "recipe.toml", "plot.png"} <= {
            file.name for file in Path(places.models() / name).iterdir()
        }


@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
@pytest.mark.parametrize("value", [0.0, 0.25, 1.0])
def test_black_white_and_grey_do_not_move(model, value, dtype):
    answer = _answer(model, torch.full((1, 3, 64, 80), value), dtype=dtype)
    assert (answer - value).abs().max() < 1.5 / 255
    assert abs(float(answer.mean()) - value) < 0.5 / 255


@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_a_16_bit_ramp_stays_smooth(model, dtype):
    card, _ = model
    ramp = torch.linspace(0.50, 0.56, 256).expand(1, 3, 64, 256).contiguous()
    line = _answer(model, ramp, dtype=dtype, level=0.02 if card.task != "upscale" else 0.0)[0, 1, 25 * card.scale]
    steps = line[16 * card.scale : -16 * card.scale].diff()
    assert len(line.unique()) > 200  # bfloat16 alone would leave 16
    assert float(steps.abs().max()) < (1.0 if card.task == "repair" else 0.5) / 255  # a fill need not be a ramp


def test_the_mean_colour_stays(model):
    card, _ = model
    torch.manual_seed(0)
    smooth = torch.nn.functional.interpolate(torch.rand(1, 3, 5, 7), (64, 80), mode="bicubic", align_corners=False)
    picture = smooth.clamp(0, 1) + (0.1 * torch.randn(1, 3, 64, 80) if card.task == "denoise" else 0)
    drift = _answer(model, picture).mean((0, 2, 3)) - picture.mean((0, 2, 3))
    assert drift.abs().max() < 1 / 255


def test_tiles_equal_the_whole(model):
    card, _ = model
    torch.manual_seed(0)
    halo, core, (top, left) = -(-card.halo // 8) * 8, 40, (8, 16)
    side = core + 2 * halo
    picture = torch.rand(1, 3, side + 20, side + 28)
    whole = _answer(model, picture) if card.task != "repair" else None
    if whole is None:
        pytest.skip("the hole of this test stands at one place; repair's tiles are tested with the nets")
    tile = _answer(model, picture[..., top : top + side, left : left + side])
    k = card.scale
    inner = tile[..., halo * k : -halo * k, halo * k : -halo * k]
    there = whole[..., (top + halo) * k :, (left + halo) * k :][..., : core * k, : core * k]
    assert (inner - there).abs().max() < DEPTH
