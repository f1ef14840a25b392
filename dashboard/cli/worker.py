"""`flask worker`: background jobs; `flask serve` runs one beside the web server."""

import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from flask import Flask, current_app

from dashboard import db, embedded
from dashboard.actions.clear_old_records import clear_old_records
from dashboard.actions.expire_approvals import expire_approvals
from dashboard.actions.expire_prices import expire_prices
from dashboard.actions.raise_notices import raise_notices
from dashboard.actions.remind_approvers import remind_approvers
from dashboard.actions.request_job import NoSuchJobError
from dashboard.cli import ready
from dashboard.engine.actors import SHELL
from dashboard.engine.impact import Ordered
from dashboard.engine.jobs import JOBS
from dashboard.engine.proof import Finding
from dashboard.engine.webhooks import Reach
from dashboard.jobs.work import Surroundings, perform
from dashboard.reports.checks import prove
from dashboard.reports.pricing.impact import evidence


@click.command("worker")
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when standard input closes.")
@ready
def worker(*, with_parent: bool) -> None:
    """Run background jobs until Ctrl-C; any number of workers may run."""
    # The queue's library is loaded by the worker alone.
    from dashboard.jobs.worker import run_worker, stop_with_parent  # noqa: PLC0415 - as above

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the documented way to the app itself
    settings = app.config["LEDGERLINE"]
    if with_parent:
        stop_with_parent(sys.stdin.fileno())
    around = _around(app)
    url = db.normalised(db.urls(settings).app).set(drivername="postgresql")
    run_worker(url.render_as_string(hide_password=False), db.APP_ROLE, around, app.app_context)
    if settings.database_url is None:
        embedded.release(settings.data_dir)
    # A thread that is still at its job would keep the process; its transaction ends with its connection.
    os._exit(0)


@click.command("run-job")
@click.argument("job")
@ready
def run_one(job: str) -> None:
    """Run one job now, in this process; JOB is its name, `flask run-job list` names them."""
    if job == "list":
        for known in JOBS.values():
            click.echo(f"{known.name:<24}{known.title}")
        return
    if job not in JOBS:
        raise click.ClickException(str(NoSuchJobError()))
    said = perform(job, _around(current_app), now=datetime.now(UTC))
    click.echo(f"{JOBS[job].title}: {said}." if said else f"{JOBS[job].title} runs elsewhere just now.")


@click.command("raise-notices")
@ready
def raise_all_notices() -> None:
    """Notice every customer whose credits run low, and tell the webhooks."""
    click.echo(f"{raise_notices(None, now=datetime.now(UTC)):,} notices.")


@click.command("expire-approvals")
@ready
def expire() -> None:
    """Close the requests for a second person that nobody decided in time."""
    click.echo(f"{expire_approvals(SHELL, now=datetime.now(UTC)):,} requests expired.")


@click.command("expire-prices")
@ready
def expire_proposals() -> None:
    """Close the proposals for a price that nobody decided in time."""
    click.echo(f"{expire_prices(datetime.now(UTC)):,} proposals expired.")


@click.command("remind-approvers")
@ready
def remind() -> None:
    """Tell those who may decide what expires soon, once each."""
    click.echo(f"{remind_approvers(now=datetime.now(UTC)):,} reminders.")


@click.command("clear-old-records")
@ready
def clear() -> None:
    """Delete what is kept for a number of days only, once they are over."""
    click.echo(f"{clear_old_records(now=datetime.now(UTC)):,} rows deleted.")


def _around(app: Flask) -> Surroundings:
    settings = app.config["LEDGERLINE"]
    reach = Reach(settings.demo, settings.webhook_private)
    return Surroundings(_prove, _replay, settings.secret_key, reach, settings.smtp_password)


def _replay(ordered: Ordered, tell: Callable[[int], None]) -> dict[str, Any]:
    with db.snapshot() as connection, db.same_snapshot(connection) as beside:
        return evidence(connection, ordered, tell, beside=beside)


def _prove() -> Sequence[Finding]:
    with db.snapshot() as connection:
        return list(prove(connection))
