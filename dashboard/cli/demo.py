"""`flask demo`: ninety days of an invented company, to look at and to try."""

import sys
import time
from datetime import UTC, datetime

import click
from flask import current_app

from dashboard import db, migrate
from dashboard.actions.compare_price_library import compare_price_library
from dashboard.actions.mark_demo import NotEmptyError
from dashboard.actions.prove_ledger import prove_ledger
from dashboard.cli import ready, tidy
from dashboard.db import snapshot
from dashboard.engine.actors import SHELL
from dashboard.importers.demo.load import load_demo
from dashboard.importers.demo.requests import REQUESTS
from dashboard.reports.checks import prove
from dashboard.reports.start import demo_broken_off

REFUSED = 2


@click.command("demo")
@ready
def demo() -> None:
    """Load the demo into an empty database: 250 customers, 90 days, about 60,000 requests."""
    started = time.monotonic()
    _start_over_if_broken_off()
    click.echo("Loading the demo: 250 customers, 90 days of requests …")
    try:
        recorded = load_demo(datetime.now(UTC), _show if sys.stderr.isatty() else lambda _recorded: None)
    except NotEmptyError:
        click.echo(
            "The database is not empty, so the demo was not loaded and nothing was changed; "
            "use another DATA_DIR or an empty database.",
            err=True,
        )
        sys.exit(REFUSED)
    # What the library says otherwise, for the demo's admin to decide.
    compare_price_library(SHELL, datetime.now(UTC))
    tidy()
    click.echo(f"Loaded {recorded:,} requests in {time.monotonic() - started:.0f} s; {_proved()}.")


def _start_over_if_broken_off() -> None:
    """A demo that was killed half-way is a part of nothing anybody needs: it is thrown away and made again."""
    with snapshot() as connection:
        if not demo_broken_off.one(connection).is_broken_off:
            return
    click.echo("Loading the demo was broken off the last time; starting over.")
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the documented way to the app itself
    migrate.start_over(db.urls(app.config["LEDGERLINE"]).owner)
    db.without_timeout(app)


def _proved() -> str:
    started_at = datetime.now(UTC)
    with snapshot() as connection:
        findings = list(prove(connection))
    prove_ledger(SHELL, findings, trigger="demo", started_at=started_at, now=datetime.now(UTC))
    broken = sum(not finding.holds for finding in findings)
    return f"{broken} of {len(findings)} laws are broken" if broken else f"all {len(findings)} laws hold"


def _show(recorded: int) -> None:
    click.echo(f"\r{recorded / REQUESTS:4.0%}", nl=False, err=True)
