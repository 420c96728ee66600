"""Damage is what it says: as strong as the guide tells, drawn from the generator alone."""

import numpy as np
import pytest
import torch

from restorer_app.engine import levels
from restorer_app.training.damage import blur, holes, jpeg, noise, slopes

NONE = noise.Shares(grain=0, poisson=0, uneven=0, banded=0, clean=0, grey=0)


def _crops(count=8, size=64, value=0.5):
    crops = torch.full((count, 3, size, size), value)
    crops[:, 0] += 0.05  # not grey
    return crops


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("kind", ["grain", "poisson", "uneven", "banded", "plain"])
def test_noise_is_as_strong_as_the_guide_says(kind):
    shares = NONE if kind == "plain" else noise.Shares(**{**vars(NONE), kind: 1.0})
    clean = _crops(32)
    seen, level = noise.noisy(clean, _generator(), shares=shares, most=0.2)
    measured = (seen - clean).square().mean((1, 2, 3)).sqrt()
    told = level.square().mean((1, 2, 3)).sqrt()
    ratio = (measured / told)[told > 0.005]
    assert float(ratio.mean()) == pytest.approx(1, abs=0.03)
    assert float((ratio - 1).abs().max()) < 0.25  # noise common to the channels, or grained, is fewer draws


def test_noise_is_as_strong_in_every_channel_as_in_the_others():
    clean = _crops(300)
    seen, level = noise.noisy(clean, _generator(), shares=NONE, most=0.2)
    strong = (level > 0.02).all(3).all(2).flatten()
    measured = ((seen - clean) / level)[strong].square().mean((2, 3)).sqrt()
    assert measured.mean(0).tolist() == pytest.approx([1, 1, 1], abs=0.01)
    assert float((measured - 1).abs().max()) < 0.1  # also where a part of it is common to the channels


def test_noise_is_not_clipped():
    seen, _ = noise.noisy(_crops(value=0.9), _generator(), shares=NONE, most=0.3)
    assert float(seen.max()) > 1


def test_a_grey_crop_has_grey_noise():
    seen, _ = noise.noisy(torch.full((4, 3, 32, 32), 0.5), _generator(), shares=NONE, most=0.2)
    assert torch.allclose(seen[:, 0], seen[:, 2], atol=1e-6)


def test_grain_is_correlated_and_noise_is_not():
    def correlation(shares):
        clean = _crops(16)
        rest = noise.noisy(clean, _generator(), shares=shares, most=0.2)[0] - clean
        return float((rest[..., 1:] * rest[..., :-1]).mean() / rest.square().mean())

    assert abs(correlation(NONE)) < 0.03
    assert correlation(noise.Shares(**{**vars(NONE), "grain": 1.0})) > 0.2


def test_jpeg_of_100_is_none_and_low_quality_shows():
    rng = np.random.default_rng(0)
    crops = torch.from_numpy(rng.integers(0, 256, (2, 3, 64, 64))).float() / 255
    worn = jpeg.compressed(crops, torch.tensor([100.0, 10.0]), _generator())
    assert torch.allclose(worn[0], crops[0], atol=1e-6)
    assert float((worn[1] - crops[1]).abs().mean()) > 0.02


@pytest.mark.parametrize(("aligned", "least", "most"), [(0.0, 4, 8), (1.0, 1, 1), (0.7, 2, 6)])
def test_jpeg_blocks_begin_anywhere_but_in_so_many_crops(aligned, least, most):
    rng = np.random.default_rng(1)
    smooth = torch.from_numpy(rng.random((1, 3, 16, 16), np.float32))
    crops = torch.nn.functional.interpolate(smooth, (96, 96), mode="bicubic").clamp(0, 1).expand(12, -1, -1, -1)
    worn = jpeg.compressed(crops, torch.full((12,), 10.0), _generator(3), aligned=aligned)
    edges = (worn[..., 1:] - worn[..., :-1]).abs().mean((1, 2)) - (crops[..., 1:] - crops[..., :-1]).abs().mean((1, 2))
    starts = [int(torch.stack([line[start::8].mean() for start in range(8)]).argmax()) for line in edges]
    assert least <= len(set(starts)) <= most
    assert starts.count(7) >= 12 * aligned * 0.6  # the step from the last column of a block to the next


def test_reduction_is_pillows():
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    expected = np.asarray(Image.fromarray(pixels).resize((30, 20), Image.Resampling.BICUBIC), np.int16)
    picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    found = blur.reduced(picture.expand(2, -1, -1, -1), 2, steps_B=torch.tensor([255, 65535]))
    assert np.abs((found[0].permute(1, 2, 0).numpy() * 255).round() - expected).max() <= 1
    fine = found[1] * 65535
    assert torch.allclose(fine, fine.round(), atol=0.01)
    assert float((found[1] - found[0]).abs().max()) == pytest.approx(0.5 / 255, rel=0.1), "of 16 bits, not of 8"


@pytest.mark.parametrize("batch", [1, 3, 32])
def test_one_crop_in_sixteen_is_a_slope_however_small_the_batch_at_most_one_a_batch(batch):
    crops, generator, found = _crops(batch, 16), _generator(11), 0
    rounds = 2000 if batch < 16 else 20
    for _ in range(rounds):
        given, is_slope = slopes.with_slopes(crops, generator)
        assert torch.equal(given[~is_slope], crops[~is_slope])
        assert not is_slope[1:].any()
        found += int(is_slope.sum())
    assert found / rounds == pytest.approx(min(1.0, batch / slopes.ONE_IN), rel=0.25)


def test_a_slope_has_no_texture():
    for seed in range(20):
        made = slopes.slope(_crops(1, 64), _generator(seed))
        assert float((made[..., 2:] - 2 * made[..., 1:-1] + made[..., :-2]).abs().mean()) < 1e-3


def test_no_blur_is_no_blur_and_blur_keeps_the_mean():
    picture = torch.rand(2, 3, 32, 32)
    assert torch.allclose(blur.blurred(picture, torch.zeros(2)), picture, atol=1e-6)
    soft = blur.blurred(picture, torch.full((2,), 1.5))
    assert float(soft.var()) < 0.3 * float(picture.var())
    assert float(soft.mean()) == pytest.approx(float(picture.mean()), abs=0.02)


def test_the_bank_of_holes_is_kept_and_cut(tmp_path):
    bank = holes.bank(20, 48, [], tmp_path, seed=1, kinds=holes.Kinds())
    again = holes.bank(20, 48, [], tmp_path, seed=1, kinds=holes.Kinds())
    assert torch.equal(bank, again)
    assert len(list(tmp_path.iterdir())) == 1
    cut = holes.drawn(bank, 9, 32, _generator())
    assert cut.shape == (9, 1, 32, 32)
    assert set(cut.unique().tolist()) <= {0.0, 1.0}


def test_real_elements_become_holes_and_a_damaged_one_is_left_out(tmp_path, capsys):
    from PIL import Image

    hair = np.zeros((60, 60), np.uint8)
    hair[28:31, 5:55] = 255
    (tmp_path / "elements").mkdir()
    Image.fromarray(hair).save(tmp_path / "elements" / "hair.png")
    (tmp_path / "elements" / "torn.png").write_bytes((tmp_path / "elements" / "hair.png").read_bytes()[:60])
    elements = sorted((tmp_path / "elements").iterdir())
    bank = holes.bank(6, 64, elements, tmp_path, seed=1, kinds=holes.Kinds(real=1.0, blobs=0.0))
    assert "1 of 2 pictures" in capsys.readouterr().out
    assert all(0.01 < float(hole.float().mean()) < 0.45 for hole in bank)


def test_noise_made_for_training_is_found_by_the_estimate():
    seen, level = noise.noisy(_crops(1, 256), _generator(5), shares=NONE, most=0.2)
    found = levels.noise_level(seen[0].permute(1, 2, 0).contiguous().numpy())
    assert found == pytest.approx(float(level.mean()), rel=0.05)
