import cv2
import numpy as np
import pytest

from restorer_app.core.errors import InvalidValueError
from restorer_app.engine import classical

cv2.setNumThreads(1)

FILLS = {
    classical.telea: classical.TELEA_HALO,
    classical.navier_stokes: classical.NAVIER_STOKES_HALO,
}
DENOISERS = {classical.nlm: classical.NLM_HALO, classical.guided: classical.GUIDED_HALO}
RESAMPLERS = {classical.lanczos: classical.LANCZOS_HALO, classical.bicubic: classical.BICUBIC_HALO}


def scene(height: int = 60, width: int = 80, channels: int = 3, seed: int = 0) -> np.ndarray:
    """Smooth shades, one hard edge and a little texture."""
    rng = np.random.default_rng(seed)
    picture = cv2.GaussianBlur(rng.random((height, width, channels)).astype(np.float32), (0, 0), 5)
    picture = picture.reshape(height, width, channels)
    picture = (picture - picture.min()) / (picture.max() - picture.min()) * 0.6
    picture[:, width // 2 :] += 0.3
    return picture + rng.normal(0, 0.01, picture.shape).astype(np.float32)


def holes(height: int = 60, width: int = 80) -> np.ndarray:
    hole = np.zeros((height, width), bool)
    hole[20:29, 30:38] = True
    hole[10, 5:25] = True
    return hole


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_fill_changes_the_hole_alone_and_is_close_to_its_surroundings(fill, channels):
    picture, hole = scene(channels=channels), holes()
    filled = fill(np.where(hole[:, :, None], np.float32(9), picture), hole)
    assert filled.dtype == np.float32
    assert np.array_equal(filled[~hole], picture[~hole])
    assert np.abs(filled - picture)[hole].mean() < 0.06


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("value", [0.4, -0.25, 1.75])
def test_a_fill_of_one_flat_value_is_that_value_to_a_16_bit_level(fill, value):
    flat, hole = np.full((30, 30, 1), value, np.float32), holes(30, 30)
    assert np.abs(fill(flat, hole) - value).max() < 0.25 / 65535


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("shape", [(1, 31), (31, 1), (1, 2), (2, 1), (2, 2), (2, 31)])
def test_a_fill_of_a_single_row_or_column_looks_at_nothing_beyond_it(fill, shape):
    flat, hole = np.full((*shape, 1), 0.4, np.float32), np.zeros(shape, bool)
    hole[0, 0] = True
    hole[-1, -1] = max(shape) > 2
    for _ in range(20):
        left_behind = [np.full(size, np.nan, np.float32) for size in range(1, 200)]
        del left_behind
        assert np.abs(fill(flat, hole) - 0.4).max() < 0.25 / 65535


@pytest.mark.parametrize("fill", FILLS)
def test_a_16_bit_ramp_keeps_its_levels_inside_a_fill(fill):
    ramp = np.tile(np.linspace(0.4, 0.404, 120, dtype=np.float32), (40, 1))[:, :, None]
    hole = np.zeros((40, 120), bool)
    hole[18:22, 10:110] = True
    filled = fill(ramp, hole)
    assert len(np.unique(np.round(filled[20, 10:110, 0] * 65535))) > 50  # 8 bits would leave two
    assert np.abs(filled - ramp).max() < 10 / 65535


@pytest.mark.parametrize(("fill", "halo"), FILLS.items())
def test_a_hole_in_a_crop_with_its_halo_is_filled_as_in_the_whole(fill, halo):
    picture, hole = scene(90, 100), np.zeros((90, 100), bool)
    hole[40:52, 45:55] = True
    hole[8:12, 70:90] = True
    crop = np.s_[40 - halo : 52 + halo, 45 - halo : 55 + halo]
    assert np.array_equal(fill(picture[crop], hole[crop])[halo:-halo, halo:-halo], fill(picture, hole)[40:52, 45:55])


@pytest.mark.parametrize("fill", FILLS)
def test_a_hole_without_surroundings_is_refused(fill):
    with pytest.raises(InvalidValueError, match="nothing around the hole"):
        fill(np.zeros((4, 4, 3), np.float32), np.ones((4, 4), bool))


@pytest.mark.parametrize("fill", FILLS)
def test_a_picture_without_a_hole_comes_back_as_it_was(fill):
    picture = scene()
    filled = fill(picture, np.zeros(picture.shape[:2], bool))
    assert np.array_equal(filled, picture)
    assert filled is not picture


@pytest.mark.parametrize("denoise", DENOISERS)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_denoiser_takes_most_of_the_noise_and_leaves_the_edge(denoise, channels):
    clean = scene(channels=channels)
    noise = np.random.default_rng(1).normal(0, 0.08, clean.shape).astype(np.float32)
    result = denoise(clean + noise, 0.08)
    assert np.std(result - clean) < 0.5 * 0.08
    step = result[:, 44:48].mean() - result[:, 32:36].mean()
    assert abs(step - (clean[:, 44:48].mean() - clean[:, 32:36].mean())) < 0.02


@pytest.mark.parametrize("denoise", DENOISERS)
def test_a_denoiser_without_strength_changes_nothing(denoise):
    assert np.array_equal(denoise(scene(), 0.0), scene())


@pytest.mark.parametrize("denoise", DENOISERS)
def test_a_denoiser_does_not_clip_and_keeps_the_mean(denoise):
    beyond = scene() * 3 - 1
    result = denoise(beyond, 0.05)
    assert result.min() < -0.5
    assert result.max() > 1.2
    assert abs(float(result.mean() - beyond.mean())) < 1e-3


@pytest.mark.parametrize(("denoise", "halo"), DENOISERS.items())
def test_a_tile_with_its_halo_is_denoised_as_in_the_whole(denoise, halo):
    picture = scene(100, 110)
    whole = denoise(picture, 0.03)
    tile = denoise(picture[30 - halo : 70 + halo, 0 : 50 + halo], 0.03)[halo:-halo, :50]
    assert np.abs(tile - whole[30:70, :50]).max() < 0.5 / 65535


@pytest.mark.parametrize("denoise", DENOISERS)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 7, 1), (3, 2, 3), (2, 40, 1)])
def test_a_denoiser_takes_pictures_of_any_size(denoise, shape):
    result = denoise(np.full(shape, 0.5, np.float32), 0.1)
    assert result.shape == shape
    assert np.allclose(result, 0.5, atol=1e-6)


@pytest.mark.parametrize(("resample", "halo"), RESAMPLERS.items())
@pytest.mark.parametrize("scale", [2, 4])
def test_a_tile_with_its_halo_is_enlarged_as_in_the_whole(resample, halo, scale):
    picture = scene()
    whole = resample(picture, scale)
    tile = resample(picture[20 - halo : 40 + halo, 0 : 30 + halo], scale)[halo * scale : -halo * scale, : 30 * scale]
    assert whole.shape == (60 * scale, 80 * scale, 3)
    assert np.abs(tile - whole[20 * scale : 40 * scale, : 30 * scale]).max() < 0.01 / 65535


@pytest.mark.parametrize("resample", RESAMPLERS)
def test_enlarging_and_reducing_keep_a_flat_value_and_do_not_clip(resample):
    flat = np.full((9, 7, 2), -0.5, np.float32)
    for scale in (2, 4, 0.5, 0.25):
        assert np.allclose(resample(flat, scale), -0.5, atol=1e-6)


@pytest.mark.parametrize("resample", RESAMPLERS)
def test_reducing_does_not_alias(resample):
    stripes = np.zeros((64, 64, 1), np.float32)
    stripes[:, ::2] = 1
    reduced = resample(stripes, 0.25)
    assert reduced.shape == (16, 16, 1)
    assert np.abs(reduced[:, 3:-3] - 0.5).max() < 0.02
