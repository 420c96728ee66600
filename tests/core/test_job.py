import dataclasses
import pickle

import numpy as np
import pytest

from restorer_app.core import errors
from restorer_app.core import mask as masks
from restorer_app.core.card import ModelCard
from restorer_app.core.errors import InvalidValueError, RestorerError
from restorer_app.core.geometry import Region
from restorer_app.core.job import CancelToken, Job
from restorer_app.core.operation import Decompress, Denoise, Repair, Upscale, from_fields, to_fields
from restorer_app.core.raster import Raster

BOUNDS = Region.of_size(30, 20)


def a_card(**changes):
    values = {
        "id": "denoise",
        "version": "1",
        "task": "denoise",
        "net": "plain",
        "net_args": {"width": 8},
        "scale": 1,
        "halo": 8,
        "multiple_of": 2,
        "tiling": True,
        "dtypes": ("float32",),
        "sha256": "a" * 64,
        "licence": "MIT",
        "trained_by": "us",
        "synthesises_detail": False,
    }
    return ModelCard(**(values | changes))


def a_job(operation, **changes):
    image = Raster.from_array(np.zeros(BOUNDS.shape, np.uint16))
    return Job(**({"id": "1", "operation": operation, "image": image, "region": BOUNDS} | changes))


def test_a_job_knows_where_its_result_lies():
    job = a_job(Upscale(4, method="lanczos"), region=Region(1, 2, 3, 4))
    assert job.output_region == Region(4, 8, 12, 16)


@pytest.mark.parametrize(
    ("operation", "changes", "sentence"),
    [
        (Repair("patch"), {}, "needs a mask"),
        (Repair("patch"), {"mask": masks.blank(Region.of_size(3, 4))}, "mask has 3 × 4 pixels"),
        (Denoise(), {}, "needs a model"),
        (Denoise(), {"model": a_card(task="repair")}, "it is for repair"),
        (Upscale(4), {"model": a_card(task="upscale", scale=2)}, "cannot do this"),
        (Denoise(method="nlm"), {"id": ""}, "needs an id"),
        (Denoise(method="nlm"), {"seed": -1}, "seed"),
        (Denoise(method="nlm"), {"region": Region(0, 0, 31, 20)}, "inside the picture"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(operation, changes, sentence):
    with pytest.raises(InvalidValueError, match=sentence):
        a_job(operation, **changes)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Repair("magic"), "faithful, patch, telea, navier-stokes, not 'magic'"),
        (lambda: Repair(grain=3), "from 0 to 2"),
        (lambda: Denoise(2), "from 0 to 1"),
        (lambda: Denoise(True), "from 0 to 1"),
        (lambda: Decompress(0), "from 1 to 100"),
        (lambda: Upscale(3), "2 or 4 times, not 3"),
        (lambda: Denoise(looks=3), "1, 2, 4, not 3"),
        (lambda: Decompress(looks=True), "not True"),
        (lambda: Upscale(looks=0), "looks of upscale"),
        (lambda: a_card(id="No Good"), "lower case"),
        (lambda: a_card(task="cook"), "known tasks"),
        (lambda: a_card(scale=3), "scale 3"),
        (lambda: a_card(halo=-1), "halo"),
        (lambda: a_card(dtypes=("bfloat16",)), "float32"),
        (lambda: a_card(sha256="x"), "SHA-256"),
    ],
)
def test_operations_and_cards_refuse_nonsense_with_a_sentence(make, sentence):
    with pytest.raises(InvalidValueError, match=sentence):
        make()


@pytest.mark.parametrize("operation", [Repair("telea", 0), Denoise(0.5, looks=4), Decompress(40), Upscale(4)])
def test_an_operation_survives_being_written_down(operation):
    assert from_fields(to_fields(operation)) == operation


def test_what_was_written_down_before_there_were_looks_had_one():
    old = to_fields(Denoise(0.5, looks=4))
    del old["looks"]
    assert from_fields(old) == Denoise(0.5, looks=1)


def test_an_unknown_operation_is_refused():
    with pytest.raises(InvalidValueError, match="no operation named 'cook'"):
        from_fields({"name": "cook"})


def test_cards_and_errors_cross_process_borders():
    assert pickle.loads(pickle.dumps(a_card())) == a_card()
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, RestorerError):
            again = pickle.loads(pickle.dumps(kind("It broke.", advice="Mend it.")))
            assert type(again) is kind
            assert str(again) == "It broke. Mend it."


def test_values_cannot_be_changed():
    values = ((a_card(), "id"), (Repair(), "grain"), (BOUNDS, "left"), (a_job(Denoise(method="nlm")), "mask"))
    for value, field in values:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field, 0)


def test_a_cancel_token_stays_cancelled():
    token = CancelToken()
    assert not token.is_cancelled
    token.cancel()
    token.cancel()
    assert token.is_cancelled
