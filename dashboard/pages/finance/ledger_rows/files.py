"""The rows as a file: every one of the filter, in full precision, with the total of the screen."""

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal

from flask import Response
from sqlalchemy import Connection

from dashboard.engine.periods import Period
from dashboard.reports.ledger_rows import LedgerRow, Narrowing, Totals, corrections, every_row, totals
from dashboard.ui.exports import MOST_ROWS, Column, FileType, TooManyRowsError, exported
from dashboard.ui.format import plural, rounded_to
from dashboard.ui.htmx import refusal

COLUMNS = (
    Column("Counted, UTC", "instant"),
    Column("Started, UTC", "instant"),
    Column("Request"),
    Column("External id"),
    Column("Customer id"),
    Column("Customer"),
    Column("Provider"),
    Column("Model"),
    Column("Service"),
    Column("Tier"),
    Column("Request type"),
    Column("Status"),
    Column("Key mode"),
    Column("Cost status"),
    Column("Input tokens, uncached", "count"),
    Column("Input tokens, cached", "count"),
    Column("Input tokens, written to cache", "count"),
    Column("Output tokens", "count"),
    Column("Vendor cost, USD", "usd_exact"),
    Column("Multiplier", "multiplier"),
    Column("Multiplier scope"),
    Column("Credit value, USD", "usd_exact"),
    Column("Credits due", "credits"),
    Column("Credits deducted", "credits"),
    Column("Credits uncovered", "credits"),
    Column("List revenue, USD", "usd_exact"),
    Column("Gross margin, USD", "usd_exact"),
    Column("Gross margin, %", "percent"),
    Column("Realised revenue, USD", "usd_exact"),
    Column("Rounding gain, USD", "usd_exact"),
)
PERCENT_DECIMALS = 6
TOO_MANY = f"A sheet holds {MOST_ROWS:,} rows and this table has more. Take the CSV, or fewer days."


def rows_file(
    file_type: FileType, period: Period, asked: Narrowing, opened: ExitStack, reading: Connection
) -> Response:
    """Stream the rows from one snapshot, which stays open until the last is sent."""
    whole = totals(reading, period, asked.filters)
    if file_type == "xlsx" and not asked.only_rows_know and whole.requests > MOST_ROWS - 2:
        return _too_many(opened)
    foot = None if asked.only_rows_know else _total(whole.without(corrections(reading, period, asked.filters)))
    rows = _cells(every_row(reading, period, asked))
    name = f"ledger-rows-{period.start}-{period.last}"
    try:
        response = exported(name, file_type, COLUMNS, rows, foot)
    except TooManyRowsError:
        return _too_many(opened)
    response.call_on_close(opened.close)
    return response


def _too_many(opened: ExitStack) -> Response:
    opened.close()
    return refusal(422, TOO_MANY)


def _cells(rows: Iterator[LedgerRow]) -> Iterator[list[object]]:
    return (_row(row) for row in rows)


def _row(row: LedgerRow) -> list[object]:
    return [
        row.accounted_at,
        row.started_at,
        row.request_id,
        row.external_id,
        row.customer_id,
        row.customer,
        row.provider,
        row.model,
        row.service,
        row.tier,
        row.request_type,
        row.status,
        row.key_mode,
        row.cost_status,
        row.input_tokens,
        row.cached_input_tokens,
        row.cache_write_tokens,
        row.output_tokens,
        row.vendor_cost_usd,
        row.multiplier,
        row.multiplier_scope,
        row.credit_value_usd,
        row.credits_due,
        row.credits_deducted,
        row.credits_uncovered,
        row.list_revenue_usd,
        row.gross_margin_usd,
        _percent(row.margin_percent),
        row.realised_revenue_usd,
        row.rounding_gain_usd,
    ]


def _total(whole: Totals) -> list[object]:
    """The buckets of input are summed together on the screen, so the file leaves them to the reader."""
    return [
        f"All {plural(whole.requests, 'row')}",
        *[None] * 16,
        whole.tokens_out,
        whole.vendor_cost_usd,
        None,
        None,
        whole.credit_value_usd,
        whole.credits_due,
        whole.credits_deducted,
        whole.credits_uncovered,
        whole.list_revenue_usd,
        whole.gross_margin_usd,
        _percent(whole.margin_percent),
        whole.realised_revenue_usd,
        whole.rounding_gain_usd,
    ]


def _percent(value: Decimal | None) -> Decimal | None:
    return None if value is None else rounded_to(value, PERCENT_DECIMALS)
