"""Run one job, once at a time however many workers there are, and keep what came of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from time import perf_counter_ns

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from dashboard import db
from dashboard.engine.jobs import reason_of
from dashboard.store.jobs import JobFailure, JobState, only_one

Work = Callable[[datetime], str]
NANOSECONDS = Decimal(1_000_000_000)


class JobFailedError(Exception):
    """A job did not come to its end; its transactions were rolled back, and `failures` counts those in a row."""

    def __init__(self, job: str, reason: str, failures: int) -> None:
        self.failures = failures
        super().__init__(f"{job} failed: {reason}")


def run_job(job: str, work: Work, *, now: datetime) -> str | None:
    """Do the work and return what it says; None if another worker is at it. JobFailedError if it fails."""
    with only_one(job) as alone:
        if not alone:
            return None
        _begin(job, now)
        began = perf_counter_ns()
        try:
            result = work(now)
        except Exception as error:
            failures = _failed(job, reason_of(error), _since(began))
            raise JobFailedError(job, reason_of(error), failures) from error
        _succeeded(job, result, now, _since(began))
        return result


def last_success(job: str) -> datetime | None:
    """Return when the last run that succeeded began."""
    with db.transaction() as session:
        return session.scalars(select(JobState.succeeded_at).where(JobState.job == job)).one_or_none()


def _begin(job: str, now: datetime) -> None:
    begun = {"running_since": now, "started_at": now}
    with db.transaction() as session:
        state = insert(JobState).values(job=job, **begun)
        session.execute(state.on_conflict_do_update(index_elements=["job"], set_=begun))


def _succeeded(job: str, result: str, began_at: datetime, seconds: Decimal) -> None:
    with db.transaction() as session:
        session.execute(
            update(JobState)
            .where(JobState.job == job)
            .values(
                running_since=None,
                finished_at=datetime.now(UTC),
                seconds=seconds,
                result=result,
                succeeded_at=began_at,
                failures_in_a_row=0,
            )
        )


def _failed(job: str, reason: str, seconds: Decimal) -> int:
    ended = datetime.now(UTC)
    with db.transaction() as session:
        session.add(JobFailure(job=job, failed_at=ended, reason=reason))
        counted = (
            update(JobState)
            .where(JobState.job == job)
            .values(
                running_since=None,
                finished_at=ended,
                seconds=seconds,
                failures_in_a_row=JobState.failures_in_a_row + 1,
            )
            .returning(JobState.failures_in_a_row)
        )
        return session.execute(counted).scalar_one()


def _since(began: int) -> Decimal:
    return Decimal(perf_counter_ns() - began) / NANOSECONDS
