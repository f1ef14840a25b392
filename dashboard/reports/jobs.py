"""Where each background job stands."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dashboard.sql import Query


@dataclass(frozen=True, slots=True)
class JobRun:
    """The last run of a job, or the one it is at."""

    job: str
    is_running: bool
    started_at: datetime | None
    finished_at: datetime | None
    seconds: Decimal | None
    result: str | None
    failures_in_a_row: int


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue as a whole."""

    waiting: int
    doing: int
    next_at: datetime | None
    workers: int
    deltas: int


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """A run that is queued already."""

    job: str
    runs_at: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that failed."""

    job: str
    failed_at: datetime
    reason: str


job_states = Query("jobs/job_states", JobRun)
queue_now = Query("jobs/queue", Queue)
waiting_runs = Query("jobs/waiting_runs", WaitingRun)
failures = Query("jobs/failures", Failure)
