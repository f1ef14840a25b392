"""`flask import-customers`, `import-prices`, `import-usage`: files become customers, prices and usage.

Exit code 0: the file was processed, rejected rows are reported and written to
a rejects file. Exit code 1: the database stopped answering half-way or the disk
is full, run the same again. Exit code 2: the file was refused and nothing was changed.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from flask import current_app
from sqlalchemy.exc import OperationalError

from dashboard.actions.propose_prices import Proposed
from dashboard.cli import ready, tidy
from dashboard.db import snapshot
from dashboard.engine.actors import SHELL
from dashboard.engine.price_changes import NewPrice
from dashboard.engine.price_lists import PriceList
from dashboard.engine.rating import Rates
from dashboard.importers import customers, prices, usage
from dashboard.importers.rejects import RejectsFile, rejects_path
from dashboard.importers.rows import FileRefusedError
from dashboard.reports.start import demo_books


class _File(click.Path):
    """A path whose name can be kept and printed."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a name that is not UTF-8."""
        try:
            str(value).encode("utf-8")
        except UnicodeEncodeError:
            self.fail("The name of this file is not UTF-8; rename it and import it again.", param, ctx)
        return super().convert(value, param, ctx)


NEW_PRICES_SHOWN = 20
FILE = _File(path_type=Path)
INTERRUPTED, REFUSED = 1, 2
SECONDS_BETWEEN_LINES = 5


@click.command("import-customers")
@click.argument("file", type=FILE)
@click.option("--rejects", type=FILE, help="Where rejected rows go; by default FILE.rejects.csv.")
@ready
def import_customers(file: Path, rejects: Path | None) -> None:
    """Import customers from FILE (email,name,tier,billing_interval,started_at,reset_day_of_month). Safe to repeat."""
    with _refusing(), _rejects_file(file, rejects) as written:
        totals = customers.import_customers(file, actor=SHELL, now=datetime.now(UTC), rejects=written)
        click.echo(f"{totals.rows_read:,} rows: {totals.added:,} customers added, {totals.known:,} known already.")
        _say_rejected(totals.rejected, written)


@click.command("import-prices")
@click.argument("file", type=FILE)
@click.option("--format", "form", type=click.Choice(["litellm", "csv"]), required=True, help="What FILE is.")
@click.option("--verbose", is_flag=True, help="List every new price.")
@click.option("--propose", is_flag=True, help="File the differences under Vendor prices; apply nothing.")
@ready
def import_prices(file: Path, form: str, *, verbose: bool, propose: bool) -> None:
    """Import what vendors charge from FILE: print the differences and apply them.

    A CSV has provider,model,input_price_per_1k,output_price_per_1k and may have cache_hit_price_per_1k,
    cache_input_price_per_1k (writing), context_threshold_tokens, {input,output}_price_per_1k_high_context,
    cache_{read,write}_price_per_1k_high_context, is_free, effective_from; USD per 1,000 tokens.
    """
    with _refusing():
        if propose:
            _say_filed(*prices.file_prices(file, form, actor=SHELL, now=datetime.now(UTC)))
            return
        imported = prices.import_prices(file, form, actor=SHELL, now=datetime.now(UTC))
        _say_prices(imported, verbose=verbose)


@click.command("import-usage")
@click.argument("file", type=FILE)
@click.option("--create-customers", is_flag=True, help="Make unknown senders free customers from their first request.")
@click.option("--rejects", type=FILE, help="Where rejected rows go; by default FILE.rejects.csv.")
@ready
def import_usage(file: Path, *, create_customers: bool, rejects: Path | None) -> None:
    """Import requests from FILE, rated and charged. Safe to repeat, also after it was killed."""
    started = time.monotonic()
    with _refusing(), _rejects_file(file, rejects) as written, _progress() as progress:
        totals = usage.UsageImport(file, SHELL, datetime.now(UTC), written, create_customers, progress).run()
    seconds = time.monotonic() - started
    if totals.charged:
        tidy()
    _say_usage(totals, seconds)
    _say_rejected(totals.rejected, written)


def _warn_of_demo_books() -> None:
    """Real rows among invented ones can never be taken out again: say so before the first."""
    with snapshot() as connection:
        if demo_books.one(connection).is_demo:
            click.echo(
                "These are the books of the demo, and what is imported stays in them for good; "
                "for your own, use another DATA_DIR (or DATABASE_URL).",
                err=True,
            )


@contextmanager
def _refusing() -> Iterator[None]:
    """Say in one sentence why a file is refused (exit 2), or why it was left half-way (exit 1)."""
    _warn_of_demo_books()
    try:
        yield
    except FileRefusedError as error:
        click.echo(str(error), err=True)
        sys.exit(REFUSED)
    except OperationalError as error:
        why = str(error.orig).strip().partition("\n")[0]
        click.echo(
            f"The database stopped answering ({why}). What was imported stays; run the same command again.", err=True
        )
        sys.exit(INTERRUPTED)
    except OSError as error:
        why = f"{error.strerror or error}: {error.filename}" if error.filename else f"{error.strerror or error}"
        click.echo(f"A file could not be written ({why}). What was imported stays; run the same again.", err=True)
        sys.exit(INTERRUPTED)


def _rejects_file(file: Path, chosen: Path | None) -> RejectsFile:
    return RejectsFile(rejects_path(file, chosen, current_app.config["LEDGERLINE"].data_dir))


def _say_rejected(rejected: Counter[str], written: RejectsFile) -> None:
    if rejected:
        reasons = ", ".join(f"{count:,} {code.replace('_', ' ')}" for code, count in rejected.most_common())
        click.echo(f"{rejected.total():,} rows rejected ({reasons}); line and reason of each: {written.path}")


def _say_prices(imported: prices.Imported, *, verbose: bool) -> None:
    changed = imported.changed
    new = [price for price in changed.added if price.previous is None]
    for price in new if verbose else new[:NEW_PRICES_SHOWN]:
        click.echo(f"new        {_described(price)}")
    if len(new) > NEW_PRICES_SHOWN and not verbose:
        click.echo(f"new        … and {len(new) - NEW_PRICES_SHOWN:,} more (--verbose lists them)")
    for price in changed.added:
        if price.previous is not None:
            click.echo(f"changed    {_described(price)}, was {_rates(price.previous.rates)} ({_percents(price)})")
    for line in changed.refused:
        click.echo(f"refused    {line.line}: {line.reason}")
    rounded = [line.line for line in imported.said.prices if line.was_rounded]
    if rounded:
        click.echo(f"Rounded to 10 decimals: {', '.join(rounded)}")
    for reason, count in sorted(imported.said.skipped.items()):
        click.echo(f"skipped    {count:,} entries {reason}")
    click.echo(
        f"{len(new):,} new, {len(changed.added) - len(new):,} changed, {len(changed.unchanged):,} unchanged, "
        f"{len(changed.refused):,} refused."
    )


def _say_filed(said: PriceList, filed: Proposed) -> None:
    for line in said.refused:
        click.echo(f"refused    {line.line}: {line.reason}")
    if filed.stopped:
        click.echo(f"Stopped: {filed.stopped}")
    click.echo(
        f"{filed.waiting:,} differences wait under Vendor prices, {filed.unchanged:,} unchanged, "
        f"{filed.blocked:,} blocked. No price was changed."
    )


def _described(price: NewPrice) -> str:
    line = price.listed
    return f"{line.provider}/{line.model}: {_rates(line.rates)} from {price.effective_from:%Y-%m-%d %H:%M}"


def _rates(rates: Rates) -> str:
    return f"{rates.uncached:f} in, {rates.output:f} out USD per 1,000"


def _percents(price: NewPrice) -> str:
    found = (("in", price.change_percent_input), ("out", price.change_percent_output))
    return ", ".join(f"{name} {percent:+.2f}%" for name, percent in found if percent is not None)


def _say_usage(totals: usage.Totals, seconds: float) -> None:
    pace = totals.rows_read / seconds if seconds else 0
    click.echo(f"{totals.rows_read:,} rows read in {seconds:.1f} s, {pace:,.0f} rows/s.")
    click.echo(f"{totals.charged:,} recorded, {totals.replayed:,} known already, {totals.unpriced:,} without a price.")
    click.echo(
        f"Credits of the new rows: {totals.credits_due:,f} due, {totals.credits_deducted:,f} deducted, "
        f"{totals.credits_uncovered:,f} uncovered."
    )
    click.echo(f"{totals.customers_added:,} customers added, {totals.allowances_posted:,} allowances granted.")


@contextmanager
def _progress() -> Iterator[Callable[[usage.Totals], None]]:
    """Show a bar on a terminal, and a plain line every few seconds elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - as above

    columns = (
        TextColumn("Charging"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]} rows/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None, pace="–")
        started = time.monotonic()

        def show(totals: usage.Totals) -> None:
            pace = f"{totals.rows_read / max(time.monotonic() - started, 1e-9):,.0f}"
            bar.update(task, total=totals.rows_in_file, completed=totals.rows_read, pace=pace)

        yield show


class _Lines:
    """A line every five seconds."""

    def __init__(self) -> None:
        self._started = self._last = time.monotonic()

    def __call__(self, totals: usage.Totals) -> None:
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            pace = totals.rows_read / (now - self._started)
            click.echo(f"{totals.rows_read:,} of {totals.rows_in_file:,} rows, {pace:,.0f} rows/s", err=True)
