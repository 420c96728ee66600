"""Every installed model, as its card describes it: tiled equals whole, and it takes what it must take."""

from dataclasses import replace

import numpy as np
import pytest

from restorer_app.core.job import CancelToken, Finished, Job, TileDone
from restorer_app.core.operation import Decompress, Denoise, Repair, Upscale
from restorer_app.core.raster import Raster
from restorer_app.engine import work
from restorer_app.engine.methods import side_for
from restorer_app.engine.plan import Needs
from restorer_app.engine.run import run_job
from restorer_app.files import places
from restorer_app.files.cards import list_models, verify
from tests.engine.conftest import photograph, result_of

MODELS = list_models(places.models())


def job_for(card, picture, dtype):
    operation = {
        "denoise": Denoise(0.4),
        "decompress": Decompress(30),
        "repair": Repair(grain=0),
        "upscale": Upscale(card.scale if card.scale > 1 else 2),
    }[card.task]
    image, mask = Raster.from_array(picture), None
    if operation.needs_mask:
        spots = np.zeros(picture.shape[:2], np.uint8)
        spots[10:16, 5:-5] = spots[60:110, 70:130] = 255
        mask = Raster.from_array(spots)
    return Job("one", operation, image, image.bounds, model=card, mask=mask, dtype=dtype, device="cpu")


def run(job):
    events = list(run_job(job, CancelToken()))
    assert isinstance(events[-1], Finished), events[-1]
    result = result_of(job, events)
    return result.read(result.bounds), sum(isinstance(event, TileDone) for event in events)


@pytest.mark.parametrize("stored", MODELS, ids=[model.folder.name for model in MODELS])
def test_a_shipped_model_is_what_its_card_says(stored):
    verify(stored)


@pytest.mark.parametrize(("halo", "scale", "side"), [(48, 1, 512), (112, 1, 768), (48, 2, 256)])
def test_a_net_that_sees_far_gets_larger_tiles_and_one_that_enlarges_smaller_ones(halo, scale, side):
    assert side_for(replace(MODELS[0].card, halo=halo, scale=scale)) == side


@pytest.mark.parametrize("stored", MODELS, ids=[model.folder.name for model in MODELS])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1 / 65535), ("bfloat16", 1 / 255)])
def test_tiled_equals_whole(stored, dtype, tolerance, monkeypatch):
    card = stored.card
    if dtype not in card.dtypes:
        pytest.skip("the card does not offer it")
    job = job_for(card, photograph(181, 203, dtype="float32"), dtype)
    made = work.method_for
    sides = {}

    def with_side(*args, **rest):
        method = made(*args, **rest)
        needs = Needs(method.needs.halo, method.needs.multiple_of, sides["now"], method.needs.context)
        return replace(method, needs=needs)

    monkeypatch.setattr(work, "method_for", with_side)
    sides["now"] = 512
    whole, one = run(job)
    sides["now"] = 64
    tiled, many = run(job)
    assert many > one
    np.testing.assert_allclose(tiled, whole, atol=tolerance, rtol=0)


@pytest.mark.parametrize("stored", MODELS, ids=[model.folder.name for model in MODELS])
@pytest.mark.parametrize("size", [(1, 1, 3), (7, 5, 1), (33, 18, 3)])
def test_any_size_and_grey_go_through(stored, size):
    if stored.card.task == "repair":
        pytest.skip("its mask would cover everything")
    run(job_for(stored.card, photograph(*size), "float32"))
