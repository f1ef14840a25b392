"""`flask compare-prices`, `correct-usage`: what vendors charge, compared with the library; usage priced late."""

import sys
from datetime import UTC, datetime

import click

from dashboard.actions.compare_price_library import LibraryUnreadableError, compare_price_library
from dashboard.actions.correct_usage import CorrectionWanted
from dashboard.actions.request_corrections import request_corrections
from dashboard.actions.run_corrections import BusyError, run_corrections
from dashboard.cli import ready
from dashboard.db import snapshot
from dashboard.engine.actors import SHELL
from dashboard.engine.errors import RuleBrokenError
from dashboard.reports.pricing.corrections import run_of

REFUSED = 2


@click.command("compare-prices")
@ready
def compare_prices() -> None:
    """Compare the bundled price library with the prices known; file the differences, apply nothing."""
    try:
        filed = compare_price_library(SHELL, datetime.now(UTC))
    except LibraryUnreadableError as error:
        click.echo(f"{error}. No price was changed.", err=True)
        sys.exit(REFUSED)
    if filed.stopped:
        click.echo(f"Stopped: {filed.stopped}")
    click.echo(
        f"{filed.waiting:,} differences wait under Vendor prices, {filed.unchanged:,} unchanged, "
        f"{filed.blocked:,} blocked. No price was changed."
    )


@click.command("correct-usage")
@click.argument("provider")
@click.argument("model")
@click.option("--reason", required=True, help="Why; it stands on every correction and in the audit log.")
@click.option("--charge", is_flag=True, help="Draw the credits; without it they are uncovered.")
@ready
def correct_usage_of(provider: str, model: str, reason: str, *, charge: bool) -> None:
    """Post the differences between what usage of MODEL was rated with and today's price history. Safe to repeat.

    Killed, it goes on by itself: a worker takes over, or the same command again.
    """
    now = datetime.now(UTC)
    try:
        run_id = request_corrections(SHELL, CorrectionWanted(provider, model, reason, charge), now)
        if run_id is None:
            click.echo("0 requests corrected: there was nothing left to correct.")
            return
        run_corrections(run_id, now=now, tell=lambda posted: click.echo(f"{posted:,} posted", err=True))
    except BusyError:
        click.echo("A worker posts them just now; Vendor prices shows how far it is.")
        return
    except RuleBrokenError as error:
        click.echo(str(error), err=True)
        sys.exit(REFUSED)
    with snapshot() as connection:
        posted = run_of(connection, run_id)
    if posted is not None:
        click.echo(
            f"{posted.requests_done:,} requests corrected: vendor cost {posted.vendor_cost_usd:+f} USD; "
            f"{posted.credits_due:+f} credits due, {posted.credits_deducted:f} deducted, "
            f"{posted.credits_uncovered:+f} uncovered."
        )
