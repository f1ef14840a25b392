"""What each job did last, what failed, and the queue they wait in."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Mapped, Session, mapped_column

from dashboard import db
from dashboard.db import Base
from dashboard.store.columns import Count, Instant, Seconds, Text, Whole, filled


class JobState(Base):
    """The last run of a job."""

    __tablename__ = "job_state"

    job: Mapped[Text] = mapped_column(primary_key=True)
    running_since: Mapped[Instant | None]
    started_at: Mapped[Instant | None]
    finished_at: Mapped[Instant | None]
    seconds: Mapped[Seconds | None]
    result: Mapped[Text | None]
    succeeded_at: Mapped[Instant | None]
    failures_in_a_row: Mapped[Whole] = filled()


class JobFailure(Base):
    """A run that failed, with its reason."""

    __tablename__ = "job_failure"

    id: Mapped[Count] = mapped_column(primary_key=True)
    job: Mapped[Text]
    failed_at: Mapped[Instant]
    reason: Mapped[Text]


@contextmanager
def only_one(job: str) -> Iterator[bool]:
    """Hold the job's own lock; False if another process holds it. A killed holder's connection gives it back."""
    with db.transaction() as session:
        took = "select pg_try_advisory_xact_lock(hashtextextended(:name, 0))"
        yield bool(session.execute(text(took), {"name": f"ledgerline job {job}"}).scalar_one())


def defer(
    session: Session,
    task: str,
    *,
    queue: str,
    once: str | None = None,
    arguments: dict[str, str] | None = None,
) -> bool:
    """Put a job into the queue, in the transaction of what asks for it; False if one with this `once` waits there."""
    # Most processes never queue anything, so the library is loaded by the first that does.
    from procrastinate import App, SyncPsycopgConnector, exceptions  # noqa: PLC0415 - as above

    connection = session.connection()
    app = App(connector=SyncPsycopgConnector())
    task_at = app.configure_task(
        task,
        queue=queue,
        queueing_lock=once,
        connection=connection.connection.driver_connection,
    )
    try:
        # The session would make its savepoint at its own next statement, which comes too late for the library's.
        with connection.begin_nested():
            task_at.defer(**(arguments or {}))
    except exceptions.AlreadyEnqueued:
        return False
    return True
