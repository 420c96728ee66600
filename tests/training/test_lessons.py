"""What a lesson shows, tells and weighs."""

import torch

from restorer_app.training.lessons import denoise


def test_noise_of_every_share_of_what_is_told_is_taught_away(supplies):
    crops = torch.full((3000, 3, 16, 16), 120, dtype=torch.uint8)
    crops[:, 0] += 20  # not grey
    lesson = denoise(crops, torch.Generator().manual_seed(0), {"most": 0.2}, supplies)
    told = lesson.guide.mean((1, 2, 3))
    there = (lesson.picture - lesson.answer).square().mean((1, 2, 3)).sqrt()
    share = (there / told)[told > 0.05]
    weight = lesson.weight.flatten()[told > 0.05] * (0.0123 * told[told > 0.05].pow(1.17) + 1e-5)
    for least, most in ((0.03, 0.1), (0.1, 0.3), (0.3, 0.7)):
        chosen = (share > least) & (share < most)
        assert 0.01 < float(chosen.float().mean()) < 0.1
        assert (weight[chosen] > 1).all()
    assert 0.8 < float((share > 0.8).float().mean()) < 0.95
