"""Runs a job in this process: the command line's and the batch's way to the engine."""

from __future__ import annotations

from collections.abc import Iterator

from restorer_app.core.job import CancelToken, Job, JobEvent


def run(job: Job, cancel: CancelToken | None = None) -> Iterator[JobEvent]:
    """Finished tiles, and then exactly one of Finished, Stopped, Failed; the same as the engine process gives."""
    from restorer_app.engine.run import run_job  # noqa: PLC0415 - the named edge: the session loads without the engine

    yield from run_job(job, cancel or CancelToken())
