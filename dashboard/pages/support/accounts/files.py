"""Accounts as files: every line in full precision, with the total of the screen."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal

from flask import Response
from sqlalchemy import Connection

from dashboard.pages.support.accounts.lines import title_of
from dashboard.reports.support.account import AccountNow
from dashboard.reports.support.timeline import Line, every_line
from dashboard.ui.exports import MOST_ROWS, Column, FileType, TooManyRowsError, exported
from dashboard.ui.htmx import refusal

ZERO = Decimal(0)
TOO_MANY = f"A sheet holds {MOST_ROWS:,} rows and this list has more. Take the CSV instead."
COLUMNS = (
    Column("When, UTC", "instant"),
    Column("What"),
    Column("Entry", "count"),
    Column("Request"),
    Column("Model"),
    Column("Status"),
    Column("Cost status"),
    Column("Reason"),
    Column("Credits", "credits"),
    Column("Balance after", "credits"),
    Column("Credits due", "credits"),
    Column("Credits uncovered", "credits"),
    Column("Vendor cost, USD", "usd_exact"),
    Column("Realised revenue, USD", "usd_exact"),
    Column("Reverses entry", "count"),
)


def kind(file_type: str) -> FileType:
    """The type of file an address names."""
    return "csv" if file_type == "csv" else "xlsx"


def sent(opened: ExitStack, make: Callable[[], Response]) -> Response:
    """Send a file made from a snapshot that stays open until its last row has gone."""
    try:
        response = make()
    except TooManyRowsError:
        opened.close()
        return refusal(422, TOO_MANY)
    except BaseException:
        opened.close()
        raise
    response.call_on_close(opened.close)
    return response


def timeline_file(
    connection: Connection, found: AccountNow, asked_kind: str, file_type: FileType, *, now: datetime
) -> Response:
    """Everything that happened to a customer; all of it together comes to the balance."""
    sums = Sums()
    rows = sums.listening(every_line(connection, found.customer_id, asked_kind, now=now))
    name = f"timeline-{found.customer_id}-{now:%Y-%m-%d}"
    return exported(name, file_type, COLUMNS, _with_total(rows, sums))


class Sums:
    """Adds up what passes."""

    def __init__(self) -> None:
        self.lines = 0
        self.credits = ZERO

    def listening(self, lines: Iterator[Line]) -> Iterator[Line]:
        """Let the lines pass, and count them."""
        for line in lines:
            self.lines += 1
            self.credits += line.amount or ZERO
            yield line


def _with_total(lines: Iterator[Line], sums: Sums) -> Iterator[list[object]]:
    for line in lines:
        yield _cells(line)
    word = "line" if sums.lines == 1 else "lines"
    yield [None, f"All {sums.lines:,} {word}", *[None] * 6, sums.credits, *[None] * 6]


def _cells(line: Line) -> list[object]:
    return [
        line.at,
        title_of(line),
        line.seq,
        line.request_id,
        line.model,
        line.status,
        line.cost_status,
        line.reason,
        line.amount,
        line.balance_after,
        line.credits_due,
        line.credits_uncovered,
        line.vendor_cost_usd,
        line.realised_revenue_usd,
        line.reverses_seq,
    ]
