"""Where a job is computed, and the timing that is made once."""

import json

import pytest
import torch

from restorer_app.core.errors import InvalidValueError
from restorer_app.engine import cores, device
from restorer_app.engine.device import Place, place_for
from restorer_app.engine.learned import computing
from restorer_app.engine.plan import DeviceFullError
from restorer_app.engine.warming import warm_up
from restorer_app.files import places

BOTH = ("float32", "bfloat16")


def timed(monkeypatch, gain):
    made = []
    monkeypatch.setattr(device, "bfloat16_gain", lambda name: made.append(name) or gain)
    return made


@pytest.mark.parametrize(("gain", "dtype"), [(1.4, "float32"), (1.6, "bfloat16")])
def test_bfloat16_is_taken_only_where_it_pays(monkeypatch, gain, dtype):
    timed(monkeypatch, gain)
    assert place_for("cpu", "auto", deterministic=False, allowed=BOTH) == Place("cpu", dtype)
    assert place_for("cpu", "auto", deterministic=False, allowed=("float32",)) == Place("cpu", "float32")


def test_the_timing_is_made_once_and_kept_by_processor_and_torch_version(monkeypatch):
    made = timed(monkeypatch, 3.0)
    for _ in range(3):
        assert device.fastest_dtype("cpu") == "bfloat16"
    assert made == ["cpu"]
    (key,) = json.loads((places.cache() / "bfloat16.json").read_text())
    assert device.cpu_model() in key
    assert torch.__version__ in key


def test_a_damaged_timing_is_made_again(monkeypatch):
    made = timed(monkeypatch, 3.0)
    places.cache().mkdir(parents=True)
    (places.cache() / "bfloat16.json").write_text("[1, 2")
    assert device.fastest_dtype("cpu") == "bfloat16"
    assert made == ["cpu"]


def test_a_real_timing_gives_a_number():
    assert 0 < device.bfloat16_gain("cpu") < 100


def test_deterministic_is_float32_on_the_cpu_whatever_was_asked():
    place = place_for("cuda", "bfloat16", deterministic=True, allowed=BOTH)
    assert place == Place("cpu", "float32", deterministic=True)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is one here")
@pytest.mark.parametrize("name", ["cuda", "cuda:3", "toaster"])
def test_a_device_that_is_not_there_is_one_sentence(name):
    with pytest.raises(InvalidValueError, match="no device"):
        place_for(name, "float32", deterministic=False, allowed=BOTH)


class FullCard:
    """Stands in for a card whose memory others have: every tensor on it is refused, each time in another way."""

    def __init__(self, monkeypatch, problem):
        made = torch.empty

        def refused(*size, device="cpu", **rest):
            if device != "cpu":
                raise problem
            return made(*size, device=device, **rest)

        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch, "empty", refused)


@pytest.mark.parametrize(
    "problem", [torch.OutOfMemoryError("none left"), RuntimeError("CUDA error: out of memory"), RuntimeError("busy")]
)
def test_auto_is_the_cpu_where_the_graphics_card_cannot_be_had(monkeypatch, problem):
    FullCard(monkeypatch, problem)
    assert place_for("auto", "float32", deterministic=False, allowed=BOTH) == Place("cpu", "float32")


def test_a_card_that_was_asked_for_and_is_full_is_not_said_to_be_missing(monkeypatch):
    FullCard(monkeypatch, RuntimeError("CUDA error: out of memory"))
    with pytest.raises(DeviceFullError):
        place_for("cuda", "float32", deterministic=False, allowed=BOTH)


@pytest.mark.parametrize("said", [torch.OutOfMemoryError("none left"), RuntimeError("CUBLAS_STATUS_ALLOC_FAILED")])
def test_a_timing_that_finds_no_memory_is_a_full_device(monkeypatch, said):
    def full(_name):
        raise said

    monkeypatch.setattr(device, "bfloat16_gain", full)
    with pytest.raises(DeviceFullError):
        place_for("cpu", "auto", deterministic=False, allowed=BOTH)


def test_the_engine_is_ready_where_the_device_is_full(monkeypatch):
    def full(*_, **__):
        raise DeviceFullError

    monkeypatch.setattr(device, "place_for", full)
    states = list(warm_up())
    assert {status.state for status in states} == {"ready"}
    assert states[-1].device.startswith("cpu")


def test_a_cache_that_is_no_folder_costs_the_timing_alone(monkeypatch, tmp_path):
    timed(monkeypatch, 3.0)
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "file"))
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    assert device.fastest_dtype("cpu") == "bfloat16"


def test_a_type_that_the_model_cannot_run_in_is_refused():
    with pytest.raises(InvalidValueError, match="float32 only"):
        place_for("cpu", "bfloat16", deterministic=False, allowed=("float32",))


def test_threads_leave_one_core_free_unless_a_person_says_otherwise(monkeypatch):
    before = torch.get_num_threads()
    try:
        monkeypatch.setattr(cores, "physical_cores", lambda: 3)
        monkeypatch.delenv("OMP_NUM_THREADS")
        device.use_threads(Place())
        assert torch.get_num_threads() == 2
        device.use_threads(Place(deterministic=True))
        assert torch.get_num_threads() == 1
        monkeypatch.setenv("OMP_NUM_THREADS", "2")
        device.use_threads(Place())
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_float32_is_float32_on_a_card_too():
    convolutions = torch.backends.cudnn.conv
    before = convolutions.fp32_precision
    with computing(Place()):
        assert convolutions.fp32_precision == "ieee"
    assert convolutions.fp32_precision == before
