import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core import mask as masks
from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.core.history import History, Snapshot, Step
from restorer_app.core.raster import CELL, Raster
from tests.core.test_record import a_record

BOUNDS = Region.of_size(4 * CELL, 2 * CELL)
TILE = CELL * CELL
LOTS = 10**9


def opened():
    blank = masks.blank(BOUNDS)
    return Step("Opened", Snapshot(Raster.from_array(np.zeros(BOUNDS.shape, np.uint8)), blank, blank))


def edited(snapshot, cell, value):
    region = snapshot.image.cell_region(cell)
    return Snapshot(
        snapshot.image.with_patch(region, np.full((*region.shape, 1), value, np.uint8)),
        snapshot.mask,
        snapshot.protect,
    )


def history_of(edits, *, budget=LOTS, store=None):
    history = History(opened(), byte_budget=budget, store=store)
    for number in range(1, edits + 1):
        step = Step(f"{number}", edited(history.current, (number % 2, number % 4), number), a_record())
        history.add(step)
    return history


class MemoryStore:
    def __init__(self, room=LOTS):
        self.room = room
        self.kept = []

    def put(self, pixels):
        if self.room < pixels.nbytes:
            return None
        self.room -= pixels.nbytes
        copy = pixels.copy()
        copy.flags.writeable = False
        self.kept.append(copy)
        return copy


@given(st.lists(st.sampled_from(["edit", "undo", "redo"]), max_size=30))
def test_history_agrees_with_two_plain_stacks(moves):
    history = history_of(0)
    past, future, number = [history.current], [], 0
    for move in moves:
        if move == "edit":
            number += 1
            history.add(Step("edit", edited(history.current, (0, number % 4), number)))
            past.append(history.current)
            future.clear()
        elif move == "undo" and history.can_undo:
            history.undo()
            future.append(past.pop())
        elif move == "redo" and history.can_redo:
            history.redo()
            past.append(future.pop())
        assert history.current is past[-1]
        assert history.can_undo == (len(past) > 1)
        assert history.can_redo == bool(future)


def test_undo_returns_the_very_same_raster():
    history = history_of(3)
    images = [step.after.image for step in history.steps]
    assert history.undo().image is images[2]
    assert history.go_to(0).image is images[0]
    assert history.redo().image is images[1]


def test_shared_tiles_count_once():
    history = history_of(3)
    assert history.memory_bytes() == 3 * TILE


def test_what_memory_has_no_room_for_is_spilled_and_reads_the_same():
    store = MemoryStore()
    history = history_of(8, budget=3 * TILE, store=store)
    plain = history_of(8)
    assert store.kept
    assert history.memory_bytes() <= 4 * TILE  # what the current snapshot shows always stays
    for position in range(9):
        spilled, kept = history.go_to(position).image, plain.go_to(position).image
        assert np.array_equal(spilled.read(BOUNDS), kept.read(BOUNDS))


def test_without_room_the_oldest_pixels_go_and_their_records_stay():
    history = history_of(8, budget=7 * TILE, store=MemoryStore(room=0))
    assert [step.after is None for step in history.steps] == [False] + [True] * 4 + [False] * 4
    assert history.memory_bytes() == 7 * TILE  # four shown now, and one for each undo that is left
    assert len(history.records) == 8
    for _ in range(3):
        history.undo()
    assert not history.can_undo
    assert history.steps[0].after is not None  # the file as opened costs nothing
    with pytest.raises(InvalidValueError, match="let go"):
        history.go_to(1)
    assert history.go_to(0).image.own_bytes() == 0


def test_pixels_are_not_let_go_from_a_waiting_job_on():
    """Its result is carried into what follows, and the records of that are told anew."""
    history = History(opened(), byte_budget=0)
    history.add(Step("Repair…", edited(history.current, (0, 0), 1), job_id="a"))
    for number in range(3):
        history.add(Step("edit", edited(history.current, (0, 0), number + 2)))
    assert all(step.after is not None for step in history.steps)
    history.rewrite(1, [Step("Repaired", history.steps[1].after), *history.steps[2:]], cursor=4)
    assert [step.after is not None for step in history.steps] == [True, False, False, False, True]


def test_the_step_before_a_waiting_job_stays_to_go_back_to():
    history = History(opened(), byte_budget=0)
    for number in range(3):
        history.add(Step("edit", edited(history.current, (0, 0), number + 2)))
    history.add(Step("Repair…", history.current, job_id="a"))
    history.rewrite(4, [], cursor=3)
    assert [step.after is not None for step in history.steps] == [True, False, False, True]


def test_an_edit_after_undo_drops_what_was_undone():
    history = history_of(3)
    history.undo()
    history.add(Step("other", edited(history.current, (1, 3), 9)))
    assert [step.title for step in history.steps] == ["Opened", "1", "2", "other"]
    assert not history.can_redo


def test_rewriting_puts_other_steps_in_place():
    history = history_of(4)
    history.rewrite(2, [Step("new", history.steps[2].after)], cursor=2)
    assert [step.title for step in history.steps] == ["Opened", "1", "new"]
    with pytest.raises(InvalidValueError, match="cannot be rewritten"):
        history.rewrite(0, [], cursor=0)
    with pytest.raises(InvalidValueError, match="cannot stand"):
        history.rewrite(1, [], cursor=1)


def test_the_current_step_can_be_replaced_but_not_the_first():
    history = history_of(2)
    history.replace_current(Step("both", history.current))
    assert [step.title for step in history.steps] == ["Opened", "1", "both"]
    history.go_to(0)
    with pytest.raises(InvalidValueError, match="first step"):
        history.replace_current(Step("no", history.current))


@pytest.mark.parametrize("move", ["undo", "redo"])
def test_at_either_end_a_sentence_says_so(move):
    with pytest.raises(InvalidValueError, match="nothing more"):
        getattr(history_of(0), move)()


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InvalidValueError, match="begins with a snapshot"):
        History(Step("x", None), byte_budget=1)
    with pytest.raises(InvalidValueError, match="-1 bytes"):
        History(opened(), byte_budget=-1)
    with pytest.raises(InvalidValueError, match="needs its snapshot"):
        history_of(0).add(Step("x", None))
    with pytest.raises(InvalidValueError, match="same size"):
        Snapshot(Raster.flat(BOUNDS), masks.blank(Region.of_size(1, 1)), masks.blank(BOUNDS))
    with pytest.raises(InvalidValueError, match="no step 7"):
        history_of(1).go_to(7)
