"""Every net: any size, tiles equal the whole, ends in float32, and nothing happens where nothing is asked."""

import pytest
import torch

from restorer_app.engine.nets import NETS
from restorer_app.engine.nets.layers import Blockwise, FarConv

ARGS = {"trunk": {"width": 16}, "enlarge": {"width": 16}, "mend": {"width": 16}}
FAR = {"width": 16, "depth": 8, "far": (2, 4)}
BLOCKS = {"width": 16, "depth": 6, "blocks": 2}


NETS_AND_ARGS = [*sorted(ARGS.items()), ("trunk", FAR), ("trunk", BLOCKS)]


@pytest.fixture(params=NETS_AND_ARGS, ids=lambda param: "-".join((param[0], *param[1])))
def net(request):
    """A net that does something: the last layer of a fresh one is nearly zero, and so are those that are skipped."""
    torch.manual_seed(0)
    name, args = request.param
    net = NETS[name](**args).eval()
    with torch.no_grad():
        net.last.weight.mul_(20)
        for layer in getattr(net, "far", ()):
            layer.weight.mul_(10)
        for layer in getattr(net, "blocks", ()):
            torch.nn.init.normal_(layer.back.weight, std=0.05)
    return net


def test_a_net_that_looks_far_begins_as_the_one_without():
    torch.manual_seed(0)
    near, far = NETS["trunk"](width=16, depth=4).eval(), NETS["trunk"](width=16, depth=4, far=(2, 8)).eval()
    skipped = {name: torch.zeros_like(value) for name, value in far.state_dict().items() if name.startswith("far.")}
    far.load_state_dict({**skipped, **near.state_dict()})
    picture, guide = torch.rand(1, 3, 50, 40), torch.full((1, 1, 50, 40), 0.1)
    with torch.inference_mode():
        assert torch.equal(near(picture, guide), far(picture, guide))
    assert far.reach == near.reach + 2 * (2 + 8)


@pytest.mark.parametrize("size", [(9, 12), (3, 2), (1, 1)])
def test_a_far_convolution_sees_every_so_many_pixels_and_a_mirror_beyond_the_edge(size):
    conv = FarConv(1, 1, dilation=4)
    with torch.no_grad():
        conv.weight.zero_()[0, 0, 0, 1] = 1  # what lies above
        conv.bias.zero_()
        picture = torch.arange(float(size[0] * size[1])).view(1, 1, *size)
        seen = conv(picture)[0, 0]
    rows = torch.arange(size[0]) - 4
    rows = rows.abs() if min(size) > 4 else rows.clamp_min(0)
    assert torch.equal(seen, picture[0, 0, rows])


def test_a_net_that_sees_squares_begins_as_the_one_without():
    torch.manual_seed(0)
    blind, seeing = NETS["trunk"](width=16, depth=6).eval(), NETS["trunk"](**BLOCKS).eval()
    blocks = {name: value for name, value in seeing.state_dict().items() if name.startswith("blocks.")}
    seeing.load_state_dict({**blocks, **blind.state_dict()})
    picture, guide = torch.rand(1, 3, 56, 40), torch.full((1, 1, 56, 40), 0.1)
    with torch.inference_mode():
        assert torch.equal(blind(picture, guide), seeing(picture, guide))
    assert (blind.multiple_of, seeing.multiple_of) == (2, 8)
    assert seeing.reach == blind.reach + 2 * 8


@pytest.mark.parametrize("shift", [0, 8, 3])
def test_squares_are_mixed_each_by_itself_and_all_alike(shift):
    torch.manual_seed(0)
    layer, x = Blockwise(2, 5, 4), torch.rand(1, 2, 12, 16)
    torch.nn.init.normal_(layer.back.weight)
    with torch.inference_mode():
        whole, other = layer(x), x.clone()
        other[..., 4:8, 8:12] += 1
        changed = (layer(other) != whole).any(1)[0]
        assert changed[4:8, 8:12].any()
        assert changed.sum() == changed[4:8, 8:12].sum()
        same = torch.allclose(layer(x.roll(shift, 3)), whole.roll(shift, 3), atol=1e-6)
    assert same == (shift % 4 == 0)


def _guide(net, picture, value=0.1):
    if type(net).__name__ == "Mend":
        return (torch.rand(picture.shape[0], 1, *picture.shape[2:]) < 0.3).float()
    return torch.full((picture.shape[0], 1, *picture.shape[2:]), value)


def test_every_net_is_tested():
    assert {name for name, kind in NETS.items() if kind.__module__.startswith("restorer_app")} == ARGS.keys()


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 3), (17, 31), (64, 48)])
def test_any_size_works(net, size):
    picture = torch.rand(2, 3, *size)
    with torch.inference_mode():
        answer = net(picture, _guide(net, picture))
    scale = getattr(net, "scale", 1)
    assert answer.shape == (2, 3, size[0] * scale, size[1] * scale)
    assert answer.dtype == torch.float32
    assert torch.isfinite(answer).all()


def test_a_tile_with_its_reach_equals_the_whole(net):
    torch.manual_seed(1)
    multiple, scale = getattr(net, "multiple_of", 2), getattr(net, "scale", 1)
    reach = -(-net.reach // multiple) * multiple
    side = 2 * reach + 24
    picture = torch.rand(1, 3, side + 51, side + 37)
    guide = _guide(net, picture)
    top, left = 5 * multiple, 3 * multiple
    with torch.inference_mode():
        whole = net(picture, guide)
        tile = net(picture[..., top : top + side, left : left + side], guide[..., top : top + side, left : left + side])
    inner = slice(reach * scale, (side - reach) * scale)
    at = (
        slice((top + reach) * scale, (top + side - reach) * scale),
        slice((left + reach) * scale, (left + side - reach) * scale),
    )
    assert (tile[..., inner, inner] - whole[..., at[0], at[1]]).abs().max() < 1 / 65535


def test_the_ends_run_in_float32_under_autocast(net):
    picture = torch.rand(1, 3, 32, 32)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        answer = net(picture, _guide(net, picture))
    assert answer.dtype == torch.float32


@pytest.mark.parametrize("name", ["trunk", "mend"])
def test_where_the_guide_is_zero_the_picture_comes_back(name):
    torch.manual_seed(0)
    net, picture = NETS[name](**ARGS[name]), torch.rand(1, 3, 33, 21)
    with torch.inference_mode():
        assert torch.equal(net(picture, torch.zeros(1, 1, 33, 21)), picture)


def test_outside_the_hole_nothing_changes():
    net, picture = NETS["mend"](**ARGS["mend"]), torch.rand(1, 3, 40, 40)
    hole = torch.zeros(1, 1, 40, 40)
    hole[..., 10:20, 15:30] = 1
    with torch.inference_mode():
        answer = net(picture, hole)
    assert torch.equal(answer * (1 - hole), picture * (1 - hole))


def test_shown_two_closings_a_fresh_net_begins_with_their_mean():
    torch.manual_seed(0)
    net = NETS["mend"](width=16, patches=True)
    smooth, patches = torch.rand(2, 1, 3, 30, 34)
    hole = (torch.rand(1, 1, 30, 34) < 0.3).float()
    with torch.inference_mode():
        answer = net(torch.cat((smooth, patches), dim=1), hole)
        assert torch.equal(answer * (1 - hole), smooth * (1 - hole))
        assert ((answer - (0.6 * smooth + 0.4 * patches)) * hole).abs().max() < 0.1
        assert torch.equal(net(smooth, hole), net(torch.cat((smooth, smooth), dim=1), hole))


def test_a_fresh_net_already_takes_noise_out():
    torch.manual_seed(0)
    clean = torch.rand(1, 3, 6, 6).repeat_interleave(16, 2).repeat_interleave(16, 3)
    noisy = clean + 0.1 * torch.randn_like(clean)
    with torch.inference_mode():
        answer = NETS["trunk"]()(noisy, torch.full_like(clean[:, :1], 0.1))
    assert (answer - clean).square().mean() < 0.35 * (noisy - clean).square().mean()


def test_values_beyond_white_and_black_are_not_clipped():
    net, picture = NETS["trunk"](**ARGS["trunk"]), torch.rand(1, 3, 16, 16) * 3 - 1
    with torch.inference_mode():
        assert torch.equal(net(picture, torch.zeros(1, 1, 16, 16)), picture)


def test_a_16_bit_ramp_stays_smooth_in_bf16():
    torch.manual_seed(0)
    ramp = torch.linspace(0.5, 0.51, 256).expand(1, 3, 64, 256)  # 655 levels of 16 bits, a single one of bfloat16
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        answer = NETS["trunk"](**ARGS["trunk"])(ramp, torch.full((1, 1, 64, 256), 0.004))
    steps = answer[0, 0, 32, 40:-40].diff()
    assert float(steps.abs().max()) < 8 * 0.01 / 255
    assert len(answer[0, 0, 32].unique()) > 100


@pytest.mark.parametrize("name", sorted(ARGS))
def test_every_net_can_be_exported(name):
    net, picture = NETS[name](**ARGS[name]).eval(), torch.rand(1, 3, 32, 48)
    exported = torch.export.export(net, (picture, _guide(net, picture)))
    guide = _guide(net, picture)
    with torch.inference_mode():
        assert torch.allclose(exported.module()(picture, guide), net(picture, guide), atol=1e-5)


def test_grey_noise_is_taken_out_as_well_as_coloured_noise():
    torch.manual_seed(0)
    clean = torch.rand(1, 1, 6, 6).repeat_interleave(16, 2).repeat_interleave(16, 3).expand(1, 3, 96, 96)
    noisy = clean + 0.1 * torch.randn(1, 1, 96, 96)
    with torch.inference_mode():
        answer = NETS["trunk"]()(noisy, torch.full_like(clean[:, :1], 0.1))
    assert (answer - clean).square().mean() < 0.35 * (noisy - clean).square().mean()


def test_a_start_that_was_found_before_gives_the_same_answer_away_from_the_edge():
    torch.manual_seed(0)
    net, noisy = NETS["trunk"](width=16, depth=4).eval(), torch.rand(1, 3, 128, 128)
    guide = torch.full((1, 1, 128, 128), 0.1)
    with torch.inference_mode():
        net.last.weight.mul_(20)
        whole, brought = net(noisy, guide), net(noisy, guide, net.start(noisy, guide))
    inner = (..., slice(net.reach, -net.reach), slice(net.reach, -net.reach))
    assert torch.allclose(whole[inner], brought[inner], atol=1e-4)
    assert not torch.allclose(whole, brought, atol=1e-4), "the edge has no frame"
