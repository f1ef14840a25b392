"""`flask run-batches`: what the worker does for incident batches, for a crontab without one."""

from datetime import UTC, datetime

import click
from flask import current_app

from dashboard import db
from dashboard.actions.run_batches import run_batches
from dashboard.cli import ready


@click.command("run-batches")
@ready
def run_all_batches() -> None:
    """Work through every incident batch that waits or was broken off, and say how many deductions were handled."""
    db.without_timeout(current_app)
    click.echo(f"{run_batches(now=datetime.now(UTC)):,} deductions handled.")
