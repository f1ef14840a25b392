"""`flask fold`, `rebuild-summaries`, `post-expiries`, `allocate`: what also runs by the clock."""

from datetime import UTC, datetime, timedelta

import click

from dashboard.actions import allocate_period, fold_usage, post_expiries, rebuild_usage
from dashboard.cli import ready, tidy


@click.command("fold")
@ready
def fold() -> None:
    """Fold waiting usage into the summaries; pages are exact with or without it."""
    click.echo(f"{fold_usage.fold_usage():,} deltas folded.")


@click.command("rebuild-summaries")
@ready
def rebuild_summaries() -> None:
    """Derive every summary from the ledgers again."""
    rebuilt = rebuild_usage.rebuild_usage()
    tidy()
    click.echo(f"The summaries were rebuilt from {rebuilt:,} ledger rows.")


@click.command("post-expiries")
@ready
def post_due_expiries() -> None:
    """Post the expiry of grants that expired at least 72 hours ago."""
    click.echo(f"{post_expiries.post_expiries(datetime.now(UTC)):,} expiries posted.")


@click.command("allocate")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC); by default today.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Day after the last (UTC); by default tomorrow.")
@ready
def allocate(since: datetime | None, until: datetime | None) -> None:
    """Grant the allowances of all running plans for the periods that touch the days; again changes nothing."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = since.replace(tzinfo=UTC) if since else today
    end = until.replace(tzinfo=UTC) if until else max(first, today) + timedelta(days=1)
    if end <= first:
        raise click.BadParameter("must be after --since; nothing was changed.", param_hint="--until")
    click.echo(f"{allocate_period.allocate_period(first, end):,} allowances granted.")
