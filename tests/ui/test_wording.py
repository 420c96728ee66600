import pytest

from restorer_app.ui import wording
from restorer_app.ui.wording import THIN


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (999, "999"), (1000, f"1{THIN}000"), (75497472, f"75{THIN}497{THIN}472")]
)
def test_digits_stand_in_groups_of_three(number, text):
    assert wording.grouped(number) == text


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (0, f"0{THIN}%"),
        (0.00001, f"under 0.01{THIN}%"),
        (0.0021, f"0.21{THIN}%"),
        (0.5, f"50{THIN}%"),
        (1, f"100{THIN}%"),
    ],
)
def test_a_small_share_is_told_from_nothing(part, text):
    assert wording.share(part) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (12, f"12{THIN}B"),
        (1200, f"1.2{THIN}kB"),
        (34_000_000, f"34{THIN}MB"),
        (1.5e9, f"1.5{THIN}GB"),
        (3e12, f"3.0{THIN}TB"),
    ],
)
def test_sizes_have_two_digits_that_count(size, text):
    assert wording.amount(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0.2, "1 s left"), (42, "42 s left"), (200, "3 min left"), (3 * 3600, "3 h left")],
)
def test_remaining_time_is_no_more_exact_than_it_is_known(seconds, text):
    assert wording.left(seconds) == text


def test_one_step_is_one_step():
    assert (wording.steps(1), wording.steps(2)) == ("1 step", "2 steps")


@pytest.mark.parametrize(("factor", "text"), [(0.38, f"38{THIN}%"), (8, f"800{THIN}%"), (0.0312, f"3.1{THIN}%")])
def test_zoom_is_told_in_per_cent(factor, text):
    assert wording.zoom(factor) == text


def test_progress_is_told_in_per_cent_and_never_rounded_up():
    assert wording.progressed(552_448, 617_568) == f"89{wording.THIN}%"
    assert wording.progressed(99, 100) == f"99{wording.THIN}%"
    assert wording.progressed(999, 1000) == f"99{wording.THIN}%"
    assert wording.progressed(0, 0) == f"0{wording.THIN}%"


@pytest.mark.parametrize(("exposure", "text"), [(1.0, "1 EV lighter"), (-0.5, "0.5 EV darker")])
def test_exposure_is_told_as_photographers_count_it(exposure, text):
    assert wording.stops(exposure) == text


@pytest.mark.parametrize(
    ("told", "text"), [("cpu (Some Processor @ 2.50GHz)", "CPU"), ("NVIDIA H100", "NVIDIA H100"), ("", "")]
)
def test_what_computes_is_named_in_a_word(told, text):
    assert wording.device(told) == text


def test_a_long_name_keeps_both_ends():
    assert wording.shortened("plate.tif") == "plate.tif"
    long = "Kasten_0017_" + "x" * 120 + "_restored_v01.tif"
    short = wording.shortened(long)
    assert len(short) == 48
    assert short.startswith("Kasten_0017_")
    assert short.endswith("_restored_v01.tif")
