"""The worker: takes jobs from the queue in PostgreSQL, and puts them there by the clock."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from signal import SIGTERM
from typing import Any

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision, exceptions
from procrastinate.jobs import Job, Status

from dashboard.actions.announce import MAIL_QUEUE, SEND_MAIL
from dashboard.actions.deliver_webhook import TryAgainError
from dashboard.actions.queue_delivery import DELIVER, WEBHOOK_QUEUE
from dashboard.actions.request_corrections import CORRECT, CORRECT_QUEUE
from dashboard.actions.request_impact import REPLAY, REPLAY_QUEUE
from dashboard.actions.request_job import CLOCK_QUEUE
from dashboard.actions.run_job import JobFailedError, last_success
from dashboard.engine.jobs import HOUR, JOBS, wait_after
from dashboard.engine.jobs import Job as ClockJob
from dashboard.jobs.work import Surroundings, correct, deliver, perform, replay, send

log = logging.getLogger(__name__)

AT_ONCE = 4
# The pool of the queue, and its connection that listens.
QUEUE_CONNECTIONS = 3
GRACE_SECONDS = 5.0
HEARTBEAT_SECONDS, DEAD_AFTER_SECONDS = 5.0, 20.0
GONE_AFTER = timedelta(seconds=DEAD_AFTER_SECONDS + 1)
CATCH_UP_AFTER = timedelta(seconds=20)
RESCUE = "rescue_jobs"


class Backoff(BaseRetryStrategy):
    """Try again when the job says so, doubling the wait after each failure; whatever else broke, in a minute."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002 - the library's signature
        """Return when to run it again; a job of the clock comes again by itself, so it is never given up."""
        if isinstance(exception, TryAgainError):
            wait = exception.wait
        elif isinstance(exception, JobFailedError):
            wait = wait_after(exception.failures)
        else:
            wait = timedelta(minutes=1)
        return RetryDecision(retry_at=datetime.now(UTC) + wait)


def run_worker(url: str, role: str, around: Surroundings, inside: Callable[[], AbstractContextManager[Any]]) -> None:
    """Work until SIGTERM or Ctrl-C; `inside` opens what actions need around them."""
    app = App(
        connector=PsycopgConnector(
            conninfo=url,
            min_size=1,
            max_size=QUEUE_CONNECTIONS,
            kwargs={"options": f"-c role={role} -c timezone=UTC", "application_name": "ledgerline worker"},
        )
    )
    _register(app, around, inside)
    asyncio.run(_work(app, inside))


def stop_with_parent(channel: int) -> None:
    """End this process in order when whoever started it is gone: its end of the pipe closes, even by kill -9."""

    def wait() -> None:
        with suppress(OSError):
            while os.read(channel, 1):
                pass
        os.kill(os.getpid(), SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _register(app: App, around: Surroundings, inside: Callable[[], AbstractContextManager[Any]]) -> None:
    for job in JOBS.values():
        task = app.task(name=job.name, queue=CLOCK_QUEUE, queueing_lock=job.name, retry=Backoff())(
            _clocked(job.name, around, inside)
        )
        app.periodic(cron=job.cron)(task)

    @app.task(name=DELIVER, queue=WEBHOOK_QUEUE, retry=Backoff())
    def deliver_one(delivery_id: str) -> str:
        with inside():
            return deliver(delivery_id, around, now=datetime.now(UTC))

    @app.task(name=SEND_MAIL, queue=MAIL_QUEUE, retry=Backoff())
    def send_one(mail_id: str) -> str:
        with inside():
            return send(mail_id, around, now=datetime.now(UTC))

    # Not tried again: what failed once is shown with its reason, and asked for again by a person.
    @app.task(name=REPLAY, queue=REPLAY_QUEUE)
    def replay_one(run_id: str) -> str:
        with inside():
            return replay(run_id, around, now=datetime.now(UTC))

    @app.task(name=CORRECT, queue=CORRECT_QUEUE, retry=Backoff())
    def correct_one(run_id: str) -> str:
        with inside():
            return correct(run_id, now=datetime.now(UTC))

    @app.periodic(cron="* * * * *")
    @app.task(name=RESCUE, queue=CLOCK_QUEUE, queueing_lock=RESCUE)
    async def rescue(timestamp: int) -> None:  # noqa: ARG001 - the clock gives its time
        await _rescue(app)


def _clocked(
    name: str, around: Surroundings, inside: Callable[[], AbstractContextManager[Any]]
) -> Callable[..., str | None]:
    def run(timestamp: int | None = None) -> str | None:  # noqa: ARG001 - the clock gives its time; by hand there is none
        with inside():
            return perform(name, around, now=datetime.now(UTC))

    return run


async def _work(app: App, inside: Callable[[], AbstractContextManager[Any]]) -> None:
    async with app.open_async():
        await _rescue(app)
        await _rescue_soon(app)
        await _catch_up(app, inside)
        await app.run_worker_async(
            concurrency=AT_ONCE,
            delete_jobs="successful",
            shutdown_graceful_timeout=GRACE_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=DEAD_AFTER_SECONDS,
        )


async def _rescue(app: App) -> None:
    """Give jobs of workers that are gone back to the queue; every job may be run again."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS):
        try:
            await app.job_manager.retry_job(job)
        except exceptions.UniqueViolation:
            # The same job waits there already, put by the clock meanwhile.
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        except exceptions.ConnectorException as error:
            # Another worker gave it back meanwhile: it waits there, or runs, and stays.
            log.info("job %s was not given back: %s", job.id, error)


async def _rescue_soon(app: App) -> None:
    """Look once more when a worker killed just before this one began counts as gone; by the clock it takes a minute."""
    with suppress(exceptions.AlreadyEnqueued):
        await app.configure_task(RESCUE, schedule_at=datetime.now(UTC) + GONE_AFTER).defer_async(timestamp=0)


async def _catch_up(app: App, inside: Callable[[], AbstractContextManager[Any]]) -> None:
    """Queue what was due while no worker ran; a little later, so that a start is not slowed by it."""
    now = datetime.now(UTC)
    with inside():
        rare = [job for job in JOBS.values() if job.every >= HOUR]
        missed = [job.name for job in rare if _is_missed(job, last_success(job.name), now)]
    for name in missed:
        with suppress(exceptions.AlreadyEnqueued):
            await app.configure_task(name, schedule_at=now + CATCH_UP_AFTER).defer_async()


def _is_missed(job: ClockJob, last: datetime | None, now: datetime) -> bool:
    """Whether a run was due since the last; what never ran and runs by the day waits for its hour."""
    return job.every == HOUR if last is None else last < job.due_before(now)
