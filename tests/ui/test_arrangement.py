"""Heights of panels: by rule in any window, as a hand gave them where one did."""

import pytest
from PySide6.QtTest import QTest

from restorer_app.ui.panels.proof import ProofWords
from tests.ui.conftest import until
from tests.ui.hands import drag_border

SHORT = ProofWords("Nothing was changed", detail="The file is as it was opened.")
LONG = ProofWords(
    "0 of 75 497 472 samples",
    "changed outside the mask",
    "2.88 % treated by a learned model\n1.20 % by classical methods\n0.11 % by hand\nrecord kept\nplate_restored.tif",
    "proved",
    can_show_file=True,
)


@pytest.fixture(autouse=True)
def as_new(window):
    yield
    window.resize(1400, 900)
    window.proof.show_words(SHORT)
    window.arrangement.reset()
    settle(window)


def settle(window):
    """Until nothing moves any more."""
    seen = []
    until(lambda: seen.append(heights(window)) or QTest.qWait(20) or (len(seen) > 5 and seen[-6:] == seen[-1:] * 6))


def heights(window):
    return {name: window.docks[name].height() for name in ("one-click", "history", "proof")}


def test_heights_from_a_small_window_do_not_stay_in_a_large_one(window):
    window.arrangement.reset()
    settle(window)
    as_first = heights(window)
    window.resize(1100, 640)
    settle(window)
    remembered = window.arrangement.remembered
    window.resize(1400, 900)
    settle(window)
    assert heights(window) == as_first
    window.arrangement.restore("", *remembered[1:])
    window.resize(1400, 900)
    window.arrangement.fit()
    settle(window)
    assert heights(window) == as_first


def test_a_border_that_was_dragged_keeps_its_shares_in_another_window_and_in_the_next_run(window):
    window.arrangement.reset()
    settle(window)
    before = heights(window)
    drag_border(window, 90)
    settle(window)
    dragged = heights(window)
    assert dragged["one-click"] == pytest.approx(before["one-click"] + 90, abs=8)
    room = sum(dragged.values())
    remembered = window.arrangement.remembered
    window.resize(1400, 1000)
    settle(window)
    grown = heights(window)
    assert grown["one-click"] / sum(grown.values()) == pytest.approx(dragged["one-click"] / room, abs=0.02)
    window.arrangement.reset()
    window.arrangement.restore("", *remembered[1:])
    window.resize(1400, 900)
    window.arrangement.fit()
    settle(window)
    assert heights(window) == pytest.approx(dragged, abs=3)


def test_the_proof_has_the_room_that_its_words_need(window):
    window.proof.show_words(SHORT)
    window.arrangement.reset()
    settle(window)
    short = heights(window)
    window.proof.show_words(LONG)
    until(lambda: heights(window)["proof"] > short["proof"] + 60, seconds=5)
    settle(window)
    assert window.proof.height() == pytest.approx(window.proof.minimumSizeHint().height(), abs=2)
    window.proof.show_words(SHORT)
    until(lambda: heights(window) == short, seconds=5)


def test_room_that_a_hand_gave_does_not_follow_the_words(window):
    window.proof.show_words(LONG)
    window.arrangement.reset()
    settle(window)
    drag_border(window, 40)
    settle(window)
    dragged = heights(window)
    window.proof.show_words(SHORT)
    settle(window)
    assert heights(window) == dragged


@pytest.mark.parametrize("nonsense", ["one-click=0.5", "x=1 y", "one-click=2 history=3", "nobody=0.5"])
def test_shares_that_make_no_sense_are_left_out(window, nonsense):
    window.arrangement.reset()
    settle(window)
    before = heights(window)
    window.arrangement.restore("", window.arrangement.remembered[1], nonsense)
    window.resize(1400, 900)
    window.arrangement.fit()
    settle(window)
    assert heights(window) == before
