"""A session under any order of what hands and engines do."""

import contextlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from restorer_app.core import mask as masks
from restorer_app.core.errors import RestorerError
from restorer_app.core.job import Finished, Stopped
from restorer_app.core.operation import Repair
from tests.core.test_record import a_record
from tests.session.test_session import BOUNDS, PLAIN, a_session, dab, fill, shown


class Player:
    """Makes moves on a session as a hurried person and a slow engine would."""

    def __init__(self, random):
        self.session, self.random, self.job, self.value = a_session(), random, None, 0

    def somewhere(self, **changes):
        return dab(self.random.randint(0, 700), self.random.randint(0, 400), **changes)

    def paint(self):
        self.session.stroke(self.somewhere())

    def erase(self):
        self.session.stroke(self.somewhere(erase=True))

    def clone(self):
        self.session.clone(self.somewhere(), dx=40, dy=0)

    def ask(self):
        self.session.ask(Repair("patch"))

    def joined(self):
        self.session.ask(Repair("patch"), joined=True)

    def start(self):
        self.job = self.session.next_job() or self.job

    def send(self, make):
        if self.job is not None:
            self.session.take(make(self.job))

    def tile(self):
        self.value += 1
        self.send(lambda job: fill(job, self.value))

    def finish(self):
        self.send(lambda job: Finished(job.id, a_record()))

    def stop(self):
        self.send(lambda job: Stopped(job.id))

    def cancel(self):
        if self.session.pending:
            self.session.cancel(self.random.choice(self.session.pending).id)

    def undo(self):
        self.session.undo()

    def redo(self):
        self.session.redo()


MOVES = ["paint", "erase", "clone", "ask", "joined", "start", "tile", "finish", "stop", "cancel", "undo", "redo"]


@given(st.lists(st.sampled_from(MOVES), max_size=40), st.randoms(use_true_random=False))
def test_whatever_happens_only_masked_pixels_change_and_every_job_has_its_step(moves, random):
    player = Player(random)
    session = player.session
    for move in moves:
        with contextlib.suppress(RestorerError):  # refused with a sentence: the checks see whether anything changed
            getattr(player, move)()
        waiting = {step.job_id for step in session.history.steps if step.job_id}
        assert waiting == {pending.id for pending in session.pending}
    for pending in session.pending:
        session.cancel(pending.id)
    touched = masks.blank(BOUNDS)
    for step in session.history.steps[: session.history.cursor + 1]:
        if step.touched is not None:
            touched = masks.union(touched, step.touched)
    different = (shown(session) != PLAIN).any(axis=2)
    assert not (different & (touched.read(BOUNDS)[:, :, 0] == 0)).any()
    session.go_to(0)
    assert np.array_equal(shown(session), PLAIN)
