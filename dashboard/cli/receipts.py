"""`flask receipts check`: whether every receipt, recalculated, says what the books say."""

from time import perf_counter

import click

from dashboard.cli import ready
from dashboard.db import snapshot
from dashboard.reports.support.recalculation import Checked, every_receipt

BROKEN = 1
SHOWN = 20


@click.group("receipts")
def receipts() -> None:
    """Receipts of the usage ledger."""


@receipts.command("check")
@click.pass_context
@ready
def check(context: click.Context) -> None:
    """Recalculate the receipt of every usage row; ends with 1 if any differs. Nothing is changed."""
    started, checked, differing = perf_counter(), 0, 0
    with snapshot() as connection:
        for one in every_receipt(connection):
            checked += 1
            if one.differences:
                differing += 1
                _show(one, differing)
    took = f"{perf_counter() - started:.1f} s"
    if differing:
        click.echo(f"{differing:,} of {checked:,} receipts come out differently; nothing was changed ({took}).")
        context.exit(BROKEN)
    click.echo(f"All {checked:,} receipts recalculated, and every figure matches the books ({took}).")


def _show(one: Checked, number: int) -> None:
    if number <= SHOWN:
        click.echo(f"{one.customer_id} {one.request_id}")
        for found in one.differences:
            click.echo(f"  {found.figure}: {found.stored} in the books, {found.recalculated} recalculated")
