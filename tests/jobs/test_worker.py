"""Background jobs: once at a time however many workers there are, and nothing is lost when one is killed."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import AsyncMock, patch

import pytest
from flask import Flask
from procrastinate import App, PsycopgConnector
from sqlalchemy import text

from dashboard import db
from dashboard.actions.request_job import request_job
from dashboard.actions.run_job import JobFailedError, run_job
from dashboard.embedded import Urls
from dashboard.engine.actors import SHELL
from dashboard.engine.jobs import DAY, HOUR, JOBS, Job, JobStanding, wait_after
from dashboard.jobs import worker as workers
from dashboard.reports.checks import prove
from tests.conftest import owned
from tests.jobs.workers import asked, working
from tests.processes import eventually
from tests.shop import open_shop

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
WAITING = "select count(*) from usage_delta"
FOLD_LOCK = "hashtextextended('ledgerline fold', 0)"


def laws_hold(app: Flask) -> bool:
    with app.app_context(), db.snapshot() as connection:
        return all(finding.holds for finding in prove(connection))


def test_two_workers_at_the_same_job_run_it_once(fresh_app: Flask) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly(_now: datetime) -> str:
        begun.set()
        go_on.wait(30)
        return "done"

    said: list[str | None] = []

    def first() -> None:
        with fresh_app.app_context():
            said.append(run_job("fold_usage", slowly, now=NOW))

    one = threading.Thread(target=first)
    one.start()
    begun.wait(30)
    with fresh_app.app_context():
        assert run_job("fold_usage", lambda _: "must not run", now=NOW) is None
    go_on.set()
    one.join()
    assert said == ["done"]
    assert asked(fresh_app, "select result from job_state") == "done"


def test_a_failed_job_says_why_and_counts_how_often(fresh_app: Flask) -> None:
    def fails(_now: datetime) -> str:
        raise ValueError("the moon was in the way")

    with fresh_app.app_context():
        for failures in (1, 2):
            with pytest.raises(JobFailedError, match="the moon") as caught:
                run_job("seal_audit", fails, now=NOW)
            assert caught.value.failures == failures
        reason = asked(fresh_app, "select max(reason) from job_failure")
        assert reason == "ValueError: the moon was in the way"
        run_job("seal_audit", lambda _: "0 lines sealed", now=NOW)
    assert asked(fresh_app, "select failures_in_a_row from job_state") == 0


def test_waits_double_up_to_ten_minutes() -> None:
    assert [wait_after(failures).total_seconds() for failures in (1, 2, 3, 20)] == [5, 10, 20, 600]


def test_a_job_is_stale_when_runs_were_missed() -> None:
    proof = JOBS["prove_ledger"]
    stands = {
        None: JobStanding.NEVER_RUN,
        NOW - HOUR: JobStanding.PASSED,
        NOW - 3 * DAY: JobStanding.STALE,
    }
    for finished_at, standing in stands.items():
        assert proof.standing(running=False, finished_at=finished_at, failures=0, now=NOW) is standing
    assert proof.standing(running=False, finished_at=NOW, failures=1, now=NOW) is JobStanding.FAILED
    assert proof.due_after(NOW) == datetime(2026, 11, 21, 2, 15, tzinfo=UTC)
    assert proof.due_before(NOW) == datetime(2026, 11, 20, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_the_queue_and_the_page_mean_the_same_times(job: Job) -> None:
    from croniter import croniter

    clock = croniter(job.cron, NOW)
    assert clock.get_next(datetime) == job.due_after(NOW)


def test_asking_twice_for_a_run_queues_one(fresh_app: Flask) -> None:
    with fresh_app.app_context():
        assert request_job(SHELL, "fold_usage", now=NOW) is True
        assert request_job(SHELL, "fold_usage", now=NOW) is False
    assert asked(fresh_app, "select count(*) from procrastinate_jobs where status = 'todo'") == 1
    assert asked(fresh_app, "select count(*) from audit_log where verb = 'run_job'") == 1


def test_two_workers_fold_everything_and_one_killed_loses_nothing(
    fresh_app: Flask, fresh_database: Urls, tmp_path: Path
) -> None:
    open_shop(fresh_app, requests=400, folded=False)
    left = asked(fresh_app, WAITING)
    assert isinstance(left, int)
    assert left > 0
    at_work = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    with owned(fresh_database) as owner, working(fresh_database, tmp_path) as killed:
        owner.execute(text(f"select pg_advisory_lock({FOLD_LOCK})"))
        with working(fresh_database, tmp_path):
            eventually(lambda: bool(asked(fresh_app, at_work)))
            killed.kill()
            killed.wait()
            owner.execute(text(f"select pg_advisory_unlock({FOLD_LOCK})"))
            eventually(lambda: asked(fresh_app, WAITING) == 0)
    assert laws_hold(fresh_app)


def test_a_job_whose_worker_is_gone_is_given_back_to_the_queue(fresh_app: Flask, fresh_database: Urls) -> None:
    with fresh_app.app_context():
        request_job(SHELL, "fold_usage", now=NOW)
    with owned(fresh_database) as owner:
        owner.execute(text("insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour')"))
        owner.execute(text("update procrastinate_jobs set status = 'doing', worker_id = 1"))
    asyncio.run(rescued(fresh_database))
    assert asked(fresh_app, "select status from procrastinate_jobs") == "todo"


def test_two_workers_that_find_the_same_stalled_job_lose_nothing(fresh_app: Flask, fresh_database: Urls) -> None:
    with fresh_app.app_context():
        request_job(SHELL, "fold_usage", now=NOW)
    with owned(fresh_database) as owner:
        owner.execute(text("insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour')"))
        owner.execute(text("update procrastinate_jobs set status = 'doing', worker_id = 1"))
    asyncio.run(rescued(fresh_database, by=2))
    assert asked(fresh_app, "select string_agg(status::text, ',') from procrastinate_jobs") == "todo"


async def rescued(database: Urls, by: int = 1) -> None:
    """Let some workers look for stalled jobs at the same moment, then each give back what it found."""
    connector = PsycopgConnector(conninfo=database.app.replace("+psycopg", ""), min_size=1, max_size=1)
    app = App(connector=connector)
    async with app.open_async():
        stalled = [*await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=workers.DEAD_AFTER_SECONDS)]
        with patch.object(app.job_manager, "get_stalled_jobs", AsyncMock(return_value=stalled)):
            for _ in range(by):
                await workers._rescue(app)


def test_the_role_of_the_application_may_only_what_the_queue_needs(fresh_app: Flask) -> None:
    for table in ("job_state", "notice", "webhook_endpoint"):
        allowed = f"select has_table_privilege('ledgerline_app', '{table}', 'delete')"
        assert asked(fresh_app, allowed) is False
    assert asked(fresh_app, "select has_table_privilege('ledgerline_app', 'procrastinate_jobs', 'truncate')") is False


def test_allowances_are_caught_up_as_if_there_had_been_no_outage(fresh_app: Flask) -> None:
    from dashboard.actions.allocate_period import allocate_period
    from tests.shop import FIRST

    open_shop(fresh_app, requests=10)
    sources = "select json_agg(json_build_array(id, granted, remaining, effective_at, expires_at) order by id)::text from user_credit_source"
    before = asked(fresh_app, sources)
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    with fresh_app.app_context():
        # Hour by hour or in one go, what was granted already is not granted again.
        assert allocate_period(start, start + timedelta(days=61)) == 0
        assert allocate_period(start + timedelta(days=30), start + timedelta(days=92)) > 0
        once = asked(fresh_app, sources)
        for day in range(30, 92):
            assert allocate_period(start + timedelta(days=day - 1), start + timedelta(days=day)) == 0
    assert before != once
    assert asked(fresh_app, sources) == once


def test_a_request_nobody_decided_is_closed_after_its_day(fresh_app: Flask, fresh_database: Urls) -> None:
    from dashboard.actions.expire_approvals import expire_approvals

    columns = "kind, payload, requested_at, expires_at"
    values = "'grant_credits', '{}', cast(:now as timestamptz), cast(:now as timestamptz) + interval '24 hours'"
    with owned(fresh_database) as owner:
        owner.execute(text(f"insert into approval_request ({columns}) values ({values})"), {"now": NOW})
    with fresh_app.app_context():
        assert expire_approvals(SHELL, now=NOW + DAY - timedelta(seconds=1)) == 0
        assert expire_approvals(SHELL, now=NOW + DAY) == 1
        assert expire_approvals(SHELL, now=NOW + DAY) == 0
    assert asked(fresh_app, "select state from approval_request") == "expired"
    assert asked(fresh_app, "select count(*) from audit_log where verb = 'expire'") == 1
