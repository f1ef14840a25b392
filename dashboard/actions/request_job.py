"""Ask the workers to run a job now."""

from datetime import datetime

from dashboard import db
from dashboard.engine.actors import Actor
from dashboard.engine.errors import RuleBrokenError
from dashboard.engine.jobs import JOBS
from dashboard.store.audit import record
from dashboard.store.jobs import defer

CLOCK_QUEUE = "clock"


class NoSuchJobError(RuleBrokenError):
    """There is no job of this name."""

    def __init__(self) -> None:
        super().__init__("There is no such job. Nothing was changed.")


def request_job(actor: Actor, job: str, *, now: datetime) -> bool:
    """Queue a run; False if one waits already."""
    if job not in JOBS:
        raise NoSuchJobError
    with db.transaction() as session:
        queued = defer(session, job, queue=CLOCK_QUEUE, once=job)
        if queued:
            record(session, actor, "run_job", "job", job, now=now)
    return queued
