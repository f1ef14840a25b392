"""`flask demo`: ninety days of an invented company, to look at and to try."""

import sys
import time
from datetime import UTC, datetime

import click

from dashboard.actions.mark_demo import NotEmptyError
from dashboard.cli import ready
from dashboard.importers.demo.load import load_demo
from dashboard.importers.demo.requests import REQUESTS

REFUSED = 2


@click.command("demo")
@ready
def demo() -> None:
    """Load the demo into an empty database: 250 customers, 90 days, about 60,000 requests."""
    started = time.monotonic()
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
    click.echo(f"Loaded {recorded:,} requests in {time.monotonic() - started:.0f} s.")


def _show(recorded: int) -> None:
    click.echo(f"\r{recorded / REQUESTS:4.0%}", nl=False, err=True)
